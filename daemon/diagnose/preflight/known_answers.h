#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/preflight/planned_change.h"
#include "diagnose/probe/prober.h"

namespace handshaked::diagnose {

/// What peers will answer: a planned chain inside the handshake that the peer makes today, as far
/// as it can be seen. Where the new leaf has a key of another kind, the handshake is rehearsed in
/// memory with what nginx offers. For ProberOptions::known_answer. One thread.
class KnownAnswers {
 public:
  /// `live` is asked for today's answers; nullptr: nobody is. `new_keys`: where keys lie that nginx
  /// will read elsewhere. Borrows all.
  KnownAnswers(const std::vector<PeerChain>& chains, Prober* live,
               const std::map<std::string, std::string>* new_keys = nullptr)
      : chains_(chains), live_(live), new_keys_(new_keys) {}

  std::optional<ProbeResult> answer(const AllowedPeer& peer, const ProbeRequest& request);

  /// The chain for this address; nullptr when none is planned. `sni` decides between several.
  const PeerChain* chain_for(const AllowedPeer& peer, const std::string& sni) const;

 private:
  ProbeResult with_chain(const PeerChain& planned, const ProbeRequest& request,
                         const ProbeResult* today);

  const std::vector<PeerChain>& chains_;
  Prober* live_;
  const std::map<std::string, std::string>* new_keys_;
  std::map<std::string, std::optional<ProbeResult>>
      rehearsed_;  ///< by what nginx offers and the kind of the key
};

}  // namespace handshaked::diagnose
