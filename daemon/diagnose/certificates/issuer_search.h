#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "diagnose/certificates/ca_store.h"
#include "diagnose/certificates/certificate.h"

namespace handshaked::diagnose {

/// The way from a certificate of this host's own files up to a root: through the certificates
/// beside it, then through the CA collection. Pure; nothing here is trusted, it is only found.
struct IssuerPath {
  std::vector<Certificate> issuers;  ///< from the next one upwards; without the certificate itself
  bool is_complete = false;          ///< the last one (or the certificate itself) is self-signed
  const Certificate& last() const { return issuers.back(); }
};

/// Of those whose key made the signature of `certificate` the one to prefer: valid at `now` before
/// others, self-signed before cross-signed, the longest valid. Null when there is none.
const Certificate* best_issuer(const Certificate& certificate,
                               std::span<const Certificate> candidates, Time now);

/// Climbs at most kLongestPath steps. At each step `beside` is asked first, unless what it has is
/// out of date and the store has better.
IssuerPath find_issuers(const Certificate& certificate, std::span<const Certificate> beside,
                        const CaStore& store, Time now);
inline constexpr std::size_t kLongestPath = 12;

bool is_same(const Certificate& left, const Certificate& right);
bool holds(std::span<const Certificate> certificates, const Certificate& one);

/// "Corp Issuing CA 1": the common name, or the whole subject without one.
std::string short_name(const CertificateFacts& facts);

}  // namespace handshaked::diagnose
