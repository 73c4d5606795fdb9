#include "diagnose/certificates/issuer_search.h"

#include <algorithm>
#include <tuple>

namespace handshaked::diagnose {

bool is_same(const Certificate& left, const Certificate& right) {
  return left.facts().sha256 == right.facts().sha256;
}

bool holds(std::span<const Certificate> certificates, const Certificate& one) {
  return std::any_of(certificates.begin(), certificates.end(),
                     [&](const Certificate& other) { return is_same(other, one); });
}

std::string short_name(const CertificateFacts& facts) {
  return facts.common_name.empty() ? facts.subject : facts.common_name;
}

const Certificate* best_issuer(const Certificate& certificate,
                               std::span<const Certificate> candidates, Time now) {
  const Certificate* best = nullptr;
  const auto worth = [now](const Certificate& one) {
    return std::tuple(is_valid_at(one.facts(), now), one.facts().self_signed,
                      one.facts().not_after);
  };
  for (const Certificate& candidate : candidates) {
    if (!certificate.names_as_issuer(candidate) || !certificate.is_signed_by(candidate)) continue;
    if (best == nullptr || worth(candidate) > worth(*best)) best = &candidate;
  }
  return best;
}

IssuerPath find_issuers(const Certificate& certificate, std::span<const Certificate> beside,
                        const CaStore& store, Time now) {
  IssuerPath path;
  Certificate current = certificate;
  while (path.issuers.size() < kLongestPath) {
    if (current.facts().self_signed) {
      path.is_complete = true;
      return path;
    }
    std::vector<Certificate> candidates;
    if (const Certificate* near = best_issuer(current, beside, now)) candidates.push_back(*near);
    if (candidates.empty() || !is_valid_at(candidates.front().facts(), now)) {
      for (const StoredCa* stored : store.named(current.facts().issuer_hash))
        candidates.push_back(stored->certificate);
    }
    const Certificate* next = best_issuer(current, candidates, now);
    if (next == nullptr || holds(path.issuers, *next)) return path;
    current = *next;
    path.issuers.push_back(current);
  }
  return path;
}

}  // namespace handshaked::diagnose
