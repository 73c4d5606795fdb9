#include "receive/http/http_exchange.h"

#include "net/http/http_answer.h"

namespace handshaked::receive {
namespace {

constexpr std::string_view kIdempotencyKey = "idempotency-key";

}  // namespace

HttpAnswer refusal(unsigned status, std::string_view why) {
  return {.status = status, .body = net::refusal_json(status, why)};
}

HttpAnswer answer_for(const Error& error) {
  switch (error.code()) {
    case ErrorCode::invalid_input: return refusal(400, error.message());
    case ErrorCode::timeout: return refusal(408, error.message());
    case ErrorCode::limit_exceeded: return refusal(413, error.message());
    default: break;
  }
  HttpAnswer answer = refusal(503, error.message());
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

HttpAnswer answer_for_commit(const Error& error) {
  // What may be durable all the same must not look refused: 503 says "unknown, come again".
  HttpAnswer answer =
      refusal(error.code() == ErrorCode::limit_exceeded ? 429 : 503, error.message());
  answer.headers.emplace_back("Retry-After", error.code() == ErrorCode::limit_exceeded ? "2" : "5");
  return answer;
}

boost::asio::awaitable<Result<HttpAnswer>> commit_and_answer(const net::HttpRequest& request,
                                                             Connection connection,
                                                             HttpAnswer answer) {
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
