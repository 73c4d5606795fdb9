#include "base/digest.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"

namespace handshaked {

std::string sha256_hex(std::string_view bytes, std::size_t hex_digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  std::string hex;
  for (unsigned i = 0; i < size && hex.size() < hex_digits; ++i) {
    hex += kDigits[digest[i] >> 4U];
    hex += kDigits[digest[i] & 15U];
  }
  hex.resize(std::min<std::size_t>(hex.size(), hex_digits));
  return hex;
}

}  // namespace handshaked
