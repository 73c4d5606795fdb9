#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace handshaked::runtime {

/// One entry of a partition's log:
///
///   handshaked-state 1 KIND schema=7 epoch=12 id=4f1c09aa-17 part=1/3 by=log-1\n
///   a Zstandard frame (RFC 8878): the part's bytes; nothing where the kind has none
///
/// Parts of one record stand one behind the other, or the record does not count: its writer died,
/// or lost the partition.
struct PartitionRecord {
  enum class Kind {
    taken_over,  ///< a worker has the partition from here on; its number is the epoch of all that
                 ///< this worker writes
    nothing,  ///< stands where an entry would stand whose fate was unknown, so that it cannot come
              ///< any more
    changes,  ///< of one transaction (store/database/change_capture.h)
    copy,     ///< a whole database file, which stands for all before it
  };

  Kind kind = Kind::nothing;
  std::uint32_t schema = 0;  ///< of the database
  std::uint64_t epoch = 0;
  std::string id;  ///< of the record: the same in all its parts, and in no other
  std::uint32_t part = 1, parts = 1;
  std::string by;  ///< the worker's name
  std::string body;
};

/// What a part may hold.
inline constexpr std::size_t kLargestPart = std::size_t{512} << 10;

std::string to_entry(const PartitionRecord& record);
/// Nothing for what handshaked has not written. Fails for what a newer one has.
Result<std::optional<PartitionRecord>> read_entry(std::string_view entry);

}  // namespace handshaked::runtime
