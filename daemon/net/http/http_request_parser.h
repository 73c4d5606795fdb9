#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "net/http/http_request.h"

namespace handshaked::net {

struct HttpRequestLimits {
  std::size_t header_bytes = 32 * 1024;
};

/// Takes HTTP/1.0 and HTTP/1.1 requests apart, one after another, however the bytes arrive. The
/// body stays where it is: the bytes of its chunks are moved together in the buffer that was given.
/// Anything that two programs could read differently (two lengths, a length and chunks, obsolete
/// line folding) is refused: that is how requests are smuggled. Not shared between threads.
class HttpRequestParser {
 public:
  explicit HttpRequestParser(HttpRequestLimits limits = {});
  ~HttpRequestParser();
  HttpRequestParser(const HttpRequestParser&) = delete;
  HttpRequestParser& operator=(const HttpRequestParser&) = delete;

  struct Step {
    std::size_t used =
        0;  ///< of the bytes given; what is left is to be given again, with more behind it
    std::span<char> body;  ///< a part of the given bytes
  };
  /// Parses as far as it gets: to the end of the head, then to the end of the request. Fails with
  /// invalid_input for what is no HTTP, and with limit_exceeded for a head that is too large.
  Result<Step> parse(std::span<char> bytes);

  /// The head is there: `request()` is.
  bool has_head() const;
  bool is_done() const;
  const HttpRequest& request() const;
  /// As the head says; nullopt for a chunked body.
  std::optional<std::uint64_t> content_length() const;
  bool keeps_alive() const;
  bool expects_continue() const;

  /// For the next request on the same connection.
  void start_anew();

 private:
  class Message;
  HttpRequestLimits limits_;
  std::unique_ptr<Message> message_;
};

}  // namespace handshaked::net
