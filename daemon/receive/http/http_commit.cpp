#include "receive/http/http_commit.h"

namespace handshaked::receive {
namespace {

constexpr std::string_view kIdempotencyKey = "idempotency-key";

}  // namespace

boost::asio::awaitable<Result<HttpAnswer>> commit_and_answer(const net::HttpRequest& request, Connection connection, HttpAnswer answer) {
  const BatchOptions batch{.id = request.header(kIdempotencyKey), .cursor = {}};
  connection.stream.expect_nothing();  // it is we who let the peer wait
  const auto durable = co_await connection.intake.commit(batch);
  if (!durable) co_return answer_for_commit(durable.error());
  co_return answer;
}

bool is_repeated(const net::HttpRequest& request, const Connection& connection) {
  const std::string_view key = request.header(kIdempotencyKey);
  return !key.empty() && connection.intake.is_duplicate(key);
}

}  // namespace handshaked::receive
