#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "parse/error_record.h"

namespace handshaked::parse {

/// Takes one line apart. Keeps only scratch memory for envelopes that must be unescaped; one parser a thread.
/// Never fails: what is no nginx line becomes a record of Form::bare whose message is the whole line.
class NginxErrorParser {
 public:
  /// `line` without its '\n'. The record borrows from `line`, or from this parser until the next call.
  const ErrorRecord& parse(std::string_view line);

 private:
  static constexpr std::size_t kMaxEnvelopes = 4;
  ErrorRecord record_;
  /// What each envelope held, outermost first: the record may borrow from all of them, its time from one, its message from another.
  std::array<std::string, kMaxEnvelopes> unescaped_;
};

/// Does an nginx header ("2026/11/21 02:58:15 [error] 9#9: ") stand at the very beginning? Its length, 0 if not.
std::size_t header_length(std::string_view line);

/// Is a line that begins with an nginx header left open, that is: did the record go on behind a line feed which a stranger
/// put into it? True when a quote that the message opened is not closed and no context follows.
bool is_left_open(std::string_view line);

/// Where the message begins behind nginx's own header, or behind one in a wrapping that is known at a glance (message_begin.h). npos: take
/// the line apart to know.
std::size_t message_at_a_glance(std::string_view line);

/// True only for a line that is not left open, wrapped or not, and for nearly every such line: said from its quotes, without taking it
/// apart. All of them are closed, and the last one ends the line, or there are none.
bool is_closed_at_a_glance(std::string_view line);

}  // namespace handshaked::parse
