#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "net/client_stream.h"
#include "net/deadline.h"
#include "net/tls_client.h"

namespace handshaked::emit {

/// The way to one syslog collector: opened at the first message, kept, opened anew when it broke.
/// One message at a time. Loop thread only.
class SyslogChannel {
 public:
  virtual ~SyslogChannel() = default;

  /// Fails with limit_exceeded if this message can never pass; else it may be tried again.
  virtual boost::asio::awaitable<Result<>> send(const std::string& message,
                                                net::Deadline& deadline) = 0;
  virtual void close() = 0;
};

struct SyslogLimits {
  net::ConnectLimits connect;
  std::chrono::milliseconds write{10'000};
  std::chrono::milliseconds acknowledge{10'000};
  /// A TLS 1.3 collector that has said nothing for so long has accepted our certificate.
  std::chrono::milliseconds refusal{2'000};
};

/// UDP: one datagram a message. Nobody tells when one is lost.
std::unique_ptr<SyslogChannel> open_syslog_udp(boost::asio::any_io_executor executor,
                                               net::TcpPeer peer, SyslogLimits limits);

/// TCP with octet counting (RFC 6587), with `tls` as RFC 5425. Syslog knows no answer, so a write
/// says little: the read side is watched for the peer's end, and a message counts as sent when the
/// peer's kernel has acknowledged its last byte and has sent no reset; under TLS 1.3 the first one
/// waits until the collector has shown that it accepts us. What a collector had received but not
/// yet read when it died later is lost all the same.
std::unique_ptr<SyslogChannel> open_syslog_tcp(boost::asio::any_io_executor executor,
                                               net::TcpPeer peer, std::optional<net::TlsClient> tls,
                                               SyslogLimits limits);

/// The host's own socket, /dev/log: datagrams, or a stream with a line feed after each message
/// where the collector has made it that.
std::unique_ptr<SyslogChannel> open_syslog_local(boost::asio::any_io_executor executor,
                                                 std::string path, SyslogLimits limits);

/// A Unix stream socket, a line feed after each message: what `open_syslog_local` falls back to.
std::unique_ptr<SyslogChannel> open_syslog_unix_stream(boost::asio::any_io_executor executor,
                                                       std::string path, SyslogLimits limits);

}  // namespace handshaked::emit
