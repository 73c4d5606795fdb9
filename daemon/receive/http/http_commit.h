#pragma once

#include "receive/http/http_exchange.h"

namespace handshaked::receive {

/// Commits what a request added, and gives `answer` when that is durable, else the refusal.
boost::asio::awaitable<Result<HttpAnswer>> commit_and_answer(const net::HttpRequest& request, Connection connection, HttpAnswer answer);

/// Did a request with this Idempotency-Key come before?
bool is_repeated(const net::HttpRequest& request, const Connection& connection);

}  // namespace handshaked::receive
