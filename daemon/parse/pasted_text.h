#pragma once

#include <string>
#include <string_view>

namespace handshaked::parse {

/// Takes terminal colours ("\x1b[31m") out of `line`. Returns `line` itself where there are none.
std::string_view without_colours(std::string_view line, std::string& scratch);

/// Undoes what people and programs do to a line on its way into a chat, a ticket or a report: HTML
/// entities and tags, backslashes in front of punctuation, typographic and full-width signs,
/// Markdown's links, emphasis and code, box characters, list marks and quote marks at the ends, a
/// literal "\n" at the end, line feeds of a wrapped line (they become spaces).
///
/// What it returns is for reading a message that nobody vouches for; a line that nginx wrote is
/// never given to it. Linear in `line`.
std::string_view pasted_text(std::string_view line, std::string& scratch);

/// Does the text hold something that may have to be undone, besides marks at its ends? A header
/// does: a "#".
bool holds_anything_to_undo(std::string_view text);

/// Writes `line` to `out` with the quotes that nginx may have printed: a cell of a table has them
/// doubled, some tools make them single ones. False where there is nothing to change.
bool with_plain_quotes(std::string_view line, std::string& out);

/// Writes `line` to `out` with spaces and colons where nginx sets them: "SSL_CTX_new () failed(SSL:
/// error: 140A90A1: SSL routines: …", "certificate verify error (18: self signed …",
/// "PEM_read_bio_X509_AUX failed", "(SSL: certificate verify failed)", "failed SSL: error:…",
/// "failed: (SSL: error:…", "SSL_do_handshake() failed (bad key share)", a title with a capital
/// where nginx has none. False where there is nothing to change.
bool with_plain_spacing(std::string_view line, std::string& out);

}  // namespace handshaked::parse
