#include "diagnose/tls/stand_in/stand_in_key.h"

#include <algorithm>

#include <openssl/ec.h>
#include <openssl/rsa.h>

namespace handshaked::diagnose {
namespace {

constexpr int kSmallestRsa = 512,
              kLargestRsa = 4096;  // larger ones take seconds to make and decide nothing

KeyHandle another_handle(const KeyHandle& key) {
  if (key) EVP_PKEY_up_ref(key.get());
  return KeyHandle(key.get());
}

/// A tenth of a second and more goes into an RSA key, and a diagnosis plays dozens of handshakes:
/// of the usual sizes one serves them all.
KeyHandle rsa_key(unsigned bits) {
  if (bits == 2048) {
    static const KeyHandle key(EVP_RSA_gen(2048));
    return another_handle(key);
  }
  if (bits == 4096) {
    static const KeyHandle key(EVP_RSA_gen(4096));
    return another_handle(key);
  }
  return KeyHandle(EVP_RSA_gen(bits));
}

}  // namespace

KeyHandle make_stand_in_key(const KeyKind& kind) {
  if (kind.type.starts_with("RSA"))
    return rsa_key(static_cast<unsigned>(std::clamp(kind.bits, kSmallestRsa, kLargestRsa)));
  if (kind.type == "ED25519") return KeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (kind.type == "ED448") return KeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"));
  const char* curve = kind.bits == 384   ? "P-384"
                      : kind.bits == 521 ? "P-521"
                      : kind.bits == 224 ? "P-224"
                                         : "P-256";
  return KeyHandle(EVP_EC_gen(curve));
}

}  // namespace handshaked::diagnose
