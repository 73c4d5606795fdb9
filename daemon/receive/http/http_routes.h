#pragma once

#include <vector>

#include "receive/http/http_session.h"
#include "receive/record/field_names.h"

namespace handshaked::receive {

/// All paths of the HTTP listener.
std::vector<HttpRoute> http_routes(const FieldNames& names, const HttpLimits& limits);

}  // namespace handshaked::receive
