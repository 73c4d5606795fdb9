#include "runtime/network/engine_follower.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <utility>

#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::steady_clock;

/// How long a stop may wait for a poll.
constexpr auto kPollPatience = std::chrono::milliseconds(300);
/// After a refusal of the store.
constexpr auto kRest = std::chrono::milliseconds(200);
/// Words about a trouble that goes on.
constexpr auto kTroubleInterval = std::chrono::minutes(1);
/// A position behind messages in which nothing was found is committed so often: they would be read
/// again, which costs nothing but time.
constexpr auto kCommitInterval = std::chrono::seconds(1);

awaitable<void> tell_end(awaitable<Result<bool>> work,
                         std::shared_ptr<std::promise<Result<bool>>> answer) {
  auto result = co_await std::move(work);
  answer->set_value(std::move(result));
}

}  // namespace

EngineFollower::EngineFollower(std::unique_ptr<engine::Source> source,
                               EngineFollowerOptions options, receive::NetworkThread& thread,
                               receive::IntakeFactory& intakes, receive::SourceCounters& counters)
    : source_(std::move(source)),
      options_(std::move(options)),
      thread_(thread),
      intakes_(intakes),
      counters_(counters) {}

EngineFollower::~EngineFollower() {
  is_stopping_ = true;
  source_->stop();
}

void EngineFollower::start() {
  ++thread_.sessions;
  asio::post(thread_.context(), [this] {
    intake_ = intakes_.open(thread_.context().get_executor(), options_.intake);
    messages_.emplace(*intake_, options_.fields, thread_.json(), counters_);
    thread_.at_end([this] {
      is_stopping_ = true;
      source_->stop();
    });
    polling_ = std::jthread([this] {
      poll_on();
      asio::post(thread_.context(), [this] {
        intake_.reset();
        --thread_.sessions;
      });
    });
  });
}

void EngineFollower::poll_on() {
  while (!is_stopping_) {
    const auto polled = source_->poll(kPollPatience);
    tell_trouble();
    if (!polled) continue;  // the source rests by itself
    uncommitted_ += polled.value().size();
    const bool is_due = uncommitted_ >= engine::kMostMessages ||
                        steady_clock::now() - committed_at_ >= kCommitInterval;
    if (!polled.value().empty() || (is_due && source_->has_unacknowledged())) {
      if (!hand_over(polled.value(), is_due)) return;
    }
  }
}

/// Until they are in the database, or need not be yet; false when they never will be.
bool EngineFollower::hand_over(const Messages& messages, bool must_commit) {
  Result<bool> committed = run_on_thread(take(messages, source_->position(), must_commit));
  bool is_on_its_way = false;  // the store has it, and has not said so: then a later commit of the
                               // position alone says it
  while (!committed && !is_stopping_) {
    is_on_its_way = is_on_its_way || committed.error().code() == ErrorCode::timeout;
    std::this_thread::sleep_for(kRest);
    committed =
        run_on_thread(take(is_on_its_way ? Messages() : messages, source_->position(), true));
  }
  if (!committed) return false;
  if (!committed.value()) return true;
  committed_at_ = steady_clock::now();
  uncommitted_ = 0;
  static_cast<void>(source_->acknowledge());  // what it cannot say now comes again, and is known
  return true;
}

/// True when something was found in it.
bool EngineFollower::add(const engine::Message& message) {
  if (options_.edges_silent_after) return add_edge_message(message);
  if (options_.is_host_in_key) messages_->set_host(message.key);
  return messages_->add(message.payload);
}

bool EngineFollower::add_edge_message(const engine::Message& message) {
  ++counters_.records;
  counters_.bytes += message.payload.size();
  if (message.payload.size() > receive::kEdgeMessageLimit) {
    intake_->count_malformed(1, "a message of an edge is larger than " +
                                    std::to_string(receive::kEdgeMessageLimit) + " bytes");
    return false;
  }
  std::string padded(message.payload);
  padded.reserve(padded.size() + receive::kScratchPadding);
  auto report = receive::read_edge_report(padded);
  if (!report) {
    intake_->count_malformed(1, report.error().message());
    return false;
  }
  report.value().silent_after = *options_.edges_silent_after;
  if (options_.is_host_in_key) {
    if (const auto named = receive::name_edge(report.value(), message.key); !named) {
      intake_->count_malformed(1, named.error().message());
      return false;
    }
  }
  intake_->add_edge_report(std::move(report).value());
  return true;
}

/// On the network thread, while the polling thread waits. True when the position is in the
/// database.
awaitable<Result<bool>> EngineFollower::take(const Messages& messages, std::string position,
                                             bool must_commit) {
  bool has_found = false;
  for (const engine::Message& message : messages) has_found = add(message) || has_found;
  if (!has_found && !must_commit) co_return false;
  const receive::BatchOptions batch{.id = {}, .cursor = position};
  CO_TRY(co_await intake_->commit(batch));
  co_return true;
}

/// Fails with cancelled when the network thread ends before the work is done.
Result<bool> EngineFollower::run_on_thread(awaitable<Result<bool>> work) {
  const auto answer = std::make_shared<std::promise<Result<bool>>>();
  std::future<Result<bool>> future = answer->get_future();
  asio::co_spawn(thread_.context(), tell_end(std::move(work), answer),
                 [answer](std::exception_ptr thrown) {
                   if (thrown)
                     answer->set_value(fail(ErrorCode::limit_exceeded, "there was no memory"));
                 });
  // A thread that is cut off at its end drops what it had.
  while (future.wait_for(kPollPatience) != std::future_status::ready) {
    if (thread_.context().stopped())
      return fail(ErrorCode::cancelled, "the network thread has ended");
  }
  return future.get();
}

/// Its beginning, its end, and now and then what it has become.
void EngineFollower::tell_trouble() {
  std::string trouble = source_->standing().trouble;
  const bool is_other_words = !trouble.empty() && !told_trouble_.empty();
  if (trouble == told_trouble_ ||
      (is_other_words && steady_clock::now() - told_at_ < kTroubleInterval))
    return;
  told_at_ = steady_clock::now();
  const std::string& name = options_.intake.source;
  if (trouble.empty())
    telemetry::log_info(name + " reads again",
                        {.id = telemetry::message_id::source_back, .source = name});
  else telemetry::log_warning(name + ": " + trouble + "; it is tried again", {.source = name});
  told_trouble_ = std::move(trouble);
}

}  // namespace handshaked::runtime
