#pragma once

#include <cstddef>
#include <string_view>

#include "parse/error_record.h"

namespace handshaked::parse {

/// What the header of a line looks like when it is not nginx's own any more (log_header.h reads
/// that one). Off the fast path.

/// Reads a whole header where another program wrote the time, or nginx was built to:
/// "2026-11-21T02:58:15.123Z [error] 9#9: *1 ",
/// "[21/Nov/2026:02:58:15 +0000] [error] 9#9: *1 ". All parts are there, the date too.
std::size_t read_dated_header(std::string_view line, ErrorRecord& record);

/// The same without any time: "[error] 9#9: *1 ".
std::size_t read_timeless_header(std::string_view line, ErrorRecord& record);

/// Where the message begins in `text` by what is left of a header anywhere in its first bytes:
/// behind "6#6: *1 ", "*1 ", "[error] ". npos when nothing is left, or when it stands inside a
/// quoted text that may be a stranger's.
std::size_t find_end_of_header_remains(std::string_view text);

/// Is `at` outside of quotes, or does a field's value or a quotation in a sentence open right in
/// front of it, or of what is left of a header there (msg="[error] …, I get "SSL_do_handshake() …)?
/// Else it is somebody's text: a path, a user agent. A quote that is escaped is none.
bool is_outside_quotes(std::string_view text, std::size_t at);

/// May a stranger have written what stands at `at` in a text of which nobody knows how its quotes
/// nest? The quote nearest in front of it opens, and it is neither a field's value nor what a
/// sentence quotes.
bool is_in_strangers_quotes(std::string_view text, std::size_t at);

/// Takes what is left of a header from `prefix`, what stands in front of a message: time, level,
/// pid, tid, connection, each alone or glued to something else.
void read_header_remains(std::string_view prefix, ErrorRecord& record);

}  // namespace handshaked::parse
