#include "runtime/diagnosis/calendar.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

#include "base/text/joined.h"
#include "diagnose/host/nginx_at_hand.h"
#include "diagnose/patch/shown_lines.h"
#include "diagnose/preflight/preflight.h"
#include "diagnose/upstream/upstream_case.h"
#include "event/diagnosis_json.h"
#include "parse/error_record.h"
#include "runtime/texts.h"
#include "store/positions.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

namespace asio = boost::asio;
using correlate::ForeseenFault;
using diagnose::ForeseenBreak;

constexpr auto kReadAgain = std::chrono::hours(24);
constexpr auto kDecideAgain = std::chrono::hours(1);
constexpr auto kTimeLimit = std::chrono::seconds(20);  // of a reading: a stop waits for it

/// nginx may be reloaded every few seconds: a tenth of one processor at most is spent on reading.
constexpr int kRest = 9;
constexpr auto kMostRest = std::chrono::minutes(5);
constexpr auto kAskFailingAgain = std::chrono::hours(1);
constexpr auto kAskLeftOut = std::chrono::minutes(10);
constexpr std::size_t kMostPeers = 500;

constexpr std::string_view kRule = "handshaked/will-break";
constexpr std::string_view kPeerRule = "handshaked/peer-changed";

ForeseenFault fault_of(const ForeseenBreak& coming, const std::string& host) {
  ForeseenFault fault;
  fault.rule_id = kRule;
  fault.key = coming.key;
  fault.host = host;
  fault.title = texts().text(Language::en, "foreseen.ends_soon");
  fault.title_zh = texts().text(Language::zh, "foreseen.ends_soon");
  fault.severity = coming.severity;
  fault.place.side = parse::side_from_string(coming.side).value_or(parse::Side::config);
  fault.place.peer = coming.peer;
  if (!coming.servers.empty()) fault.place.server = coming.servers.front();
  fault.servers = coming.servers;
  fault.at = coming.at;
  fault.step = coming.step;
  fault.may_open = !coming.has_begun;  // what had ended before we came is doctor's to tell
  fault.note = event::diagnosis_note(
      diagnose::shown_to(diagnose::Audience::others, coming.diagnosis), nullptr);
  return fault;
}

/// One peer that changed: what it says, and who is concerned. `fails`: the diagnosis speaks, else
/// `news`.
ForeseenFault fault_of(const diagnose::SeenPeer& seen, const std::optional<diagnose::Text>& news,
                       const std::string& host) {
  ForeseenFault fault;
  fault.rule_id = kPeerRule;
  fault.host = host;
  fault.title = texts().text(Language::en, "foreseen.peer_changed");
  fault.title_zh = texts().text(Language::zh, "foreseen.peer_changed");
  fault.place.side = parse::Side::upstream;
  fault.place.peer = seen.peer;
  fault.place.server = seen.server;
  if (!seen.server.empty()) fault.servers = {seen.server};
  fault.step = 1;
  diagnose::Diagnosis diagnosis;
  if (news) {
    diagnosis.cause = "peer_changed";
    diagnosis.confidence = 1;
    diagnosis.summary = *news;
    diagnosis.evidence.push_back(
        {"peer", {summary_of(seen.observation.seen), summary_of(seen.observation.seen)}});
    diagnosis.place =
        diagnose::GoverningPlace{.directive = seen.directive, .file = seen.file, .line = seen.line};
    fault.key = "changed " + seen.target + " " + seen.observation.seen.chain.front().facts.sha256;
  } else {
    diagnosis = *seen.diagnosis;
    fault.severity = match::Severity::warning;
    fault.fails = true;
    fault.key = "fails " + seen.target + " " + diagnosis.cause;
  }
  fault.note = event::diagnosis_note(
      diagnose::shown_to(diagnose::Audience::others, std::move(diagnosis)), nullptr);
  return fault;
}

/// Of several places one fault.
void add_fault(std::vector<ForeseenFault>& faults, ForeseenFault fault) {
  for (ForeseenFault& known : faults) {
    if (known.rule_id != fault.rule_id || known.key != fault.key) continue;
    for (std::string& server : fault.servers) {
      if (std::find(known.servers.begin(), known.servers.end(), server) == known.servers.end())
        known.servers.push_back(std::move(server));
    }
    return;
  }
  faults.push_back(std::move(fault));
}

/// A preflight of nothing but time.
diagnose::PreflightReport look_ahead_until(Time until,
                                           const std::shared_ptr<const NginxState>& state,
                                           const RuleBase& base, diagnose::Prober& prober,
                                           const diagnose::Surroundings& around) {
  const std::shared_ptr<const diagnose::ReadConfiguration> read(state, state->nginx.read.get());
  const std::shared_ptr<const nginx::ConfigurationFiles> files(state, &state->nginx.files);
  const diagnose::PreflightHost host{
      .name = {},
      .before = read,
      .after = read,
      .before_files = files,
      .after_files = std::make_shared<const diagnose::PlannedFiles>(files),
      .new_keys = {},
      .planned = {},
      .is_dump = false};
  diagnose::PlannedChange change;
  change.until = until;
  const diagnose::PreflightMeans means{.change = change,
                                       .ca_store = state->ca_store,
                                       .knowledge = base.knowledge,
                                       .rules = base.rules,
                                       .installation = state->nginx.installation,
                                       .resolve = {},
                                       .may_read_keys = false,
                                       .now = around.now,
                                       .deadline = around.deadline};
  diagnose::SharedMaterial shared;
  diagnose::PreflightReport report;
  diagnose::look_ahead(host, means, prober, state->policy, shared, report);
  return report;
}

}  // namespace

Calendar::Calendar(asio::any_io_executor loop, CalendarOptions options,
                   std::shared_ptr<NginxView> nginx, std::shared_ptr<const RuleBase> base,
                   correlate::Correlator& correlator, store::StoreThread& store,
                   std::function<void()> foreseen)
    : loop_(std::move(loop)),
      options_(std::move(options)),
      nginx_(std::move(nginx)),
      base_(std::move(base)),
      correlator_(correlator),
      store_(store),
      foreseen_(std::move(foreseen)),
      timer_(loop_) {}

Calendar::~Calendar() {
  stop();
  worker_.join();
}

void Calendar::restore(const std::string& renewals, const std::string& peers) {
  kept_renewals_ = renewals;
  kept_peers_ = peers;
  if (!renewals.empty()) {
    if (auto book = diagnose::RenewalBook::from_json(renewals)) renewals_ = std::move(book).value();
    else telemetry::log_warning(book.error().message());
  }
  if (peers.empty()) return;
  if (auto book = diagnose::PeerBook::from_json(peers))
    peers_ = std::make_shared<const diagnose::PeerBook>(std::move(book).value());
  else telemetry::log_warning(book.error().message());
}

const Calendar::KnownPeer* Calendar::find_peer(const KnownPeers& known,
                                               const diagnose::PeerAddress& address,
                                               const diagnose::ProbeRequest& request) {
  const auto found = std::find_if(known.begin(), known.end(), [&](const KnownPeer& one) {
    return one.observation.address == address && one.observation.asked == request;
  });
  return found == known.end() ? nullptr : &*found;
}

void Calendar::start() {
  if (!options_.is_enabled)
    return correlator_.foresee({}, true, options_.now());  // of before a restart
  // Of many hosts that start together each asks at a time of its own.
  std::uniform_real_distribution<double> share(0.01, 0.05);
  const auto interval =
      std::chrono::duration_cast<std::chrono::milliseconds>(options_.watch_interval);
  next_round_ = std::chrono::steady_clock::now() +
                std::chrono::milliseconds(static_cast<std::int64_t>(
                    static_cast<double>(interval.count()) * share(random_)));
  wait(std::min(options_.first_look, interval));
}

void Calendar::stop() {
  look_->is_stopped = true;
  timer_.cancel();
  worker_.stop();
}

void Calendar::wait(std::chrono::milliseconds time) {
  timer_.expires_after(time);
  timer_.async_wait([this, look = look_](boost::system::error_code error) {
    if (!error && !look->is_stopped) this->look();
  });
}

void Calendar::look() {
  const Time now = options_.now();
  const bool is_round = options_.watch && std::chrono::steady_clock::now() >= next_round_;
  const bool is_due = is_round || now - read_at_ >= kReadAgain || now < read_at_;
  const bool may_read = std::chrono::steady_clock::now() >= rests_until_;
  const Question question{.base = base_, .known = known_, .book = peers_, .is_round = is_round};
  asio::post(worker_, [this, look = look_, view = nginx_, known = reading_.state,
                       awaited = reading_.awaits_load, is_due, may_read, question] {
    const auto state = view->refresh(options_.look_interval);
    const bool is_news = state != known || is_due || (awaited && !view->awaits_reload());
    const bool is_settled = state->is_settled(wall_clock_now());
    const auto reading =
        is_news && is_settled && may_read ? look_at(state, question, options_) : nullptr;
    asio::post(loop_, [this, look, reading] {
      if (look->is_stopped) return;
      if (reading) take(*reading);
      else if (const Time at = options_.now(); at - decided_at_ >= kDecideAgain || at < decided_at_)
        decide(at);
      wait(std::min<std::chrono::milliseconds>(
          options_.look_interval, options_.watch ? options_.watch_interval : kReadAgain));
    });
  });
}

/// On the worker.
std::shared_ptr<const Calendar::Reading> Calendar::look_at(
    const std::shared_ptr<const NginxState>& state, const Question& question,
    const CalendarOptions& options) {
  auto reading = std::make_shared<Reading>();
  reading->state = state;
  reading->was_round = question.is_round;
  if (!state->nginx.read) return reading;
  const auto begin = std::chrono::steady_clock::now();
  diagnose::ProberOptions limits;
  limits.scope = question.is_round ? diagnose::ProbeScope::frugal : diagnose::ProbeScope::none;
  limits.deadline = begin + (question.is_round ? options.time_limit : kTimeLimit);
  limits.most_probes = kMostPeers;
  limits.on_probe = [&options](const std::string& probe) {
    telemetry::log_info("watch: " + probe, {.id = telemetry::message_id::probe, .is_record = true});
    if (options.on_handshake) options.on_handshake();
  };
  // Most were asked lately; what fails is asked again, for it may work by now.
  const auto oldest = begin - options.watch_interval * 3 / 4;
  limits.known_answer = [&](const diagnose::AllowedPeer& peer,
                            const diagnose::ProbeRequest& request) {
    const KnownPeer* const known = find_peer(*question.known, peer.address(), request);
    const bool is_fresh =
        known != nullptr && (!question.is_round || (!known->fails && known->asked_at >= oldest));
    return is_fresh ? std::optional(known->observation.seen) : std::nullopt;
  };
  diagnose::Prober prober(state->policy, std::move(limits));
  diagnose::Surroundings around = surroundings_of(state->nginx, state->ca_store, prober, false);
  around.now = options.now();
  reading->entries = diagnose::endings_of_files(around, reading->unread);
  if (options.watch) {
    reading->peers = diagnose::look_at_peers(around, question.base->knowledge, kMostPeers,
                                             *question.book, reading->left_out);
    for (const diagnose::SeenPeer& seen : reading->peers) {
      const KnownPeer* const known =
          find_peer(*question.known, seen.observation.address, seen.observation.asked);
      const bool was_asked =
          known == nullptr || (question.is_round && (known->fails || known->asked_at < oldest));
      reading->asked.push_back(
          {.observation = seen.observation, .asked_at = was_asked ? begin : known->asked_at});
      std::vector<diagnose::CertificateFacts> chain;
      for (const diagnose::PeerCertificate& one : seen.observation.seen.chain)
        chain.push_back(one.facts);
      add_peer_endings(chain, seen.target, seen.file, seen.line, reading->entries);
    }
  }
  const Duration longest =
      options.lead_times.empty() ? std::chrono::seconds(0) : options.lead_times.front();
  const Time until = around.now + longest + 2 * kReadAgain;
  const diagnose::PreflightReport report =
      look_ahead_until(until, state, *question.base, prober, around);
  reading->breaks =
      diagnose::coming_breaks(reading->entries, report, *state->nginx.read, around.now);
  reading->took = std::chrono::steady_clock::now() - begin;
  reading->awaits_load = state->footprint.awaits_load;
  reading->is_whole = !reading->awaits_load && reading->left_out == 0 &&
                      std::chrono::steady_clock::now() < around.deadline;
  return reading;
}

void Calendar::take(Reading reading) {
  const Time now = options_.now();
  read_at_ = now;
  rests_until_ = std::chrono::steady_clock::now() +
                 std::min<std::chrono::nanoseconds>(reading.took * kRest, kMostRest);
  const std::vector<diagnose::ComingBreak> before =
      std::exchange(reading_, std::move(reading)).breaks;
  if (reading_.awaits_load) keep_until_loaded(before);
  for (const diagnose::CalendarEntry& entry : reading_.entries) {
    if (!entry.slot.empty()) renewals_.note(entry.slot, entry.subject, entry.issued_at, now);
  }
  if (options_.watch) take_peers(now);
  keep();
  std::string unread = joined(reading_.unread, "; ");
  if (!unread.empty() && unread != told_unread_)
    telemetry::log_info("when these end is not known, they cannot be read: " +
                        unread.substr(0, 1000));
  told_unread_ = std::move(unread);
  decide(now);
}

void Calendar::take_peers(Time now) {
  auto book = *peers_;
  auto known = std::make_shared<KnownPeers>(reading_.asked);
  for (std::size_t i = 0; i < reading_.peers.size(); ++i) {
    book.note(reading_.peers[i], now);
    if (book.fails_since_change(reading_.peers[i].key)) (*known)[i].fails = true;
  }
  // One place fails, and another one is content with the same answer: it is asked again for both.
  std::stable_partition(known->begin(), known->end(),
                        [](const KnownPeer& one) { return one.fails; });
  peers_ = std::make_shared<const diagnose::PeerBook>(std::move(book));
  known_ = std::move(known);
  if (reading_.was_round) plan_round();
}

std::chrono::milliseconds Calendar::with_jitter(std::chrono::milliseconds time) {
  std::uniform_real_distribution<double> share(0.8, 1.2);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(time.count()) * share(random_)));
}

void Calendar::plan_round() {
  had_round_ = true;
  std::chrono::milliseconds wait = options_.watch_interval;
  const bool fails =
      std::any_of(known_->begin(), known_->end(), [](const KnownPeer& one) { return one.fails; });
  if (fails) wait = std::min<std::chrono::milliseconds>(wait, kAskFailingAgain);
  if (reading_.left_out > 0) wait = std::min<std::chrono::milliseconds>(wait, kAskLeftOut);
  next_round_ = std::chrono::steady_clock::now() + with_jitter(wait);
}

/// nginx holds what the files were: that ends as well, until it has loaded them.
void Calendar::keep_until_loaded(const std::vector<diagnose::ComingBreak>& before) {
  for (const diagnose::ComingBreak& one : before) {
    const bool is_still_there = std::any_of(
        reading_.entries.begin(), reading_.entries.end(),
        [&](const diagnose::CalendarEntry& entry) { return entry.subject == one.ending.subject; });
    if (!is_still_there) reading_.breaks.push_back(one);
  }
}

void Calendar::decide(Time now) {
  decided_at_ = now;
  std::vector<ForeseenFault> faults;
  for (const ForeseenBreak& coming :
       diagnose::foreseen_breaks(reading_.breaks, renewals_, options_.lead_times, now))
    faults.push_back(fault_of(coming, options_.host));
  for (const diagnose::SeenPeer& seen : reading_.peers) {
    if (seen.diagnosis && !seen.diagnosis->cause.empty())
      add_fault(faults, fault_of(seen, std::nullopt, options_.host));
    else if (const auto news = peers_->news(seen.key, now))
      add_fault(faults, fault_of(seen, news, options_.host));
  }
  // After a start peers are not known before the first round.
  correlator_.foresee(faults, reading_.is_whole && (had_round_ || !options_.watch), now);
  foreseen_();
}

void Calendar::keep() {
  keep_row(kRenewalsRow, renewals_.to_json(), kept_renewals_);
  if (options_.watch) keep_row(kPeersRow, peers_->to_json(), kept_peers_);
}

void Calendar::keep_row(std::string_view row, std::string text, std::string& kept) {
  if (text == kept) return;
  kept = text;
  const bool is_posted = store_.post(
      [cursor = store::PositionRow{std::string(row), std::move(text)}](store::Database& database) {
        if (const auto saved = store::Positions(database).save(cursor); !saved)
          telemetry::log_warning(saved.error().message());
      });
  if (!is_posted) kept.clear();
}

std::vector<diagnose::CalendarEntry> Calendar::entries() const {
  std::vector<diagnose::CalendarEntry> coming;
  const Time now = options_.now();
  std::copy_if(reading_.entries.begin(), reading_.entries.end(), std::back_inserter(coming),
               [&](const diagnose::CalendarEntry& entry) { return entry.at >= now; });
  std::stable_sort(coming.begin(), coming.end(),
                   [](const auto& left, const auto& right) { return left.at < right.at; });
  return coming;
}

}  // namespace handshaked::runtime
