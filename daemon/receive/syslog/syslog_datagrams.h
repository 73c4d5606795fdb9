#pragma once

#include <cstddef>

#include "receive/listener.h"

namespace handshaked::receive {

/// Syslog over UDP (RFC 5426) or a Unix datagram socket: one message a datagram, as nginx sends its error log. Nothing can be
/// acknowledged: while there is no room nothing is read, and what the kernel then drops is counted (SO_RXQ_OVFL). Unix senders wait.
Listener::DatagramReader syslog_datagrams(std::size_t message_limit);

}  // namespace handshaked::receive
