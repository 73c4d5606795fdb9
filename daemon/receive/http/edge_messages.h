#pragma once

#include <chrono>

#include "receive/http/http_exchange.h"

namespace handshaked::receive {

struct EdgeMessageOptions {
  std::chrono::seconds silent_after{180};  ///< an edge of which nothing was heard for so long has fallen silent
  /// True: an edge is called by the name in its client certificate, else by its address, whatever its messages say.
  bool is_named_by_connection = false;
};

/// Takes what other daemons push: a message of an edge a request (edge_report.h). 200 when what it says is durable.
HttpHandler edge_messages_handler(EdgeMessageOptions options);

}  // namespace handshaked::receive
