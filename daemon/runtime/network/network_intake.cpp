#include "runtime/network/network_intake.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/check.h"
#include "base/clock.h"
#include "ingest/log_line.h"

namespace handshaked::runtime {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
/// How often room is looked for while the queue is full.
constexpr auto kRoomInterval = std::chrono::milliseconds(5);
/// Places that a connection's fold may remember from batch to batch.
constexpr std::size_t kMostKnown = 64;
/// A line that names a time (with its zone) further back was held up on its way: it counts at its
/// own time.
constexpr auto kHeldUp = std::chrono::minutes(10);

/// A commit that somebody waits for: told on the store thread, awaited on a network thread.
struct Waiting {
  explicit Waiting(const asio::any_io_executor& executor)
      : timer(executor, asio::steady_timer::time_point::max()) {}

  /// Tells the one who waits, on his thread.
  static std::function<void(Result<>)> teller(std::shared_ptr<Waiting> waiting,
                                              asio::any_io_executor executor) {
    return [waiting = std::move(waiting), executor = std::move(executor)](Result<> told) {
      asio::post(executor, [waiting, told = std::move(told)] {
        waiting->answer = told;
        waiting->timer.cancel();
      });
    };
  }
  awaitable<Result<>> wait() {
    timer.expires_after(receive::Intake::kCommitPatience);
    while (!answer && std::chrono::steady_clock::now() < timer.expiry())
      co_await timer.async_wait(kAsTuple);
    if (!answer) co_return fail(ErrorCode::timeout, "it was accepted, but is not on disk yet");
    co_return *answer;
  }

  asio::steady_timer timer;
  std::optional<Result<>> answer;
};

}  // namespace

void ThreadAnalysis::use_rules(std::shared_ptr<const match::RuleSet> rules) {
  const std::lock_guard lock(mutex_);
  next_rules_ = std::move(rules);
  has_next_ = true;
}

const std::shared_ptr<const match::RuleSet>& ThreadAnalysis::rules() {
  if (has_next_.exchange(false)) {
    const std::lock_guard lock(mutex_);
    rules_ = next_rules_;
    by_zone_.clear();
  }
  return rules_;
}

LineAnalysis& ThreadAnalysis::analysis(const std::string& time_zone) {
  std::unique_ptr<LineAnalysis>& analysis = by_zone_[time_zone];
  if (analysis == nullptr) {
    auto zone = parse::TimeZone::named(time_zone);  // was checked when the source was configured
    CHECK(zone.has_value());
    analysis = std::make_unique<LineAnalysis>(rules_, std::move(zone).value());
  }
  return *analysis;
}

NetworkIntake::NetworkIntake(asio::any_io_executor executor, receive::IntakeOptions options,
                             NetworkSource& source, ThreadAnalysis& thread,
                             BoundedQueue<NetworkBatch>& out)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      source_(source),
      thread_(thread),
      out_(out),
      rules_(thread.rules()),
      fold_(rules_, source.name),
      position_(static_cast<std::uint64_t>(wall_clock_now().time_since_epoch() /
                                           std::chrono::microseconds(1))) {}

void NetworkIntake::prepare() {
  const auto& rules = thread_.rules();
  if (rules == rules_) return;
  seal();
  rules_ = rules;
  fold_ = correlate::FailureFold(rules_, source_.name);
}

void NetworkIntake::seal() {
  if (fold_.empty()) return;
  sealed_bytes_ += fold_.held_bytes();
  sealed_.push_back(fold_.take());
  sealed_places_ += sealed_.back().failures.size();
  // It remembers the places that it has named, for the next batch: of many, a connection must not.
  known_places_ += sealed_.back().failures.size();
  if (known_places_ <= kMostKnown) return;
  known_places_ = 0;
  fold_ = correlate::FailureFold(rules_, source_.name);
}

/// Before a line is folded, there must be room for what it may add.
void NetworkIntake::keep_within_budget() {
  constexpr std::size_t kOneLine = 8 * 1024;
  if (memory_ == nullptr) memory_ = std::make_shared<receive::Reservation>(options_.memory);
  const bool has_room = memory_->grow_to(sealed_bytes_ + fold_.held_bytes() + kOneLine);
  is_overfull_ = is_overfull_ || !has_room;
  fold_.keep_details(has_room && sealed_places_ < correlate::FailureFold::kMaxPlaces);
}

void NetworkIntake::consume(std::string_view bytes, std::string_view before) {
  prepare();
  const Time now = wall_clock_now();
  source_.counters.last_seen_seconds = now.time_since_epoch() / std::chrono::seconds(1);
  fold_.set_time_fallback(now);
  LineAnalysis& analysis = thread_.analysis(options_.time_zone);
  const std::uint64_t candidates = analysis.counters().candidates;
  analysis.consume(
      {.bytes = bytes, .before = before, .offset = {position_}, .goes_on = !record_.text.empty()},
      *this);
  if (const std::uint64_t more = analysis.counters().candidates - candidates; more > 0)
    source_.counters.candidates += more;
  position_ += bytes.size();
}

void NetworkIntake::add_lines(std::string_view lines) {
  record_ = {};
  consume(lines, before_);
  before_.assign(lines.substr(lines.size() - std::min(lines.size(), ingest::kNginxLineLimit)));
}

void NetworkIntake::add_record(const receive::Record& record) {
  // Shippers make a record of each physical line: what a stranger's line feed has cut apart arrives
  // in several. The one before shows it. Of another host's it would show nothing.
  record_ = record;
  record_.host = record.host.substr(0, receive::kLongestHost);
  if (record_.host != before_host_) {
    before_.clear();
    before_host_ = record_.host;
  }
  consume(record.text, before_);
  before_.assign(record.text.substr(record.text.size() -
                                    std::min(record.text.size(), ingest::kNginxLineLimit)));
  if (!before_.ends_with('\n')) before_ += '\n';
}

void NetworkIntake::add_edge_report(receive::EdgeReport report) {
  constexpr std::size_t kBesideMembers = 16 * 1024;
  source_.counters.last_seen_seconds =
      wall_clock_now().time_since_epoch() / std::chrono::seconds(1);
  report_bytes_ += kBesideMembers + (report.event ? report.event->members.size() : 0);
  if (memory_ == nullptr) memory_ = std::make_shared<receive::Reservation>(options_.memory);
  is_overfull_ =
      !memory_->grow_to(sealed_bytes_ + fold_.held_bytes() + report_bytes_) || is_overfull_;
  reports_.push_back(std::move(report));
}

void NetworkIntake::set_sender(std::string_view host) {
  if (host == options_.host) return;
  options_.host = host;
  before_.clear();
}

std::size_t NetworkIntake::find_candidate(std::string_view block, std::size_t from) const {
  const std::size_t at = thread_.rules()->gate().find(block, from);
  return at < block.size() ? at : std::string_view::npos;
}

void NetworkIntake::on_failure(const match::RecognisedLine& failure) {
  ++source_.counters.matched;
  if (!failure.trusted) ++source_.counters.untrusted;
  parse::ErrorRecord record = failure.record;
  if (!record_.host.empty()) record.envelope_host = record_.host;
  if (!options_.sender_names_host) record.envelope_host = {};
  if (record.envelope_host.empty()) {
    record.envelope_host = options_.host;
    if (options_.sender_names_host && options_.host.empty() && !record_.text.empty()) {
      ++source_.counters.without_host;
      source_.host_log.warn(source_.name +
                            ": lines come without the name of their host: they count as this "
                            "host's own, and faults of several hosts "
                            "look like faults of one; have the shipper add a field \"host\"");
    }
  }
  const auto stamp = record_.time.empty() ? record.envelope_time : record_.time;
  const auto time = stamp.empty() ? std::nullopt : parse::parse_rfc3339(stamp);
  keep_within_budget();
  fold_.set_live(!time || wall_clock_now() - time->utc < kHeldUp);
  fold_.on_failure({.rule = failure.rule,
                    .record = record,
                    .tls = failure.tls,
                    .line = failure.line,
                    .line_number = failure.line_number,
                    .offset = failure.offset,
                    .time = time ? time : failure.time,
                    .trusted = failure.trusted});
  if (fold_.is_full()) seal();
}

bool NetworkIntake::is_duplicate(std::string_view id) {
  std::string name = DeliveredIds::name_of(options_.sender, id);
  if (source_.delivered.find(name) == DeliveredIds::State::unknown) return false;
  ++source_.counters.duplicates;
  repeated_ = std::move(name);
  return true;
}

void NetworkIntake::discard() { take_batch(); }

void NetworkIntake::count_malformed(std::size_t records, std::string_view why) {
  source_.counters.malformed += records;
  source_.malformed_log.warn(source_.name + ": " + std::to_string(records) +
                             " records could not be read: " + std::string(why));
}

NetworkBatch NetworkIntake::take_batch() {
  seal();
  NetworkBatch batch{.source = source_.name,
                     .cursor = {},
                     .make_cursor = {},
                     .found = std::exchange(sealed_, {}),
                     .reports = std::exchange(reports_, {}),
                     .memory = std::exchange(memory_, nullptr),
                     .committed = {}};
  if (batch.memory != nullptr) batch.memory->shrink_to(sealed_bytes_ + report_bytes_);
  sealed_places_ = sealed_bytes_ = report_bytes_ = 0;
  is_overfull_ = false;
  return batch;
}

awaitable<Result<>> NetworkIntake::push(NetworkBatch batch, bool waits_for_ever) {
  if (out_.try_push(batch)) co_return success();
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  asio::steady_timer timer(executor_);
  while (!out_.try_push(batch)) {
    if (!waits_for_ever && std::chrono::steady_clock::now() > give_up) {
      ++source_.counters.refused_full;
      co_return fail(ErrorCode::limit_exceeded, "the store accepts no more at the moment");
    }
    timer.expires_after(kRoomInterval);
    co_await timer.async_wait(kAsTuple);
  }
  co_return success();
}

awaitable<Result<>> NetworkIntake::hand_over() {
  if (!has_found()) co_return success();
  NetworkBatch batch = take_batch();
  ++source_.counters.batches;
  auto pushed = co_await push(std::move(batch), true);
  co_return pushed;
}

/// A batch of this name is on its way, or was: what it became is what the repetition becomes.
awaitable<Result<>> NetworkIntake::wait_for_first(const std::string& name) {
  const auto waiting = std::make_shared<Waiting>(executor_);
  source_.delivered.when_ended(name, waiting->teller(waiting, executor_));
  auto answer = co_await waiting->wait();
  co_return answer;
}

awaitable<Result<>> NetworkIntake::commit(receive::BatchOptions options) {
  const std::string name =
      options.id.empty() ? std::string() : DeliveredIds::name_of(options_.sender, options.id);
  const bool is_repeated = !name.empty() && std::exchange(repeated_, {}) == name;
  if (is_overfull_) {
    discard();
    ++source_.counters.refused_full;
    co_return fail(ErrorCode::limit_exceeded, "its sender's share of the memory is in use");
  }
  if (is_repeated) {
    discard();
    auto first = co_await wait_for_first(name);
    co_return first;
  }
  // What is known to be empty cannot be counted twice: its id need not be remembered.
  if (options.cursor.empty() && !has_found()) co_return success();
  NetworkBatch batch = take_batch();
  batch.cursor = options.cursor;
  if (!name.empty() && source_.delivered.begin(name) != DeliveredIds::State::unknown) {
    auto first = co_await wait_for_first(name);
    co_return first;
  }
  ++source_.counters.batches;
  const auto waiting = std::make_shared<Waiting>(executor_);
  batch.committed = waiting->teller(waiting, executor_);
  if (!name.empty()) {
    batch.make_cursor = [&delivered = source_.delivered, name] {
      return delivered.cursor_with(name);
    };
    // Told to the list on the store thread, also when nobody waits any more.
    batch.committed = [tell = std::move(batch.committed), &delivered = source_.delivered,
                       name](Result<> answer) {
      delivered.end(name, answer);
      tell(std::move(answer));
    };
  }
  auto pushed = co_await push(std::move(batch), false);
  if (!pushed) {
    if (!name.empty()) source_.delivered.end(name, pushed);
    co_return pushed;
  }
  auto answer = co_await waiting->wait();
  co_return answer;
}

}  // namespace handshaked::runtime
