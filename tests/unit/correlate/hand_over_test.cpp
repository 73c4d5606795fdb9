// The hand-over of a partition between workers, as daemon/README.md designs it ("Past one centre"): a lease, a fence, a snapshot and
// deltas. The engine is a model; the state is the real one. A deterministic scheduler lets workers die, sleep and wake at every step; the
// truth is what one worker that never dies makes of the same lines. HANDSHAKED_HAND_OVERS=10000 runs more seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "unit/correlate/story.h"

namespace handshaked::correlate {
namespace {

/// One message of a partition's state log. All that a commit changes is in one message.
struct Delta {
  bool is_snapshot = false;                           ///< it stands for all before it
  std::size_t position = 0;                           ///< lines up to here are in it
  std::map<std::string, std::string> incidents = {};  ///< id and state
  std::set<std::string> queued = {}, delivered = {};  ///< ids of notifications
};

/// What an engine offers: a log that appends only behind the message that the writer saw last, and a key that changes only from the
/// revision that the writer saw.
struct Engine {
  bool is_fenced = true;
  std::vector<Delta> log = {};
  struct Lease {
    int owner = -1;
    std::uint64_t revision = 0;
    int until = 0;
  };
  Lease lease = {};
  std::multiset<std::string> sent = {};

  bool append(std::size_t expected, Delta delta) {
    if (is_fenced && expected != log.size()) return false;
    log.push_back(std::move(delta));
    return true;
  }
  bool take_lease(int worker, std::uint64_t revision, int now, int length) {
    if (lease.revision != revision) return false;
    lease = {.owner = worker, .revision = revision + 1, .until = now + length};
    return true;
  }
};

struct State {
  std::size_t position = 0;
  std::map<std::string, std::string> incidents;
  std::set<std::string> queued, delivered;

  void add(const Delta& delta) {
    if (delta.is_snapshot) *this = {};
    position = delta.position;
    for (const auto& [id, state] : delta.incidents) incidents[id] = state;
    queued.insert(delta.queued.begin(), delta.queued.end());
    delivered.insert(delta.delivered.begin(), delta.delivered.end());
  }
};

State read_state(const std::vector<Delta>& log) {
  State state;
  for (const Delta& delta : log) state.add(delta);
  return state;
}

struct Lines {
  std::vector<FailureBatch> batches;
  std::vector<double> seconds;
};

/// What a batch of lines makes of a correlator: the rows and the notifications of one commit.
Delta work_on(Correlator& correlator, const Lines& lines, std::size_t position) {
  Delta delta{.position = position + 1};
  correlator.absorb(lines.batches[position], at(lines.seconds[position]));
  for (const IncidentChange& change : correlator.advance(at(lines.seconds[position]))) {
    delta.incidents[change.incident->id] = change.incident->to_json();
    if (change.what == IncidentChange::What::opened) delta.queued.insert(change.incident->id + ".opened.1");
    if (change.what == IncidentChange::What::resolved)
      delta.queued.insert(change.incident->id + ".resolved." + std::to_string(change.incident->reopens + 1));
  }
  return delta;
}

/// As the store gives them: of two incidents of one fault the younger one first.
std::vector<Incident> by_last_seen(const std::map<std::string, std::string>& states) {
  std::vector<Incident> incidents;
  for (const auto& [id, state] : states) incidents.push_back(Incident::from_json(state).value());
  std::stable_sort(incidents.begin(), incidents.end(),
                   [](const Incident& a, const Incident& b) { return a.last_seen_at > b.last_seen_at; });
  return incidents;
}

class Worker {
 public:
  Worker(int number, Engine& engine, const Lines& lines, std::mt19937& random)
      : number_(number), engine_(engine), lines_(lines), random_(random) {}

  void die() {
    correlator_.reset();
    state_ = {};
    step_ = Step::wait;
  }

  /// One step; whatever it knows may be long out of date.
  void go_on(int now) {
    switch (step_) {
      case Step::wait:
        seen_ = engine_.lease;
        if (seen_.owner != number_ && now < seen_.until) return;
        step_ = Step::lease;
        return;
      case Step::lease: step_ = engine_.take_lease(number_, seen_.revision, now, 8) ? Step::fence : Step::wait; return;
      case Step::fence:  // whoever had it before can write nothing any more
        state_ = read_state(engine_.log);
        last_ = engine_.log.size();
        if (engine_.append(last_, Delta{.position = state_.position})) {
          ++last_;
          step_ = Step::load;
        }
        return;
      case Step::load:
        correlator_.emplace(CorrelatorOptions{.host = "worker"});
        for (Incident& incident : by_last_seen(state_.incidents)) correlator_->restore(std::move(incident));
        step_ = Step::work;
        return;
      case Step::work: work(now); return;
      case Step::told:  // it was sent: that this is so must be known to others
        commit(Delta{.position = state_.position, .delivered = {sending_}});
        return;
    }
  }

 private:
  enum class Step { wait, lease, fence, load, work, told };

  unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }

  void commit(Delta delta) {
    if (!engine_.append(last_, delta)) return die();  // somebody else has the partition
    ++last_;
    state_.add(delta);
    step_ = Step::work;
  }

  void work(int now) {
    if (below(3) == 0) seen_ = engine_.lease, engine_.take_lease(number_, seen_.owner == number_ ? seen_.revision : ~0ULL, now, 8);
    if (below(12) == 0)
      return commit(Delta{.is_snapshot = true,
                          .position = state_.position,
                          .incidents = state_.incidents,
                          .queued = state_.queued,
                          .delivered = state_.delivered});
    for (const std::string& id : state_.queued) {
      if (state_.delivered.contains(id) || below(2) == 0) continue;
      engine_.sent.insert(sending_ = id);
      step_ = Step::told;
      return;
    }
    if (state_.position < lines_.batches.size()) commit(work_on(*correlator_, lines_, state_.position));
  }

  const int number_;
  Engine& engine_;
  const Lines& lines_;
  std::mt19937& random_;
  Step step_ = Step::wait;
  Engine::Lease seen_;
  std::size_t last_ = 0;  ///< messages of the log that it knows
  State state_;
  std::optional<Correlator> correlator_;
  std::string sending_;
};

Lines make_lines(std::mt19937& random) {
  const auto below = [&random](unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random); };
  Reading reading{some_rules()};
  Lines lines;
  unsigned seconds = 0;
  for (unsigned batch = 0; batch < 12; ++batch) {
    seconds += 1 + below(900);  // some faults end in between
    std::string text;
    for (unsigned line = 0; line <= below(4); ++line)
      text += upstream_line(seconds, below(2) == 0 ? kVerify20 : kClosed, "10.0.0." + std::to_string(below(4)) + ":8443");
    lines.batches.push_back(reading.read(text));
    lines.seconds.push_back(seconds);
  }
  return lines;
}

/// Why it is not what one worker makes that never dies; empty: it is.
std::string wrong_with(const Engine& engine, const Lines& lines) {
  Correlator alone(CorrelatorOptions{.host = "worker"});
  State truth;
  for (std::size_t position = 0; position < lines.batches.size(); ++position) truth.add(work_on(alone, lines, position));
  const State state = read_state(engine.log);
  const auto gist = [](const std::map<std::string, std::string>& incidents) {
    std::string text;
    for (const auto& [id, json] : incidents) {
      const Incident incident = Incident::from_json(json).value();
      text += id + " " + std::string(to_string(incident.status)) + " " + std::to_string(incident.count) + " lines, reopened " +
              std::to_string(incident.reopens) + "\n";
    }
    return text;
  };
  if (state.position != truth.position) return "lines were left: " + std::to_string(state.position);
  if (gist(state.incidents) != gist(truth.incidents))
    return "incidents:\n" + gist(state.incidents) + "instead of\n" + gist(truth.incidents);
  if (state.queued != truth.queued) return "notifications that were queued are others";
  if (state.delivered != state.queued) return "a told state is lost";
  if (std::set<std::string>(engine.sent.begin(), engine.sent.end()) != truth.queued) return "notifications that were sent are others";
  return {};
}

std::string hand_over(unsigned seed, bool is_fenced) {
  std::mt19937 random(seed);
  const auto below = [&random](unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random); };
  const Lines lines = make_lines(random);
  Engine engine{.is_fenced = is_fenced};
  std::deque<Worker> workers;
  for (int number = 0; number < 3; ++number) workers.emplace_back(number, engine, lines, random);
  std::vector<int> asleep(workers.size(), 0);
  int now = 0;
  for (; now < 400; ++now) {
    const std::size_t chosen = below(3);
    if (below(25) == 0) workers[chosen].die();
    if (below(15) == 0) asleep[chosen] = now + static_cast<int>(below(40));  // a stopped process, a cut network: it wakes with what it knew
    const int its_clock = now + static_cast<int>(below(7)) - 3;
    if (asleep[chosen] <= now) workers[chosen].go_on(its_clock);
  }
  const auto is_done = [&] {
    const State state = read_state(engine.log);
    return state.position == lines.batches.size() && state.queued == state.delivered;
  };
  for (; now < 4000 && !is_done(); ++now) workers[now % 3].go_on(now);  // the storm is over
  return wrong_with(engine, lines);
}

TEST(HandOver, LosesNoIncidentDoublesNoneAndForgetsNothingThatWasTold) {
  const char* const asked = std::getenv("HANDSHAKED_HAND_OVERS");
  const unsigned seeds = asked != nullptr ? static_cast<unsigned>(std::atoi(asked)) : 30;
  for (unsigned seed = 0; seed < seeds; ++seed) ASSERT_EQ(hand_over(seed, true), "") << "seed " << seed;
}

/// That the model can show it: without the fence, a worker that wakes up writes into what has another owner.
TEST(HandOver, WithoutAFenceGoesWrong) {
  unsigned wrong = 0;
  for (unsigned seed = 0; seed < 200 && wrong == 0; ++seed) wrong += hand_over(seed, false).empty() ? 0U : 1U;
  EXPECT_GT(wrong, 0U);
}

}  // namespace
}  // namespace handshaked::correlate
