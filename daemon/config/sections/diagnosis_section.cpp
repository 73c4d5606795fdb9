#include "config/sections/sections.h"

#include <algorithm>
#include <functional>

namespace handshaked::config {

/// The end of the daemon waits for a diagnosis that is under way.
constexpr std::chrono::milliseconds kLongestTimeLimit = std::chrono::seconds(20);
constexpr std::size_t kMostLeadTimes = 16;
constexpr std::chrono::seconds kLongestLeadTime = std::chrono::days(400);

void read_nginx_and_diagnosis(TableReader& root, Config& config) {
  root.table("nginx", [&](TableReader& table) {
    table.text("configuration", config.nginx.configuration);
    table.text("prefix", config.nginx.prefix);
  });
  root.table("calendar", [&](TableReader& table) {
    Calendar& calendar = config.calendar;
    table.flag("enabled", calendar.enabled);
    table.durations("lead_times", calendar.lead_times);
    std::sort(calendar.lead_times.begin(), calendar.lead_times.end(), std::greater<>());
    calendar.lead_times.erase(std::unique(calendar.lead_times.begin(), calendar.lead_times.end()),
                              calendar.lead_times.end());
    if (calendar.lead_times.size() > kMostLeadTimes)
      table.complain_about("lead_times",
                           "lead_times are at most " + std::to_string(kMostLeadTimes));
    const bool is_too_short =
        !calendar.lead_times.empty() && calendar.lead_times.back() < std::chrono::hours(1);
    if (is_too_short)
      table.complain_about(
          "lead_times",
          "a lead time is at least 1h: the calendar is compared with the time once an hour");
    if (!calendar.lead_times.empty() && calendar.lead_times.front() > kLongestLeadTime)
      table.complain_about("lead_times", "a lead time is at most 400d");
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
    table.flag("watch", diagnosis.watch);
    table.duration("watch_interval", diagnosis.watch_interval);
    if (diagnosis.watch_interval < std::chrono::seconds(1))
      table.complain_about("watch_interval", "watch_interval is at least 1s");
    if (diagnosis.watch && !diagnosis.probe)
      table.complain_about(
          "watch", "watch looks at peers, and probe = false forbids that: leave out one of them");
    if (diagnosis.watch && !config.calendar.enabled)
      table.complain_about("watch",
                           "watch is the calendar's: without [calendar] enabled nobody looks");
    if (diagnosis.time_limit.count() <= 0)
      table.complain_about("time_limit", "time_limit must be greater than zero");
    if (diagnosis.time_limit > kLongestTimeLimit)
      table.complain_about(
          "time_limit",
          "time_limit is at most 20s: stopping handshaked waits for a running diagnosis");
    if (diagnosis.probe_interval < std::chrono::milliseconds(100))
      table.complain_about("probe_interval", "probe_interval is at least 100ms");
    if (diagnosis.probe_interval_most < diagnosis.probe_interval)
      table.complain_about("probe_interval_most",
                           "probe_interval_most is less than probe_interval");
  });
}

}  // namespace handshaked::config
