#include "diagnose/host/worker_watch.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/file_descriptor.h"

namespace handshaked::diagnose {
namespace {

namespace fs = std::filesystem;

/// Process ids, one a line; nothing when the file cannot be read or holds something else.
std::optional<std::set<pid_t>> read_ids(const std::string& path) {
  // A pipe in its place would hold up whoever opens it.
  const FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!opened.is_open() || ::fstat(opened.number(), &status) != 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  std::ifstream file("/proc/self/fd/" + std::to_string(opened.number()));
  if (!file) return std::nullopt;
  std::set<pid_t> ids;
  long long id = 0;
  while (ids.size() < WorkerWatch::kMostProcesses && file >> id) {
    // 0 stands for a process that our namespace does not show.
    if (id > 0) ids.insert(static_cast<pid_t>(id));
  }
  return file.eof() || ids.size() == WorkerWatch::kMostProcesses ? std::optional(std::move(ids))
                                                                 : std::nullopt;
}

std::optional<pid_t> read_master(const std::string& pid_file) {
  const auto ids = read_ids(pid_file);
  return ids && ids->size() == 1 ? std::optional(*ids->begin()) : std::nullopt;
}

/// A command of the service's is gone by then.
constexpr auto kSettled = std::chrono::seconds(1);

std::set<pid_t> without(const std::set<pid_t>& ids, const std::set<pid_t>& taken) {
  std::set<pid_t> left;
  std::set_difference(ids.begin(), ids.end(), taken.begin(), taken.end(),
                      std::inserter(left, left.end()));
  return left;
}

}  // namespace

std::string WorkerWatch::find_group(pid_t master) const {
  std::error_code failure;
  // Where the old hierarchies are still there, systemd's own is the one that has every service.
  const std::string old_root = control_groups_ + "/systemd";
  std::deque<fs::path> left{fs::exists(control_groups_ + "/cgroup.controllers", failure) ||
                                    !fs::is_directory(old_root, failure)
                                ? control_groups_
                                : old_root};
  for (std::size_t seen = 0; !left.empty() && seen < kMostGroups; ++seen) {
    const fs::path group = std::move(left.front());
    left.pop_front();
    if (group.extension() == ".service") {
      const auto ids = read_ids(group / "cgroup.procs");
      if (ids && ids->contains(master)) return group;
    }
    fs::directory_iterator entry(group, failure);
    for (const fs::directory_iterator end; !failure && entry != end; entry.increment(failure)) {
      if (entry->is_directory(failure) && !entry->is_symlink(failure))
        left.push_back(entry->path());
    }
  }
  return {};
}

std::optional<std::set<pid_t>> WorkerWatch::processes_beside(pid_t master) {
  auto ids = group_.empty() ? std::nullopt : read_ids(group_ + "/cgroup.procs");
  if (!ids || !ids->contains(master)) {
    if (unseen_master_ == master) return std::nullopt;
    group_ = find_group(master);
    ids = group_.empty() ? std::nullopt : read_ids(group_ + "/cgroup.procs");
    unseen_master_ = group_.empty() ? master : 0;
  }
  if (!ids || ids->erase(master) == 0) return std::nullopt;
  return ids;
}

std::optional<LoadTime> WorkerWatch::loaded_at(const std::string& pid_file, Time now) {
  const auto master = read_master(pid_file);
  auto processes = master ? processes_beside(*master) : std::nullopt;
  if (!processes) {
    master_ = 0;
    return std::nullopt;
  }
  if (*master != master_) begin(*master, std::move(*processes), pid_file, now);
  else compare(*processes, now);
  if (newcomers_.empty()) return loaded_;
  return LoadTime{.earliest = loaded_.earliest, .latest = now, .is_settled = false};
}

void WorkerWatch::begin(pid_t master, std::set<pid_t> processes, const std::string& pid_file,
                        Time now) {
  master_ = master;
  generation_ = std::move(processes);
  missing_.clear();
  newcomers_.clear();
  calm_at_ = now;
  // The master writes its pid file when it has read its configuration for the first time.
  const auto started = file_times(pid_file);
  loaded_ = {.earliest = started ? std::min(started->written_at, now) - kLoadTimePrecision : Time{},
             .latest = now};
}

void WorkerWatch::compare(const std::set<pid_t>& processes, Time now) {
  const std::set<pid_t> strangers = without(processes, generation_);
  std::set<pid_t> stayed;
  Time seen_first{};
  for (const pid_t id : strangers) {
    const auto known = newcomers_.find(id);
    if (known == newcomers_.end() || now - known->second < kSettled) continue;
    stayed.insert(id);
    seen_first = std::max(seen_first, known->second);
  }
  const std::set<pid_t> missing = without(generation_, processes);
  if (!stayed.empty() && (stayed.size() >= generation_.size() || missing == generation_)) {
    loaded_ = {.earliest = calm_at_ - kLoadTimePrecision, .latest = seen_first};
    generation_ = strangers;  // the old ones that still serve their last connections are of no
                              // interest any more
    missing_.clear();
    newcomers_.clear();
    calm_at_ = now;
    return;
  }
  adopt_replacements(processes, stayed, now);
  std::map<pid_t, Time> newcomers;
  for (const pid_t id : without(strangers, generation_)) {
    const auto known = newcomers_.find(id);
    newcomers.emplace(id, known == newcomers_.end() ? now : known->second);
  }
  newcomers_ = std::move(newcomers);
  if (newcomers_.empty()) calm_at_ = now;
}

/// A worker that died and was replaced belongs to the generation, so that deaths never add up to a
/// reload; and what ended for good, as the cache loader does, belongs to it no more. Whether it was
/// a death nobody saw: it may have been a reload to fewer workers.
void WorkerWatch::adopt_replacements(const std::set<pid_t>& processes,
                                     const std::set<pid_t>& stayed, Time now) {
  const std::set<pid_t> missing = without(generation_, processes);
  if (!stayed.empty() && stayed.size() == missing.size()) {
    generation_ = without(generation_, missing);
    generation_.insert(stayed.begin(), stayed.end());
    for (const pid_t id : stayed) loaded_.latest = std::max(loaded_.latest, newcomers_.at(id));
    missing_.clear();
  } else if (stayed.empty() && newcomers_.empty() && without(processes, generation_).empty()) {
    std::map<pid_t, Time> still;
    for (const pid_t id : missing) {
      const auto known = missing_.find(id);
      if (known != missing_.end() && now - known->second >= kSettled) generation_.erase(id);
      else still.emplace(id, known == missing_.end() ? now : known->second);
    }
    missing_ = std::move(still);
  }
}

}  // namespace handshaked::diagnose
