#include "runtime/operator/incident_query.h"

#include <gtest/gtest.h>

#include <map>

#include "runtime/operator/rate_book.h"

namespace handshaked::runtime {
namespace {

using correlate::Incident;

constexpr Time kNow{std::chrono::hours(500'000)};

Incident incident(const std::string& id, match::Severity severity, const std::string& server,
                  const std::string& cause, std::uint64_t count) {
  Incident one;
  one.id = id;
  one.status = correlate::Status::open;
  one.severity = severity;
  one.title = "it fails";
  one.likeliest_cause = cause;
  one.place.side = parse::Side::upstream;
  one.place.peer = "10.0.0.1:8443";
  one.servers = {server};
  one.hosts = {"proxy-1"};
  one.opened_at = one.last_seen_at = kNow - std::chrono::minutes(static_cast<int>(count));
  one.count = count;
  return one;
}

class IncidentQueryTest : public testing::Test {
 protected:
  std::vector<std::string> ask(const std::map<std::string, std::string>& parameters) {
    std::vector<ListedIncident> all;
    for (const Incident& one : incidents_) all.push_back({&one, one.id == "d"});
    const auto query = IncidentQuery::read(
        [&](std::string_view name) {
          const auto found = parameters.find(std::string(name));
          return found == parameters.end() ? std::string() : found->second;
        },
        Language::en);
    page_ = find_page(all, query, kNow);
    std::vector<std::string> ids;
    for (const ListedIncident& row : page_.rows) ids.push_back(row.incident->id);
    return ids;
  }

  std::vector<Incident> incidents_{incident("a", match::Severity::warning, "shop.example", "x", 3),
                                   incident("b", match::Severity::critical, "shop.example", "y", 1),
                                   incident("c", match::Severity::warning, "api.example", "y", 9),
                                   incident("d", match::Severity::info, "api.example", "y", 5)};
  IncidentPage page_;
  using Ids = std::vector<std::string>;
};

TEST_F(IncidentQueryTest, TheWorstComeFirstUnlessSortedOtherwise) {
  EXPECT_EQ(ask({}), (Ids{"b", "c", "a", "d"}));
  EXPECT_EQ(ask({{"sort", "count"}}), (Ids{"c", "d", "a", "b"}));
  EXPECT_EQ(ask({{"sort", "since"}}), (Ids{"b", "a", "d", "c"}));
  EXPECT_EQ(ask({{"group", "cause"}}), (Ids{"b", "c", "d", "a"}));
}

TEST_F(IncidentQueryTest, TheWorstNowIsTheGravestThatFailsMostOftenNowThenInAll) {
  for (Incident& one : incidents_) one.severity = match::Severity::warning;
  incidents_[2].window.add(kNow, 40);
  incidents_[3].window.add(kNow, 10);
  // "c" fails more often than "d"; "a" and "b" are quiet, and "a" had more lines.
  EXPECT_EQ(ask({}), (Ids{"c", "d", "a", "b"}));
  EXPECT_EQ(ask({{"order", "reverse"}}), (Ids{"b", "a", "d", "c"}));
  incidents_[0].severity = match::Severity::critical;
  EXPECT_EQ(ask({}), (Ids{"a", "c", "d", "b"}));
  EXPECT_EQ(ask({{"sort", "rate"}}), (Ids{"c", "d", "a", "b"}));
  incidents_[0].status = correlate::Status::resolved;  // what is over is not worst
  EXPECT_EQ(ask({{"status", "all"}}), (Ids{"c", "d", "b", "a"}));
  incidents_[1].hosts = {"proxy-1", "proxy-2"};
  EXPECT_EQ(ask({{"sort", "hosts"}}).front(), "b");
  EXPECT_EQ(ask({{"sort", "title"}}).front(), "c");  // api.example
}

TEST_F(IncidentQueryTest, FiltersAndSearchNarrow) {
  EXPECT_EQ(ask({{"server", "api.example"}, {"severity", "warning"}}), (Ids{"c"}));
  EXPECT_EQ(ask({{"q", "SHOP"}}), (Ids{"b", "a"}));
  EXPECT_EQ(ask({{"status", "silenced"}}), (Ids{"d"}));
  EXPECT_EQ(ask({{"status", "resolved"}}), (Ids{}));
  EXPECT_EQ(ask({{"status", "<script>"}, {"sort", "x"}, {"offset", "-1"}, {"limit", "1e9"}}),
            (Ids{"b", "c", "a", "d"}));
}

TEST_F(IncidentQueryTest, PagesAreCutOutOfTheWhole) {
  EXPECT_EQ(ask({{"offset", "1"}, {"limit", "2"}}), (Ids{"c", "a"}));
  EXPECT_EQ(page_.total, 4U);
  EXPECT_EQ(ask({{"offset", "99"}}), (Ids{}));
}

TEST_F(IncidentQueryTest, AFilterCountsWhatItCouldBeSetToUnderTheOthers) {
  ask({{"server", "api.example"}});
  EXPECT_NE(page_.facets_json.find(R"("server":[["api.example",2],["shop.example",2]])"),
            std::string::npos)
      << page_.facets_json;
  EXPECT_NE(page_.facets_json.find(R"("severity":[["info",1],["warning",1]])"), std::string::npos)
      << page_.facets_json;
}

class RateBookTest : public testing::Test {
 protected:
  RateBookTest() {
    for (const std::string id : {"a", "b"}) {
      Incident one = incident(id, match::Severity::warning, "s", "x", 5);
      one.fingerprint = "v1:" + id;
      correlator_.restore(std::move(one));
    }
  }
  void read(const std::string& id, Time at, std::uint64_t lines) {
    correlate::FailureBatch batch;
    correlate::FoldedFailure& folded = batch.failures.emplace_back();
    folded.fingerprint = "v1:" + id;
    folded.first_at = folded.last_at = at;
    folded.count = lines;
    book_.note(batch, correlator_);
  }
  /// What is handed over, by incident and minutes from kNow.
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> take(Time now) {
    std::map<std::pair<std::string, std::int64_t>, std::uint64_t> taken;
    const std::int64_t minute =
        std::chrono::floor<std::chrono::minutes>(kNow).time_since_epoch().count();
    for (const auto& row : book_.take(now))
      taken[{row.incident_id, row.minute - minute}] += row.count;
    return taken;
  }

  using Taken = std::map<std::pair<std::string, std::int64_t>, std::uint64_t>;
  correlate::Correlator correlator_{{}};
  RateBook book_;
};

TEST_F(RateBookTest, CountsLinesInTheMinuteInWhichTheyWereWritten) {
  using namespace std::chrono_literals;
  read("a", kNow - 20h, 4);
  read("a", kNow - 20h + 30s, 3);
  read("a", kNow - 3h, 2);
  read("b", kNow, 1);
  read("a", kNow - 20h + 59s, 1);  // another log
  read("unknown", kNow, 9);
  EXPECT_EQ(take(kNow), (Taken{{{"a", -1200}, 8}, {{"a", -180}, 2}, {{"b", 0}, 1}}));
  EXPECT_EQ(take(kNow + 1h), Taken()) << "nothing came";
}

TEST_F(RateBookTest, HandsOverSoonAndWhatFollowsInTheSameMinuteLater) {
  using namespace std::chrono_literals;
  read("a", kNow, 5);
  EXPECT_EQ(take(kNow), (Taken{{{"a", 0}, 5}}));
  EXPECT_FALSE(book_.next_due());
  read("a", kNow + 1s, 3);
  EXPECT_EQ(take(kNow + 1s), Taken());
  ASSERT_EQ(book_.next_due(), kNow + 2s);
  EXPECT_EQ(take(kNow + 2s), (Taken{{{"a", 0}, 3}}));
  read("a", kNow, 1);
  EXPECT_EQ(take(kNow - 1h), (Taken{{{"a", 0}, 1}})) << "the clock was set back";
}

TEST_F(RateBookTest, HandsOverManyAtOnceAndNeverHoldsMoreThanItMay) {
  using namespace std::chrono_literals;
  take(kNow);
  read("b", kNow, 1);
  take(kNow);
  for (int minute = 0; minute < 2000; ++minute) read("a", kNow - minute * 1min, 1);
  EXPECT_EQ(take(kNow + 10s), Taken());
  EXPECT_EQ(take(kNow + 60s).size(), 2000U);
  for (int minute = 0; minute < 50'001; ++minute) read("a", kNow - 60'000min + minute * 1min, 1);
  EXPECT_EQ(take(kNow + 60s).size(), 50'001U);
}

TEST_F(RateBookTest, OfWhatEdgesReportOnlyTheGrowthSinceTheStartIsARate) {
  using namespace std::chrono_literals;
  Incident old = incident("e", match::Severity::warning, "s", "x", 5000);
  old.fleet.emplace();
  const std::vector<correlate::IncidentChange> change{
      {correlate::IncidentChange::What::changed, &old}};
  book_.note(change, kNow);
  EXPECT_EQ(take(kNow), Taken()) << "it is older than we are";
  old.count = 5003;
  book_.note(change, kNow);
  EXPECT_EQ(take(kNow), (Taken{{{"e", 0}, 3}}));
  Incident young = incident("y", match::Severity::warning, "s", "x", 7);
  young.opened_at = kNow;
  young.fleet.emplace();
  book_.note({{correlate::IncidentChange::What::opened, &young}}, kNow);
  EXPECT_EQ(take(kNow + 1min), (Taken{{{"y", 0}, 7}}));
}

}  // namespace
}  // namespace handshaked::runtime
