#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace handshaked {

/// The first `hex_digits` (at most 64) of the SHA-256 of `bytes`, lower case.
std::string sha256_hex(std::string_view bytes, std::size_t hex_digits = 64);

}  // namespace handshaked
