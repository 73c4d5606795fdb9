#include "runtime/service/stage_options.h"

#include <algorithm>
#include <utility>

#include "config/host_name.h"
#include "correlate/partition.h"

namespace handshaked::runtime {

correlate::CorrelatorOptions correlator_options(const config::Config& config) {
  correlate::CorrelatorOptions options;
  options.host = host_name(config);
  options.transport_lines = config.transport_lines;
  options.transport_window = config.transport_window;
  options.quiet_least = config.resolve_after;
  options.longest_gap = std::chrono::minutes(5);
  options.hold = std::min<Duration>(config.resolve_after, std::chrono::minutes(2));
  options.reopen_within = config.reopen_within;
  options.max_incidents = config.max_incidents;
  if (const config::Group& group = config.group; group.partition) {
    const std::string silence = correlate::fingerprint_of_silence();
    options.hears_a_part = group.partitions > 1;
    options.tells_silence = correlate::partition_of(silence, group.partitions) == group.partition;
  }
  return options;
}

DiagnosisSchedulerOptions diagnosis_scheduler_options(const config::Config& config) {
  DiagnosisSchedulerOptions options;
  options.host = host_name(config);
  options.may_probe = config.diagnosis.probe;
  options.may_read_keys = config.diagnosis.read_keys;
  options.time_limit = config.diagnosis.time_limit;
  options.probe_interval = config.diagnosis.probe_interval;
  options.probe_interval_most = config.diagnosis.probe_interval_most;
  return options;
}

CalendarOptions calendar_options(const config::Config& config) {
  CalendarOptions options;
  options.host = host_name(config);
  options.is_enabled = config.calendar.enabled;
  options.lead_times = config.calendar.lead_times;
  options.watch = config.diagnosis.watch;
  options.watch_interval = config.diagnosis.watch_interval;
  options.time_limit = config.diagnosis.time_limit;
  return options;
}

std::shared_ptr<NginxView> nginx_view(const config::Config& config) {
  diagnose::NginxPlace place{
      .configuration = config.nginx.configuration, .prefix = config.nginx.prefix, .dump = {}};
  return std::make_shared<NginxView>(std::move(place), config.diagnosis.allow,
                                     config.diagnosis.ca_stores);
}

}  // namespace handshaked::runtime
