// The daemon dies at its n-th commit, for every n, before the commit reached the disk or right
// after: at the end every line is counted once, and receivers have been queued the same events as
// without a crash, each once.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>

#include "base/check.h"
#include "correlate/correlator.h"
#include "match/rule_file.h"
#include "notify/dispatcher.h"
#include "runtime/delivery/incident_commit.h"
#include "runtime/delivery/restored_state.h"
#include "store/database/connection.h"
#include "store/database/store_thread.h"
#include "store/incidents.h"
#include "store/outbox.h"
#include "store/positions.h"
#include "support/temp_dir.h"

namespace handshaked::runtime {
namespace {

using namespace std::chrono_literals;

constexpr int kSeconds = 300;
constexpr std::uint64_t kNever = 1'000'000;

Time at(int second) {
  return Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) +
         std::chrono::seconds(second);
}

RuleBase some_rules() {
  match::LoadedRules loaded;
  match::read_rules(
      R"([{"id":"t/verify","signature":"t","regex":"verify error","side":"upstream","kind":"fault","severity":"warning","causes":[{"cause":"some_cause","likelihood":0.5}]},
                        {"id":"t/expired","signature":"t","regex":"expired","side":"upstream","kind":"fault","severity":"critical","causes":[{"cause":"some_cause","likelihood":0.5}]},
                        {"id":"t/closed","signature":"t","regex":"closed","side":"upstream","kind":"transport","severity":"warning","causes":[{"cause":"some_cause","likelihood":0.5}]}])",
      "rules.json", loaded);
  CHECK(loaded.problems.empty() && loaded.rules.size() == 3);
  return {.rules = std::make_shared<const match::RuleSet>(std::move(loaded.rules)),
          .knowledge = {}};
}

/// What the log says in one second: rule and peer of each line.
struct Line {
  std::size_t rule;
  std::string peer;
};
std::vector<Line> lines_of(int second) {
  if (second == 3) return {{0, "a"}, {0, "a"}, {1, "b"}};
  if (second == 40 || second == 45) return {{0, "a"}, {0, "c"}};
  if (second >= 60 && second <= 70) return {{2, "d"}};
  if (second == 150) return {{0, "a"}};  // it had ended: it comes back
  return {};
}

config::Receiver receiver_named(const std::string& name, config::Receiver::Type type) {
  config::Receiver receiver;
  receiver.name = name;
  receiver.type = type;
  return receiver;
}

/// A daemon without threads and sources, over a real database.
class Playthrough {
 public:
  Playthrough(std::filesystem::path database, std::uint64_t dies_at, bool commit_is_kept)
      : path_(std::move(database)), dies_at_(dies_at), commit_is_kept_(commit_is_kept) {
    start(at(0));
  }

  void play() {
    for (int second = 0; second < kSeconds; ++second) {
      while (!step(second)) start(at(second));  // dead: systemd starts it again, in the same second
    }
  }

  std::uint64_t commits() const { return commits_; }
  std::map<std::string, std::uint64_t> counts() {
    std::map<std::string, std::uint64_t> counts;
    const auto list = store_
                          ->call([](store::Database& database) {
                            return store::Incidents(database).list(std::nullopt, 1000);
                          })
                          .get();
    for (const store::IncidentRow& row : list.value()) {
      const auto incident = correlate::Incident::from_json(row.state_json).value();
      counts[incident.rule_id.get() + " " + incident.place.peer] += incident.count;
    }
    return counts;
  }
  std::set<std::string> events(const std::string& receiver) {
    const auto rows = store_
                          ->call([receiver](store::Database& database) {
                            return store::Outbox(database).list({}, receiver, 1000);
                          })
                          .get();
    std::set<std::string> ids;
    for (const store::OutboxRow& row : rows.value()) ids.insert(row.event_id);
    return ids;
  }

 private:
  void start(Time now) {
    store_.reset();
    store_.emplace(store::Database::open(path_).value());
    correlate::CorrelatorOptions options;
    options.quiet_least = 60s;
    options.quiet_rhythm = 0;
    options.reopen_within = 200s;
    options.transport_window = 5s;
    correlator_.emplace(options);
    notify::Router router(
        {}, {{.name = "ops"}, {.name = "chat", .for_people = true, .repeats = true}}, 10s);
    dispatcher_.emplace(std::move(router), std::vector<notify::MaintenanceWindow>{});
    ASSERT_TRUE(restore_state(*store_, *correlator_, *dispatcher_, options.reopen_within, now));
    const auto cursor =
        store_
            ->call([](store::Database& database) { return store::Positions(database).find("log"); })
            .get();
    position_ = cursor.value() ? std::stoi(*cursor.value()) : 0;
  }

  /// False: it died.
  bool step(int second) {
    store::Commit commit;
    for (; position_ <= second; ++position_) absorb(position_, at(second));
    const auto changes = correlator_->advance(at(second));
    commit_.add(changes, commit);
    for (const auto& change : changes) dispatcher_->observe(*change.incident, at(second));
    commit_.add(dispatcher_->advance(at(second), LiveIncidents(*correlator_)), rules_, at(second),
                commit);
    if (!commit.empty() || !lines_of(second).empty()) {
      commit.positions.push_back({.source = "log", .cursor = std::to_string(position_)});
      const bool dies = ++commits_ == dies_at_;
      if (!dies || commit_is_kept_) {
        EXPECT_TRUE(
            store_->call([commit](store::Database& database) { return database.apply(commit); })
                .get());
      }
      if (dies) return false;
    }
    return true;
  }

  void absorb(int second, Time now) {
    correlate::FailureBatch batch;
    batch.rules = rules_.rules;
    batch.source = "log";
    for (const Line& line : lines_of(second)) {
      correlate::FoldedFailure& folded = batch.failures.emplace_back();
      folded.rule = &rules_.rules->rules()[line.rule];
      folded.place.side = parse::Side::upstream;
      folded.place.peer = line.peer;
      folded.count = 1;
      folded.opening_offset = static_cast<std::uint64_t>(second) * 10 + batch.failures.size();
      folded.first_at = folded.last_at = at(second);
      folded.sample_lines = {"line"};
    }
    correlator_->absorb(batch, now);
  }

  std::filesystem::path path_;
  std::uint64_t dies_at_;
  bool commit_is_kept_;
  std::uint64_t commits_ = 0;
  int position_ = 0;
  RuleBase rules_ = some_rules();
  IncidentCommit commit_{"proxy-1",
                         {receiver_named("ops", config::Receiver::Type::webhook),
                          receiver_named("chat", config::Receiver::Type::slack)}};
  std::optional<store::StoreThread> store_;
  std::optional<correlate::Correlator> correlator_;
  std::optional<notify::Dispatcher> dispatcher_;
};

TEST(CrashAtEveryCommit, LosesNoLineAndNoEventAndRepeatsNone) {
  const test::TempDir directory;
  Playthrough whole(directory.path() / "whole.db", kNever, true);
  whole.play();
  const auto counts = whole.counts();
  const auto events = whole.events("ops");
  EXPECT_EQ(counts,
            (std::map<std::string, std::uint64_t>{
                {"t/verify a", 5}, {"t/expired b", 1}, {"t/verify c", 2}, {"t/closed d", 11}}));
  EXPECT_EQ(events.size(),
            4U + 4U + 2U);  // opened and resolved each, and one that came back and ended again
  ASSERT_GT(whole.commits(), 15U);
  for (std::uint64_t n = 1; n <= whole.commits(); ++n) {
    for (const bool commit_is_kept : {false, true}) {
      Playthrough broken(directory.path() / ("at-" + std::to_string(n) +
                                             (commit_is_kept ? "-kept.db" : "-lost.db")),
                         n, commit_is_kept);
      broken.play();
      EXPECT_EQ(broken.counts(), counts)
          << "died at commit " << n << (commit_is_kept ? ", which was kept" : ", which was lost");
      EXPECT_EQ(broken.events("ops"), events)
          << "died at commit " << n << (commit_is_kept ? ", which was kept" : ", which was lost");
      EXPECT_FALSE(broken.events("chat").empty());
    }
  }
}

}  // namespace
}  // namespace handshaked::runtime
