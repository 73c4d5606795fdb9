#include "diagnose/certificates/private_key_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "diagnose/certificates/openssl_handle.h"

namespace handshaked::diagnose {
namespace {

struct PasswordQuestion {
  const std::string* password = nullptr;
  bool was_asked = false;
};

int answer_password(char* buffer, int size, int, void* data) {
  auto& question = *static_cast<PasswordQuestion*>(data);
  question.was_asked = true;
  if (question.password->empty()) return -1;
  const std::size_t length = std::min(question.password->size(), static_cast<std::size_t>(size));
  std::memcpy(buffer, question.password->data(), length);
  return static_cast<int>(length);
}

std::string public_key_hash(EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(key, &bytes);
  if (size <= 0) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned digest_size = 0;
  EVP_Digest(bytes, static_cast<std::size_t>(size), digest.data(), &digest_size, EVP_sha256(),
             nullptr);
  OPENSSL_free(bytes);
  return hex_text(digest.data(), digest_size);
}

}  // namespace

PrivateKeyFacts read_private_key(std::string_view pem, const std::string& password) {
  PrivateKeyFacts facts;
  ERR_clear_error();
  const BioHandle bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(pem.size(), 1U << 20))));
  if (!bio) return facts;
  PasswordQuestion question{&password, false};
  const KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, answer_password, &question));
  if (!key) {
    facts.problem = take_openssl_error().reason;
    if (question.was_asked)
      facts.state = password.empty() ? PrivateKeyFacts::State::encrypted
                                     : PrivateKeyFacts::State::wrong_password;
    return facts;
  }
  ERR_clear_error();
  facts.state = PrivateKeyFacts::State::readable;
  facts.public_key_sha256 = public_key_hash(key.get());
  facts.type = EVP_PKEY_get0_type_name(key.get());
  facts.bits = EVP_PKEY_get_bits(key.get());
  return facts;
}

PrivateKeyFacts read_key_file(const nginx::ConfigurationFiles& files, const std::string& path,
                              const std::string& password) {
  auto text = files.read(path, kLargestKeyFile);
  if (!text) return {};
  PrivateKeyFacts facts = read_private_key(text.value(), password);
  wipe(text.value());
  return facts;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace handshaked::diagnose
