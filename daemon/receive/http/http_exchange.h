#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "net/http/http_request.h"
#include "receive/connection.h"
#include "receive/record/byte_window.h"

namespace handshaked::receive {

struct HttpAnswer {
  unsigned status = 200;
  std::string body = {};
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::shared_ptr<Reservation> memory = {};  ///< that a large body holds until it is sent
};

/// The body of a request while it arrives: chunks joined, decompressed (gzip, deflate, zstd).
/// Asking for it for the first time answers `Expect: 100-continue`. Every limit is kept here: bytes
/// on the wire, bytes after decompression, time without progress. Failures: limit_exceeded (too
/// large), invalid_input (no HTTP, damaged compression), timeout, network (gone).
class HttpBody {
 public:
  virtual ~HttpBody() = default;
  /// The next piece, whatever has arrived; empty at the end. May be written to. Valid until the
  /// next co_await of anything; at least kScratchPadding bytes more may be read behind it.
  virtual boost::asio::awaitable<Result<std::span<char>>> read_some() = 0;
  /// Appends all of it to `into`, which grows as bytes come, whatever length was announced. Fails
  /// also when the sender may not hold so much: with limit_exceeded for ever, with cancelled for
  /// now.
  virtual boost::asio::awaitable<Result<>> read_all(ByteWindow& into) = 0;
};

/// Answers a request. Lines go into `connection.intake`, and are durable before a handler says 2xx.
/// A handler that fails gives the Error: what was added is discarded, and answer_for() says why to
/// the sender.
using HttpHandler = std::function<boost::asio::awaitable<Result<HttpAnswer>>(
    const net::HttpRequest& request, HttpBody& body, Connection connection)>;

/// The answer for a failure of HttpBody: 400, 408, 413, or 503 with Retry-After.
HttpAnswer answer_for(const Error& error);
/// The answer for a failure of Intake::commit: 429 or 503 with Retry-After.
HttpAnswer answer_for_commit(const Error& error);

/// {"error":WHY,"status":STATUS}
HttpAnswer refusal(unsigned status, std::string_view why);

/// Commits what a request added, and gives `answer` when that is durable, else the refusal.
boost::asio::awaitable<Result<HttpAnswer>> commit_and_answer(const net::HttpRequest& request,
                                                             Connection connection,
                                                             HttpAnswer answer);

/// Did a request with this Idempotency-Key come before?
bool is_repeated(const net::HttpRequest& request, const Connection& connection);

}  // namespace handshaked::receive
