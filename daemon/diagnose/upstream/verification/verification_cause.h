#pragma once

#include <string>
#include <vector>

#include "diagnose/upstream/verification/repair_search.h"

namespace handshaked::diagnose {

/// One cause among those of rules/causes/, why it is this one, and how sure that is.
struct FoundCause {
  std::string slug;
  double confidence = 0.95;
  std::vector<std::string> also{};  ///< other words for the same fault
  std::string key{};  ///< equal for all places that suffer from the same thing: "trust file|/etc/…"
  CertificateFacts certificate{};  ///< the one that is at fault; empty when it is none
  std::string issuer{};            ///< of trust: the name of the CA that is missing
  std::string issuer_key_id{};
};

/// What a repair that helped tells about the fault in the verdict that it was made for.
FoundCause cause_of_repair(UpstreamCase& upstream, const Repair& repair,
                           const UpstreamVerdict& before, const UpstreamVerdict& after);

/// What the faults of a verdict are that no repair of this host's takes away; the one that nginx
/// logs first. Consequences are left out.
std::vector<FoundCause> causes_of_faults(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                                         const std::vector<TrustPath>& paths);

/// Why a path does not end in trust: what is missing, re-keyed, expired or wrongly sent. For a path
/// that is at hand, or breaks off.
FoundCause trust_cause(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                       const TrustPath& path);

/// Why the name does not match. `right`: the name that would; nullptr when none is known.
/// `is_other_leaf`: with that name the peer shows another certificate.
FoundCause name_cause(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                      const NameCandidate* right, bool is_other_leaf);

/// A certificate of the path that OpenSSL built, by its depth: from what was sent, or what is
/// trusted. nullopt when there is none.
std::optional<PathCertificate> certificate_at(UpstreamCase& upstream,
                                              const UpstreamVerdict& verdict, int depth);

}  // namespace handshaked::diagnose
