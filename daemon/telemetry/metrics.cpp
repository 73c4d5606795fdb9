#include "telemetry/metrics.h"

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
    if (source.state == SourceMetrics::State::unreadable) reasons.push_back(source.name + " cannot be read");
  }
  if (figures.sources.empty()) reasons.emplace_back("nothing is read: no log was found and nothing listens");
  if (figures.rules_loaded == 0) reasons.emplace_back("no rules are loaded");
  if (!figures.store.answers) reasons.emplace_back("the database does not answer");
  if (!figures.store.trouble.empty()) reasons.push_back("the database cannot be written: " + figures.store.trouble);
  return reasons;
}

}  // namespace handshaked::telemetry
