#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/case/surroundings.h"
#include "diagnose/upstream/upstream_place.h"
#include "diagnose/upstream/upstream_verdict.h"
#include "match/knowledge.h"

namespace handshaked::diagnose {

/// One upstream as one place of the configuration reaches it, and what nginx would do there now.
struct SurveyedUpstream {
  UpstreamPlace place;
  std::string key;   ///< the same in another reading of the same configuration, whatever its lines
                     ///< and addresses have become
  std::string file;  ///< of the *_pass
  std::uint32_t line = 0;
  std::string directive;                   ///< "proxy_pass"
  std::string target;                      ///< "https://10.0.0.1:443", as nginx would log it
  std::string server;                      ///< its first server name
  std::optional<UpstreamVerdict> verdict;  ///< nothing when it was not reached
  bool is_plain_to_tls = false;  ///< nginx speaks plain text there, and the peer TLS: no line tells
};

/// What the configuration calls plain, and what looks like TLS all the same: a port that is TLS's
/// by custom, a *_ssl_verify right beside the pass, or a listener of this very configuration that
/// speaks TLS.
bool looks_like_tls(const ReadConfiguration& nginx, const nginx::PassTarget& target,
                    const nginx::Address& address);

/// Every upstream that nginx reaches with TLS, each as its own place has it, and those that it
/// reaches without and should not; peers are asked once for the same request. At most `most`, until
/// the surroundings' deadline; `left_out` counts the rest. Blocks. Needs surroundings.nginx.
enum class SurveyedPeers : std::uint8_t { with_tls, and_plain_ones };
std::vector<SurveyedUpstream> survey_upstreams(const Surroundings& surroundings,
                                               const match::Knowledge& knowledge, std::size_t most,
                                               std::size_t& left_out,
                                               SurveyedPeers which = SurveyedPeers::and_plain_ones);

}  // namespace handshaked::diagnose
