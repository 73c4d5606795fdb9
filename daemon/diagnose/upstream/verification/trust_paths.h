#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diagnose/upstream/verification/known_material.h"

namespace handshaked::diagnose {

/// One certificate of a path, and where it is from.
struct PathCertificate {
  CertificateFacts facts;
  bool is_sent = false;             ///< by the peer
  bool is_trusted = false;          ///< in the trusted file
  std::optional<StoredCa> known{};  ///< it is at hand here
};

/// One way from the peer's leaf up to a root, over certificates that were sent, are trusted, or are
/// at hand: signatures checked, dates and constraints not. A value.
struct TrustPath {
  std::vector<PathCertificate> certificates;  ///< leaf first
  bool is_complete = false;  ///< the last one is self-signed, and trusted or at hand

  /// What the trusted file lacks for this path: intermediates that nobody has, and the root.
  std::vector<StoredCa> additions() const;
  bool adds_root() const;
  std::size_t count_invalid(Time at) const;  ///< expired or not yet valid
  const PathCertificate& top() const { return certificates.back(); }
};

/// All ways, best first: complete ones, then those without dead dates, without a new root, with the
/// fewest additions. Bounded. At least one (the leaf alone) when there is a chain.
std::vector<TrustPath> trust_paths(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                                   const KnownMaterial& known);

/// The trusted file's certificates; empty when it cannot be read.
std::vector<Certificate> trusted_certificates(UpstreamCase& upstream,
                                              const UpstreamVerdict& verdict);

}  // namespace handshaked::diagnose
