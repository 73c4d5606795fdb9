#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/network_source.h"

namespace handshaked::config {

/// [[edge]]: daemons on other hosts that push their incidents here. `network.silent_after` counts for each of them.
struct EdgeSource {
  NetworkSource network;
  std::vector<std::string> token_files;  ///< each holds one token a line; several while they are exchanged

  bool operator==(const EdgeSource&) const = default;
};

/// [labels]: what this host is labelled with, for the daemon that it reports to.
using Labels = std::map<std::string, std::string>;

}  // namespace handshaked::config
