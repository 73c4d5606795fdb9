#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace handshaked::engine {

/// Partitions that take records at their end only, and give them in one order to everybody: what
/// Kafka has. Each record has a number, its offset; those of a partition grow, and may have gaps.
/// Thread-safe. Every call blocks.
class RecordLog {
 public:
  struct Record {
    std::uint64_t offset = 0;
    Time written_at{};
    std::string_view bytes;
  };

  virtual ~RecordLog() = default;

  /// The record's offset; nothing where the engine has it and does not say where. After an Error it
  /// may be there, or come yet; a record may be there more than once.
  virtual Result<std::optional<std::uint64_t>> write(std::uint32_t partition,
                                                     std::string_view bytes) = 0;
  /// The offset of the first record that there is, or end() where there is none.
  virtual Result<std::uint64_t> first(std::uint32_t partition) = 0;
  /// The offset of the next record, behind everything that was written before it was asked.
  virtual Result<std::uint64_t> end(std::uint32_t partition) = 0;
  /// Gives all records from `from` to before `end`, in order. Ends with what `take` fails with;
  /// fails with not_found where `from` is before the first record.
  virtual Result<> read(std::uint32_t partition, std::uint64_t from, std::uint64_t end,
                        const std::function<Result<>(const Record&)>& take) = 0;
  /// Nobody needs records before `offset`.
  virtual Result<> drop(std::uint32_t partition, std::uint64_t offset) = 0;

  /// Messages of a partition of the lines that nobody has read; nothing where that is not known.
  virtual Result<std::optional<std::uint64_t>> waiting(std::uint32_t partition) = 0;
};

}  // namespace handshaked::engine
