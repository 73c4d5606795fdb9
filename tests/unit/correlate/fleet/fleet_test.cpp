// One fault on many hosts: what edges report becomes incidents.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "unit/correlate/fleet/edge_world.h"

namespace handshaked::correlate {
namespace {

TEST(FleetJoin, OneFaultOnFortyHostsIsOneIncidentThatListsThemAndSinceWhenEach) {
  Centre centre;
  for (int host = 0; host < 40; ++host)
    EXPECT_EQ(
        centre.hear(report("proxy-" + std::to_string(host), {.count = 3, .opened = double(host)}),
                    100),
        Verdict::taken);
  ASSERT_EQ(centre.correlator.live(), 1U);
  const Incident& incident = *centre.incident();
  EXPECT_EQ(incident.status, Status::open);
  EXPECT_EQ(incident.count, 120U);
  EXPECT_EQ(incident.fleet->affected, 40U);
  EXPECT_EQ(incident.fleet->edges, 40U);
  EXPECT_EQ(incident.hosts.size(), 40U);
  EXPECT_EQ(incident.fleet->hosts[7].host, "proxy-7");
  EXPECT_EQ(incident.fleet->hosts[7].since, at(7));
  EXPECT_EQ(incident.opened_at, at(0));
  EXPECT_EQ(centre.opened.size(), 1U);
  EXPECT_EQ(centre.opened.begin()->second, 1);
}

TEST(FleetJoin, EndsWhenItHasEndedOnEveryHost) {
  Centre centre;
  for (const char* const host : {"a", "b", "c"}) centre.hear(report(host, {}), 0);
  centre.hear(report("a", {.kind = "resolved", .seconds = 50}), 50);
  centre.hear(report("b", {.kind = "resolved", .seconds = 60}), 60);
  ASSERT_NE(centre.incident(), nullptr);
  EXPECT_EQ(centre.incident()->fleet->affected, 1U);
  EXPECT_EQ(centre.incident()->fleet->ended, 2U);
  EXPECT_EQ(centre.incident()->fleet->hosts.front().host, "c");  // where it goes on first
  centre.advance(30 * 24 * 3600.0 / 8);  // no quiet ends it: whoever sees it says when it is over
  ASSERT_NE(centre.incident(), nullptr);
  centre.hear(report("c", {.kind = "resolved", .seconds = 70}), 400'000);
  EXPECT_EQ(centre.incident(), nullptr);
  ASSERT_EQ(centre.resolved.size(), 1U);
}

TEST(FleetJoin, TakesAnEventOnce) {
  Centre centre;
  EXPECT_EQ(centre.hear(report("a", {.count = 5}), 0), Verdict::taken);
  EXPECT_EQ(centre.hear(report("a", {.count = 5}), 1), Verdict::duplicate);
  centre.restart(2);
  EXPECT_EQ(centre.hear(report("a", {.count = 5}), 3), Verdict::duplicate);
  EXPECT_EQ(centre.incident()->count, 5U);
  EXPECT_EQ(centre.hear(report("a", {.kind = "updated", .number = 100, .count = 9}), 4),
            Verdict::taken);
  EXPECT_EQ(centre.incident()->count, 9U);
  centre.hear(report("a", {.kind = "resolved", .count = 9, .seconds = 10}), 10);
  EXPECT_EQ(centre.hear(report("a", {.count = 5}), 11), Verdict::duplicate);
  EXPECT_EQ(centre.incident(), nullptr);
}

TEST(FleetJoin, AnEventThatSomebodySendsAgainAfterItsEndOpensNothing) {
  Centre centre;
  centre.hear(report("a", {}), 0);
  centre.hear(report("a", {.kind = "resolved", .seconds = 50}), 50);
  EXPECT_EQ(centre.hear(report("a", {.kind = "diagnosed", .seconds = 20}), 60), Verdict::outdated);
  EXPECT_EQ(centre.incident(), nullptr);
  EXPECT_EQ(centre.hear(report("a", {.kind = "reopened", .seconds = 70}), 70), Verdict::taken);
  ASSERT_NE(centre.incident(), nullptr);
  EXPECT_EQ(centre.reopened.size(), 1U);
}

TEST(FleetJoin, ClocksOfEdgesAreNotCompared) {
  Centre centre;
  centre.hear(report("behind", {.opened = -7200, .seconds = -7200}), 0);
  centre.hear(report("ahead", {.opened = 7200, .seconds = 7200}), 1);
  EXPECT_EQ(centre.correlator.live(), 1U);
  EXPECT_LE(centre.incident()->last_seen_at, at(1));  // nothing is seen in the future
  for (const AffectedHost& host : centre.incident()->fleet->hosts) EXPECT_LE(host.since, at(1));
  centre.hear(report("behind", {.kind = "resolved", .opened = -7200, .seconds = -7100}), 100);
  centre.hear(report("ahead", {.kind = "resolved", .opened = 7200, .seconds = 7300}), 100);
  EXPECT_EQ(centre.incident(), nullptr);
}

TEST(FleetJoin, OfTwoIncidentsOfOneFaultOnAHostTheYoungerCounts) {
  Centre centre;
  centre.hear(report("a", {.incident = "inc-0000000000000001", .opened = 0}), 0);
  centre.hear(report("a", {.incident = "inc-0000000000000002", .opened = 9000, .seconds = 9000}),
              9001);
  centre.hear(
      report(
          "a",
          {.kind = "resolved", .incident = "inc-0000000000000001", .opened = 0, .seconds = 4000}),
      9002);
  ASSERT_NE(centre.incident(), nullptr);
  EXPECT_EQ(centre.incident()->fleet->affected, 1U);
  centre.hear(report("a", {.kind = "resolved",
                           .incident = "inc-0000000000000002",
                           .opened = 9000,
                           .seconds = 9500}),
              9500);
  EXPECT_EQ(centre.incident(), nullptr);
}

TEST(FleetJoin, FollowsAConsequenceThatHasFoundItsCause) {
  Centre centre;
  centre.hear(report("a", {.fault = 1}), 0);
  const std::string id = centre.incident(1)->id;
  centre.hear(report("a", {.kind = "updated", .number = 7, .fault = 2, .seconds = 10}), 10);
  EXPECT_EQ(centre.incident(1), nullptr);
  ASSERT_NE(centre.incident(2), nullptr);
  EXPECT_EQ(centre.incident(2)->id, id);
  EXPECT_TRUE(centre.resolved.empty());
}

TEST(FleetJoin, CountsLinesOfTheCauseAlone) {
  Centre centre;
  centre.hear(report("a", {.fault = 1, .count = 50}), 0);
  const receive::EdgeReport found =
      report("a", {.kind = "diagnosed", .fault = 11, .count = 1, .changes = 1});
  centre.hear(found, 1);
  EXPECT_EQ(centre.incident(11)->count, 1U) << "as on the edge, and as where the cause was known";
  centre.restart(2);
  centre.hear(report("a", {.kind = "updated", .number = 9, .fault = 11, .count = 4, .changes = 1}),
              3);
  EXPECT_EQ(centre.incident(11)->count, 4U);
}

TEST(FleetJoin, DoesNotExplainTheCauseByWhatWasThoughtOfTheConsequence) {
  Centre centre;
  receive::EdgeReport told = report("a", {.fault = 1});
  told.event->is_looked_at = true;
  told.event->cause = "peers-are-down";
  centre.hear(told, 0);
  ASSERT_EQ(centre.incident(1)->diagnosis->cause, "peers-are-down");
  told = report("a", {.kind = "diagnosed", .fault = 11, .changes = 1});
  told.event->is_looked_at = true;
  told.event->cause = "upstream-cert-expired";
  centre.hear(told, 1);
  EXPECT_EQ(centre.incident(11)->diagnosis->cause, "upstream-cert-expired");
  EXPECT_EQ(centre.incident(11)->diagnoses, 2U) << "whoever was told hears of it";
}

TEST(FleetJoin, AnEdgeThatGoesBackToAnOlderVersionIsHeard) {
  Centre centre;
  centre.hear(report("a", {.fault = 1}), 0);
  centre.hear(report("a", {.kind = "diagnosed", .fault = 11, .changes = 1}), 1);
  EXPECT_EQ(centre.hear(report("a", {.kind = "updated", .number = 7, .fault = 1}), 2),
            Verdict::outdated);
  EXPECT_EQ(centre.hear(report("a", {.kind = "resolved", .fault = 11}), 3), Verdict::taken);
  EXPECT_EQ(centre.correlator.live(), 0U);
  EXPECT_EQ(centre.hear(report("a", {.kind = "opened", .fault = 1}), 4), Verdict::duplicate);
  EXPECT_EQ(centre.hear(report("a", {.kind = "updated", .number = 8, .fault = 1}), 5),
            Verdict::outdated);
}

std::string differences(const Incident& incident) {
  std::string text;
  for (const FactDifference& difference : incident.fleet->differences) {
    text += difference.fact + ":";
    for (const std::string& value : difference.affected) text += " " + value;
    text += " |";
    for (const std::string& value : difference.others) text += " " + value;
    text += "\n";
  }
  return text;
}

TEST(FleetDifferences, SayWhatAllAffectedHostsHaveAndNoOtherHas) {
  Centre centre;
  for (int host = 0; host < 40; ++host) {
    const bool is_old = host < 5;
    centre.hear(
        heartbeat("proxy-" + std::to_string(host),
                  {{"nginx", host % 2 == 0 ? "1.22.1" : "1.24.0"},
                   {"nginx_loaded_at", is_old ? "2026-11-19T00:00:0" + std::to_string(host) + "Z"
                                              : "2026-11-20T00:00:00Z"},
                   {"openssl", "3.0.17"},
                   {"sha256 /etc/ssl/ca.pem", is_old ? "aaaa" : "bbbb"},
                   {"sha256 /etc/ssl/own.pem", "own-" + std::to_string(host)}}),
        0);
  }
  receive::EdgeReport told = report("proxy-0", {});
  for (int host = 0; host < 5; ++host) {
    told = report("proxy-" + std::to_string(host), {});
    told.describes = false;
    centre.hear(told, 10);
  }
  EXPECT_EQ(differences(*centre.incident()),
            "nginx_loaded_at: 2026-11-19T00:00:04Z | 2026-11-20T00:00:00Z\n"
            "sha256 /etc/ssl/ca.pem: aaaa | bbbb\n");
}

TEST(FleetDifferences, ThereAreNoneWhenAllHostsAreAffected) {
  Centre centre;
  for (int host = 0; host < 3; ++host)
    centre.hear(report(std::to_string(host), {}, {{"nginx", std::to_string(host)}}), 0);
  EXPECT_EQ(differences(*centre.incident()), "");
}

TEST(FleetSilence, IsOneIncidentForAllSilentEdgesAndEndsWhenTheyAreHeard) {
  Centre centre;
  for (const char* const host : {"a", "b", "c"}) centre.hear(heartbeat(host), 0);
  EXPECT_EQ(centre.correlator.live(), 0U);
  centre.hear(heartbeat("c"), 100);
  centre.advance(181);
  ASSERT_EQ(centre.correlator.live(), 1U);
  const Incident& silence = *centre.correlator.incidents().front();
  EXPECT_EQ(silence.rule_id.get(), "handshaked/edge-silent");
  EXPECT_EQ(silence.fleet->affected, 2U);
  EXPECT_TRUE(silence.is_told());
  EXPECT_NE(silence.diagnosis, nullptr);
  centre.restart(200);
  centre.hear(heartbeat("c"), 250);
  centre.hear(heartbeat("a"), 251);
  EXPECT_EQ(centre.correlator.live(), 1U);
  centre.hear(heartbeat("b"), 252);
  EXPECT_EQ(centre.correlator.live(), 0U);
  EXPECT_EQ(centre.opened.size(), 1U);
}

TEST(FleetSilence, AnEdgeThatWasTakenDownIsForgottenAndItsFaultsEnd) {
  Centre centre;
  centre.hear(report("gone", {}), 0);
  centre.hear(heartbeat("stays"), 0);
  double seconds = 0;
  for (int day = 0; day < 8; ++day) {
    for (int minute = 0; minute < 1440; minute += 2) {
      seconds += 120;
      centre.hear(heartbeat("stays"), seconds);
    }
  }
  EXPECT_EQ(centre.correlator.fleet().edges().size(), 1U);
  EXPECT_EQ(centre.incident(), nullptr);
}

TEST(FleetSilence, WhileWeWereAwayNobodyWasSilent) {
  Centre centre;
  centre.hear(heartbeat("a"), 0);
  centre.restart(100'000);
  centre.advance(100'001);
  EXPECT_EQ(centre.correlator.live(), 0U);
  centre.advance(100'000 + 181);
  EXPECT_EQ(centre.correlator.live(), 1U);
}

TEST(FleetState, OfALaterVersionIsRefused) {
  Edge edge;
  edge.host = "a";
  std::string state = to_json(edge);
  EXPECT_TRUE(edge_from_json(state));
  state.replace(state.find("\"version\":1"), 11, "\"version\":2");
  EXPECT_FALSE(edge_from_json(state));
  EXPECT_FALSE(edge_from_json("{"));
}

TEST(FleetJoin, TheEndOfBeforeThatSomebodySendsAgainEndsNothing) {
  Centre centre;
  centre.hear(report("a", {}), 0);
  centre.hear(report("a", {.kind = "reopened", .number = 1, .seconds = 70}), 70);
  EXPECT_EQ(centre.hear(report("a", {.kind = "resolved", .number = 1, .seconds = 50}), 80),
            Verdict::outdated);
  ASSERT_NE(centre.incident(), nullptr);
  EXPECT_EQ(centre.hear(report("a", {.kind = "resolved", .number = 2, .reopens = 1}), 90),
            Verdict::taken);
  EXPECT_EQ(centre.incident(), nullptr);
}

TEST(FleetJoin, AClockThatIsSetBackHidesNoReturn) {
  Centre centre;
  centre.hear(report("a", {.seconds = 5000}), 0);
  centre.hear(report("a", {.kind = "resolved", .seconds = 5100}), 10);
  EXPECT_EQ(
      centre.hear(report("a", {.kind = "updated", .number = 9, .seconds = 40, .reopens = 1}), 20),
      Verdict::taken);
  ASSERT_NE(centre.incident(), nullptr);
}

TEST(FleetJoin, LinesAreNotCountedAgainAfterAnEventThatCameLate) {
  Centre centre;
  centre.hear(report("a", {.kind = "updated", .number = 5, .count = 9}), 0);
  centre.hear(report("a", {.count = 1}), 1);
  centre.hear(report("a", {.kind = "updated", .number = 6, .count = 10}), 2);
  EXPECT_EQ(centre.incident()->count, 10U);
}

TEST(FleetJoin, AFaultOfWhichOneCameBackAfterTheOtherHadFoundItsCauseIsAnIncident) {
  Centre centre;
  centre.hear(report("a", {.fault = 1}), 0);
  centre.hear(report("b", {.fault = 1}), 1);
  centre.hear(report("a", {.kind = "resolved", .fault = 1}), 2);
  centre.hear(report("b", {.kind = "diagnosed", .fault = 11, .changes = 1}), 3);
  centre.hear(report("a", {.kind = "reopened", .number = 1, .fault = 1}), 4);
  EXPECT_EQ(centre.open_on(1), std::set<std::string>{"a"});
  EXPECT_EQ(centre.open_on(11), std::set<std::string>{"b"});
}

TEST(FleetJoin, WhatComesBackWhenItsEndIsLongForgottenIsToldAgain) {
  Centre centre;
  centre.hear(report("a", {}), 0);
  const std::string before = centre.incident()->id;
  centre.hear(report("a", {.kind = "resolved"}), 2);
  centre.advance(7200);
  centre.hear(report("a", {.kind = "reopened", .number = 1}), 7201);
  ASSERT_NE(centre.incident(), nullptr);
  EXPECT_NE(centre.incident()->id.text(), before) << "receivers would take it for a repetition";
  EXPECT_TRUE(centre.opened.contains(centre.incident()->id));
}

TEST(FleetJoin, AnyOrderWithRepetitionsLateOnesAndRestartsGivesWhatIsTrueInTheEnd) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    EdgeWorld world = EdgeWorld::make(seed);
    Centre centre;
    double seconds = 10'000;
    world.play([&](const receive::EdgeReport& report) {
      centre.hear(report, ++seconds);
      if (world.below(10) == 0) centre.restart(seconds);
    });
    for (const auto& [fault, hosts] : world.open_in_the_end())
      EXPECT_EQ(centre.open_on(fault), hosts) << "fault " << fault;
  }
}

}  // namespace
}  // namespace handshaked::correlate
