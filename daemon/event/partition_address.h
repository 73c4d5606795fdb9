#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace handshaked::event {

/// A partition that has to hear of an event: that of its fingerprint, and those of the fingerprints
/// that its incident had before, for which it has moved.
struct PartitionAddress {
  std::uint32_t partition = 0;
  bool has_moved = false;
  bool operator==(const PartitionAddress&) const = default;
};

/// Whom to tell of an event of ours, in this order: where the incident is before where it was, so
/// that there is no moment in which nobody has it. One that names no fingerprint goes to the first.
std::vector<PartitionAddress> partition_addresses(std::string_view event_body,
                                                  std::uint32_t partitions);

}  // namespace handshaked::event
