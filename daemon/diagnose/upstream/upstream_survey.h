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
  std::string key;   ///< the same in another reading of the same configuration, whatever its lines and addresses have become
  std::string file;  ///< of the *_pass
  std::uint32_t line = 0;
  std::string directive;                   ///< "proxy_pass"
  std::string target;                      ///< "https://10.0.0.1:443", as nginx would log it
  std::string server;                      ///< its first server name
  std::optional<UpstreamVerdict> verdict;  ///< nothing when it was not reached
};

/// Every upstream that nginx reaches with TLS, each as its own place has it; peers are asked once for the same request. At most
/// `most`, until the surroundings' deadline; `left_out` counts the rest. Blocks. Needs surroundings.nginx.
std::vector<SurveyedUpstream> survey_upstreams(const Surroundings& surroundings, const match::Knowledge& knowledge, std::size_t most,
                                               std::size_t& left_out);

}  // namespace handshaked::diagnose
