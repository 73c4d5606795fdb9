#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "ingest/decoded_file.h"
#include "ingest/line_splitter.h"
#include "ingest/log_line.h"

namespace handshaked::ingest {

/// Reads one log from its beginning to its end, once: what `scan` and `match` do. Plain, .gz and
/// .zst (told by content), or
/// "-" for standard input. Not shared between threads.
class BlockReader {
 public:
  /// Fails for what is missing, not ours to read, or a directory; the text names the path.
  static Result<BlockReader> open(const std::string& path,
                                  std::size_t line_limit = kDefaultLineLimit);

  /// The next whole lines, or nothing at the end. The block is valid until the next call. A file
  /// that breaks off or is damaged first gives everything in front of the damage, then fails.
  Result<std::optional<LineBlock>> next();

  /// Keeps the block that next() gave valid: its memory is the caller's, in exchange for memory to
  /// go on with (which may be empty).
  LineSplitter::Buffer exchange_buffer(LineSplitter::Buffer next) {
    return splitter_.exchange_buffer(std::move(next));
  }

  /// For a progress bar: bytes taken of the file as it is stored, of this many (nothing for a
  /// pipe).
  std::uint64_t bytes_read() const { return file_.bytes_read(); }
  std::optional<std::uint64_t> size() const { return file_.size(); }

  /// Uncompressed bytes so far.
  std::uint64_t bytes_decoded() const { return splitter_.end().value; }
  std::uint64_t overlong_lines() const { return splitter_.overlong_lines(); }
  std::uint64_t skipped_bytes() const { return splitter_.skipped_bytes(); }

 private:
  BlockReader(DecodedFile file, std::size_t line_limit)
      : file_(std::move(file)), splitter_(line_limit) {}

  DecodedFile file_;
  LineSplitter splitter_;
  bool finished_ = false;
  std::optional<Error> failed_;
};

}  // namespace handshaked::ingest
