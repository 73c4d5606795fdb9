#include "runtime/operator/incident_query.h"

#include <gtest/gtest.h>

#include <map>

#include "runtime/operator/rate_book.h"

namespace handshaked::runtime {
namespace {

using correlate::Incident;

constexpr Time kNow{std::chrono::hours(500'000)};

Incident incident(const std::string& id, match::Severity severity, const std::string& server, const std::string& cause,
                  std::uint64_t count) {
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

  std::vector<Incident> incidents_{
      incident("a", match::Severity::warning, "shop.example", "x", 3), incident("b", match::Severity::critical, "shop.example", "y", 1),
      incident("c", match::Severity::warning, "api.example", "y", 9), incident("d", match::Severity::info, "api.example", "y", 5)};
  IncidentPage page_;
  using Ids = std::vector<std::string>;
};

TEST_F(IncidentQueryTest, TheWorstComeFirstUnlessSortedOtherwise) {
  EXPECT_EQ(ask({}), (Ids{"b", "a", "c", "d"}));
  EXPECT_EQ(ask({{"sort", "count"}}), (Ids{"c", "d", "a", "b"}));
  EXPECT_EQ(ask({{"sort", "since"}}), (Ids{"b", "a", "d", "c"}));
  EXPECT_EQ(ask({{"group", "cause"}}), (Ids{"b", "c", "d", "a"}));
}

TEST_F(IncidentQueryTest, TheWorstNowIsTheGravestThatFailsMostOftenAndBeganLast) {
  for (Incident& one : incidents_) one.severity = match::Severity::warning;
  incidents_[2].window.add(kNow, 40);
  incidents_[3].window.add(kNow, 10);
  // "c" fails more often than "d"; "a" and "b" are quiet, and "b" is the younger one.
  EXPECT_EQ(ask({}), (Ids{"c", "d", "b", "a"}));
  EXPECT_EQ(ask({{"order", "reverse"}}), (Ids{"a", "b", "d", "c"}));
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
  EXPECT_EQ(ask({{"status", "<script>"}, {"sort", "x"}, {"offset", "-1"}, {"limit", "1e9"}}), (Ids{"b", "a", "c", "d"}));
}

TEST_F(IncidentQueryTest, PagesAreCutOutOfTheWhole) {
  EXPECT_EQ(ask({{"offset", "1"}, {"limit", "2"}}), (Ids{"a", "c"}));
  EXPECT_EQ(page_.total, 4U);
  EXPECT_EQ(ask({{"offset", "99"}}), (Ids{}));
}

TEST_F(IncidentQueryTest, AFilterCountsWhatItCouldBeSetToUnderTheOthers) {
  ask({{"server", "api.example"}});
  EXPECT_NE(page_.facets_json.find(R"("server":[["api.example",2],["shop.example",2]])"), std::string::npos) << page_.facets_json;
  EXPECT_NE(page_.facets_json.find(R"("severity":[["info",1],["warning",1]])"), std::string::npos) << page_.facets_json;
}

TEST(RateBook, HandsOverWhatCameInAMinuteOnceItIsOver) {
  RateBook book;
  Incident one = incident("a", match::Severity::warning, "s", "x", 5);
  one.opened_at = kNow;
  const std::vector<correlate::IncidentChange> change{{correlate::IncidentChange::What::changed, &one}};
  EXPECT_TRUE(book.take(kNow).empty());
  book.note(change, kNow);
  one.count = 8;
  book.note(change, kNow + std::chrono::seconds(20));
  EXPECT_TRUE(book.take(kNow + std::chrono::seconds(59)).empty());
  const auto rows = book.take(kNow + std::chrono::seconds(61));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].count, 8U);
  EXPECT_EQ(rows[0].minute, std::chrono::floor<std::chrono::minutes>(kNow).time_since_epoch().count());
  EXPECT_TRUE(book.take(kNow + std::chrono::minutes(5)).empty()) << "nothing came";
}

TEST(RateBook, WhatAnIncidentHadBeforeWeCameIsNoRate) {
  RateBook book;
  Incident old = incident("a", match::Severity::warning, "s", "x", 5000);
  const std::vector<correlate::IncidentChange> change{{correlate::IncidentChange::What::changed, &old}};
  book.take(kNow);
  book.note(change, kNow);
  old.count = 5003;
  book.note(change, kNow + std::chrono::seconds(1));
  const auto rows = book.take(kNow + std::chrono::minutes(1));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].count, 3U);
}

}  // namespace
}  // namespace handshaked::runtime
