#pragma once

#include <string>
#include <vector>

#include "diagnose/certificates/ca_store.h"
#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {

/// What this host has of CA certificates and CRLs beside the file in use: the CA collection, and
/// the trust files of other places of the configuration. Used to name what is missing and to
/// propose it; nothing in it is trusted. Borrows from the case.
class KnownMaterial {
 public:
  explicit KnownMaterial(UpstreamCase& upstream);

  /// Those whose subject has this hash, the collection's first.
  std::vector<StoredCa> named(const std::string& subject_hash) const;
  std::optional<StoredCa> find(const std::string& sha256) const;
  /// CRLs of an issuer, the newest first.
  std::vector<RevocationList> crls_of(const std::string& issuer_hash) const;
  const std::string& description() const;

 private:
  static constexpr std::size_t kMostFiles = 64;

  const CaStore& store_;
  std::vector<StoredCa> configured_;
  std::vector<RevocationList> configured_crls_;
};

}  // namespace handshaked::diagnose
