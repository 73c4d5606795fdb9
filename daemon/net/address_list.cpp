#include "net/address_list.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/ip_text.h"

namespace handshaked::net {
namespace {

constexpr unsigned kMappedPrefix = 96;  // ::ffff:0:0/96

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4 = false;
};

std::optional<Address> read_address(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('%'));
  Address address;
  in_addr v4{};
  if (read_ip(AF_INET, name, &v4)) {
    address.is_v4 = true;
    address.bytes[10] = address.bytes[11] = 0xFF;
    std::memcpy(address.bytes.data() + 12, &v4, sizeof v4);
    return address;
  }
  if (read_ip(AF_INET6, name, address.bytes.data())) return address;
  return std::nullopt;
}

bool bit(const std::array<std::uint8_t, 16>& bytes, unsigned index) {
  return (bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

bool same_prefix(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b,
                 unsigned prefix) {
  if (std::memcmp(a.data(), b.data(), prefix / 8) != 0) return false;
  return prefix % 8 == 0 || ((a[prefix / 8] ^ b[prefix / 8]) >> (8 - prefix % 8)) == 0;
}

}  // namespace

Result<AddressList> AddressList::parse(const std::vector<std::string>& networks) {
  AddressList list;
  for (const std::string& text : networks) {
    const auto slash = text.find('/');
    const auto address = read_address(text.substr(0, slash));
    const auto refuse = [&](const char* why) {
      return fail(ErrorCode::invalid_configuration, "\"" + text + "\" " + why);
    };
    if (!address) return refuse("is not a network such as 10.0.0.0/8 or 2001:db8::/32");
    const unsigned longest = address->is_v4 ? 32 : 128;
    unsigned prefix = longest;
    if (slash != std::string::npos) {
      const auto [end, error] =
          std::from_chars(text.data() + slash + 1, text.data() + text.size(), prefix);
      if (error != std::errc() || end != text.data() + text.size() || prefix > longest)
        return refuse("has no prefix length that fits");
    }
    if (address->is_v4) prefix += kMappedPrefix;
    for (unsigned i = prefix; i < 128; ++i) {
      if (bit(address->bytes, i)) return refuse("has bits set behind its prefix");
    }
    list.networks_.push_back({address->bytes, prefix});
  }
  return list;
}

bool AddressList::contains(std::string_view address) const {
  const auto read = read_address(address);
  if (!read) return false;
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return same_prefix(network.bytes, read->bytes, network.prefix);
  });
}

}  // namespace handshaked::net
