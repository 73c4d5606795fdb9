#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace handshaked::receive {

/// Syslog over a stream: finds where messages end. RFC 6587 knows two ways, and senders of both
/// reach the same port:
///   octet counting     "123 <187>Nov 21 …": a decimal length (no leading zero, at most 7 digits),
///   a space, the message non-transparent    "<187>Nov 21 …\n": up to a line feed; anything that
///   does not look like a count and a '<' is this
/// Told apart by the first message of a connection, once: behind it, what a stranger wrote into a
/// line must not look like a count. Keeps no bytes: the caller gives what was left again, with more
/// behind it. Not shared between threads.
class SyslogFraming {
 public:
  /// Longer messages are cut there, and the rest of them is skipped; but a line that is there in
  /// whole is given in whole.
  explicit SyslogFraming(std::size_t message_limit) : limit_(message_limit) {}

  /// Takes whole messages from the front of `bytes` and hands them over as blocks of lines; the
  /// last of a block may lack its line feed. Counted messages are joined in place, so `bytes` is
  /// written to: lengths become line feeds, and line feeds inside a message, which cannot be
  /// nginx's, spaces. Returns how many bytes were used; what is left is less than the limit.
  std::size_t consume(std::span<char> bytes,
                      const std::function<void(std::string_view lines)>& take);

  /// The sender began with counted messages, and what comes now is none: nothing more can be told
  /// apart. What follows is not read.
  bool is_broken() const { return is_broken_; }
  /// The peer has ended, and `rest` was left: the last line of one who does not end it. False when
  /// it is part of a counted message: lost.
  bool finish(std::string_view rest, const std::function<void(std::string_view lines)>& take);

  std::uint64_t cut_messages() const { return cut_messages_; }
  /// Of counted messages: how many there were.
  std::uint64_t counted_messages() const { return counted_messages_; }

 private:
  using Take = std::function<void(std::string_view lines)>;
  enum class Way : std::uint8_t { unknown, counted, lines };
  std::size_t take_next(std::span<char> rest, const Take& take);
  std::size_t take_counted(std::span<char> bytes, const Take& take);
  std::size_t take_lines(std::span<char> bytes, const Take& take);

  std::size_t limit_;
  Way way_ = Way::unknown;
  bool is_broken_ = false;
  std::size_t bytes_to_skip_ = 0;  ///< of a counted message that was cut
  bool skips_line_ = false;        ///< of a line that was cut
  std::uint64_t cut_messages_ = 0;
  std::uint64_t counted_messages_ = 0;
};

}  // namespace handshaked::receive
