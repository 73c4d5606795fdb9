#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace handshaked::ingest {

/// A position in a file (in its uncompressed form), in bytes from 0.
struct ByteOffset {
  std::uint64_t value = 0;
  auto operator<=>(const ByteOffset&) const = default;
};

/// nginx never writes a longer line than this, line feed included (NGX_MAX_ERROR_STR,
/// src/core/ngx_log.h).
inline constexpr std::size_t kNginxLineLimit = 2048;

/// Whole lines as they stand in a file, the unit in which the scanner reads. Borrowed: valid until
/// the reader goes on.
struct LineBlock {
  /// Whole lines, each ended by '\n'; only the last block of a finished source may lack the last
  /// '\n'.
  std::string_view bytes;
  /// What stands directly before `bytes` in the same file: up to kNginxLineLimit bytes, possibly
  /// cut inside a line. It tells whether the first line may be the continuation of a record with a
  /// line feed inside.
  std::string_view before;
  /// Where bytes[0] stands in the file.
  ByteOffset offset;
  /// What the writer wrote together with the last lines may come in the next block: a sender gives
  /// each physical line for itself.
  bool goes_on = false;
};

}  // namespace handshaked::ingest
