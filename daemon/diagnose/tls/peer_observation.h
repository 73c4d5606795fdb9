#pragma once

#include <string>

#include "base/clock.h"
#include "diagnose/tls/tls_probe.h"

namespace handshaked::diagnose {

/// What one probe saw: the facts that a diagnosis stands on. A value.
struct PeerObservation {
  PeerAddress address;
  std::string named_as;
  Time at{};
  ProbeRequest asked;
  ProbeResult seen;

  /// The chain as replay_verification takes it.
  std::vector<Der> chain() const;
  bool has_chain() const { return !seen.chain.empty(); }
};

/// One JSON object: address, what was asked (no paths of keys), what was seen, certificates by
/// their facts and not by their bytes.
std::string to_json(const PeerObservation& observation);

/// "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384, 2 certificates", "alert 112 after the ClientHello",
/// "answered HTTP, not TLS": one line of evidence.
std::string summary_of(const ProbeResult& seen);

}  // namespace handshaked::diagnose
