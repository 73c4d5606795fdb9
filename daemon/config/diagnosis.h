#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace handshaked::config {

/// [nginx]: which configuration governs this host's lines.
struct Nginx {
  std::string configuration;  ///< empty: that of the nginx that is installed or runs here
  std::string prefix;         ///< as `nginx -p`; empty: as built

  bool operator==(const Nginx&) const = default;
};

/// [diagnosis]: whether and how far the daemon looks for the cause of an incident.
struct Diagnosis {
  bool enabled = true;
  bool probe = true;                                ///< connect to the peers of incidents; without, configuration and files alone speak
  bool read_keys = false;                           ///< nginx's client keys may be read, to repeat handshakes with client certificates
  std::vector<std::string> ca_stores;               ///< files and directories; empty: the system's bundle
  std::vector<std::string> allow;                   ///< peers and networks beside those of nginx's configuration
  std::chrono::milliseconds time_limit{15000};      ///< of one diagnosis
  std::chrono::milliseconds probe_interval{30000};  ///< between the first probes of a sick peer; doubles up to `probe_interval_most`
  std::chrono::milliseconds probe_interval_most{30 * 60 * 1000};

  bool operator==(const Diagnosis&) const = default;
};

}  // namespace handshaked::config
