#include "nginx/error_log_inventory.h"

#include <algorithm>
#include <array>
#include <map>

namespace handshaked::nginx {
namespace {

LogPlace place_of(const ErrorLog& log) {
  switch (log.kind) {
    case ErrorLog::Kind::stderr_: return LogPlace::stderr_;
    case ErrorLog::Kind::syslog: return LogPlace::syslog;
    case ErrorLog::Kind::memory: return LogPlace::memory;
    case ErrorLog::Kind::file: break;
  }
  if (log.path == "/dev/null") return LogPlace::discarded;
  return log.path.starts_with("/dev/") || log.path.starts_with("/proc/") ? LogPlace::device
                                                                         : LogPlace::file;
}

class Inventory {
 public:
  void add(const ErrorLog& log, bool is_start_log) {
    const auto known = places_.find(log.path);
    if (known == places_.end() && logs_.size() == kMostErrorLogs) return;
    if (known == places_.end()) {
      places_.emplace(log.path, logs_.size());
      logs_.push_back({.place = place_of(log),
                       .path = log.path,
                       .level = log.level,
                       .file = {},
                       .line = 0,
                       .is_start_log = is_start_log});
    }
    NamedErrorLog& named = logs_[known == places_.end() ? logs_.size() - 1 : known->second];
    named.is_start_log = named.is_start_log || is_start_log;
    if (log.directive == nullptr) return;
    if (named.mentions++ == 0) {
      named.file = log.directive->file->path;
      named.line = log.directive->line;
    }
    if (log_verbosity(log.level) > log_verbosity(named.level)) named.level = log.level;
  }

  std::vector<NamedErrorLog> take() { return std::move(logs_); }

 private:
  std::vector<NamedErrorLog> logs_;
  std::map<std::string, std::size_t> places_;
};

}  // namespace

int log_verbosity(std::string_view level) {
  constexpr std::array<std::string_view, 8> kLevels = {"emerg", "alert",  "crit", "error",
                                                       "warn",  "notice", "info", "debug"};
  const auto found = std::find(kLevels.begin(), kLevels.end(), level);
  return found == kLevels.end() ? -1 : static_cast<int>(found - kLevels.begin());
}

std::vector<NamedErrorLog> error_log_inventory(const Configuration& configuration,
                                               const Installation& installation) {
  Inventory inventory;
  const std::vector<ErrorLog> logs = error_logs(configuration, installation);
  for (const ErrorLog& log : logs) {
    if (log.directive != nullptr) inventory.add(log, false);
  }
  inventory.add(start_error_log(installation), true);
  return inventory.take();
}

}  // namespace handshaked::nginx
