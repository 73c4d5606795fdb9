#include "parse/openssl_error.h"

#include <charconv>

#include "parse/characters.h"

namespace handshaked::parse {
namespace {

constexpr std::string_view kPrefix = "error:";

bool is_hex8(std::string_view text) {
  if (text.size() < 9 || text[8] != ':') return false;
  return text.substr(0, 8).find_first_not_of("0123456789abcdefABCDEF") == npos;
}

std::string_view take_part(std::string_view& text) {
  const auto colon = text.find(':');
  const std::string_view part = text.substr(0, colon);
  text.remove_prefix(colon == npos ? text.size() : colon + 1);
  return part;
}

/// OpenSSL 3 packs lib<<23 | reason (include/openssl/err.h), earlier ones and LibreSSL lib<<24 |
/// func<<12 | reason.
std::uint32_t unpack_reason(std::uint32_t code, std::string_view function) {
  return function.empty() ? code & 0x7FFFFFU : code & 0xFFFU;
}

/// Says that something below failed, but not what.
bool is_wrapper(std::string_view reason) {
  return reason.ends_with(" lib") || reason == "internal error" || reason == "malloc failure" ||
         reason == "nested asn1 error";
}

void read_entry(std::string_view entry, OpensslError& error) {
  error = OpensslError{};
  error.whole = entry;
  std::string_view rest = entry.substr(kPrefix.size());
  const std::string_view hex = take_part(rest);
  std::from_chars(hex.data(), hex.data() + hex.size(), error.code, 16);
  error.library = take_part(rest);
  const std::string_view function = take_part(rest);
  error.reason = take_part(rest);
  error.data = rest;
  error.reason_code = unpack_reason(error.code, function);
}

std::optional<int> read_int(std::string_view digits) {
  int value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failure != std::errc() || end == digits.data()) return std::nullopt;
  return value;
}

void read_queue(std::string_view message, TlsDetail& detail) {
  const auto open = message.find("(SSL: ");
  if (open == npos) return;
  std::size_t at = open + 6;
  while (detail.error_count < TlsDetail::kMaxErrors && message.substr(at).starts_with(kPrefix) &&
         is_hex8(message.substr(at + kPrefix.size()))) {
    std::size_t next = at;
    do {
      next = message.find(" error:", next + 1);
    } while (next != npos && !is_hex8(message.substr(next + 1 + kPrefix.size())));
    std::string_view entry = message.substr(at, next == npos ? npos : next - at);
    if (next == npos) {
      // The last entry ends at the parenthesis that closes the queue; nginx's errno text may
      // follow.
      const auto errno_text = entry.rfind(") (");
      if (errno_text != npos && entry.ends_with(')')) entry = entry.substr(0, errno_text);
      else if (entry.ends_with(')')) entry.remove_suffix(1);
    }
    read_entry(entry, detail.errors[detail.error_count++]);
    if (next == npos) break;
    at = next + 1;
  }
}

const OpensslError* choose_decisive(const TlsDetail& detail) {
  if (detail.error_count == 0) return nullptr;
  // A file that cannot be opened: the first entry names it.
  if (detail.errors[0].library == "system library") return &detail.errors[0];
  for (std::size_t i = detail.error_count; i-- > 0;) {
    if (!is_wrapper(detail.errors[i].reason)) return &detail.errors[i];
  }
  return &detail.errors[detail.error_count - 1];
}

void read_alert(TlsDetail& detail) {
  static constexpr std::string_view kAlert = "SSL alert number ";
  for (std::size_t i = 0; i < detail.error_count; ++i) {
    const OpensslError& error = detail.errors[i];
    if (const auto at = error.data.find(kAlert); at != npos) {
      detail.alert = read_int(error.data.substr(at + kAlert.size()));
    } else if (error.library == "SSL routines" && error.reason_code > 1000 &&
               error.reason_code < 1256 &&
               (error.reason.find("alert") != npos || error.reason.find("ALERT") != npos ||
                error.reason.starts_with("reason("))) {
      detail.alert = static_cast<int>(error.reason_code - 1000);  // BoringSSL prints no number
    }
  }
}

/// "… certificate verify error: (20:unable to get local issuer certificate)", also of
/// lua-nginx-module with "20: text".
void read_verify(std::string_view message, TlsDetail& detail) {
  static constexpr std::string_view kVerify = "verify error: ";
  const auto at = message.find(kVerify);
  if (at == npos) return;
  std::string_view rest = message.substr(at + kVerify.size());
  if (!rest.starts_with('(')) {
    detail.verify_text = rest;
    return;
  }
  rest.remove_prefix(1);
  detail.verify_code = read_int(rest);
  if (const auto colon = rest.find(':'); colon != npos) rest.remove_prefix(colon + 1);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  detail.verify_text = rest.substr(0, rest.rfind(')'));
}

void read_name(std::string_view message, TlsDetail& detail) {
  static constexpr std::string_view kMismatch = "certificate does not match \"";
  const auto at = message.find(kMismatch);
  if (at == npos) return;
  const std::string_view rest = message.substr(at + kMismatch.size());
  detail.name = rest.substr(0, rest.rfind('"'));
}

}  // namespace

void read_tls_detail(const ErrorRecord& record, TlsDetail& detail) {
  detail.error_count = 0;
  detail.decisive = nullptr;
  detail.alert.reset();
  detail.verify_code.reset();
  detail.verify_text = {};
  detail.name = {};
  read_queue(record.message, detail);
  detail.decisive = choose_decisive(detail);
  read_alert(detail);
  read_verify(record.message, detail);
  read_name(record.message, detail);
}

}  // namespace handshaked::parse
