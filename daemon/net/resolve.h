#pragma once

#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "net/client_stream.h"
#include "net/deadline.h"

namespace handshaked::net {

/// The addresses of a peer; never empty. An address in numbers costs nothing; a name is looked up
/// by getaddrinfo on the one thread that Asio keeps for that. Such a look-up cannot be cancelled:
/// at the deadline it is left behind, and while it lasts the names of other receivers wait for it
/// (each until its own deadline).
boost::asio::awaitable<Result<std::vector<boost::asio::ip::tcp::endpoint>>> resolve_tcp(
    boost::asio::any_io_executor executor, TcpPeer peer, Deadline& deadline);

}  // namespace handshaked::net
