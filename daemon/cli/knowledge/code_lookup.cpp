#include "cli/knowledge/code_lookup.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <set>
#include <system_error>

#include "parse/nginx_error_parser.h"
#include "parse/openssl_error.h"

namespace handshaked::cli {
namespace {

constexpr std::string_view kUpstreamContext =
    ", client: 192.0.2.1, server: www.example.com, request: \"GET / HTTP/1.1\", upstream: "
    "\"https://192.0.2.2:443/\", host: "
    "\"www.example.com\"";
constexpr std::string_view kClientContext = ", client: 192.0.2.1, server: 0.0.0.0:443";

/// A message with "@" where the code goes, and the context in which nginx prints it.
struct Template {
  std::string_view message, context;
};

constexpr std::array kVerifyTemplates{
    Template{"upstream SSL certificate verify error: (@) while SSL handshaking to upstream",
             kUpstreamContext},
    Template{"client SSL certificate verify error: (@) while reading client request headers",
             kClientContext},
    Template{"client SSL certificate verify error: (@) while SSL handshaking", kClientContext},
};

constexpr std::array kErrorTemplates{
    Template{"SSL_do_handshake() failed (SSL: @) while SSL handshaking to upstream",
             kUpstreamContext},
    Template{"SSL_read() failed (SSL: @) while reading response header from upstream",
             kUpstreamContext},
    Template{"SSL_do_handshake() failed (SSL: @) while SSL handshaking", kClientContext},
    Template{"SSL_read() failed (SSL: @) while waiting for request", kClientContext},
    Template{"cannot load certificate \"/etc/nginx/tls/cert.pem\": PEM_read_bio_X509_AUX() failed "
             "(SSL: @)",
             ""},
    Template{"cannot load certificate \"/etc/nginx/tls/cert.pem\": BIO_new_file() failed (SSL: @)",
             ""},
    Template{"cannot load certificate key \"/etc/nginx/tls/key.pem\": PEM_read_bio_PrivateKey() "
             "failed (SSL: @)",
             ""},
    Template{
        "cannot load certificate key \"/etc/nginx/tls/key.pem\": BIO_new_file() failed (SSL: @)",
        ""},
    Template{"SSL_CTX_use_PrivateKey(\"/etc/nginx/tls/key.pem\") failed (SSL: @)", ""},
    Template{"SSL_CTX_use_certificate(\"/etc/nginx/tls/cert.pem\") failed (SSL: @)", ""},
    Template{"SSL_CTX_load_verify_locations(\"/etc/nginx/tls/ca.pem\") failed (SSL: @)", ""},
    Template{"SSL_CTX_set_cipher_list(\"HIGH\") failed (SSL: @)", ""},
};

template <std::size_t N>
std::set<std::size_t> winners(const std::array<Template, N>& templates, const std::string& code,
                              const match::RuleSet& rules) {
  std::set<std::size_t> found;  // the order of the set is the order of precedence
  parse::NginxErrorParser parser;
  std::vector<std::uint32_t> by_text;
  for (const Template& form : templates) {
    const auto at = form.message.find('@');
    std::string line = form.context.empty() ? "2026/01/01 00:00:00 [emerg] 1#1: "
                                            : "2026/01/01 00:00:00 [error] 1#1: *1 ";
    line.append(form.message.substr(0, at))
        .append(code)
        .append(form.message.substr(at + 1))
        .append(form.context);
    const parse::ErrorRecord& record = parser.parse(line);
    rules.find_by_text(record.text, by_text);
    for (const std::uint32_t rule : by_text) {
      if (!rules.constraints_hold(rules.rules()[rule], record)) continue;
      found.insert(rule);
      break;
    }
  }
  return found;
}

/// Rules that win for a code which nobody has ever heard of are about no code at all; they are
/// named only when there is nothing better.
template <std::size_t N>
void find_rules(CodeMeaning& meaning, const std::array<Template, N>& templates,
                const std::string& code, const std::string& nonsense, const match::RuleSet& rules) {
  const std::set<std::size_t> all = winners(templates, code, rules);
  const std::set<std::size_t> general = winners(templates, nonsense, rules);
  for (const std::size_t rule : all) {
    if (!general.contains(rule)) meaning.rules.push_back(&rules.rules()[rule]);
  }
  if (!meaning.rules.empty()) return;
  meaning.only_general_rules = true;
  for (const std::size_t rule : all) meaning.rules.push_back(&rules.rules()[rule]);
}

constexpr std::uint32_t kSslLibrary = ERR_LIB_SSL;
constexpr std::string_view kNonsense = "error:0A000FFE:SSL routines::no such reason";

std::string hex8(std::uint32_t code) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%08X", code);
  return text.data();
}

/// Earlier versions, and LibreSSL still, pack lib<<24 | func<<12 | reason; a function number tells
/// them apart. OpenSSL 3 keeps flags from bit 18 on.
bool is_packed_as_before_3(std::uint32_t code) {
  if (ERR_SYSTEM_ERROR(code)) return false;
  return code >> 24U == kSslLibrary || (code >> 12U & 0x3FU) != 0;
}

std::uint32_t as_packed_by_3(std::uint32_t code) {
  if (!is_packed_as_before_3(code)) return code;
  return static_cast<std::uint32_t>(
      ERR_PACK(static_cast<int>(code >> 24U), 0, static_cast<int>(code & 0xFFFU)));
}

/// "error:0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48", as OpenSSL 3 would
/// print it.
std::string entry_text(std::uint32_t code, std::string_view reason) {
  const char* const library = ERR_lib_error_string(code);
  std::string text = "error:" + hex8(code) + ":" +
                     (library != nullptr ? library : "lib(" + std::to_string(code >> 23U) + ")") +
                     "::";
  const std::uint32_t number = static_cast<std::uint32_t>(ERR_GET_REASON(code));
  text += reason.empty() ? "reason(" + std::to_string(number) + ")" : std::string(reason);
  if (code >> 23U == kSslLibrary && number > SSL_AD_REASON_OFFSET &&
      number < SSL_AD_REASON_OFFSET + 256) {
    text += ":SSL alert number " + std::to_string(number - SSL_AD_REASON_OFFSET);
  }
  return text;
}

std::string reason_text(std::uint32_t code) {
  if (ERR_SYSTEM_ERROR(code))
    return std::generic_category().message(static_cast<int>(code & ERR_SYSTEM_MASK));
  OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, nullptr);
  const char* const text = ERR_reason_error_string(code);
  return text != nullptr ? text : "";
}

}  // namespace

CodeMeaning look_up_verify_code(int code, const match::RuleSet& rules) {
  CodeMeaning meaning;
  meaning.name = "verify code " + std::to_string(code);
  // OpenSSL has no "is it known?": unknown numbers all get the text of one that cannot exist.
  const std::string text = X509_verify_cert_error_string(code);
  if (text != X509_verify_cert_error_string(100000) &&
      text.find("error number") == std::string::npos)
    meaning.text = text;
  if (code == X509_V_OK) return meaning;
  const std::string printed = std::to_string(code) + ":" + text;
  find_rules(meaning, kVerifyTemplates, printed, "99999:no such error", rules);
  return meaning;
}

CodeMeaning look_up_alert(int number, const match::RuleSet& rules) {
  CodeMeaning meaning;
  meaning.name = "alert " + std::to_string(number);
  const auto code =
      static_cast<std::uint32_t>(ERR_PACK(ERR_LIB_SSL, 0, SSL_AD_REASON_OFFSET + number));
  const std::string reason = reason_text(code);
  if (const std::string text = SSL_alert_desc_string_long(number); text != "unknown")
    meaning.text = text;
  meaning.detail = "error:" + hex8(code) + (reason.empty() ? "" : ": " + reason);
  find_rules(
      meaning, kErrorTemplates, entry_text(code, reason),
      entry_text(static_cast<std::uint32_t>(ERR_PACK(ERR_LIB_SSL, 0, SSL_AD_REASON_OFFSET + 239)),
                 ""),
      rules);
  return meaning;
}

CodeMeaning look_up_openssl_error(std::string_view error, const match::RuleSet& rules) {
  CodeMeaning meaning;
  std::string_view digits = error;
  if (digits.starts_with("error:")) digits.remove_prefix(6);
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  std::uint32_t code = 0;
  std::from_chars(digits.data(), digits.data() + std::min<std::size_t>(8, digits.size()), code, 16);
  meaning.name = "OpenSSL error " + hex8(code);

  std::string entry;
  if (digits.size() > 9) {
    // Its own words are better than ours: they may come from another library.
    entry = "error:" + std::string(digits);
    const std::string message = "SSL_do_handshake() failed (SSL: " + entry + ")";
    parse::ErrorRecord record;
    record.message = message;
    parse::TlsDetail tls;
    parse::read_tls_detail(record, tls);
    if (tls.decisive != nullptr) {
      meaning.text = tls.decisive->reason;
      meaning.detail = std::string(tls.decisive->library) + ", reason " +
                       std::to_string(tls.decisive->reason_code);
    }
  } else {
    const std::uint32_t packed = as_packed_by_3(code);
    meaning.text = reason_text(packed);
    entry = entry_text(packed, meaning.text);
    const char* const library = ERR_lib_error_string(packed);
    meaning.detail = std::string(library != nullptr ? library : "unknown library") + ", reason " +
                     std::to_string(ERR_GET_REASON(packed));
    if (packed != code) meaning.detail += "; OpenSSL 3 prints it as " + hex8(packed);
  }
  find_rules(meaning, kErrorTemplates, entry, std::string(kNonsense), rules);
  return meaning;
}

}  // namespace handshaked::cli
