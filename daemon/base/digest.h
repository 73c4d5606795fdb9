#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace handshaked {

/// The first `hex_digits` (at most 64) of the SHA-256 of `bytes`, lower case.
std::string sha256_hex(std::string_view bytes, std::size_t hex_digits = 64);

using Sha256Digest = std::array<unsigned char, 32>;

/// HMAC-SHA256 (RFC 2104) over the parts, in order.
Sha256Digest hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts);

/// With padding, without line feeds (RFC 4648, section 4).
std::string base64(std::span<const unsigned char> bytes);

}  // namespace handshaked
