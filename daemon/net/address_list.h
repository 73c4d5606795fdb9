#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace handshaked::net {

/// Networks in CIDR notation: "10.0.0.0/8", "2001:db8::/32", "192.0.2.7". IPv4 addresses mapped
/// into IPv6 count as IPv4.
class AddressList {
 public:
  /// Fails with invalid_configuration for what is no network, and for one with bits behind its
  /// prefix.
  static Result<AddressList> parse(const std::vector<std::string>& networks);

  bool empty() const { return networks_.empty(); }
  /// `address` without port and zone; false for what is no address.
  bool contains(std::string_view address) const;

 private:
  struct Network {
    std::array<std::uint8_t, 16> bytes{};
    unsigned prefix = 0;  ///< of the 128 bits
  };
  std::vector<Network> networks_;
};

}  // namespace handshaked::net
