#pragma once

#include <memory>
#include <string>
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

struct HttpOptions {
  HttpLimits limits;
  /// Senders must show one of these: "Authorization: Bearer TOKEN", "Basic" with it as password, or
  /// "ApiKey" in Elasticsearch's manner. Empty: none is asked for.
  std::vector<std::string> tokens;
  std::vector<HttpRoute> routes;
};

/// HTTP/1.1 on one connection, request after request. A request from a browser's page (it has an
/// Origin) is refused: a page that an operator looks at must not be able to write into a listener
/// on loopback.
Session http_session(HttpOptions options);

/// Does `path` fit the pattern of a route?
bool fits_path(std::string_view pattern, std::string_view path);
/// Does an Authorization header show one of `tokens`? Takes the same time for all wrong ones of a
/// length.
bool shows_token(std::string_view authorization, const std::vector<std::string>& tokens);

}  // namespace handshaked::receive
