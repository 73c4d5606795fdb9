#pragma once

#include <string_view>

#include "parse/error_record.h"

namespace handshaked::parse {

/// Who wrote a line? nginx escapes nothing, so a stranger who gets a line feed into a path, a user
/// name or a header can print a whole line of his own in the middle of a record.
enum class Provenance {
  genuine,   ///< nothing speaks against nginx
  doubtful,  ///< could be forged: report it, but let it open nothing
  forged,    ///< a stranger's text: it is a part of the record before it
};

/// The line that is judged, and what is around it.
struct JudgedLine {
  std::string_view
      window;             ///< whole lines around it: ideally kNginxLineLimit bytes before and after
  std::size_t begin = 0;  ///< of the line in `window`
  std::size_t end = 0;
  std::size_t settled =
      0;  ///< a record is known to begin here (an earlier genuine line's end); 0 if unknown
  bool foreign_tail = false;  ///< ErrorRecord's
  bool goes_on = false;       ///< what was written behind `window` is not there to be seen
};

/// nginx writes a record with one write(2), at most 2048 bytes, so a raw line feed inside it always
/// leaves the record's *tail* within that many bytes: the rest of the quoted text, the closing
/// quote, the context. Therefore:
///  - a line is forged when a record before it is open and such a tail follows, or when the request
///  of that record, decoded, is this line;
///  - a record that is open and has no tail was cut by somebody on its way: what follows is
///  genuine;
///  - what could be the tail, or could have one that is not there to be seen yet, is doubtful.
/// Linear in the window.
Provenance examine_provenance(const JudgedLine& line);

/// How a line that begins with an nginx header ends.
enum class Ending {
  over,    ///< nothing of this record can follow
  quoted,  ///< it looks finished, but quotes text of a stranger, who may have finished it
  open,    ///< a quote that the message opened is not closed and no context follows, or the context
         ///< ends in a decoded path where the request holds an encoded line feed: the record may go
         ///< on behind a line feed which a stranger put into it
};
Ending ending_of(std::string_view line);

}  // namespace handshaked::parse
