#pragma once

#include <cstdint>
#include <string_view>

namespace handshaked::correlate {

/// Which of so many partitions a fault belongs to. The same on every host, for ever.
std::uint32_t partition_of(std::string_view fingerprint, std::uint32_t partitions);

}  // namespace handshaked::correlate
