#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/result.h"
#include "config/config.h"
#include "engine/group_engine.h"
#include "runtime/group/partition_lease.h"
#include "runtime/group/partition_log.h"
#include "store/database/database.h"
#include "store/database/file_lock.h"
#include "telemetry/metrics.h"

namespace handshaked::runtime {

/// This process as a worker of a group: it waits until there is a partition for it, takes it over,
/// and keeps its lease. A worker has one partition at a time and a process one worker, because the
/// process is what dies: when the partition is lost, the process ends, and nothing of what it had
/// in memory can be told or written any more.
///
/// Made, waited for and left by the main thread; figures() from any.
class GroupWorker {
 public:
  /// Fails with invalid_configuration for what cannot be mended by waiting.
  static Result<std::unique_ptr<GroupWorker>> make(const config::Config& config);
  ~GroupWorker();

  /// Blocks until a partition is ours, and gives its database. Nothing: SIGTERM or SIGINT came,
  /// which the caller holds (signals_held.h). Fails with what waiting does not mend: other
  /// settings, a state that this program cannot use.
  Result<std::optional<store::Database>> wait_for_partition();
  /// After that.
  std::uint32_t partition() const { return *partition_; }

  telemetry::GroupMetrics figures() const;
  /// A clean end: nobody waits for this worker any more. If it has a partition, its database is
  /// closed, and another worker may have the partition at once.
  void leave();

 private:
  GroupWorker(config::Config config, std::unique_ptr<engine::GroupEngine> engine,
              store::FileLock lock);

  Result<std::optional<store::Database>> try_once();
  Result<store::Database> take_over();
  void say_that_we_are();
  Time servers_now() const;
  void start_keeping();
  void stop_keeping();
  void keep_lease(const std::stop_token& ended);
  void look();

  const config::Config config_;
  const std::filesystem::path file_;
  const std::string token_;
  const std::unique_ptr<engine::GroupEngine> engine_;
  const store::FileLock lock_;
  PartitionLease lease_;
  std::optional<PartitionLog> log_;
  std::optional<std::uint32_t> partition_;
  bool has_checked_settings_ = false;
  bool was_heard_ = false;  ///< when it said last that it is alive; of the thread that says it
  std::atomic<bool> is_taking_over_ = false;

  mutable std::mutex mutex_;  // guards seen_
  telemetry::GroupMetrics seen_;
  std::jthread keeping_;
};

}  // namespace handshaked::runtime
