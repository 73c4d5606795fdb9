#pragma once

#include "receive/http/http_exchange.h"
#include "receive/record/field_names.h"

namespace handshaked::receive {

/// Lines as any shipper posts them, told apart by their first byte: JSON objects one a line, an array of them, or plain text. The
/// answer counts them: {"accepted":N,"malformed":M}; 400 when none could be read. An Idempotency-Key makes a repeated request
/// count once.
HttpHandler lines_handler(FieldNames names);

}  // namespace handshaked::receive
