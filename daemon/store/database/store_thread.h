#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "store/commit.h"
#include "store/database/database.h"
#include "store/merged_commit.h"

namespace handshaked::store {

struct StoreThreadOptions {
  /// A commit that is not urgent becomes durable at the latest this long after it was submitted.
  std::chrono::milliseconds commit_interval{200};
  /// has_room() is false while more than this waits to become durable.
  std::size_t max_waiting_bytes = std::size_t{8} << 20;
  /// post() refuses while this many tasks wait.
  std::size_t max_waiting_tasks = 4096;
  /// After a failed commit: the first wait, doubled up to the longest.
  std::chrono::milliseconds first_retry{100};
  std::chrono::milliseconds longest_retry{5000};
  /// How long stop() goes on trying to commit while the database fails.
  std::chrono::milliseconds stop_grace{3000};

  // All are called on the store thread, and may be empty.
  /// After every commit that queued deliveries, before its `done`: those who send need not read
  /// them back.
  std::function<void(const Commit&, const std::vector<QueuedRow>&)> on_queued = {};
  /// After every try to commit: how long it took, the fsync included, and whether it succeeded.
  std::function<void(std::chrono::steady_clock::duration, const Result<>&)> on_committed = {};
  /// The first failure of a row of failures: locked, disk full. Commits wait in memory from now on.
  std::function<void(const Error&)> on_trouble = {};
  /// The first commit after that.
  std::function<void()> on_recovered = {};
  /// The database was damaged and replaced while running: whoever holds state should submit all of
  /// it again.
  std::function<void(const Replacement&)> on_replaced = {};
  /// Somebody had removed the files of the database; they are back, with all that was in them.
  std::function<void()> on_brought_back = {};
};

/// The thread that owns the Database: runs tasks on it in the order of post(), and groups submitted
/// commits into as few transactions as their urgency allows: what arrives while one is being
/// written goes into the next together.
///
/// All public functions may be called from any thread, and none but stop() waits for anything.
/// Callbacks and tasks run on the store thread and must be short. Tasks and commits are two lanes:
/// a task does not wait for commits that were submitted before it; use the commit's own `done` for
/// that.
///
/// When a commit fails it is kept, merged with what follows, and tried again with growing
/// intervals; nobody is told that it is done before it is durable. Whoever brings commits looks at
/// has_room() first and takes in nothing new while there is none: the log file is the buffer.
class StoreThread {
 public:
  using Task = std::function<void(Database&)>;

  explicit StoreThread(Database database, StoreThreadOptions options = {});
  /// stop(), if it was not called.
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  /// Runs `task` on the store thread, after all posted before it. It must not throw. False, and the
  /// task is dropped, after stop() and while max_waiting_tasks wait.
  bool post(Task task);

  /// The same, with the answer of `body(Database&)`, for those who may wait: before the loop runs,
  /// and tests. Where post() refuses, the future holds std::future_error (broken promise).
  template <class Body>
  auto call(Body body) -> std::future<std::invoke_result_t<Body, Database&>>;

  /// Makes `commit` durable: at once when `urgent` (with everything that waits), else within
  /// commit_interval. `done` (may be empty) is called once, in the order of submit(): with success
  /// after the fsync; with the error only when the store stopped first (ErrorCode::cancelled, on
  /// the calling thread, for a submit() after stop()).
  void submit(Commit commit, CommitDone done, bool urgent);

  /// False while more waits than should. What is submitted all the same is taken.
  bool has_room() const;
  /// What waits in memory to become durable.
  std::size_t waiting_bytes() const;

  /// Calls `ready` once, as soon as there is room. When that is so already, or the store is
  /// stopping, at once and on this thread; else on the store thread.
  void call_when_room(std::function<void()> ready);

  /// The end is near: from now on a lock that somebody else holds is waited for only briefly, so
  /// that what is asked of the store is answered soon. Before stop().
  void hurry();

  /// Writes what waits, runs the tasks that wait, closes the database and joins. Not from the store
  /// thread. A second call does nothing.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  bool has_work() const;
  bool is_drained() const;
  bool is_within_bounds() const;
  bool commit_is_due(Clock::time_point now) const;
  Clock::time_point next_wake(Clock::time_point now) const;
  void commit_waiting(std::unique_lock<std::mutex>& lock);
  void schedule_retry();
  void run_one_task(std::unique_lock<std::mutex>& lock);
  void look_at_place(std::unique_lock<std::mutex>& lock);
  void tell_room(std::unique_lock<std::mutex>& lock);
  Result<> apply(const Commit& commit);
  Result<> mend();
  Result<> bring_back();
  Result<> replace_database();
  bool is_store_thread() const { return std::this_thread::get_id() == store_thread_id_; }

  const StoreThreadOptions options_;

  mutable std::mutex mutex_;      // guards what follows, up to the store thread's own
  std::condition_variable wake_;  // for the store thread
  std::deque<Task> tasks_;
  MergedCommit waiting_;
  bool waiting_is_urgent_ = false;
  Clock::time_point waiting_since_{};
  std::size_t held_bytes_ = 0;                 // of held_
  std::optional<Clock::time_point> retry_at_;  // set while held_ waits for another try
  std::vector<std::function<void()>> room_wanted_;
  bool is_stopping_ = false;
  Clock::time_point give_up_at_{};  // when stopping

  // The store thread's own.
  std::optional<Database> database_;
  std::vector<QueuedRow> queued_;  // by the commit that was just written
  MergedCommit held_;              // being written, or waiting for another try; empty else
  std::chrono::milliseconds next_retry_;
  Clock::time_point next_look_{};  // at the place of the files, while nothing is written

  std::thread::id store_thread_id_;
  std::once_flag stopped_;
  std::jthread thread_;
};

template <class Body>
auto StoreThread::call(Body body) -> std::future<std::invoke_result_t<Body, Database&>> {
  using Answer = std::invoke_result_t<Body, Database&>;
  auto task = std::make_shared<std::packaged_task<Answer(Database&)>>(
      std::move(body));  // std::function must be copyable
  auto answer = task->get_future();
  post([task](Database& database) { (*task)(database); });
  return answer;
}

}  // namespace handshaked::store
