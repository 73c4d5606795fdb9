#pragma once

#include "format/wire_format.h"

namespace handshaked::format {

/// CloudEvents 1.0 over HTTP, structured: the event as it is.
WireFormat cloudevents_structured_format();

/// CloudEvents 1.0 over HTTP, binary (http-protocol-binding.md, 3.1): the attributes are "ce-"
/// headers, percent-encoded where they are not printable ASCII, and the body is the data alone.
WireFormat cloudevents_binary_format();

}  // namespace handshaked::format
