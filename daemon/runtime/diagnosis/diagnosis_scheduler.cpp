#include "runtime/diagnosis/diagnosis_scheduler.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <random>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "diagnose/patch/shown_lines.h"
#include "event/diagnosis_json.h"
#include "runtime/diagnosis/diagnosis_case.h"
#include "runtime/diagnosis/diagnosis_queue.h"
#include "runtime/diagnosis/incident_examiner.h"

namespace handshaked::runtime {
namespace {

namespace asio = boost::asio;
using diagnose::Symptom;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr auto kAfterReload = std::chrono::seconds(1);
constexpr auto kLookForReload = std::chrono::seconds(5);  // at least so often
/// What was found while somebody changed files, or while nginx started workers, is asked anew so
/// much later, so often at most.
constexpr auto kWhenSettled = diagnose::kTimeToTell + std::chrono::milliseconds(500);
constexpr int kMostUnsettled = 5;
/// A peer that answers in another way every time is not diagnosed for ever.
constexpr int kMostContradictions = 3;
}  // namespace

/// What lives as long as an answer may come: the loop's side, but for the examiner, which the
/// workers use.
class DiagnosisScheduler::Work : public std::enable_shared_from_this<Work> {
 public:
  Work(asio::any_io_executor loop, DiagnosisSchedulerOptions options,
       std::shared_ptr<NginxView> nginx, Answers answers)
      : loop_(std::move(loop)),
        options_(std::move(options)),
        answers_(std::move(answers)),
        timer_(loop_),
        workers_(options_.threads),
        nginx_(std::move(nginx)),
        examiner_(options_, nginx_) {}

  void use_rules(std::shared_ptr<const RuleBase> base) { base_ = std::move(base); }
  void use_rates(FixRates rates) { rates_ = std::make_shared<const FixRates>(std::move(rates)); }

  bool request(const correlate::Incident& incident) {
    DiagnosisCase* const one = take_on(incident);
    if (one == nullptr) return false;
    queue(incident.id, *one);
    run_timer();
    return true;
  }

  /// Somewhere in the first interval, so that many do not come at once. By which nginx it was
  /// judged before is not known any more: the first look that fails has it diagnosed again, and
  /// where nobody can look it is diagnosed again without one.
  bool resume(const correlate::Incident& incident) {
    DiagnosisCase* const one = take_on(incident);
    if (one == nullptr) return false;
    const auto now = std::chrono::steady_clock::now();
    std::uniform_real_distribution<double> share(0, 1);
    const auto when = now + std::chrono::duration_cast<std::chrono::milliseconds>(
                                share(random_) * options_.probe_interval);
    one->has_answer = true;
    one->is_of_before = true;
    one->next_probe = when;
    if (!may_probe(incident)) one->next_diagnosis = when;
    run_timer();
    return true;
  }

  void watch(const correlate::Incident& incident) {
    if (is_stopped_ || !base_ || !options_.may_probe || incident.sample_lines.empty() ||
        cases_.contains(incident.id) || !is_ours(incident))
      return;
    if (cases_.size() >= kMaxIncidents) return;
    auto symptom = diagnose::symptom_of_line(incident.sample_lines.back(), base_->rules);
    if (!symptom) return;
    DiagnosisCase& one = cases_[incident.id];
    one.rule_id = incident.rule_id;
    one.symptom = std::make_shared<const Symptom>(std::move(*symptom));
    one.number = ++numbers_;
    one.interval = options_.probe_interval;
    one.has_answer = true;
    one.next_probe = std::chrono::steady_clock::now() + with_jitter(one.interval);
    run_timer();
  }

  void hear(const correlate::Incident& incident) {
    const auto found = cases_.find(incident.id);
    if (found == cases_.end() || incident.sample_lines.empty()) return;
    DiagnosisCase& one = found->second;
    const std::string& line = incident.sample_lines.back();
    if (line.find(one.symptom->message) != std::string::npos || line == one.newest.line) return;
    one.newest = {.line = line, .at = incident.last_seen_at, .count = incident.count};
    // Two names that take turns are not looked at for ever.
    if (one.diagnosed && ++one.contradictions <= kMostContradictions)
      one.next_diagnosis = std::chrono::steady_clock::now();
  }

  void forget(const std::string& id) {
    cases_.erase(id);
    queue_.remove(id);
  }

  bool may_probe(const correlate::Incident& incident) const {
    return !is_stopped_ && options_.may_probe && incident.place.side == parse::Side::upstream;
  }

  bool probe_soon(const std::string& id) {
    const auto found = cases_.find(id);
    if (found == cases_.end() || is_stopped_ || !options_.may_probe) return false;
    found->second.next_probe = std::chrono::steady_clock::now();
    return true;
  }

  void stop() {
    is_stopped_ = true;
    timer_.cancel();
    cases_.clear();
    queue_.clear();
    workers_.stop();
  }

  /// What is under way ends at its own deadline.
  void join() { workers_.join(); }

 private:
  /// A line of another host is judged by that host's configuration, which is not here.
  bool is_ours(const correlate::Incident& incident) const {
    return std::all_of(incident.hosts.begin(), incident.hosts.end(), [&](const std::string& host) {
      return host.empty() || host == options_.host;
    });
  }

  void forget_oldest() {
    const auto oldest =
        std::min_element(cases_.begin(), cases_.end(), [](const auto& left, const auto& right) {
          return left.second.number < right.second.number;
        });
    if (oldest == cases_.end()) return;
    const std::string id = oldest->first;
    const bool is_awaited = !oldest->second.has_answer;
    queue_.remove(id);
    cases_.erase(oldest);
    asio::post(loop_, [self = shared_from_this(), id,
                       is_awaited] {  // whoever asks is in the midst of its own changes
      if (self->is_stopped_ || self->cases_.contains(id)) return;
      if (is_awaited) self->answers_.diagnosed(id, nullptr);
      self->answers_.unprobed(id);
    });
  }

  /// nullptr: it is not one that can be looked at here.
  DiagnosisCase* take_on(const correlate::Incident& incident) {
    if (is_stopped_ || !base_ || incident.sample_lines.empty() || !is_ours(incident))
      return nullptr;
    auto symptom = diagnose::symptom_of_line(incident.sample_lines.back(), base_->rules);
    if (!symptom) return nullptr;
    symptom->first_at = incident.opened_at;
    symptom->last_at = incident.last_seen_at;
    symptom->count = incident.count;
    if (cases_.size() >= kMaxIncidents && !cases_.contains(incident.id)) forget_oldest();
    queue_.remove(incident.id);
    DiagnosisCase& one = cases_[incident.id];
    one = {};
    one.rule_id = incident.rule_id;
    one.server = incident.place.server;
    one.symptom = std::make_shared<const Symptom>(std::move(*symptom));
    one.number = ++numbers_;
    one.interval = options_.probe_interval;
    return &one;
  }

  void queue(const std::string& id, DiagnosisCase& one) {
    one.is_busy = true;
    queue_.add(id, one.rule_id, one.server);
    go_on_diagnosing();
  }

  /// As many at once as there are threads; the others stay in an order that can still change.
  void go_on_diagnosing() {
    while (!is_stopped_ && diagnosing_ < options_.threads) {
      const auto next = queue_.take();
      if (!next) return;
      const auto found = cases_.find(*next);
      if (found == cases_.end()) continue;
      ++diagnosing_;
      diagnose_now(found->first, found->second);
    }
  }

  void diagnose_now(const std::string& id, DiagnosisCase& one) {
    one.is_busy = true;
    if (base_) one.read_newest_line(base_->rules);
    asio::post(workers_, [self = shared_from_this(), id, rule = one.rule_id, number = one.number,
                          symptom = one.symptom, base = base_, rates = rates_] {
      const auto [state, diagnosis] =
          self->examiner_.diagnose({.incident = id, .rule = rule}, *symptom, *base, *rates);
      const auto note = diagnosis ? event::diagnosis_note(
                                        diagnose::shown_to(diagnose::Audience::others, *diagnosis),
                                        base->find(rule))
                                  : nullptr;
      asio::post(self->loop_, [self, id, number, state = state, diagnosis = diagnosis, note] {
        --self->diagnosing_;
        self->go_on_diagnosing();
        self->take_diagnosis(id, number, state, diagnosis, note);
      });
    });
  }

  void probe_now(const std::string& id, DiagnosisCase& one) {
    one.is_busy = true;
    if (base_) one.read_newest_line(base_->rules);
    // Only after a change of nginx's configuration can a probe tell how a fix did.
    const auto diagnosis = std::exchange(one.is_configuration_new, false) ? one.proposed : nullptr;
    asio::post(workers_, [self = shared_from_this(), id, rule = one.rule_id, number = one.number,
                          symptom = one.symptom, base = base_, diagnosis] {
      const PeerLook look =
          self->examiner_.look_at({.incident = id, .rule = rule}, *symptom, *base);
      const diagnose::Fix* const made =
          diagnosis && look.round ? fix_that_was_made(*diagnosis) : nullptr;
      const std::string fix_id = made == nullptr ? std::string() : made->id;
      asio::post(self->loop_, [self, id, number, look, diagnosis, fix_id] {
        if (diagnosis) self->take_outcome(id, number, look, diagnosis->cause, fix_id);
        self->take_round(id, number, look);
      });
    });
  }

  /// How the fix did that stands in the files now. Of one incident a fix is counted once, however
  /// often nginx is seen to reload.
  void take_outcome(const std::string& id, std::uint64_t number, const PeerLook& look,
                    const std::string& cause, const std::string& fix) {
    DiagnosisCase* const one = find(id, number);
    if (one == nullptr) return;
    if (!look.round ||
        look.is_unsettled) {  // such a look tells nothing yet: it is left to the next
      one->is_configuration_new = true;
      return;
    }
    if (fix.empty() || one->counted_fix == fix) return;
    one->counted_fix = fix;
    answers_.fix_made(cause, fix, look.round->every_peer_passed);
  }

  DiagnosisCase* find(const std::string& id, std::uint64_t number) {
    if (is_stopped_) return nullptr;
    const auto found = cases_.find(id);
    return found != cases_.end() && found->second.number == number ? &found->second : nullptr;
  }

  void take_diagnosis(const std::string& id, std::uint64_t number,
                      std::shared_ptr<const NginxState> nginx,
                      const std::shared_ptr<const diagnose::Diagnosis>& diagnosis,
                      const std::shared_ptr<const correlate::DiagnosisNote>& note) {
    DiagnosisCase* const one = find(id, number);
    if (one == nullptr) return;
    one->is_busy = false;
    one->next_diagnosis.reset();
    one->verdict.clear();
    one->unsettled = nginx->is_settled(wall_clock_now()) ? 0 : one->unsettled + 1;
    if (one->unsettled > 0 && one->unsettled < kMostUnsettled)
      one->next_diagnosis = std::chrono::steady_clock::now() + kWhenSettled;
    if (one->diagnosed != nginx) one->contradictions = 0;
    // A line that came meanwhile says something else than the one that was diagnosed.
    if (!one->newest.line.empty() && one->contradictions <= kMostContradictions)
      one->next_diagnosis = std::chrono::steady_clock::now();
    one->diagnosed = nginx;
    one->nginx = std::move(nginx);
    one->has_answer = true;
    one->is_of_before = false;
    const bool is_healthy = diagnosis && diagnosis->is_healthy_now;
    one->next_probe =
        std::chrono::steady_clock::now() + with_jitter(one->until_next_probe(is_healthy));
    // That all is well by now does not make wrong what was told: probes say that it is over.
    if (is_healthy && one->proposed) return;
    one->diagnosis = diagnosis;
    if (diagnosis && !is_healthy && !diagnosis->fixes.empty()) one->proposed = diagnosis;
    answers_.diagnosed(id, note);
  }

  void take_round(const std::string& id, std::uint64_t number, const PeerLook& look) {
    DiagnosisCase* const one = find(id, number);
    if (one == nullptr) return;
    const std::optional<correlate::ProbeRound>& round = look.round;
    one->is_busy = false;
    const bool has_passed = round && round->every_peer_passed;
    one->interval = has_passed ? options_.probe_interval
                               : std::min(one->interval * 2, options_.probe_interval_most);
    one->next_probe =
        std::chrono::steady_clock::now() + with_jitter(one->until_next_probe(has_passed));
    if (one->is_contradicted_by(look) &&
        (one->diagnosed != look.nginx || ++one->contradictions <= kMostContradictions))
      one->next_diagnosis = std::chrono::steady_clock::now();
    // What was told before the restart may not be true any more.
    if (round && !has_passed && std::exchange(one->is_of_before, false))
      one->next_diagnosis = std::chrono::steady_clock::now();
    if (round && !has_passed) one->verdict = look.verdict;
    if (look.is_unsettled)
      one->next_probe = std::min(one->next_probe, std::chrono::steady_clock::now() + kWhenSettled);
    if (round) answers_.probed(id, *round);
    else if (!look.passes && !look.is_unsettled) answers_.unprobed(id);
  }

  std::chrono::milliseconds with_jitter(std::chrono::milliseconds wait) {
    std::uniform_real_distribution<double> share(0.8, 1.2);
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(static_cast<double>(wait.count()) * share(random_)));
  }

  void run_timer() {
    if (is_stopped_ || is_timing_ || cases_.empty()) return;
    is_timing_ = true;
    timer_.expires_after(
        std::min<std::chrono::milliseconds>(std::chrono::seconds(1), options_.probe_interval));
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      self->is_timing_ = false;
      if (error || self->is_stopped_) return;
      self->look_what_is_due();
      self->run_timer();
    });
  }

  void look_what_is_due() {
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_reload_look_ && !is_looking_) {
      next_reload_look_ =
          now + std::min<std::chrono::milliseconds>(kLookForReload, options_.probe_interval);
      is_looking_ = true;
      asio::post(workers_, [self = shared_from_this()] {
        auto state = self->nginx_->refresh();
        asio::post(self->loop_, [self, state = std::move(state)] { self->after_look(state); });
      });
    }
    for (auto& [id, one] : cases_) {
      if (!one.is_busy && one.next_diagnosis && *one.next_diagnosis <= now) queue(id, one);
    }
    if (!options_.may_probe) return;
    for (auto& [id, one] : cases_) {
      if (!one.is_busy && one.has_answer && one.next_probe <= now) probe_now(id, one);
    }
  }

  /// nginx has read its configuration anew, or the files have changed: what was found may be over,
  /// or have another cause.
  void after_look(const std::shared_ptr<const NginxState>& state) {
    is_looking_ = false;
    if (is_stopped_) return;
    const auto soon = std::chrono::steady_clock::now() + kAfterReload;
    if (!state->is_settled(wall_clock_now())) next_reload_look_ = std::min(next_reload_look_, soon);
    for (auto& [id, one] : cases_) {
      const auto before = std::exchange(one.nginx, state);
      if (!before || before == state) continue;
      one.interval = options_.probe_interval;
      one.next_probe = std::min(one.next_probe, soon);
      one.is_configuration_new = true;
      // What no probe can look at is found out anew from the files.
      if (one.diagnosed && (!options_.may_probe || one.symptom->side != parse::Side::upstream))
        one.next_diagnosis = soon;
    }
  }

  const asio::any_io_executor loop_;
  const DiagnosisSchedulerOptions options_;
  const Answers answers_;
  asio::steady_timer timer_;
  asio::thread_pool workers_;
  const std::shared_ptr<NginxView> nginx_;
  const IncidentExaminer examiner_;
  std::shared_ptr<const RuleBase> base_;
  std::shared_ptr<const FixRates> rates_ = std::make_shared<const FixRates>();
  std::unordered_map<std::string, DiagnosisCase> cases_;
  DiagnosisQueue queue_;
  std::size_t diagnosing_ = 0;
  std::uint64_t numbers_ = 0;
  SteadyTime next_reload_look_{};
  std::minstd_rand random_{std::random_device{}()};
  bool is_timing_ = false, is_looking_ = false, is_stopped_ = false;
};

DiagnosisScheduler::DiagnosisScheduler(asio::any_io_executor loop,
                                       DiagnosisSchedulerOptions options,
                                       std::shared_ptr<NginxView> nginx, Answers answers)
    : work_(std::make_shared<Work>(std::move(loop), std::move(options), std::move(nginx),
                                   std::move(answers))) {}
DiagnosisScheduler::~DiagnosisScheduler() {
  work_->stop();
  work_->join();
}

void DiagnosisScheduler::use_rules(std::shared_ptr<const RuleBase> base) {
  work_->use_rules(std::move(base));
}
void DiagnosisScheduler::use_rates(FixRates rates) { work_->use_rates(std::move(rates)); }
bool DiagnosisScheduler::request(const correlate::Incident& incident) {
  return work_->request(incident);
}

void DiagnosisScheduler::hear(const correlate::Incident& incident) { work_->hear(incident); }
bool DiagnosisScheduler::resume(const correlate::Incident& incident) {
  return work_->resume(incident);
}
void DiagnosisScheduler::watch(const correlate::Incident& incident) { work_->watch(incident); }
void DiagnosisScheduler::forget(const std::string& incident_id) { work_->forget(incident_id); }
bool DiagnosisScheduler::probe_soon(const std::string& incident_id) {
  return work_->probe_soon(incident_id);
}
bool DiagnosisScheduler::may_probe(const correlate::Incident& incident) const {
  return work_->may_probe(incident);
}
void DiagnosisScheduler::stop() { work_->stop(); }

}  // namespace handshaked::runtime
