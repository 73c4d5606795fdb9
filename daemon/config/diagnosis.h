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

  bool watch = false;  ///< look at all peers of nginx's configuration now and then
  std::chrono::seconds watch_interval{24 * 60 * 60};

  bool operator==(const Diagnosis&) const = default;
};

/// [calendar]: what ends on this host, told ahead.
struct Calendar {
  bool enabled = true;
  /// So long before it ends it is told, and again with each that is reached; the longest first.
  std::vector<std::chrono::seconds> lead_times{std::chrono::days(30), std::chrono::days(7), std::chrono::days(1)};

  bool operator==(const Calendar&) const = default;
};

}  // namespace handshaked::config
