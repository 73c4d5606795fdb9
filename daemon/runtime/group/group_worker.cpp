#include "runtime/group/group_worker.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <random>
#include <utility>

#include "runtime/group/group_access.h"
#include "runtime/group/group_view.h"
#include "runtime/service/restart_backoff.h"
#include "runtime/service/service_notify.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using telemetry::log_error;
using telemetry::log_info;
using telemetry::log_warning;

constexpr int kExitLost =
    75;  // sysexits.h: EX_TEMPFAIL; the unit starts us again, and we wait for a partition
constexpr auto kLookInterval = std::chrono::seconds(5);

/// Of this process alone. Not a secret.
std::string make_token() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 2; ++i) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(random()));
    token += digits;
  }
  return token;
}

/// Beside the database that the daemon would have by itself, which is left alone.
std::filesystem::path state_file(const config::Config& config) {
  std::error_code error;
  const auto directory =
      std::filesystem::absolute(std::filesystem::path(config.database).parent_path(), error);
  return directory / ("group-" + config.group.name + ".db");
}

/// The process ends without a word to anybody: what it has under way the next owner does again,
/// with the same ids.
void end_process(const Error& why) {
  log_error(why.message() +
            ": this process ends, and waits for a partition when it is started again");
  restart_backoff().forget();  // it is no fault of ours
  telemetry::tell_suppressed(true);
  _exit(kExitLost);
}

/// The signal that came within `patience`; 0: none did.
int wait_for_signal(milliseconds patience) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&wanted, signal);
  const timespec wait{.tv_sec = patience.count() / 1000,
                      .tv_nsec = patience.count() % 1000 * 1'000'000};
  const int signal = sigtimedwait(&wanted, nullptr, &wait);
  return std::max(signal, 0);
}

/// Waiting mends neither settings that are wrong nor a state that this program cannot use. Settings
/// that were right once stay right: a certificate that cannot be read now is being replaced.
bool is_final(const Error& error, bool settings_were_right) {
  return error.code() == ErrorCode::invalid_input ||
         (error.code() == ErrorCode::invalid_configuration && !settings_were_right);
}

}  // namespace

Result<std::unique_ptr<GroupWorker>> GroupWorker::make(const config::Config& config) {
  TRY(auto engine, open_group(config));
  const std::filesystem::path file = state_file(config);
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  auto lock = store::FileLock::acquire(file.string() + ".worker");
  if (!lock)
    return fail(lock.error().wrapped(
        "each worker on a host needs a directory of its own for [state] database"));
  return std::unique_ptr<GroupWorker>(
      new GroupWorker(config, std::move(engine), std::move(lock).value()));
}

GroupWorker::GroupWorker(config::Config config, std::unique_ptr<engine::GroupEngine> engine,
                         store::FileLock lock)
    : config_(std::move(config)),
      file_(state_file(config_)),
      token_(make_token()),
      engine_(std::move(engine)),
      lock_(std::move(lock)),
      lease_(*engine_, {.partitions = config_.group.partitions,
                        .worker = config_.group.worker,
                        .token = token_,
                        .length = config_.group.lease}) {
  seen_.name = config_.group.name;
  seen_.partitions.resize(config_.group.partitions);
}

GroupWorker::~GroupWorker() { stop_keeping(); }

Result<std::optional<store::Database>> GroupWorker::wait_for_partition() {
  const std::string who = "worker " + config_.group.worker + " of the group " + config_.group.name;
  const std::string waits = who + " waits for a partition";
  log_info(waits);
  notify_ready(waits);
  const auto pause =
      std::clamp<milliseconds>(config_.group.lease / 5, milliseconds(100), milliseconds(1000));
  std::string told;
  for (;;) {
    notify_watchdog();
    auto tried = try_once();
    if (tried && tried.value()) {
      log_info(who + " has partition " + std::to_string(*partition_) + " of " +
               std::to_string(config_.group.partitions) + ", epoch " +
               std::to_string(log_->epoch()));
      return tried;
    }
    if (!tried && is_final(tried.error(), has_checked_settings_)) return tried;
    const std::string trouble = tried ? std::string() : tried.error().message();
    if (trouble != told && !trouble.empty())
      log_warning(who + ": " + trouble + "; it is tried again");
    told = trouble;
    const int signal = wait_for_signal(pause);
    if (signal == SIGHUP)
      log_info(
          "a worker that waits reads its configuration when it is started: restart it to use "
          "another");
    else if (signal != 0) return std::optional<store::Database>();
  }
}

Result<std::optional<store::Database>> GroupWorker::try_once() {
  if (!has_checked_settings_) {
    TRY(check_group_settings(*engine_, config_));
    has_checked_settings_ = true;
  }
  say_that_we_are();
  TRY(partition_, lease_.try_take(steady_clock::now(), wall_clock_now()));
  if (!partition_) return std::optional<store::Database>();
  is_taking_over_ = true;
  start_keeping();  // a large state takes longer to read than a lease lasts
  auto taken = take_over();
  is_taking_over_ = false;
  if (taken) return std::optional(std::move(taken).value());
  stop_keeping();
  static_cast<void>(lease_.release());
  return fail(taken.error().wrapped("partition " +
                                    std::to_string(*std::exchange(partition_, std::nullopt)) +
                                    " cannot be taken over"));
}

Result<store::Database> GroupWorker::take_over() {
  log_.emplace(*engine_, PartitionLog::Options{.partition = *partition_,
                                               .worker = config_.group.worker,
                                               .token = token_,
                                               .copy_file = file_.string() + ".copy",
                                               .lost = end_process});
  store::Replica replica(file_);
  TRY(log_->take_over(replica));
  replica.close();
  if (log_->is_new() && lease_.was_owned())
    log_warning("the servers hold no state of partition " + std::to_string(*partition_) +
                ", although it has had a worker: it begins anew, without the incidents of before");
  if (log_->foreign() > 0)
    log_warning("the log of the partition has " + std::to_string(log_->foreign()) +
                " messages that no handshaked has written: passed over");
  TRY(store::Database database, store::Database::open(file_));
  TRY(database.use_journal(*log_));
  return database;
}

void GroupWorker::say_that_we_are() {
  const auto said =
      engine_->put(worker_key(config_.group.worker), worker_text(partition_), std::nullopt);
  was_heard_ = said && said.value();
}

/// By the servers' clock, which says when the others were heard: ours may be wrong.
Time GroupWorker::servers_now() const {
  if (was_heard_) {
    const auto ours = engine_->value(worker_key(config_.group.worker));
    if (ours && ours.value()) return ours.value()->written_at;
  }
  return wall_clock_now();
}

void GroupWorker::start_keeping() {
  keeping_ = std::jthread([this](const std::stop_token& ended) { keep_lease(ended); });
}

void GroupWorker::stop_keeping() {
  if (!keeping_.joinable()) return;
  keeping_.request_stop();
  keeping_.join();
}

void GroupWorker::keep_lease(const std::stop_token& ended) {
  std::mutex mutex;
  std::condition_variable_any woken;
  auto looked_at = steady_clock::time_point();
  auto renewed_at = steady_clock::now();
  bool has_told = false;
  std::unique_lock lock(mutex);
  while (!ended.stop_requested()) {
    const auto renewed = lease_.renew();
    if (renewed && !renewed.value())
      end_process(Error(ErrorCode::cancelled, "another worker has taken partition " +
                                                  std::to_string(*partition_) + " over"));
    was_heard_ = false;
    if (renewed) {
      renewed_at = steady_clock::now();
      if (std::exchange(has_told, false)) log_info("the lease is renewed again");
      say_that_we_are();
    } else if (!has_told && steady_clock::now() - renewed_at > config_.group.lease) {
      has_told = true;
      log_warning("the lease of partition " + std::to_string(*partition_) +
                  " cannot be renewed, so another worker may take it: " +
                  renewed.error().message() + "; it is tried again");
    }
    if (is_taking_over_) notify_watchdog();
    if (steady_clock::now() - looked_at >= kLookInterval) {
      looked_at = steady_clock::now();
      look();
    }
    woken.wait_for(lock, ended, config_.group.lease / 3, [] { return false; });
  }
}

void GroupWorker::look() {
  auto group = look_at_group(*engine_, config_, servers_now());
  const std::lock_guard lock(mutex_);
  if (group) seen_ = std::move(group).value();
  else seen_.trouble = group.error().message();
}

telemetry::GroupMetrics GroupWorker::figures() const {
  const std::lock_guard lock(mutex_);
  telemetry::GroupMetrics figures = seen_;
  figures.worker = config_.group.worker;
  figures.partition = partition_;
  figures.epoch = log_->epoch();
  figures.last_entry = log_->last();
  figures.foreign = log_->foreign();
  return figures;
}

void GroupWorker::leave() {
  stop_keeping();
  if (const auto released = lease_.release(); !released)
    log_warning("the partition is free when its lease has ended: " + released.error().message());
  static_cast<void>(engine_->put(worker_key(config_.group.worker), "", std::nullopt));
}

}  // namespace handshaked::runtime
