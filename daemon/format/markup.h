#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "format/clean_text.h"
#include "format/message.h"

namespace handshaked::format {

/// The dialect of Markdown that a chat service reads.
struct Markup {
  std::function<std::string(std::string_view)>
      escape;  ///< prose: afterwards no markup, no mention, no link is in it
  std::string bold_begin = "**", bold_end = "**";
  std::string line_end = "\n";  ///< some services need more than a line feed
  bool has_inline_code = true;  ///< `…`, in which nothing is interpreted
  bool has_code_blocks = true;  ///< ``` … ```
  std::function<std::string(std::string_view)> escape_code =
      {};                             ///< inside of code, exactly what readers see; empty: as it is
  std::string_view not_in_code = "";  ///< characters that the service interprets even in code
  bool code_needs_room = false;  ///< the marks of code count only beside blanks and punctuation
  Measure measure = Measure::utf16_units;
};

/// Escapes `text` for services that read usual Markdown: a backslash before every character that
/// may begin markup, entities for < and &, and a joiner of no width in mentions and after the
/// scheme of links, so that nothing that a stranger wrote is either.
std::string escape_markdown(std::string_view text);

/// The same for services that know no escapes: characters that may begin markup become their wide
/// sisters.
std::string escape_by_width(std::string_view text);

/// One line of prose. Words that an escape would change the look of (a directive, a path, an
/// address) stand in code, where they can be copied as they are; only what can stand in no code is
/// escaped.
std::string prose_line(std::string_view text, const Markup& markup);

/// A name, an address, a path: as inline code where there is such and it can be shown there, else
/// escaped.
std::string code_text(std::string_view text, const Markup& markup);

/// Several lines in a code block that cannot be left from inside, exactly as they are; "" if they
/// do not fit into `room`, or cannot be shown so.
std::string code_block(std::string_view text, const Markup& markup, std::size_t room);

/// Everything of a message but its title, not longer than `limit`. What is most needed comes first;
/// what has no room is left out whole, and then the message says so.
std::string render_markup(const Message& message, const Markup& markup, std::size_t limit);

/// The same in parts, for services that bound each: none is longer than `limit`, each may be empty.
struct RenderedParts {
  std::string overview;  ///< what is to be seen at once: cause, impact, fix, command, page; what a
                         ///< digest holds
  std::string fix;       ///< how to make the fix, with its patch and commands
  std::string rest;      ///< facts, dead ends, link, log line
};
RenderedParts render_parts(const Message& message, const Markup& markup, std::size_t limit);

}  // namespace handshaked::format
