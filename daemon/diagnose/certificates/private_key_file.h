#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nginx/configuration/configuration.h"

namespace handshaked::diagnose {

/// What a private key file tells without giving the key away.
struct PrivateKeyFacts {
  enum class State : std::uint8_t {
    readable,
    encrypted,       ///< and no pass phrase was given
    wrong_password,  ///< encrypted, and this pass phrase does not open it
    no_key,          ///< no private key in it that OpenSSL can read
  };
  State state = State::no_key;
  std::string public_key_sha256;  ///< readable: as CertificateFacts::public_key_sha256
  std::string type;               ///< "RSA", "EC", …
  int bits = 0;
  std::string problem;  ///< OpenSSL's reason for no_key and wrong_password
};

/// Reads the first private key of a PEM text. Only for callers who may read keys
/// (Surroundings::may_read_keys): the key is opened in this process, its public half is taken, and
/// it is wiped. `pem` stays the caller's to wipe.
PrivateKeyFacts read_private_key(std::string_view pem, const std::string& password = {});

/// No file with a key is larger.
inline constexpr std::size_t kLargestKeyFile = 1U << 20;

/// The same of a file as the configuration's files have it; its text is wiped. no_key when it
/// cannot be read, too.
PrivateKeyFacts read_key_file(const nginx::ConfigurationFiles& files, const std::string& path,
                              const std::string& password = {});

/// Overwrites a text that held a secret.
void wipe(std::string& secret);

}  // namespace handshaked::diagnose
