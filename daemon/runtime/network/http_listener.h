#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/sources.h"
#include "receive/http/http_session.h"

namespace handshaked::runtime {

/// What speaks HTTP on the connections of a source.
struct HttpListener {
  receive::Session session;
  std::shared_ptr<receive::AcceptedTokens> tokens;  ///< null: senders show none
};

/// The tokens in `files`. Fails when one cannot be read or holds none.
Result<std::vector<std::string>> read_tokens(const std::vector<std::string>& files);
/// Of an [[http]] source: its routes, limits and tokens. Fails as read_tokens() does.
Result<HttpListener> make_http_listener(const config::HttpSource& source);
/// The same of an [[edge]] source.
Result<HttpListener> make_edge_listener(const config::EdgeSource& source);

}  // namespace handshaked::runtime
