#include "store/database/store_thread.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace handshaked::store {

namespace {

/// What was removed while nothing is written is noticed so soon.
constexpr auto kLookInterval = std::chrono::seconds(10);

}  // namespace

StoreThread::StoreThread(Database database, StoreThreadOptions options)
    : options_(std::move(options)),
      database_(std::move(database)),
      next_retry_(options_.first_retry) {
  const std::lock_guard lock(mutex_);  // run() begins with this lock: it sees the id
  thread_ = std::jthread([this] { run(); });
  store_thread_id_ = thread_.get_id();
}

StoreThread::~StoreThread() { stop(); }

bool StoreThread::post(Task task) {
  const std::lock_guard lock(mutex_);
  if (is_stopping_ || tasks_.size() >= options_.max_waiting_tasks) return false;
  tasks_.push_back(std::move(task));
  wake_.notify_one();
  return true;
}

void StoreThread::submit(Commit commit, CommitDone done, bool urgent) {
  std::unique_lock lock(mutex_);
  if (is_stopping_) {
    lock.unlock();
    if (done) done(fail(ErrorCode::cancelled, "the store has stopped"));
    return;
  }
  const bool is_first = waiting_.empty();
  if (is_first) waiting_since_ = Clock::now();
  waiting_.add(std::move(commit), std::move(done));
  waiting_is_urgent_ = waiting_is_urgent_ || urgent;
  if (is_first || urgent) wake_.notify_one();
}

bool StoreThread::has_room() const {
  const std::lock_guard lock(mutex_);
  return is_within_bounds();
}

std::size_t StoreThread::waiting_bytes() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size_bytes() + held_bytes_;
}

void StoreThread::call_when_room(std::function<void()> ready) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_within_bounds()) {
      room_wanted_.push_back(std::move(ready));
      return;
    }
  }
  ready();
}

void StoreThread::hurry() {
  database_->hurry();
  const std::lock_guard lock(mutex_);
  if (retry_at_) retry_at_ = Clock::now();
  wake_.notify_one();
}

void StoreThread::stop() {
  CHECK(!is_store_thread());
  std::call_once(stopped_, [&] {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
      give_up_at_ = Clock::now() + options_.stop_grace;
      if (retry_at_) retry_at_ = Clock::now();
    }
    wake_.notify_one();
    thread_.join();
  });
}

// A commit when one is due, then one task, and again, so that neither lane starves the other.
void StoreThread::run() {
  std::unique_lock lock(mutex_);
  while (!is_drained()) {
    if (commit_is_due(Clock::now())) commit_waiting(lock);
    if (!tasks_.empty()) run_one_task(lock);
    while (!has_work()) {
      wake_.wait_until(lock, next_wake(Clock::now()));
      look_at_place(lock);
    }
  }
  next_look_ = {};
  look_at_place(lock);
  lock.unlock();
  database_.reset();  // closed here, on its own thread: the last checkpoint
}

bool StoreThread::has_work() const {
  return !tasks_.empty() || commit_is_due(Clock::now()) || is_drained();
}

bool StoreThread::is_drained() const {
  return is_stopping_ && tasks_.empty() && waiting_.empty() && !retry_at_;
}

bool StoreThread::is_within_bounds() const {
  return is_stopping_ || waiting_.size_bytes() + held_bytes_ <= options_.max_waiting_bytes;
}

bool StoreThread::commit_is_due(Clock::time_point now) const {
  if (retry_at_) return now >= *retry_at_;
  if (waiting_.empty()) return false;
  return is_stopping_ || waiting_is_urgent_ || now >= waiting_since_ + options_.commit_interval;
}

StoreThread::Clock::time_point StoreThread::next_wake(Clock::time_point now) const {
  if (retry_at_) return *retry_at_;
  if (!waiting_.empty()) return waiting_since_ + options_.commit_interval;
  return now + kLookInterval;  // only a notify can bring work
}

void StoreThread::look_at_place(std::unique_lock<std::mutex>& lock) {
  if (Clock::now() < next_look_) return;
  next_look_ = Clock::now() + kLookInterval;
  lock.unlock();
  const Result<> in_place = database_->is_displaced() ? mend() : Result<>(success());
  lock.lock();
  if (!in_place && is_stopping_ && options_.on_trouble)
    options_.on_trouble(in_place.error());  // else the next commit tells it
}

void StoreThread::commit_waiting(std::unique_lock<std::mutex>& lock) {
  held_.add(std::exchange(waiting_, MergedCommit()));
  held_bytes_ = held_.size_bytes();
  waiting_is_urgent_ = false;
  const bool was_failing = retry_at_.has_value();
  const bool is_last_try = is_stopping_ && Clock::now() >= give_up_at_;
  lock.unlock();

  const auto began = Clock::now();
  const Result<> applied = apply(held_.commit());
  if (options_.on_committed) options_.on_committed(Clock::now() - began, applied);
  if (!applied && !was_failing && options_.on_trouble) options_.on_trouble(applied.error());
  if (applied && was_failing && options_.on_recovered) options_.on_recovered();
  if (applied && !queued_.empty() && options_.on_queued)
    options_.on_queued(held_.commit(), queued_);
  // Nobody is told of a failure while there is hope: what is held stays held.
  const bool is_over = applied.has_value() || is_last_try;
  if (is_over) held_.finish(applied);

  lock.lock();
  if (is_over) {
    held_bytes_ = 0;
    retry_at_.reset();
    next_retry_ = options_.first_retry;
    tell_room(lock);
  } else {
    schedule_retry();
  }
}

void StoreThread::schedule_retry() {
  retry_at_ = Clock::now() + next_retry_;
  if (is_stopping_) retry_at_ = std::min(*retry_at_, give_up_at_);
  next_retry_ = std::min(2 * next_retry_, options_.longest_retry);
}

void StoreThread::run_one_task(std::unique_lock<std::mutex>& lock) {
  {
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task(*database_);
  }  // what the task captured goes before the lock is taken
  lock.lock();
}

void StoreThread::tell_room(std::unique_lock<std::mutex>& lock) {
  if (!is_within_bounds()) return;
  const auto wanted = std::exchange(room_wanted_, {});
  lock.unlock();
  for (const auto& ready : wanted) ready();
  lock.lock();
}

Result<> StoreThread::apply(const Commit& commit) {
  TRY(mend());  // a task of the other lane may have found the damage
  Result<> applied = database_->apply(commit, &queued_);
  if (applied) return applied;
  if (database_->has_written_astray() && !database_->has_journal())
    return bring_back();  // all of it comes back with the file
  if (!database_->is_damaged() && !database_->is_displaced()) return applied;
  TRY(mend());
  return database_->apply(commit, &queued_);
}

Result<> StoreThread::mend() {
  if (database_->has_journal() && (database_->is_damaged() || database_->is_displaced())) {
    Error why(ErrorCode::database, "the files of the database were damaged, removed or replaced");
    database_->give_up(why);
    return fail(std::move(why));
  }
  if (database_->is_damaged()) {
    TRY(replace_database());
  }
  return database_->is_displaced() ? bring_back() : Result<>(success());
}

Result<> StoreThread::bring_back() {
  TRY(database_->bring_back());
  if (options_.on_brought_back) options_.on_brought_back();
  return success();
}

Result<> StoreThread::replace_database() {
  TRY(database_->replace_damaged());
  if (options_.on_replaced) options_.on_replaced(*database_->replacement());
  return success();
}

}  // namespace handshaked::store
