#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "parse/error_record.h"

namespace handshaked::parse {

/// Takes one line apart. Keeps only scratch memory for envelopes that must be unescaped; one parser
/// a thread. Never fails: what has no whole header of nginx's becomes a record of Form::bare. Its
/// message begins behind what is left of a header; where nothing is left, at the beginning, until
/// somebody who knows messages says where (`read_message_at`).
class NginxErrorParser {
 public:
  /// `line` without its '\n'. The record borrows from `line`, or from this parser until the next
  /// call.
  const ErrorRecord& parse(std::string_view line);

  /// Reads a line as one that was pasted, although it may begin with a whole header, or with two:
  /// what is bare now is not trusted.
  const ErrorRecord& parse_pasted(std::string_view line);

  /// Would parse_pasted() read the same message in `line`, which parse() has just read, for sure?
  /// Most lines with a whole header hold nothing that pasting leaves behind.
  bool is_same_pasted(std::string_view line) const;

  /// Of the bare line that was parsed last: its text without envelopes and without what pasting
  /// does to a line (pasted_text.h).
  std::string_view bare_text() const { return bare_text_; }
  /// Reads that text again, with a message that begins at `at`.
  const ErrorRecord& read_message_at(std::size_t at);
  /// A rule has told the side of a bare record that nothing else told.
  void settle_side(Side side) { record_.side = side; }

 private:
  static constexpr std::size_t kMaxEnvelopes = 4;
  ErrorRecord record_;
  std::string_view bare_text_;
  std::string colourless_, undone_;
  /// What each envelope held, outermost first: the record may borrow from all of them, its time
  /// from one, its message from another.
  std::array<std::string, kMaxEnvelopes> unescaped_;
};

/// Does an nginx header ("2026/11/21 02:58:15 [error] 9#9: ") stand at the very beginning? Its
/// length, 0 if not.
std::size_t header_length(std::string_view line);

/// The same for every whole header: also one whose time another program wrote (log_header.h), or
/// only the envelope has.
std::size_t any_header_length(std::string_view line, bool has_envelope);

/// Where the message begins behind nginx's own header, or behind one in a wrapping that is known at
/// a glance (message_begin.h). npos: take the line apart to know.
std::size_t message_at_a_glance(std::string_view line);

/// True only for a line that is not left open, wrapped or not, and for nearly every such line: said
/// from its quotes, without taking it apart. All of them are closed, and the last one ends the
/// line, or there are none.
bool is_closed_at_a_glance(std::string_view line);

}  // namespace handshaked::parse
