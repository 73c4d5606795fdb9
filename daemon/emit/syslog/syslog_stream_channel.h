#pragma once

#include "emit/syslog/syslog_channel.h"

namespace handshaked::emit {

/// A Unix stream socket, a line feed after each message: what `open_syslog_local` falls back to.
std::unique_ptr<SyslogChannel> open_syslog_unix_stream(boost::asio::any_io_executor executor, std::string path, SyslogLimits limits);

}  // namespace handshaked::emit
