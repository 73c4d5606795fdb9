#pragma once

#include <chrono>
#include <cstddef>

#include "receive/connection.h"
#include "receive/listener.h"

namespace handshaked::receive {

struct SyslogOptions {
  std::size_t message_limit = 64 * 1024;
  /// A connection on which nothing came for so long is closed; senders connect again when they have
  /// something.
  std::chrono::milliseconds idle{std::chrono::hours(1)};
  /// A message that has begun has to be there in whole after this.
  std::chrono::milliseconds message{60'000};
};

/// Syslog (RFC 3164 and RFC 5424 messages) over TCP, TLS (RFC 5425) or a Unix stream socket. The
/// protocol knows no acknowledgements: while there is no room nothing is read, and TCP slows the
/// sender.
Session syslog_session(SyslogOptions options);

/// Syslog over UDP (RFC 5426) or a Unix datagram socket: one message a datagram, as nginx sends its
/// error log. Nothing can be acknowledged: while there is no room nothing is read, and what the
/// kernel then drops is counted (SO_RXQ_OVFL). Unix senders wait.
Listener::DatagramReader syslog_datagrams(std::size_t message_limit);

}  // namespace handshaked::receive
