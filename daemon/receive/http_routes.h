#pragma once

#include <vector>

#include "receive/field_names.h"
#include "receive/http_session.h"

namespace handshaked::receive {

/// All paths of the HTTP listener.
std::vector<HttpRoute> http_routes(const FieldNames& names, const HttpLimits& limits);

}  // namespace handshaked::receive
