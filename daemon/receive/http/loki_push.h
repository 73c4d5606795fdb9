#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "receive/http/http_exchange.h"
#include "receive/intake.h"

namespace handshaked::receive {

/// Takes the lines out of a Loki push request. Hosts come from the labels host, hostname,
/// node_name, node, instance, nodename. Give the number of lines; fail with invalid_input, and what
/// stands in front of the damage has been added.
Result<std::size_t> take_loki_protobuf(std::string_view message, Intake& intake);
/// `json` is followed by kScratchPadding bytes that may be read.
Result<std::size_t> take_loki_json(std::string_view json, Intake& intake);
/// What undo_snappy() will take, as the block says itself; 0 where it cannot be true.
std::size_t snappy_length(std::string_view block);
/// Undoes snappy's block format, which names its length at its beginning.
Result<std::string> undo_snappy(std::string_view block, std::size_t limit_bytes);

/// POST /loki/api/v1/push: JSON, or protocol buffers in a snappy block, as promtail, Alloy, Fluent
/// Bit and Vector send them. 204 when durable.
HttpHandler loki_push_handler(std::size_t limit_bytes);

}  // namespace handshaked::receive
