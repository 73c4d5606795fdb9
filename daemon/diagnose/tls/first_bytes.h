#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace handshaked::diagnose {

/// What the first bytes of a peer look like.
enum class FirstBytes {
  none,
  tls,
  http,
  http2,
  ssh,
  smtp,
  ftp,
  pop3,
  imap,
  mysql,
  postgresql,
  redis,
  proxy_header,
  sslv2,
  text,
  binary
};

std::string_view to_string(FirstBytes kind);
std::optional<FirstBytes> first_bytes_from(std::string_view name);

/// Judges by the first few hundred bytes at most.
FirstBytes classify_first_bytes(std::string_view bytes);

/// Printable ASCII of the first line, at most 80 characters; everything else is a dot.
std::string printable_first_line(std::string_view bytes);

}  // namespace handshaked::diagnose
