#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "ingest/log_line.h"

namespace handshaked::ingest {

/// A longer line is cut here: its beginning is still examined, the rest of it is skipped and
/// counted.
inline constexpr std::size_t kDefaultLineLimit = 64 * 1024;

/// Where reading goes on, to the byte. `inside_overlong_line`: the beginning of the line that is
/// cut here was delivered already, so everything up to its line feed is to be skipped.
struct StartPoint {
  ByteOffset offset;
  bool inside_overlong_line = false;
  auto operator<=>(const StartPoint&) const = default;
};

/// Turns the bytes of one file into blocks of whole lines, without copying and without work per
/// line: it looks for the last line feed of a chunk, and once per `line_limit` bytes for any line
/// feed at all. What it delivers does not depend on how the bytes were cut into chunks. Memory is
/// bounded by line_limit + the largest writable() + kNginxLineLimit.
///
///   while reading: n = read(splitter.writable(256 KiB)); splitter.commit(n);
///                  while (auto block = splitter.next()) use(*block);
///   at the end:    if (auto rest = splitter.finish()) use(*rest);
///
/// One buffer: [ up to kNginxLineLimit bytes kept for `before` | partial line | room ]. A block is
/// valid until the next call of any other function here. Not shared between threads.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t line_limit = kDefaultLineLimit);

  /// Forgets everything; the next byte committed stands at `start`. `before` is what stands in
  /// front of it in the file, of which the last kNginxLineLimit bytes are used.
  void start(StartPoint start, std::string_view before = {});

  /// Room for `size` more bytes (at least 1). All blocks must have been taken with next().
  std::span<char> writable(std::size_t size);
  /// The first `size` bytes of what writable() gave are filled.
  void commit(std::size_t size);
  /// The whole lines that are there, until nothing. More than one block only where an overlong line
  /// stands between them. A cut line ends its block and has '\n' as its byte number `line_limit`,
  /// where the file has something else.
  std::optional<LineBlock> next();
  /// The source is finished: what stands after the last line feed, if anything. After it only
  /// start() makes sense.
  std::optional<LineBlock> finish();

  /// Up to here every byte was delivered or skipped: start() with this loses nothing and repeats
  /// nothing.
  StartPoint consumed() const { return {position_of(begin_), skipping_}; }
  /// Where the next committed byte will stand.
  ByteOffset end() const { return position_of(end_); }

  std::uint64_t overlong_lines() const { return overlong_lines_; }
  /// Bytes of overlong lines that were not delivered, their line feeds not counted.
  std::uint64_t skipped_bytes() const { return skipped_bytes_; }

  struct Buffer {
    std::unique_ptr<char[]> bytes;
    std::size_t capacity = 0;
  };
  /// Hands over the buffer in which the block that was delivered last stands, for somebody who is
  /// not done with it, and goes on in `next` with what is still needed of it.
  Buffer exchange_buffer(Buffer next);

  /// Gives memory back that an idle source does not need. Invalidates blocks.
  void shrink();

 private:
  ByteOffset position_of(std::size_t index) const { return {base_ + index}; }
  void reallocate(std::size_t capacity);
  void restore_cut_byte();
  bool skip_rest_of_line();
  LineBlock deliver(std::size_t end);

  std::size_t line_limit_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::uint64_t base_ = 0;  ///< where buffer_[0] stands in the file
  std::size_t kept_ = 0;    ///< first valid byte; [kept_, begin_) is delivered or skipped
  std::size_t begin_ = 0;   ///< [begin_, end_) is still to be delivered
  std::size_t end_ = 0;
  std::size_t cut_at_ = 0;  ///< where the '\n' of a cut line stands, while cut_ is set
  char cut_byte_ = 0;       ///< what the file has there
  bool cut_ = false;
  bool skipping_ = false;  ///< inside an overlong line whose beginning was delivered
  std::uint64_t overlong_lines_ = 0;
  std::uint64_t skipped_bytes_ = 0;
};

}  // namespace handshaked::ingest
