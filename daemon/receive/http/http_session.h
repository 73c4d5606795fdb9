#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "receive/connection.h"
#include "receive/http/http_body.h"
#include "receive/http/http_exchange.h"

namespace handshaked::receive {

/// What answers which requests.
struct HttpRoute {
  std::vector<std::string> methods;
  std::string path;  ///< "*" stands for one segment, "**" at the end for any rest
  HttpHandler handler;
  bool is_endless = false;  ///< its body may be a stream that never ends
};

/// What senders must show one of: "Authorization: Bearer TOKEN", "Basic" with it as password, or
/// "ApiKey" in Elasticsearch's manner. They may be exchanged at any time, from any thread: each
/// request is held against the newest ones, whenever its connection began.
class AcceptedTokens {
 public:
  explicit AcceptedTokens(std::vector<std::string> tokens) { use(std::move(tokens)); }
  void use(std::vector<std::string> tokens);
  /// Does an Authorization header show one of them? Takes the same time for all wrong ones of a
  /// length.
  bool accept(std::string_view authorization) const;

 private:
  mutable std::mutex mutex_;  // guards tokens_
  std::shared_ptr<const std::vector<std::string>> tokens_;
};

struct HttpOptions {
  HttpLimits limits;
  std::shared_ptr<const AcceptedTokens> tokens;  ///< null: none is asked for
  std::vector<HttpRoute> routes;
};

/// HTTP/1.1 on one connection, request after request. A request from a browser's page (it has an
/// Origin) is refused: a page that an operator looks at must not be able to write into a listener
/// on loopback.
Session http_session(HttpOptions options);

/// Does `path` fit the pattern of a route?
bool fits_path(std::string_view pattern, std::string_view path);

}  // namespace handshaked::receive
