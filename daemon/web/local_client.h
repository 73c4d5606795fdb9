#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>

namespace handshaked::web {

/// The other end of a TCP connection within this host. The kernel knows whose it is
/// (/proc/net/tcp), so nobody has to be asked for a password.
class LocalClient {
 public:
  /// Of a socket that accept() gave; nothing when it is no TCP connection over IP.
  static std::optional<LocalClient> of(int descriptor);

  /// The user whose program holds the socket at the client's end. Nothing when no program holds it
  /// (it was closed), when it is on another host, or when /proc cannot be read. Reads the table of
  /// all connections: milliseconds on a busy host. Any thread.
  std::optional<uid_t> user() const;

 private:
  /// "LOCAL REMOTE", both as "0100007F:24D9", of the client's end; in the tables of IPv4 and of
  /// IPv6. Empty: cannot stand there.
  struct Row {
    const char* table;
    std::string ends;
  };
  std::array<Row, 2> rows_{{{"/proc/self/net/tcp", {}}, {"/proc/self/net/tcp6", {}}}};
};

}  // namespace handshaked::web
