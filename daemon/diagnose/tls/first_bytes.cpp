#include "diagnose/tls/first_bytes.h"

#include <algorithm>
#include <array>

namespace handshaked::diagnose {
namespace {

struct Name {
  FirstBytes kind;
  std::string_view name;
};
constexpr std::array kNames = {Name{FirstBytes::none, "none"},
                               Name{FirstBytes::tls, "tls"},
                               Name{FirstBytes::http, "http"},
                               Name{FirstBytes::http2, "http2"},
                               Name{FirstBytes::ssh, "ssh"},
                               Name{FirstBytes::smtp, "smtp"},
                               Name{FirstBytes::ftp, "ftp"},
                               Name{FirstBytes::pop3, "pop3"},
                               Name{FirstBytes::imap, "imap"},
                               Name{FirstBytes::mysql, "mysql"},
                               Name{FirstBytes::postgresql, "postgresql"},
                               Name{FirstBytes::redis, "redis"},
                               Name{FirstBytes::proxy_header, "proxy_header"},
                               Name{FirstBytes::sslv2, "sslv2"},
                               Name{FirstBytes::text, "text"},
                               Name{FirstBytes::binary, "binary"}};

unsigned byte_at(std::string_view bytes, std::size_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0x100U;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower;
}

bool is_text(std::string_view bytes) {
  return std::all_of(
      bytes.begin(),
      bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(bytes.size(), 64)),
      [](char c) { return (c >= ' ' && c <= '~') || c == '\r' || c == '\n' || c == '\t'; });
}

bool is_tls_record(std::string_view bytes) {
  const unsigned type = byte_at(bytes, 0);
  return type >= 0x14 && type <= 0x17 && (bytes.size() < 2 || byte_at(bytes, 1) == 3);
}

/// A SETTINGS frame on stream 0: what an HTTP/2 server sends first.
bool is_http2_settings(std::string_view bytes) {
  if (bytes.size() < 9) return false;
  return byte_at(bytes, 3) == 4 && byte_at(bytes, 4) <= 1 && byte_at(bytes, 5) == 0 &&
         byte_at(bytes, 6) == 0 && byte_at(bytes, 7) == 0 && byte_at(bytes, 8) == 0;
}

/// The greeting packet: a length of three bytes, sequence number 0, protocol version 10 (or 255: an
/// error).
bool is_mysql_greeting(std::string_view bytes) {
  return bytes.size() > 5 && byte_at(bytes, 2) == 0 && byte_at(bytes, 3) == 0 &&
         (byte_at(bytes, 4) == 10 || byte_at(bytes, 4) == 255);
}

/// 'E', a length of four bytes, fields that begin with the severity.
bool is_postgresql_error(std::string_view bytes) {
  return bytes.size() > 6 && bytes[0] == 'E' && byte_at(bytes, 1) == 0 && byte_at(bytes, 2) == 0 &&
         bytes[5] == 'S';
}

/// 220 greets in both; only the words tell them apart.
FirstBytes mail_or_ftp(std::string_view line) {
  const std::string lower = lower_case(line);
  if (lower.find("ftp") != std::string::npos) return FirstBytes::ftp;
  if (lower.find("smtp") != std::string::npos || lower.find("mail") != std::string::npos)
    return FirstBytes::smtp;
  return FirstBytes::text;
}

FirstBytes classify_text(std::string_view bytes) {
  const auto begins = [&](std::string_view prefix) { return bytes.starts_with(prefix); };
  const std::string lower = lower_case(bytes.substr(0, 64));
  if (begins("HTTP/") || lower.starts_with("<html") || lower.starts_with("<!doctype html"))
    return FirstBytes::http;
  if (begins("SSH-")) return FirstBytes::ssh;
  if (begins("220 ") || begins("220-") || begins("554 ") || begins("421 "))
    return mail_or_ftp(bytes.substr(0, bytes.find('\n')));
  if (begins("+OK")) return FirstBytes::pop3;
  if (begins("* OK") || begins("* PREAUTH") || begins("* BYE")) return FirstBytes::imap;
  if (begins("-ERR") || begins("-NOAUTH") || begins("-DENIED")) return FirstBytes::redis;
  if (begins("PROXY ")) return FirstBytes::proxy_header;
  return is_text(bytes) ? FirstBytes::text : FirstBytes::binary;
}

}  // namespace

std::string_view to_string(FirstBytes kind) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [kind](const Name& one) { return one.kind == kind; });
  return found == kNames.end() ? "" : found->name;
}

std::optional<FirstBytes> first_bytes_from(std::string_view name) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [name](const Name& one) { return one.name == name; });
  return found == kNames.end() ? std::nullopt : std::optional(found->kind);
}

FirstBytes classify_first_bytes(std::string_view bytes) {
  if (bytes.empty()) return FirstBytes::none;
  if (is_tls_record(bytes)) return FirstBytes::tls;
  if (is_http2_settings(bytes)) return FirstBytes::http2;
  if (is_mysql_greeting(bytes)) return FirstBytes::mysql;
  if (is_postgresql_error(bytes)) return FirstBytes::postgresql;
  if (bytes.starts_with(std::string_view("\r\n\r\n\0\r\nQUIT\n", 12)))
    return FirstBytes::proxy_header;
  constexpr unsigned kServerHello = 4;
  if (bytes.size() > 2 && (byte_at(bytes, 0) & 0x80U) && byte_at(bytes, 2) == kServerHello)
    return FirstBytes::sslv2;
  return classify_text(bytes);
}

std::string printable_first_line(std::string_view bytes) {
  constexpr std::size_t kMaxCharacters = 80;
  std::string line;
  for (const char c : bytes.substr(0, kMaxCharacters)) {
    if (c == '\n' || c == '\r') {
      if (line.empty()) continue;
      break;
    }
    line.push_back(c >= ' ' && c <= '~' ? c : '.');
  }
  return line;
}

}  // namespace handshaked::diagnose
