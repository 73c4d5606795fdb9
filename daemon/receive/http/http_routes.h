#pragma once

#include <chrono>
#include <vector>

#include "receive/http/http_session.h"
#include "receive/journal/journal_export.h"
#include "receive/record/field_names.h"

namespace handshaked::receive {

/// Lines as any shipper posts them, told apart by their first byte: JSON objects one a line, an
/// array of them, or plain text. The answer counts them: {"accepted":N,"malformed":M}; 400 when
/// none could be read. An Idempotency-Key makes a repeated request count once.
HttpHandler lines_handler(FieldNames names);

/// All paths of the HTTP listener.
std::vector<HttpRoute> http_routes(const FieldNames& names, const HttpLimits& limits);

/// Takes the journal export format over HTTP, as systemd-journal-upload sends it to /upload, in a
/// body that may go on for hours: what was found is committed on the way, and the answer 202 comes
/// when all of it is durable. An upload that breaks off is sent again from its beginning: what was
/// committed is known by the cursor of its last entry, and not counted again.
HttpHandler journal_upload_handler(JournalFilter filter);

struct EdgeMessageOptions {
  std::chrono::seconds silent_after{
      180};  ///< an edge of which nothing was heard for so long has fallen silent
  /// True: an edge is called by the name in its client certificate, else by its address, whatever
  /// its messages say.
  bool is_named_by_connection = false;
};

/// Takes what other daemons push: a message of an edge a request (edge_report.h). 200 when what it
/// says is durable.
HttpHandler edge_messages_handler(EdgeMessageOptions options);

}  // namespace handshaked::receive
