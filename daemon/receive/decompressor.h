#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "receive/memory_budget.h"
#include "receive/record/byte_window.h"

namespace handshaked::receive {

/// How much may come out of a compressed payload, whoever sends it. A bomb costs at most the bytes
/// that are free, and the time for them: output goes on piece by piece and is never held whole.
struct DecompressionLimits {
  std::uint64_t max_output_bytes = std::uint64_t{1} << 30;
  /// Beyond this much output it must not be more than max_ratio times the input. Logs shrink to a
  /// tenth, a storm of one line to a hundredth or less.
  std::uint64_t free_output_bytes = std::uint64_t{32} << 20;
  std::uint64_t max_ratio = 300;
};

enum class Compression : std::uint8_t { none, gzip, zlib, zstd };

/// By the first bytes, of which at least four should be there. zlib has no magic number worth the
/// name and is never guessed.
Compression guess_compression(std::string_view beginning);

/// Undoes one compression, piece by piece. Concatenated gzip members and zstd frames are one
/// stream. Not shared between threads.
class Decompressor {
 public:
  virtual ~Decompressor() = default;

  /// Takes from the front of `input`, and appends at most `most` bytes to `out`. Call again until
  /// nothing is produced and the input is empty. Fails with invalid_input for damage, with
  /// limit_exceeded, and with cancelled where `out` may not grow; must not be called again then.
  virtual Result<std::size_t> decompress(std::string_view& input, ByteWindow& out,
                                         std::size_t most) = 0;

  /// Whether the input may end here: false inside a member or frame.
  virtual bool may_end() const = 0;
};

/// What it needs for itself is charged to the sender at once: zstd up to 8.5 MiB, zlib 48 KiB.
/// Fails with limit_exceeded or cancelled when there is no memory for it. `compression` is not
/// none.
Result<std::unique_ptr<Decompressor>> make_decompressor(
    Compression compression, const DecompressionLimits& limits = {},
    std::shared_ptr<SenderMemory> memory = nullptr);

}  // namespace handshaked::receive
