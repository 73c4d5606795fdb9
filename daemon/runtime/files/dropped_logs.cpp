#include "runtime/files/dropped_logs.h"

#include <sys/stat.h>

namespace handshaked::runtime {

std::vector<std::string> DroppedLogs::take_due(SteadyTime now, Time wall_now) {
  std::vector<std::string> due;
  for (auto it = since_.begin(); it != since_.end();) {
    struct stat status {};
    const bool is_there = ::stat(it->first.c_str(), &status) == 0;
    const bool is_silent =
        !is_there || Time(std::chrono::seconds(status.st_mtim.tv_sec)) + kLetGoAfter <= wall_now;
    if (now < it->second + kLetGoAfter || !is_silent) {
      ++it;
      continue;
    }
    due.push_back(it->first);
    it = since_.erase(it);
  }
  return due;
}

}  // namespace handshaked::runtime
