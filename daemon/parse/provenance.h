#pragma once

#include <string_view>

namespace handshaked::parse {

/// Who wrote a line? nginx escapes nothing, so a stranger who gets a line feed into a path, a user name or a header can print
/// a whole line of his own in the middle of a record.
enum class Provenance {
  genuine,   ///< nothing speaks against nginx
  doubtful,  ///< could be forged: report it, but let it open nothing
  forged,    ///< a stranger's text: it is a part of the record before it
};

/// Judges the line [line_begin, line_end) of `window`, which holds whole lines around it: ideally kNginxLineLimit bytes
/// before and after. nginx writes a record with one write(2), at most 2048 bytes, so the evidence is never further away:
///  - a record that began before it and is still open (an unclosed quote, no context yet);
///  - a line behind it that has no header but a context: the end of the record in whose middle the line stands;
///  - a request near behind it that, percent-decoded, contains this very line;
///  - a second context behind its own (`foreign_tail`) where the record before it quotes text of a stranger.
/// `settled` is where a record is known to begin (an earlier genuine line's end), to bound the search; 0 if unknown.
Provenance examine_provenance(std::string_view window, std::size_t line_begin, std::size_t line_end, std::size_t settled,
                              bool foreign_tail);

}  // namespace handshaked::parse
