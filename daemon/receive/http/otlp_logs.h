#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "receive/http/http_exchange.h"
#include "receive/intake.h"
#include "receive/record/field_names.h"

namespace handshaked::receive {

/// Takes the log records out of an OTLP ExportLogsServiceRequest (opentelemetry-proto, logs/v1). A
/// record's text is its body, when that is a string; else, of a map, the member that `names.text`
/// asks for; else the attribute log.record.original. The host is the resource's host.name, else
/// k8s.node.name. Give the number of records; fail with invalid_input, and what stands in front of
/// the damage has been added.
Result<std::size_t> take_otlp_protobuf(std::string_view message, const FieldNames& names,
                                       Intake& intake);
/// `json` is followed by kScratchPadding bytes that may be read.
Result<std::size_t> take_otlp_json(std::string_view json, const FieldNames& names, Intake& intake);

/// POST /v1/logs: OTLP/HTTP, JSON or protocol buffers by Content-Type.
HttpHandler otlp_logs_handler(FieldNames names);

}  // namespace handshaked::receive
