// One fault on many hosts: what edges report becomes incidents.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "correlate/correlator.h"
#include "parse/time_zone.h"
#include "unit/correlate/story.h"

namespace handshaked::correlate {
namespace {

using Verdict = Fleet::Verdict;
using What = IncidentChange::What;

std::string print_of(unsigned fault) {
  std::string digits = std::to_string(fault);
  return "v1:" + std::string(32 - digits.size(), '0') + digits;
}

receive::EdgeReport heartbeat(const std::string& host, receive::NamedTexts facts = {},
                              receive::NamedTexts labels = {}) {
  receive::EdgeReport report;
  report.host = host;
  report.version = "0.9.0";
  report.facts = std::move(facts);
  report.labels = std::move(labels);
  report.silent_after = std::chrono::seconds(180);
  return report;
}

struct Told {
  std::string kind = "opened";
  std::uint32_t number = 1;
  unsigned fault = 1;
  std::string incident = {};
  std::uint64_t count = 1;
  double opened = 0, seconds = 0;  // by the edge's clock
};

receive::EdgeReport report(const std::string& host, const Told& told,
                           receive::NamedTexts facts = {}) {
  receive::EdgeReport made = heartbeat(host, std::move(facts));
  receive::EdgeEvent event;
  event.kind = told.kind;
  event.number = told.number;
  event.incident_id = told.incident.empty() ? "inc-0123456789abcdef" : told.incident;
  event.id = event.incident_id + "." + told.kind + "." + std::to_string(told.number);
  event.time = event.last_seen_at = parse::format_rfc3339(at(told.seconds));
  event.opened_at = parse::format_rfc3339(at(told.opened));
  event.is_open = told.kind != "resolved";
  if (!event.is_open) event.resolved_at = event.time;
  event.resolved_by = event.is_open ? "" : "probes";
  event.fingerprint = print_of(told.fault);
  event.severity = "warning";
  event.count = told.count;
  event.hosts = {host};
  event.rule_id = "t/verify-20";
  event.title = "the chain does not verify";
  event.side = "upstream";
  event.peer = "10.0.0." + std::to_string(told.fault) + ":8443";
  made.event = std::move(event);
  return made;
}

struct Centre {
  std::optional<Correlator> kept{std::in_place, CorrelatorOptions{.host = "centre"}};
  Correlator& correlator = *kept;
  std::map<std::string, int> opened, resolved, reopened;  ///< by incident

  Verdict hear(const receive::EdgeReport& report, double seconds) {
    const Verdict verdict = correlator.absorb(report, nullptr, at(seconds));
    advance(seconds);
    return verdict;
  }
  void advance(double seconds) {
    for (const IncidentChange& change : correlator.advance(at(seconds))) {
      if (change.what == What::opened) ++opened[change.incident->id];
      if (change.what == What::resolved) ++resolved[change.incident->id];
      if (change.what == What::reopened) ++reopened[change.incident->id];
    }
  }
  const Incident* incident(unsigned fault = 1) const {
    return correlator.find_by_fingerprint(print_of(fault));
  }
  /// As after a restart: what was stored is all there is.
  void restart(double seconds) {
    std::vector<std::string> incidents, edges;
    for (const Incident* const one : correlator.incidents()) incidents.push_back(one->to_json());
    for (const auto& [host, edge] : correlator.fleet().edges()) edges.push_back(to_json(edge));
    kept.emplace(CorrelatorOptions{.host = "centre"});
    for (const std::string& state : incidents)
      correlator.restore(Incident::from_json(state).value());
    std::vector<Edge> restored;
    for (const std::string& state : edges) restored.push_back(edge_from_json(state).value());
    correlator.restore_edges(std::move(restored), at(seconds));
  }
};

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

/// What an edge sends in the end, in the order of each incident, with repetitions; the truth is
/// known by construction.
struct World {
  struct Sent {
    receive::EdgeReport report;
    std::string host;
    bool is_open;
    unsigned fault;
  };
  std::mt19937 random;
  std::map<std::pair<std::string, unsigned>, std::vector<receive::EdgeReport>>
      to_send;  ///< by host and fault: in order
  explicit World(unsigned seed) : random(seed) {}
  unsigned below(unsigned limit) {
    return std::uniform_int_distribution<unsigned>(0, limit - 1)(random);
  }

  void make_history(const std::string& host, unsigned fault) {
    std::vector<receive::EdgeReport>& sent = to_send[{host, fault}];
    const std::string incident = "inc-" + std::string(13, 'a') + std::to_string(100 + fault);
    std::uint32_t rounds = 0, number = 1;
    std::uint64_t count = 1;
    double seconds = below(1000);
    const double opened = seconds;
    sent.push_back(report(host, {.fault = fault,
                                 .incident = incident,
                                 .count = count,
                                 .opened = opened,
                                 .seconds = seconds}));
    while (below(4) != 0) {
      seconds += 1 + below(50);
      count += below(5);
      const bool was_open = sent.back().event->is_open;
      const std::string kind = !was_open ? "reopened" : below(2) == 0 ? "updated" : "resolved";
      if (kind == "reopened") ++rounds;
      const std::uint32_t its_number = kind == "reopened"   ? rounds
                                       : kind == "resolved" ? rounds + 1
                                                            : ++number;
      sent.push_back(report(host, {.kind = kind,
                                   .number = its_number,
                                   .fault = fault,
                                   .incident = incident,
                                   .count = count,
                                   .opened = opened,
                                   .seconds = seconds}));
    }
  }
};

TEST(FleetJoin, AnyOrderOfHostsWithRepetitionsAndRestartsGivesTheSameIncidents) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    for (unsigned host = 0; host < 1 + world.below(6); ++host)
      for (unsigned fault = 1; fault <= 1 + world.below(3); ++fault)
        world.make_history("proxy-" + std::to_string(host), fault);
    Centre centre;
    std::map<std::pair<std::string, unsigned>, std::size_t> next;
    double seconds = 10'000;
    auto left = world.to_send;
    while (!left.empty()) {
      auto at_chance = std::next(left.begin(), world.below(static_cast<unsigned>(left.size())));
      const auto& [key, reports] = *at_chance;
      std::size_t& position = next[key];
      seconds += 1;
      if (position > 0 && world.below(3) == 0) {  // the acknowledgement of an earlier one was lost
        const Verdict again =
            centre.hear(reports[world.below(static_cast<unsigned>(position))], seconds);
        ASSERT_EQ(again, Verdict::duplicate);
        continue;
      }
      ASSERT_EQ(centre.hear(reports[position], seconds), Verdict::taken);
      if (++position == reports.size()) left.erase(at_chance);
      if (world.below(10) == 0) centre.restart(seconds);
    }
    std::map<unsigned, std::set<std::string>> open;
    std::map<unsigned, std::uint64_t> lines;
    for (const auto& [key, reports] : world.to_send) {
      if (reports.back().event->is_open) open[key.second].insert(key.first);
      lines[key.second] += reports.back().event->count;
    }
    for (const auto& [fault, count] : lines) {
      const Incident* const incident = centre.incident(fault);
      ASSERT_EQ(incident != nullptr, open.contains(fault)) << "fault " << fault;
      if (incident == nullptr) continue;
      EXPECT_EQ(incident->fleet->affected, open[fault].size());
      std::set<std::string> listed;
      for (const AffectedHost& host : incident->fleet->hosts) {
        if (!host.until) listed.insert(host.host);
      }
      EXPECT_EQ(listed, open[fault]);
    }
  }
}

}  // namespace
}  // namespace handshaked::correlate
