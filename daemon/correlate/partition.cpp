#include "correlate/partition.h"

#include <charconv>

namespace handshaked::correlate {

std::uint32_t partition_of(std::string_view fingerprint, std::uint32_t partitions) {
  constexpr std::string_view kBegin = "v1:";
  constexpr std::size_t kDigits = 8;
  if (!fingerprint.starts_with(kBegin)) return 0;
  const std::string_view digits = fingerprint.substr(kBegin.size(), kDigits);
  std::uint32_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number % partitions;
}

}  // namespace handshaked::correlate
