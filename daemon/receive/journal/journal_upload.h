#pragma once

#include "receive/http/http_exchange.h"
#include "receive/journal/journal_filter.h"

namespace handshaked::receive {

/// Takes the journal export format over HTTP, as systemd-journal-upload sends it to /upload, in a body that may go on for hours: what
/// was found is committed on the way, and the answer 202 comes when all of it is durable. An upload that breaks off is sent
/// again from its beginning: what was committed is known by the cursor of its last entry, and not counted again.
HttpHandler journal_upload_handler(JournalFilter filter);

}  // namespace handshaked::receive
