#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/certificates/ca_store.h"
#include "diagnose/host/nginx_at_hand.h"
#include "diagnose/host/worker_watch.h"
#include "diagnose/tls/probe_policy.h"

namespace handshaked::runtime {

/// nginx's configuration as it was at one moment, and what may be probed because it is named there. Immutable.
struct NginxState {
  diagnose::NginxAtHand nginx;
  diagnose::CaStore ca_store;
  diagnose::ProbePolicy policy;
  std::string footprint;  ///< of the files that were read: size, time and inode of each; and when nginx loaded them
  Time newest_change{};   ///< of those files

  /// The files say something that the running nginx does not know yet.
  bool awaits_reload() const { return nginx.loaded_at && newest_change > *nginx.loaded_at + kClockGrain; }
  /// The start of a process is known to a tick of the kernel only.
  static constexpr std::chrono::milliseconds kClockGrain{50};
};

/// The newest reading of nginx's configuration, read again when a file of it has changed, when nginx has loaded it anew, or when an nginx
/// that reads it was started or installed. Where /proc does not show nginx, WorkerWatch tells of its reloads. Any thread: the only place of
/// the daemon with a mutex of its own, held while reading, so that two workers never read at once. Shared by whoever needs it; each
/// tells news by comparing the state with the one that it had.
class NginxView {
 public:
  NginxView(diagnose::NginxPlace place, std::vector<std::string> allow, std::vector<std::string> ca_stores)
      : place_(std::move(place)), allow_(std::move(allow)), ca_stores_(std::move(ca_stores)) {}

  /// Never null; `nginx.read` in it is, where there is no configuration.
  std::shared_ptr<const NginxState> current();
  /// Looks whether something has changed, and reads it then. The newest state either way.
  std::shared_ptr<const NginxState> refresh();

 private:
  struct Footprint {
    std::string text;
    Time newest_change{};
  };
  std::shared_ptr<const NginxState> read();
  std::optional<Time> loaded_at(const diagnose::NginxAtHand& nginx);
  bool has_appeared();
  static Footprint footprint_of(const diagnose::NginxAtHand& nginx, std::optional<Time> loaded_at);

  const diagnose::NginxPlace place_;
  const std::vector<std::string> allow_, ca_stores_;
  std::mutex mutex_;
  std::shared_ptr<const NginxState> state_;
  diagnose::WorkerWatch workers_;
  std::vector<pid_t> masters_;  ///< that were seen when it was last looked for one that reads the configuration
  std::chrono::steady_clock::time_point tried_at_{};
  std::string told_;  ///< why it cannot be read; once
};

}  // namespace handshaked::runtime
