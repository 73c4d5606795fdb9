#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace handshaked::cli {

/// A whole knowledge base as one file, which can be signed and carried to hosts that fetch nothing
/// by themselves:
/// `{"handshaked_rules":1,"edition":"2026-11-30","files":{"causes/x.json":"…", …}}`.
struct RulesArchive {
  std::string edition;  ///< when these rules were made, as read_edition() gives it
  std::vector<std::pair<std::string, std::string>>
      files;  ///< path below the rules directory, and content
};

/// The archive of a rules directory. Fails with not_found or invalid_input when it has no edition.
Result<std::string> archive_of_rules(const std::string& directory);

/// Believes nothing: only the format that it knows, and names that stay below the directory
/// ("x.json", "causes/x.json", "schema/x.json"). Fails with invalid_input.
Result<RulesArchive> read_rules_archive(const std::string& json);

/// Whether `signature` is that of `bytes` by the owner of the key. `public_key` is the body of a
/// PEM file of a public key (SubjectPublicKeyInfo in base64): Ed25519 or Ed448 sign the bytes
/// themselves (`openssl pkeyutl -sign -rawin`), RSA and EC keys their SHA-256
/// (`openssl dgst -sha256 -sign`). Fails with invalid_configuration for what is not a key,
/// permission_denied for a signature that is not its.
Result<> check_rules_signature(std::string_view bytes, std::string_view signature,
                               const std::string& public_key);

}  // namespace handshaked::cli
