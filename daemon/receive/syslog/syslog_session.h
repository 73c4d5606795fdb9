#pragma once

#include <chrono>
#include <cstddef>

#include "receive/connection.h"

namespace handshaked::receive {

struct SyslogOptions {
  std::size_t message_limit = 64 * 1024;
  /// A connection on which nothing came for so long is closed; senders connect again when they have something.
  std::chrono::milliseconds idle{std::chrono::hours(1)};
  /// A message that has begun has to be there in whole after this.
  std::chrono::milliseconds message{60'000};
};

/// Syslog (RFC 3164 and RFC 5424 messages) over TCP, TLS (RFC 5425) or a Unix stream socket. The protocol knows no acknowledgements:
/// while there is no room nothing is read, and TCP slows the sender.
Session syslog_session(SyslogOptions options);

}  // namespace handshaked::receive
