#include "config/diagnosis_section.h"

namespace handshaked::config {

/// The end of the daemon waits for a diagnosis that is under way.
constexpr std::chrono::milliseconds kLongestTimeLimit = std::chrono::seconds(20);

void read_nginx_and_diagnosis(TableReader& root, Config& config) {
  root.table("nginx", [&](TableReader& table) {
    table.text("configuration", config.nginx.configuration);
    table.text("prefix", config.nginx.prefix);
  });
  root.table("diagnosis", [&](TableReader& table) {
    Diagnosis& diagnosis = config.diagnosis;
    table.flag("enabled", diagnosis.enabled);
    table.flag("probe", diagnosis.probe);
    table.flag("read_keys", diagnosis.read_keys);
    table.texts("ca_store", diagnosis.ca_stores);
    table.texts("allow", diagnosis.allow);
    table.duration("time_limit", diagnosis.time_limit);
    table.duration("probe_interval", diagnosis.probe_interval);
    table.duration("probe_interval_most", diagnosis.probe_interval_most);
    if (diagnosis.time_limit.count() <= 0) table.complain_about("time_limit", "time_limit must be more than nothing");
    if (diagnosis.time_limit > kLongestTimeLimit)
      table.complain_about("time_limit", "time_limit is at most 20s: a stop of handshaked waits for what is under way");
    if (diagnosis.probe_interval < std::chrono::milliseconds(100))
      table.complain_about("probe_interval", "probe_interval is at least 100ms");
    if (diagnosis.probe_interval_most < diagnosis.probe_interval)
      table.complain_about("probe_interval_most", "probe_interval_most is less than probe_interval");
  });
}

}  // namespace handshaked::config
