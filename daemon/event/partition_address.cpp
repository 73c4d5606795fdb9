#include "event/partition_address.h"

#include <simdjson.h>

#include <algorithm>

#include "correlate/partition.h"

namespace handshaked::event {

std::vector<PartitionAddress> partition_addresses(std::string_view event_body,
                                                  std::uint32_t partitions) {
  if (partitions == 1) return {{}};
  simdjson::dom::parser parser;
  simdjson::dom::object incident;
  std::string_view fingerprint;
  if (parser.parse(event_body.data(), event_body.size())["data"]["incident"].get(incident) ||
      incident["fingerprint"].get(fingerprint))
    return {{}};
  std::vector<PartitionAddress> addresses{
      {.partition = correlate::partition_of(fingerprint, partitions)}};
  simdjson::dom::array earlier;
  if (incident["earlier_fingerprints"].get(earlier)) return addresses;
  for (const simdjson::dom::element item : earlier) {
    if (item.get(fingerprint)) continue;
    const std::uint32_t partition = correlate::partition_of(fingerprint, partitions);
    const auto is_known = [partition](const auto& address) {
      return address.partition == partition;
    };
    if (std::none_of(addresses.begin(), addresses.end(), is_known))
      addresses.push_back({.partition = partition, .has_moved = true});
  }
  return addresses;
}

}  // namespace handshaked::event
