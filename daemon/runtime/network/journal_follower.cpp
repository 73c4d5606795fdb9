#include "runtime/network/journal_follower.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

#include "receive/record/epoch_time.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
/// Looked at this often even without a wake-up, for what inotify cannot tell.
constexpr auto kPollInterval = std::chrono::seconds(1);
/// After a failure, of the store or of the journal.
constexpr auto kRetryInterval = std::chrono::seconds(1);
/// A position behind entries in which nothing was found is saved this often: to read them again
/// costs nothing but time.
constexpr auto kIdleCommitInterval = std::chrono::seconds(5);
/// Committed together, and read without letting others run.
constexpr std::size_t kEntriesAStep = 500;

}  // namespace

/// What wakes the follower. Outlives it when the end of its thread comes first.
struct JournalFollower::Watch {
  explicit Watch(asio::io_context& context) : changes(context), timer(context) {}
  ~Watch() {
    if (changes.is_open()) changes.release();  // the journal owns the descriptor
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void cancel() {
    if (changes.is_open()) changes.cancel();
    timer.cancel();
  }
  asio::posix::stream_descriptor changes;
  asio::steady_timer timer;
};

JournalFollower::JournalFollower(receive::JournalReader reader, receive::IntakeOptions options,
                                 receive::NetworkThread& thread, receive::IntakeFactory& intakes,
                                 receive::SourceCounters& counters)
    : reader_(std::move(reader)),
      options_(std::move(options)),
      thread_(thread),
      intakes_(intakes),
      counters_(counters),
      kept_(reader_.position()) {}

void JournalFollower::start() {
  watch_ = std::make_shared<Watch>(thread_.context());
  ++thread_.sessions;
  const auto finished = [&thread = thread_](std::exception_ptr failure) {
    --thread.sessions;
    if (failure) std::rethrow_exception(failure);
  };
  asio::co_spawn(thread_.context(), run(), finished);
  asio::post(thread_.context(), [&thread = thread_, weak = std::weak_ptr<Watch>(watch_)] {
    thread.at_end([weak] {
      if (const auto watch = weak.lock()) watch->cancel();
    });
  });
}

awaitable<void> JournalFollower::run() {
  const auto intake = intakes_.open(thread_.context().get_executor(), options_);
  if (const int descriptor = reader_.descriptor(); descriptor >= 0)
    watch_->changes.assign(descriptor);
  bool was_failing = false;
  while (!thread_.is_ending()) {
    const auto read = co_await read_on(*intake);
    if (!read && read.error().code() == ErrorCode::cancelled) break;
    if (!read && !was_failing)
      telemetry::log_warning(options_.source + ": " + read.error().message() + "; retrying",
                             {.source = options_.source});
    was_failing = !read;
    if (thread_.is_ending()) break;
    watch_->timer.expires_after(read ? std::chrono::seconds(kPollInterval)
                                     : std::chrono::seconds(kRetryInterval));
    if (!read || !watch_->changes.is_open()) {
      co_await watch_->timer.async_wait(kAsTuple);
    } else {
      watch_->timer.async_wait(
          [weak = std::weak_ptr<Watch>(watch_)](boost::system::error_code error) {
            if (const auto watch = weak.lock(); watch && !error && watch->changes.is_open())
              watch->changes.cancel();
          });
      co_await watch_->changes.async_wait(asio::posix::stream_descriptor::wait_read, kAsTuple);
      watch_->timer.cancel();
    }
    if (const auto processed = reader_.process_changes(); !processed && !was_failing) {
      telemetry::log_warning(options_.source + ": " + processed.error().message(),
                             {.source = options_.source});
    }
  }
  if (watch_->changes.is_open()) watch_->changes.release();
}

/// Everything that is there, in steps.
awaitable<Result<>> JournalFollower::read_on(receive::Intake& intake) {
  std::size_t entries = 0;
  bool has_found = false;
  while (!thread_.is_ending()) {
    CO_TRY(const receive::JournalEntry* const entry, reader_.next());
    if (entry == nullptr) break;
    ++entries;
    ++counters_.records;
    counters_.bytes += entry->message.size();
    if (!intake.may_matter(entry->message)) {
      previous_ = entry->message;
    } else {
      // The line before tells whether this one was written by a stranger into the middle of it.
      if (!previous_.empty())
        intake.add_record({.text = previous_, .host = entry->host, .time = {}});
      previous_.clear();
      const std::string time = entry->time ? receive::rfc3339_text(*entry->time) : std::string();
      intake.add_record({.text = entry->message, .host = entry->host, .time = time});
      has_found = true;
    }
    if (entries % kEntriesAStep != 0) continue;
    if (std::exchange(has_found, false)) {
      CO_TRY(co_await commit(intake));
    }
    co_await asio::post(thread_.context(),
                        asio::use_awaitable);  // connections on this thread go on, too
  }
  if (!has_found && is_saved_ && std::chrono::steady_clock::now() - saved_at_ < kIdleCommitInterval)
    co_return success();
  auto committed = co_await commit(intake);
  co_return committed;
}

awaitable<Result<>> JournalFollower::commit(receive::Intake& intake) {
  const std::string position = reader_.position();
  if (is_saved_ && position == kept_) co_return success();
  const receive::BatchOptions batch{.id = {}, .cursor = position};
  auto durable = co_await intake.commit(batch);
  saved_at_ = std::chrono::steady_clock::now();
  if (durable || durable.error().code() == ErrorCode::timeout) {
    // After a timeout it is in the store's hands: to read it again would count it twice.
    kept_ = position;
    is_saved_ = true;
    co_return success();
  }
  intake.discard();
  CO_TRY(reader_.begin(kept_, false));
  co_return durable;
}

}  // namespace handshaked::runtime
