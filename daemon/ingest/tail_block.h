#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "ingest/log_line.h"

namespace handshaked::ingest {

/// Counts the files that one LogTail has opened, from 1: blocks with the same number come from one file, in its order.
struct FileNumber {
  std::uint64_t value = 0;
  auto operator<=>(const FileNumber&) const = default;
};

/// New lines of a followed log. Borrowed: valid during on_block().
struct TailBlock {
  LineBlock lines;
  std::string_view path;  ///< where this file was when it was opened; after a rotation it is PATH no more
  FileNumber file;
};

/// Who takes the lines. Called on the thread that steps the tail.
class BlockHandler {
 public:
  virtual ~BlockHandler() = default;
  virtual void on_block(const TailBlock& block) = 0;
  /// Asked after every read: true ends the step early, and the next one goes on there.
  virtual bool is_full() const { return false; }
};

}  // namespace handshaked::ingest
