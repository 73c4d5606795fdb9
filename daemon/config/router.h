#pragma once

#include "config/config.h"
#include "notify/route.h"

namespace handshaked::config {

/// Who is told what, as the configuration says: its routes, and what suits each of its receivers.
notify::Router make_router(const Config& config);

}  // namespace handshaked::config
