#pragma once

#include "base/result.h"
#include "config/sources.h"
#include "receive/http/http_session.h"

namespace handshaked::runtime {

/// The session of an [[http]] source: its routes, limits and tokens. Fails when a token file cannot
/// be read or holds none.
Result<receive::Session> make_http_session(const config::HttpSource& source);
/// The same of an [[edge]] source.
Result<receive::Session> make_edge_session(const config::EdgeSource& source);

}  // namespace handshaked::runtime
