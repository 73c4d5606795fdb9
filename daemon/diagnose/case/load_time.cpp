#include "diagnose/case/load_time.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

namespace handshaked::diagnose {
namespace {

constexpr int kMostLinks = 40;  // as the kernel has it

/// Workers of one load begin within this.
constexpr std::chrono::seconds kOneGeneration{1};
constexpr std::chrono::seconds kYoung{3};

Time time_of(const timespec& at) {
  return Time(std::chrono::duration_cast<Duration>(std::chrono::seconds(at.tv_sec) +
                                                   std::chrono::nanoseconds(at.tv_nsec)));
}

/// When a symbolic link on the way was changed last: `current -> releases/6` is how many deploy,
/// and how certificates are renewed.
Time newest_link(std::filesystem::path path) {
  Time newest{};
  for (int links = 0; links < kMostLinks; ++links) {
    std::filesystem::path walked;
    bool has_link = false;
    for (auto part = path.begin(); part != path.end() && !has_link; ++part) {
      walked /= *part;
      struct stat status {};
      if (::lstat(walked.c_str(), &status) != 0) return newest;
      if (!S_ISLNK(status.st_mode)) continue;
      newest = std::max(newest, time_of(status.st_ctim));
      std::error_code failure;
      std::filesystem::path behind =
          walked.parent_path() / std::filesystem::read_symlink(walked, failure);
      if (failure) return newest;
      for (++part; part != path.end(); ++part) behind /= *part;
      path = behind.lexically_normal();
      has_link = true;
      break;
    }
    if (!has_link) return newest;
  }
  return newest;
}

}  // namespace

LoadTime load_time_of(std::span<const Time> worker_starts, Time now) {
  const auto [oldest, youngest] = std::minmax_element(worker_starts.begin(), worker_starts.end());
  const Time earliest = *oldest - kLoadTimePrecision;
  if (*youngest > *oldest + kOneGeneration && now - *youngest < kYoung)
    return {.earliest = earliest, .latest = now, .is_settled = false};
  return {.earliest = earliest, .latest = *oldest};
}

std::optional<FileTimes> file_times(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  const Time modified = time_of(status.st_mtim), changed = time_of(status.st_ctim);
  return FileTimes{.written_at = std::min(modified, changed),
                   .changed_at = std::max({modified, changed, newest_link(path)})};
}

LoadState load_state(const FileTimes& file, const std::optional<LoadTime>& loaded, Time now) {
  if (!loaded) return LoadState::unknown;
  if (loaded->is_settled && file.written_at > loaded->latest &&
      now - file.written_at >= kTimeToTell)
    return LoadState::not_loaded;
  return file.changed_at < loaded->earliest ? LoadState::loaded : LoadState::unknown;
}

}  // namespace handshaked::diagnose
