#include "telemetry/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace handshaked::telemetry {

std::string_view to_string(SourceMetrics::State state) {
  switch (state) {
    case SourceMetrics::State::starting: return "starting";
    case SourceMetrics::State::open: return "open";
    case SourceMetrics::State::waiting: return "waiting";
    case SourceMetrics::State::unreadable: return "unreadable";
  }
  return "";
}

std::string_view to_string(EdgeMetrics::State state) {
  switch (state) {
    case EdgeMetrics::State::healthy: return "healthy";
    case EdgeMetrics::State::behind: return "behind";
    case EdgeMetrics::State::silent: return "silent";
  }
  return "";
}

std::vector<std::string> why_not_ready(const Metrics& figures) {
  std::vector<std::string> reasons;
  if (!figures.has_looked_at_sources) reasons.emplace_back("the logs have not been looked at yet");
  for (const SourceMetrics& source : figures.sources) {
    if (source.state == SourceMetrics::State::unreadable)
      reasons.push_back(source.name + " cannot be read");
  }
  if (figures.sources.empty())
    reasons.emplace_back("nothing is read: no log was found and nothing listens");
  if (figures.rules_loaded == 0) reasons.emplace_back("no rules are loaded");
  if (!figures.store.answers) reasons.emplace_back("the database does not answer");
  if (!figures.store.trouble.empty())
    reasons.push_back("the database cannot be written: " + figures.store.trouble);
  return reasons;
}

ProcessMetrics read_process_figures() {
  ProcessMetrics figures;
  std::ifstream statm("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  statm >> all >> resident;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  figures.virtual_bytes = all * page;
  figures.resident_bytes = resident * page;

  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    figures.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.most_descriptors = limit.rlim_cur;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error))
    ++figures.open_descriptors;
  if (figures.open_descriptors > 0) --figures.open_descriptors;  // the one that looks
  return figures;
}

}  // namespace handshaked::telemetry
