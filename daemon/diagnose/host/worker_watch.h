#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <string>

#include "diagnose/case/load_time.h"

namespace handshaked::diagnose {

/// Notices that an nginx has reloaded its configuration, for somebody who may not see its
/// processes: in the service's sandbox (ProtectProc=invisible) /proc has no entry of a process of
/// another user. What can be read there: nginx's pid file, and the process ids in its control group
/// (cgroup.procs is world-readable, and ProtectControlGroups= only makes it read-only). At a
/// reload, whether by `systemctl reload` or by `nginx -s reload`, the master stays and all workers
/// are replaced.
///
/// What it says are bounds that the truth lies within. At first: not before the pid file was
/// written, not after now. Then: not before the last look at which all processes were of the old
/// generation, not after the one that has first seen the new workers. While processes are there
/// that may be of a reload, it is not settled. They count as new workers when
///   - the master of the pid file is another one: nginx was started; or
///   - as many new ids as there were processes beside the master are there at two looks, a second
///   apart or more, or
///   - new ids are, and none of the old ones is.
/// Two looks, because the commands of ExecReload= run in the same group for a moment. A worker that
/// has died is one new id among old ones, and no reload; but where nginx has a single worker, its
/// death and a reload look alike, and a reload to fewer workers looks like deaths while the old
/// ones end one by one: so after a death the latest moment is that of the successor, and the
/// earliest stays. Where the group holds more than this nginx (it was started by hand, in a
/// session) nothing is said: only groups of a service, "NAME.service", count.
///
/// Not shared between threads. Nothing fails: what cannot be read is not known.
class WorkerWatch {
 public:
  /// `control_groups`: where the hierarchy is mounted; tests give a directory of their own.
  explicit WorkerWatch(std::string control_groups = "/sys/fs/cgroup")
      : control_groups_(std::move(control_groups)) {}

  /// When the nginx of this pid file loaded its configuration, as far as can be told; nothing when
  /// it does not run, or cannot be seen.
  std::optional<LoadTime> loaded_at(const std::string& pid_file, Time now);

  /// The control group in which the nginx of the last look was found; empty: none.
  const std::string& group() const { return group_; }

  static constexpr std::size_t kMostGroups = 4096;  ///< looked through for the master
  static constexpr std::size_t kMostProcesses = 4096;

 private:
  std::optional<std::set<pid_t>> processes_beside(pid_t master);
  std::string find_group(pid_t master) const;
  void begin(pid_t master, std::set<pid_t> processes, const std::string& pid_file, Time now);
  void compare(const std::set<pid_t>& processes, Time now);
  void adopt_replacements(const std::set<pid_t>& processes, const std::set<pid_t>& stayed,
                          Time now);

  std::string control_groups_, group_;
  pid_t master_ = 0;
  pid_t unseen_master_ = 0;     ///< was looked for everywhere in vain
  std::set<pid_t> generation_;  ///< beside the master, since it has last loaded its configuration
  std::map<pid_t, Time> missing_;    ///< of these, gone, and when that was seen first
  std::map<pid_t, Time> newcomers_;  ///< not of the generation, and when they were seen first
  Time calm_at_{};                   ///< the last look at which every process was of the generation
  LoadTime loaded_;
};

}  // namespace handshaked::diagnose
