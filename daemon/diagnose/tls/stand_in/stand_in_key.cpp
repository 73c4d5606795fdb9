#include "diagnose/tls/stand_in/stand_in_key.h"

#include <algorithm>

#include <openssl/ec.h>
#include <openssl/rsa.h>

namespace handshaked::diagnose {
namespace {

constexpr int kSmallestRsa = 512, kLargestRsa = 4096;  // larger ones take seconds to make and decide nothing

}  // namespace

KeyHandle make_stand_in_key(const KeyKind& kind) {
  if (kind.type.starts_with("RSA")) return KeyHandle(EVP_RSA_gen(static_cast<unsigned>(std::clamp(kind.bits, kSmallestRsa, kLargestRsa))));
  if (kind.type == "ED25519") return KeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (kind.type == "ED448") return KeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"));
  const char* curve = kind.bits == 384 ? "P-384" : kind.bits == 521 ? "P-521" : kind.bits == 224 ? "P-224" : "P-256";
  return KeyHandle(EVP_EC_gen(curve));
}

}  // namespace handshaked::diagnose
