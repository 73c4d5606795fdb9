#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/case/text.h"
#include "diagnose/tls/chain_replay.h"
#include "diagnose/tls/peer_observation.h"
#include "diagnose/tls/security_policy.h"
#include "diagnose/upstream/upstream_request.h"

namespace handshaked::diagnose {

/// How far nginx would come with an upstream, in the order in which it goes.
enum class UpstreamStage : std::uint8_t {
  untested,  ///< nobody could look: `problem` says why (no probe allowed, time is up, the peer is
             ///< not known)
  configuration,  ///< nginx would not start, or could not take the files: `problem`
  resolve,        ///< the name has no address now, or no resolver is there for it
  connect,        ///< no connection
  handshake,      ///< no complete handshake: `observation`
  verification,   ///< the chain is refused: `replay.verify_code`
  name,           ///< the chain is good, and the name does not match
  passes,  ///< nginx would go on to the request (refusals that TLS 1.3 reports late are of the
           ///< handshake)
  plain,   ///< nginx speaks no TLS there; whether the peer does, an observation of another place
           ///< tells
};
std::string_view to_string(UpstreamStage stage);

/// What nginx would do now, at one place, with one configuration and the files it names: the one
/// function that causes, fixes, and dead ends are all judged by. A value.
struct UpstreamVerdict {
  UpstreamStage stage = UpstreamStage::untested;
  std::string
      problem;  ///< of untested, configuration, resolve; of the handshake when nginx was asked
  /// Our own library cannot make this handshake: nginx itself was asked, and the stage is its
  /// verdict.
  bool is_by_nginx = false;
  std::optional<AllowedPeer> peer;
  UpstreamRequest asked;
  std::optional<PeerObservation> observation;  ///< absent: nothing went over the wire
  bool is_chain_assumed = false;  ///< the chain is of another probe: this request was not allowed,
                                  ///< and would not change it
  SecurityPolicy policy;
  nginx::PeerName name;
  bool verifies = false;  ///< *_ssl_verify on
  ReplayInput input;      ///< of the replay; the chain is empty when there is none
  ReplayResult replay;    ///< also with verification off: what it would say (with no trusted file
                          ///< then: all is foreign)
  std::string trusted_file;  ///< absolute; empty: none
  std::string crl_file;

  bool passes() const { return stage == UpstreamStage::passes; }
  bool has_chain() const { return !input.chain.empty(); }
  /// The leaf's facts; the observation's.
  const CertificateFacts* leaf() const;
};

/// What nginx would log: "upstream SSL certificate verify error: (20:unable to get local issuer
/// certificate) while SSL handshaking to upstream". Empty for a verdict that passes, or was not
/// tested.
std::string would_log(const UpstreamVerdict& verdict);

/// One line for proofs: "verify code 20 (unable to get local issuer certificate) at depth 1, CN=…";
/// "passes".
Text summary_of(const UpstreamVerdict& verdict);

}  // namespace handshaked::diagnose
