#include "runtime/service/restart_backoff.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

namespace handshaked::runtime {
namespace {

using Seconds = RestartBackoff::Seconds;

constexpr auto kRemembered = std::chrono::minutes(10);
constexpr std::size_t kMostRemembered = 64;
constexpr std::size_t kAtOnce = 5;
constexpr Seconds kFirst(2);
constexpr Seconds kLongest(60);

std::vector<std::int64_t> read_starts(const std::filesystem::path& file, Seconds now) {
  std::vector<std::int64_t> starts;
  std::ifstream stream(file);
  for (std::int64_t start = 0; starts.size() < kMostRemembered && stream >> start;) {
    if (start <= now.count() && start > now.count() - Seconds(kRemembered).count())
      starts.push_back(start);
  }
  return starts;
}

}  // namespace

RestartBackoff::RestartBackoff(const std::filesystem::path& directory) {
  if (!directory.empty()) file_ = directory / "starts";
}

Seconds RestartBackoff::count_start(Seconds now) const {
  if (file_.empty()) return Seconds(0);
  std::vector<std::int64_t> starts = read_starts(file_, now);
  const std::size_t before = starts.size();
  if (starts.size() == kMostRemembered) starts.erase(starts.begin());
  starts.push_back(now.count());
  std::ofstream stream(file_, std::ios::trunc);
  for (const std::int64_t start : starts) stream << start << '\n';
  if (before < kAtOnce) return Seconds(0);
  return std::min(kLongest, kFirst * (1 << std::min<std::size_t>(before - kAtOnce, 10)));
}

void RestartBackoff::forget() const {
  std::error_code ignored;
  if (!file_.empty()) std::filesystem::remove(file_, ignored);
}

RestartBackoff restart_backoff() {
  // Several directories are separated by colons; ours is one.
  const char* const directory = std::getenv("RUNTIME_DIRECTORY");
  return RestartBackoff(directory == nullptr ? std::string() : std::string(directory));
}

Seconds seconds_since_boot() {
  std::timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return Seconds(now.tv_sec);
}

}  // namespace handshaked::runtime
