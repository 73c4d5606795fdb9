#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "diagnose/case/text.h"
#include "diagnose/certificates/ca_store.h"
#include "diagnose/certificates/pem_bundle.h"

namespace handshaked::diagnose {

/// A PEM text that OpenSSL can read, made from one that it cannot, and what was done.
struct PemRepair {
  std::string text;
  Text what;
};

/// Repairs the wrapping, never the content: a byte order mark, END and BEGIN on one line, line
/// breaks written as "\n" or lost, blanks in front of lines, a PKCS#7 bundle. nullopt when that
/// does not make it readable, or when there is a private key in it, which is never written into a
/// patch.
std::optional<PemRepair> repair_pem(std::string_view text);

/// The CA certificates of the collection whose text a damaged file still holds for the most part:
/// at least a third of their lines (and three). Without those that the file has intact.
std::vector<Certificate> recover_damaged(std::string_view text, const PemBundle& readable,
                                         const CaStore& store);

/// Leaf first, each followed by its issuer, as ssl_certificate wants it; certificates that do not
/// belong to the chain come last. nullopt when they stand in this order already, or have no single
/// leaf. `leaf_key`: public_key_sha256 of the private key, when it is known.
std::optional<std::vector<Certificate>> chain_in_order(
    std::span<const BundledCertificate> certificates, std::string_view leaf_key = {});

/// PEM of all, each with its subject as a comment line above.
std::string pem_of(std::span<const Certificate> certificates);

}  // namespace handshaked::diagnose
