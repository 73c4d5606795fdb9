#include "diagnose/case/load_error.h"

#include <algorithm>
#include <charconv>

namespace handshaked::diagnose {
namespace {

/// "… in /etc/nginx/nginx.conf:12" at the end.
void take_place(std::string_view& text, LoadError& error) {
  const std::size_t in = text.rfind(" in /");
  const std::size_t colon = text.rfind(':');
  if (in == std::string_view::npos || colon == std::string_view::npos || colon < in) return;
  const std::string_view digits = text.substr(colon + 1);
  std::uint32_t line = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), line);
  if (problem != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return;
  error.file = text.substr(in + 4, colon - in - 4);
  error.line = line;
  text = text.substr(0, in);
}

}  // namespace

LoadError parse_load_error(std::string_view message) {
  LoadError error;
  std::string_view text = message;
  if (const std::size_t openssl = text.find(" (SSL: "); openssl != std::string_view::npos) {
    error.openssl = text.substr(openssl + 7);
    if (error.openssl.ends_with(')')) error.openssl.pop_back();
    text = text.substr(0, openssl);
  }
  take_place(text, error);
  // `open() "/etc/nginx/tls/pass" failed (2: No such file or directory)`
  constexpr std::string_view kFailed = "\" failed (";
  if (const std::size_t failed = text.rfind(kFailed);
      failed != std::string_view::npos && error.openssl.empty()) {
    error.openssl = text.substr(failed + kFailed.size());
    if (error.openssl.ends_with(')')) error.openssl.pop_back();
  }
  // nginx 1.20 to 1.27 print SSL_CTX_set0_tmp_dh_pkey(/path") with one quote only.
  if (std::count(text.begin(), text.end(), '"') == 1) {
    const std::size_t open = text.find('('), close = text.find('"');
    if (open < close) {
      error.head = text.substr(0, open + 1);
      error.quoted.emplace_back(text.substr(open + 1, close - open - 1));
      return error;
    }
  }
  const std::size_t first = text.find('"');
  error.head = text.substr(0, first);
  for (std::size_t at = first; at != std::string_view::npos;) {
    const std::size_t end = text.find('"', at + 1);
    if (end == std::string_view::npos) break;
    error.quoted.emplace_back(text.substr(at + 1, end - at - 1));
    at = text.find('"', end + 1);
  }
  return error;
}

}  // namespace handshaked::diagnose
