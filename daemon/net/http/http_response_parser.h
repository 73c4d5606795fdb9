#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace handshaked::net {

/// What a receiver answered. Its text is a stranger's.
struct HttpResponse {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;               ///< at most the body limit
  bool is_body_complete = false;  ///< false: longer than the limit, broken off, or too slow

  /// The first header of that name, in any case; empty when there is none.
  std::string_view header(std::string_view name) const;
};

struct HttpResponseLimits {
  std::uint32_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 64 * 1024;
};

/// Turns the bytes of one HTTP/1 response into an HttpResponse, interim (1xx) responses skipped.
/// Bounded whatever comes. Pure; not for two threads.
class HttpResponseParser {
 public:
  explicit HttpResponseParser(HttpResponseLimits limits);
  ~HttpResponseParser();

  /// Fails with invalid_input when this is no HTTP. To be called until `is_complete()` or
  /// `is_body_cut()`.
  Result<> feed(std::string_view bytes);
  /// The peer has closed. Completes a response that has no length; fails when that is in the middle
  /// of one.
  Result<> end_of_stream();

  /// The status and all headers are known: the receiver has decided.
  bool has_header() const;
  bool is_complete() const;
  /// The body reached its limit; the rest of it is not wanted.
  bool is_body_cut() const;
  /// The connection stands where the next response will begin.
  bool can_reuse_connection() const;

  /// Meaningful once `has_header()`; the parser is empty after it.
  HttpResponse take_response();

 private:
  class Message;
  HttpResponseLimits limits_;
  std::unique_ptr<Message> message_;
  std::string pending_;  // came, but is not enough for the next step
  unsigned interim_responses_ = 0;
};

}  // namespace handshaked::net
