#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/certificates/ca_store.h"
#include "diagnose/host/nginx_footprint.h"
#include "diagnose/host/worker_watch.h"
#include "diagnose/tls/probe_policy.h"

namespace handshaked::runtime {

/// nginx's configuration as it was at one moment, and what may be probed because it is named there.
/// Immutable.
struct NginxState {
  diagnose::NginxAtHand nginx;
  diagnose::CaStore ca_store;
  diagnose::ProbePolicy policy;
  diagnose::NginxFootprint
      footprint;  ///< of the files that were read, and of when nginx loaded them

  /// Nobody is at it: no file was written, and no worker began, so recently that a reload may be
  /// under way.
  bool is_settled(Time now) const {
    const Duration age = now - footprint.newest_change;
    const bool is_clock_behind =
        age < -diagnose::kTimeToTell;  // it was set back; nobody is at it for that
    return (!nginx.loaded_at || nginx.loaded_at->is_settled) &&
           (age >= diagnose::kTimeToTell || is_clock_behind);
  }
};

/// The newest reading of nginx's configuration, read again when a file of it has changed, when
/// nginx has loaded it anew, or when an nginx that reads it was started or installed. Where /proc
/// does not show nginx, WorkerWatch tells of its reloads. Any thread: the only place of the daemon
/// with a mutex of its own, held while reading, so that two workers never read at once. Shared by
/// whoever needs it; each tells news by comparing the state with the one that it had.
class NginxView {
 public:
  NginxView(diagnose::NginxPlace place, std::vector<std::string> allow,
            std::vector<std::string> ca_stores)
      : place_(std::move(place)), allow_(std::move(allow)), ca_stores_(std::move(ca_stores)) {}

  /// As it was at the last look, whoever looked. Never null; `nginx.read` in it is, where there is
  /// no configuration.
  std::shared_ptr<const NginxState> current();
  /// Looks whether something has changed, and reads it then. The newest state either way: the same
  /// as before when nothing has changed. A look that was begun no longer ago than `may_be_old`
  /// before the call is not repeated.
  std::shared_ptr<const NginxState> refresh(std::chrono::milliseconds may_be_old = {});
  /// Looks now: the files say something that the running nginx does not know yet.
  bool awaits_reload();
  /// When nginx was seen to load its configuration, the latest last; since this process began, and
  /// at most so many. Waits for no reading.
  static constexpr std::size_t kMostLoads = 100;
  std::vector<Time> loads() const;

 private:
  std::shared_ptr<const NginxState> read();
  void note_load(const NginxState& state);
  std::optional<diagnose::LoadTime> loaded_at(const diagnose::NginxAtHand& nginx);
  bool has_appeared();

  const diagnose::NginxPlace place_;
  const std::vector<std::string> allow_, ca_stores_;
  std::mutex mutex_;
  std::shared_ptr<const NginxState> state_;
  diagnose::WorkerWatch workers_;
  std::vector<pid_t>
      masters_;  ///< that were seen when it was last looked for one that reads the configuration
  std::chrono::steady_clock::time_point tried_at_{};
  std::chrono::steady_clock::time_point looked_at_{};  ///< when the last look began
  std::string told_;                                   ///< why it cannot be read; once
  mutable std::mutex loads_mutex_;  ///< of its own: the loop asks while a worker reads
  std::vector<Time> loads_;
  bool has_told_to_load_ = false;  ///< that files were changed and not loaded
};

}  // namespace handshaked::runtime
