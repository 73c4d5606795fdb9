#include "cli/rules/masked_message.h"

#include <algorithm>
#include <array>

#include "base/text/hex_digit.h"

namespace handshaked::cli {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t kLongest = 1024;
constexpr std::string_view kWord = "<word>";
constexpr std::string_view kNumber = "<n>";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word_byte(char c) {
  return is_digit(c) || is_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool all_of(std::string_view text, bool (*is)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is);
}
bool is_one_of(std::string_view text, auto list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// "TLSv1.3", "SSLv3".
bool is_protocol_version(std::string_view text) {
  for (const std::string_view name : {"TLSv", "SSLv", "DTLSv", "tlsv", "sslv"}) {
    if (!text.starts_with(name)) continue;
    const std::string_view version = text.substr(name.size());
    return version.size() <= 3 && !version.empty() && is_digit(version[0]) &&
           version.find_first_not_of("0123456789.") == npos;
  }
  return false;
}

/// "nginx/1.26.2", "HTTP/1.1".
bool is_product_version(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kProducts{
      "nginx",   "openresty", "Angie",    "Tengine", "tengine", "freenginx",
      "OpenSSL", "BoringSSL", "LibreSSL", "AWS-LC",  "HTTP"};
  const auto slash = text.find('/');
  return slash != npos && is_one_of(text.substr(0, slash), kProducts) &&
         text.find_first_not_of("0123456789.", slash + 1) == npos;
}

bool is_address(std::string_view text) {
  if (text.starts_with('[')) text.remove_prefix(1);
  if (std::count(text.begin(), text.end(), ':') >= 2)
    return text.find_first_not_of("0123456789abcdefABCDEF:.%[]") == npos &&
           std::any_of(text.begin(), text.end(), is_hex_digit);
  return std::count(text.begin(), text.end(), '.') == 3 &&
         text.find_first_not_of("0123456789.:") == npos;
}

/// The ending of a file's name that tells what it holds; empty when it could tell more.
std::string_view known_extension(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kExtensions{".pem",  ".crt", ".key", ".cer",
                                                                ".der",  ".csr", ".crl", ".p12",
                                                                ".conf", ".lua", ".js",  ".sock"};
  const auto dot = name.rfind('.');
  return dot != npos && is_one_of(name.substr(dot), kExtensions) ? name.substr(dot)
                                                                 : std::string_view{};
}

bool consists_of_ordinary_words(std::string_view text, char between) {
  while (!text.empty()) {
    const auto end = std::min(text.find(between), text.size());
    if (end > 0 && !is_ordinary_word(text.substr(0, end))) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

/// A function of nginx's or OpenSSL's, when it is written as one: "SSL_do_something(". No stranger
/// writes outside of quotes.
bool is_function_of_library(std::string_view word) {
  static constexpr std::array<std::string_view, 27> kPrefixes{
      "SSL",     "TLS",  "DTLS", "X509", "PEM", "BIO",   "EVP",    "ENGINE", "OSSL",
      "OPENSSL", "OCSP", "ASN1", "EC",   "RSA", "DH",    "d2i",    "i2d",    "CRYPTO",
      "RAND",    "ERR",  "ngx",  "HMAC", "ssl", "PKCS7", "PKCS12", "CMS",    "quic"};
  const auto first = word.find('_');
  if (first == npos || word.size() > 64 || !is_one_of(word.substr(0, first), kPrefixes))
    return false;
  for (std::string_view rest = word.substr(first + 1); !rest.empty();) {
    const auto end = std::min(rest.find('_'), rest.size());
    if (end > 0 && !all_of(rest.substr(0, end), is_letter) &&
        !is_ordinary_word(rest.substr(0, end)))
      return false;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

/// What stands in quotes and is nginx's own word.
bool is_public_value(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kWords{
      "",        "ssl",     "quic", "http2",        "http3",
      "revoked", "unknown", "good", "Content-Type", "listen ... ssl"};
  if (is_one_of(text, kWords) || is_protocol_version(text)) return true;
  return text.find('_') != npos && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == npos &&
         consists_of_ordinary_words(text, '_');
}

/// What a single value is, when it is not to be shown.
std::string mask_of(std::string_view value) {
  for (const std::string_view scheme : {"engine:", "store:", "data:"}) {
    if (value.starts_with(scheme)) return std::string(scheme) + "<text>";
  }
  const bool is_single = value.find(' ') == npos;
  if (value.find("://") != npos) return "<url>";
  if (is_single && value.find('@') != npos) return "<email>";
  if (is_address(value)) return "<address>";
  if (value.find_first_of("/\\") != npos) return "<path>" + std::string(known_extension(value));
  if (!known_extension(value).empty()) return "<file>" + std::string(known_extension(value));
  return is_single && value.find('.') != npos ? "<host>" : "<text>";
}

class Masking {
 public:
  explicit Masking(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size() && out_.size() < kLongest) step();
    if (at_ < text_.size()) out_ += "\xE2\x80\xA6";
    return without_repetitions();
  }

 private:
  /// Of OpenSSL's "error:CODE:library:function:reason:data" the first three are its own words.
  static constexpr int kNoQueue = 9, kData = 3;

  void step() {
    const char c = text_[at_];
    if (c == '"' || (c == '\'' && (at_ == 0 || !is_word_byte(text_[at_ - 1])) &&
                     text_.find('\'', at_ + 1) != npos))
      return take_quoted(c);
    if (is_separator(c)) {
      if (c == ')') field_ = kNoQueue;
      out_ += c >= ' ' && c < '\x7F' ? c : ' ';
      ++at_;
      return;
    }
    take_token();
  }

  static bool is_separator(char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7F' ||
           std::string_view("()[]{}<>,;|").find(c) != npos;
  }

  void take_quoted(char quote) {
    const auto close = std::min(text_.find(quote, at_ + 1), text_.size());
    const std::string_view inside = text_.substr(at_ + 1, close - at_ - 1);
    out_ += quote;
    if (is_public_value(inside)) out_.append(inside);
    else out_ += mask_of(inside);
    if (close < text_.size()) out_ += quote;
    at_ = std::min(close + 1, text_.size());
  }

  void take_token() {
    std::size_t end = at_;
    while (end < text_.size() && !is_separator(text_[end]) && text_[end] != '"') ++end;
    std::string_view token = text_.substr(at_, end - at_);
    if (begins_queue(token)) {
      out_.append(token.substr(0, 15));
      field_ = 0;
      at_ += 15;
      return take_parts(end);
    }
    if (field_ < kData) return take_parts(end);
    while (token.size() > 1 && std::string_view(".:!?").find(token.back()) != npos)
      token.remove_suffix(1);
    if (!take_whole(token)) return take_parts(at_ + token.size());
    at_ += token.size();
  }

  static bool begins_queue(std::string_view token) {
    return token.size() >= 15 && token.starts_with("error:") &&
           all_of(token.substr(6, 8), is_hex_digit) && token[14] == ':';
  }

  /// Tokens that are one thing with all their punctuation.
  bool take_whole(std::string_view token) {
    if (is_protocol_version(token) || is_product_version(token)) {
      out_.append(token);
      return true;
    }
    if (token.find('/') != npos && token.find("//") == npos &&
        consists_of_ordinary_words(token, '/')) {
      out_.append(token);
      return true;
    }
    // "file.lua:12"
    if (const auto colon = token.find(':');
        colon != npos && all_of(token.substr(colon + 1), is_digit) &&
        token.find_first_of("/@") == npos && !known_extension(token.substr(0, colon)).empty()) {
      out_.append("<file>")
          .append(known_extension(token.substr(0, colon)))
          .append(":")
          .append(kNumber);
      return true;
    }
    if (const auto equals = token.find('=');
        equals != npos && equals > 0 && token.find("://") == npos && token[0] != '/') {
      const std::string_view name = token.substr(0, equals);
      out_.append(is_ordinary_word(name) ? name : kWord).append("=<value>");
      return true;
    }
    if (std::string mask = mask_of(token); mask != "<text>") {
      out_ += mask;
      return true;
    }
    return false;
  }

  /// Words with what stands between them.
  void take_parts(std::size_t end) {
    while (at_ < end) {
      const char c = text_[at_];
      if (!is_word_byte(c)) {
        if (c == ':' && field_ < kNoQueue - 1) ++field_;
        if (c == '=') {
          out_ += "=<value>";
          at_ = end;
          return;
        }
        out_ += c > ' ' && c < '\x7F' ? c : ' ';
        ++at_;
        continue;
      }
      std::size_t word_end = at_;
      while (word_end < end && is_word_byte(text_[word_end])) ++word_end;
      take_word(text_.substr(at_, word_end - at_), word_end);
      at_ = word_end;
    }
  }

  void take_word(std::string_view word, std::size_t end) {
    const char next = end < text_.size() ? text_[end] : ' ';
    if (all_of(word, is_digit)) out_.append(is_public_number(word, next) ? word : kNumber);
    else if (field_ < kData && is_word_of_library(word)) out_.append(word);
    else if (is_ordinary_word(word) || (next == '(' && is_function_of_library(word)))
      out_.append(word);
    else if (word.find('_') != npos) take_identifier(word);
    else out_.append(kWord);
  }

  static bool is_word_of_library(std::string_view word) {
    const auto digits = std::count_if(word.begin(), word.end(), is_digit);
    return word.size() <= 48 && digits <= 4 && std::none_of(word.begin(), word.end(), [](char c) {
             return static_cast<unsigned char>(c) >= 0x80;
           });
  }

  void take_identifier(std::string_view word) {
    while (true) {
      const auto end = std::min(word.find('_'), word.size());
      const std::string_view part = word.substr(0, end);
      if (!part.empty()) out_.append(is_ordinary_word(part) ? part : kWord);
      if (end == word.size()) return;
      out_ += '_';
      word.remove_prefix(end + 1);
    }
  }

  /// errno and verify codes ("(104: ", "(20:"), what OpenSSL and HTTP/2 say by number.
  bool is_public_number(std::string_view number, char next) const {
    if (number.size() > 7) return false;
    if (next == ':' && out_.ends_with('(')) return number.size() <= 5;
    for (const std::string_view before :
         {"alert number ", "reason(", "lib(", "func(", "frame: ", "with error ", "errno "}) {
      if (out_.ends_with(before)) return true;
    }
    return false;
  }

  /// "<word> <word>" says no more than one of them, and their number would keep messages of one
  /// kind apart.
  std::string without_repetitions() const {
    constexpr std::string_view kTwo = "<word> <word>";
    std::string once;
    once.reserve(out_.size());
    for (std::size_t at = 0; at < out_.size();) {
      if (std::string_view(out_).substr(at, kTwo.size()) == kTwo) {
        at += kWord.size() + 1;
        continue;
      }
      if (out_[at] == ' ' && once.ends_with(' ')) {
        ++at;
        continue;
      }
      once += out_[at++];
    }
    return once;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int field_ = kNoQueue;
  std::string out_;
};

}  // namespace

std::string masked_message(std::string_view message) { return Masking(message).run(); }

}  // namespace handshaked::cli
