#include "parse/orphaned_queue.h"

#include <algorithm>
#include <array>

#include "parse/action.h"
#include "parse/characters.h"

namespace handshaked::parse {
namespace {

/// What failed, where only the error queue behind it is left: by what OpenSSL says in it.
struct LostBeginning {
  std::string_view hint, beginning;
};

constexpr std::string_view kHandshake = "SSL_do_handshake() failed ",
                           kReading = "SSL_read() failed ";
constexpr std::string_view kKeyFile =
    "cannot load certificate key \"\": PEM_read_bio_PrivateKey() failed ";
constexpr std::string_view kKeyUse = "SSL_CTX_use_PrivateKey(\"\") failed ";
constexpr std::string_view kCertificateFile =
    "cannot load certificate \"\": BIO_new_file() failed ";
constexpr std::string_view kCertificateUse = "SSL_CTX_use_certificate(\"\") failed ";
constexpr std::array<LostBeginning, 12> kLostBeginnings{
    {{"PRIVATE KEY", kKeyFile},
     {"UI routines", kKeyFile},
     {"problems getting password", kKeyFile},
     {"PEM routines", "cannot load certificate \"\": PEM_read_bio_X509_AUX() failed "},
     {"key values mismatch", kKeyUse},
     {"key type mismatch", kKeyUse},
     {"SSL_CTX_use_certificate", kCertificateUse},
     {"key too small", kCertificateUse},
     {"md too weak", kCertificateUse},
     {"no cipher match", "SSL_CTX_set_cipher_list(\"\") failed "},
     {"BIO routines", kCertificateFile},
     {"fopen", kCertificateFile}}};

}  // namespace

std::size_t find_orphaned_queue(std::string_view line) {
  if (const auto queue = line.find("(SSL: error:"); queue != npos) return queue + 1;
  const bool has_action = is_whole_action(read_cut_action(line).words);
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto is_of_sentence = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view(" ,.:'\"").find(c) != npos;
  };
  for (const std::string_view library :
       {"x509 certificate", "PEM", "BIO", "digital envelope", "DECODER"}) {
    if (line.starts_with(library) && line.substr(library.size()).starts_with(" routines:"))
      return 0;
  }
  if (has_action) {
    // "ssl3_read_n:unexpected eof while reading": OpenSSL's function and its reason, at the
    // beginning.
    const auto first = std::find_if(line.begin(), line.end(), is_word);
    const std::string_view text = line.substr(static_cast<std::size_t>(first - line.begin()));
    for (const std::string_view begin :
         {"ssl3_", "SSL3_", "tls_", "tls1", "ssl_", "SSL23_", "dtls"}) {
      const auto colon =
          text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
      if (text.starts_with(begin) && colon != npos && text[colon] == ':')
        return static_cast<std::size_t>(first - line.begin());
    }
  }
  for (const std::string_view begin : {"SSL: error:", "error:", "SSL routines:"}) {
    const auto at = line.find(begin);
    if (at == npos || (at > 0 && is_word(line[at - 1]))) continue;
    const std::string_view before = line.substr(0, at);
    const bool is_first = std::none_of(before.begin(), before.end(), is_word);
    // Words of a sentence, and then nginx's queue with OpenSSL's code.
    const bool is_said = std::all_of(before.begin(), before.end(), is_of_sentence) &&
                         line.substr(at + begin.size(), 9).ends_with(':');
    if (has_action || (begin.starts_with("SSL") && is_first) ||
        (begin.starts_with("SSL: ") && is_said))
      return at;
  }
  return npos;
}

std::string_view lost_beginning(std::string_view queue) {
  if (const std::string_view action = read_cut_action(queue).words; !action.empty()) {
    const bool is_handshake = action.starts_with("SSL handshaking") ||
                              action == "in starttls state" || !is_whole_action(action);
    return is_handshake ? kHandshake : kReading;
  }
  const auto* const found =
      std::find_if(kLostBeginnings.begin(), kLostBeginnings.end(),
                   [queue](const auto& one) { return queue.find(one.hint) != npos; });
  return found == kLostBeginnings.end() ? kHandshake : found->beginning;
}

}  // namespace handshaked::parse
