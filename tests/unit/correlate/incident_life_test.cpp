// What becomes of incidents: reopened, flapping, diagnosed, probed, joined; and what time does to
// them.
#include <gtest/gtest.h>

#include <set>

#include "correlate/quiet.h"
#include "correlate/severity.h"
#include "unit/correlate/story.h"

namespace handshaked::correlate {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const DiagnosisNote> note_of(const std::string& cause,
                                             const std::string& key = "") {
  auto note = std::make_shared<DiagnosisNote>();
  note->cause = cause;
  note->cause_key = key;
  return note;
}

std::string alert_line(unsigned second, int network) {
  char clock[16];
  std::snprintf(clock, sizeof clock, "%02u:%02u:%02u", 2 + second / 3600, second / 60 % 60,
                second % 60);
  return std::string("2026/11/21 ") + clock +
         " [info] 9#9: *1 SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::tlsv1 alert "
         "unknown ca:SSL alert number 48) while "
         "SSL "
         "handshaking, client: 192." +
         std::to_string(network / 250) + "." + std::to_string(network % 250) +
         ".7, server: 0.0.0.0:443\n";
}

TEST(IncidentLife, WhatComesBackSoonIsTheSameIncidentReopened) {
  Story story;
  story.hear(upstream_line(0, kVerify20), 0);
  const std::string id = story.only().id;
  EXPECT_EQ(Story::told(story.correlator.advance(at(900))), "resolved t/verify-20");
  EXPECT_EQ(Story::told(story.hear(upstream_line(1200, kVerify20), 1200)), "reopened t/verify-20");
  EXPECT_EQ(story.only().id, id);
  EXPECT_EQ(story.only().reopens, 1U);
  EXPECT_EQ(story.only().count, 2U);
  EXPECT_FALSE(story.only().resolved_at);
  EXPECT_TRUE(story.only().resolved_by.empty());
}

TEST(IncidentLife, WhatEndedBeforeARestartReopensAfterIt) {
  Story story;
  story.hear(upstream_line(0, kVerify20), 0);
  const auto changes = story.correlator.advance(at(900));
  const std::string state = changes.front().incident->to_json();
  Story next;
  next.correlator.restore(Incident::from_json(state).value());
  EXPECT_EQ(next.correlator.live(), 0U);
  EXPECT_EQ(Story::told(next.hear(upstream_line(1000, kVerify20), 1000)), "reopened t/verify-20");
}

TEST(IncidentLife, AFlappingUpstreamIsOneFlappingIncident) {
  Story story;
  story.reading.fold().set_live(true);
  std::set<std::string> ids;
  int told = 0;
  // A minute of errors, 19 minutes of quiet, for a day; nobody wants 72 messages.
  for (unsigned second = 0; second < 86400; second += 30) {
    const bool is_bad = second % 1200 < 60;
    story.reading.fold().set_time_fallback(at(second));
    const auto changes = is_bad ? story.hear(upstream_line(0, kVerify20), second)
                                : story.correlator.advance(at(second));
    for (const IncidentChange& change : changes) {
      ids.insert(change.incident->id);
      told += change.what == IncidentChange::What::changed ? 0 : 1;
    }
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_LE(told, 6);
  ASSERT_EQ(story.correlator.live(), 1U);
  // It takes its time to end, but it ends.
  story.correlator.advance(at(86400 + 7 * 3600));
  EXPECT_EQ(story.correlator.live(), 0U);
}

TEST(IncidentLife, IsCalledFlappingFromTheSecondReturnOn) {
  CorrelatorOptions options;
  options.flapping_quiet_most = 0s;
  options.quiet_rhythm = 0;
  Story story(options);
  for (unsigned round = 0; round < 3; ++round) {
    story.hear(upstream_line(round * 1000, kVerify20), round * 1000.0);
    EXPECT_EQ(story.only().flapping, round >= 2) << round;
    story.correlator.advance(at(round * 1000 + 950.0));
  }
}

TEST(IncidentLife, ATransportFaultReopensOnlyWhenItPersistsAgain) {
  Story story;
  std::string told;
  for (unsigned second = 0; second <= 150; second += 10)
    told += Story::told(story.hear(upstream_line(second, kClosed), second));
  told += "; " + Story::told(story.correlator.advance(at(1200)));
  EXPECT_EQ(told, "opened t/closed; resolved t/closed");
  // A single restart is no reopening, and passes without a word.
  EXPECT_EQ(Story::told(story.hear(upstream_line(1300, kClosed), 1300)), "");
  EXPECT_EQ(story.only().status, Status::pending);
  told.clear();
  for (unsigned second = 1310; second <= 1500; second += 10)
    told += Story::told(story.hear(upstream_line(second, kClosed), second));
  EXPECT_EQ(told, "reopened t/closed");
}

TEST(IncidentLife, TheCauseTakesOverAConsequenceThatCameFirst) {
  Story story;
  story.hear(upstream_line(0, "no live upstreams", "backend"), 0);
  const std::string id = story.only().id;
  EXPECT_EQ(story.only().severity, match::Severity::critical);
  const std::string consequence = story.only().fingerprint.text();
  auto note = std::make_shared<DiagnosisNote>();
  note->cause = "no_live_upstreams";
  ASSERT_TRUE(story.correlator.attach_diagnosis(id, std::move(note), at(1)));
  story.hear(upstream_line(5, kVerify20), 5);
  ASSERT_EQ(story.correlator.live(), 1U);
  const Incident& incident = story.only();
  EXPECT_EQ(incident.id, id);
  EXPECT_EQ(incident.rule_id, "t/verify-20");
  EXPECT_EQ(incident.place.peer, "10.0.0.1:8443");
  EXPECT_EQ(incident.severity, match::Severity::critical);
  EXPECT_EQ(incident.diagnosis, nullptr) << "what was found out is of the consequence";
  EXPECT_EQ(incident.earlier_fingerprints.get(), std::vector<std::string>{consequence});
  EXPECT_EQ(Incident::from_json(incident.to_json()).value().earlier_fingerprints.size(), 1U);
  ASSERT_EQ(incident.consequences.size(), 1U);
  EXPECT_EQ(incident.consequences.front().rule_id, "t/no-live");
  EXPECT_EQ(incident.consequences.front().count, 1U);
  EXPECT_EQ(incident.count, 1U);
  // What follows joins it, whichever it is.
  story.hear(upstream_line(6, "no live upstreams", "backend") + upstream_line(7, kVerify20), 7);
  ASSERT_EQ(story.correlator.live(), 1U);
  EXPECT_EQ(story.only().consequences.front().count, 2U);
  EXPECT_EQ(story.only().count, 2U);
  EXPECT_NE(story.correlator.find(id), nullptr);
  EXPECT_NE(story.correlator.find_by_fingerprint(story.only().fingerprint.text()), nullptr);
}

TEST(IncidentLife, OneFaultOnManyHostsIsOneIncidentThatListsThem) {
  Story story;
  for (int host = 0; host < 40; ++host) {
    FailureBatch batch = story.reading.read(upstream_line(0, kVerify20));
    batch.failures.front().hosts = {"proxy-" + std::to_string(host)};
    story.correlator.absorb(batch, at(0));
  }
  ASSERT_EQ(story.correlator.live(), 1U);
  EXPECT_EQ(story.only().hosts.size(), 40U);
}

TEST(IncidentLife, AfterARestartNothingIsQuietBeforeItsLinesCouldCome) {
  CorrelatorOptions options;
  options.hold = 2min;
  Story before(options);
  before.hear(upstream_line(0, kVerify20), 0);
  Story after(options);
  after.correlator.restore(Incident::from_json(before.only().to_json()).value());
  EXPECT_EQ(Story::told(after.correlator.advance(at(5000))), "");
  EXPECT_EQ(Story::told(after.hear(upstream_line(5060, kVerify20), 5060)), "");
  EXPECT_EQ(Story::told(after.correlator.advance(at(5130))), "");
  EXPECT_EQ(after.correlator.live(), 1U);

  Story quiet(options);
  quiet.correlator.restore(Incident::from_json(before.only().to_json()).value());
  EXPECT_EQ(Story::told(quiet.correlator.advance(at(5000))), "");
  EXPECT_EQ(Story::told(quiet.correlator.advance(at(5120))), "resolved t/verify-20");
}

TEST(IncidentLife, AHostThatSleptCallsNothingQuietAtOnce) {
  CorrelatorOptions options;
  options.longest_gap = 5min;
  options.hold = 2min;
  Story story(options);
  story.hear(upstream_line(0, kVerify20), 0);
  EXPECT_EQ(Story::told(story.correlator.advance(at(30))), "");
  EXPECT_EQ(Story::told(story.correlator.advance(at(7200))), "");
  EXPECT_EQ(Story::told(story.hear(upstream_line(7205, kVerify20), 7205)), "");
  EXPECT_EQ(story.correlator.live(), 1U);
}

TEST(IncidentLife, AClockThatIsSetBackDoesNotKeepIncidentsOpen) {
  Story story;
  story.hear(upstream_line(7200, kVerify20), 7200);
  story.correlator.advance(at(7210));
  EXPECT_EQ(Story::told(story.correlator.advance(at(0))), "");
  EXPECT_LE(story.only().last_seen_at, at(0));
  EXPECT_EQ(Story::told(story.correlator.advance(at(899))), "");
  EXPECT_EQ(Story::told(story.correlator.advance(at(900))), "resolved t/verify-20");
}

TEST(IncidentLife, ABacklogIsHistoryUnlessItGoesOn) {
  Story story;
  // The lines are of two o'clock; now it is five.
  EXPECT_EQ(Story::told(story.hear(upstream_line(0, kVerify20), 3 * 3600)), "");
  EXPECT_FALSE(story.correlator.counters().reopened);
  EXPECT_EQ(story.correlator.live(), 0U);
  // The next piece of the backlog is as old as the first, the last one is of now.
  EXPECT_EQ(Story::told(story.hear(upstream_line(60, kVerify20), 3 * 3600)), "");
  EXPECT_EQ(Story::told(story.hear(upstream_line(3 * 3600 - 10, kVerify20), 3 * 3600)),
            "opened t/verify-20");
  ASSERT_EQ(story.correlator.live(), 1U);
  EXPECT_FALSE(story.only().history);
}

TEST(IncidentLife, ADiagnosisIsNewsWhenItsCauseIs) {
  Story story;
  story.hear(upstream_line(0, kVerify20), 0);
  const std::string id = story.only().id;
  EXPECT_TRUE(story.correlator.expect_diagnosis(id, at(10)));
  EXPECT_EQ(story.only().diagnosing_until, at(10));
  ASSERT_TRUE(story.correlator.attach_diagnosis(id, note_of("expired"), at(3)));
  EXPECT_EQ(Story::told(story.correlator.advance(at(3))), "diagnosed t/verify-20");
  EXPECT_EQ(story.only().cause(), "expired");
  EXPECT_FALSE(story.only().diagnosing_until);
  ASSERT_TRUE(story.correlator.attach_diagnosis(id, note_of("expired"), at(60)));
  EXPECT_EQ(Story::told(story.correlator.advance(at(60))), "");
  ASSERT_TRUE(story.correlator.attach_diagnosis(id, note_of("other"), at(70)));
  EXPECT_EQ(Story::told(story.correlator.advance(at(70))), "diagnosed t/verify-20");
  EXPECT_EQ(story.only().diagnoses, 2U);
  EXPECT_EQ(story.correlator.attach_diagnosis("inc-none", note_of("x"), at(70)).error().code(),
            ErrorCode::not_found);
  auto long_note = std::make_shared<DiagnosisNote>();
  long_note->members.assign(DiagnosisNote::kMaxText + 1, 'x');
  EXPECT_EQ(story.correlator.attach_diagnosis(id, long_note, at(70)).error().code(),
            ErrorCode::limit_exceeded);
}

TEST(IncidentLife, IncidentsOfOneRootCauseHaveTheOldestAsParent) {
  Story story;
  story.hear(upstream_line(0, kVerify20, "10.0.0.1:1") + upstream_line(1, kVerify20, "10.0.0.2:1") +
                 upstream_line(2, kVerify20, "10.0.0.3:1"),
             2);
  std::vector<std::string> ids;
  for (const Incident* const incident : story.correlator.incidents()) ids.push_back(incident->id);
  ASSERT_TRUE(story.correlator.attach_diagnosis(ids[2], note_of("expired", "ca|1"), at(3)));
  ASSERT_TRUE(story.correlator.attach_diagnosis(ids[0], note_of("expired", "ca|1"), at(3)));
  ASSERT_TRUE(story.correlator.attach_diagnosis(ids[1], note_of("expired", "ca|2"), at(3)));
  EXPECT_EQ(story.correlator.find(ids[0])->parent_id, "");
  EXPECT_EQ(story.correlator.find(ids[2])->parent_id, ids[0]);
  EXPECT_EQ(story.correlator.find(ids[1])->parent_id, "");
}

TEST(IncidentLife, ThreePassedRoundsWithoutAFreshLineEndIt) {
  Story story;
  story.hear(upstream_line(0, kVerify20), 0);
  const std::string id = story.only().id;
  const auto passes = [&](double second) {
    story.correlator.note_probes(
        id, {.at = at(second), .every_peer_passed = true, .every_peer_failed = false},
        at(second + 1));
  };
  passes(10);
  passes(20);
  EXPECT_TRUE(story.only().fix_verified_at);
  story.hear(upstream_line(25, kVerify20), 25);
  passes(30);
  passes(40);
  EXPECT_EQ(Story::told(story.correlator.advance(at(42))), "");
  passes(50);
  const auto changes = story.correlator.advance(at(52));
  EXPECT_EQ(Story::told(changes), "resolved t/verify-20");
  EXPECT_EQ(changes.front().incident->resolved_by, "probes");
  EXPECT_FALSE(story.correlator.note_probes(id, {}, at(60)));
}

TEST(IncidentLife, FailingProbesKeepItOpenOpenWhatIsPendingAndAreCriticalWhenAllFail) {
  Story story;
  story.hear(upstream_line(0, kClosed), 0);
  const std::string id = story.only().id;
  story.correlator.note_probes(
      id, {.at = at(5), .every_peer_passed = false, .every_peer_failed = false}, at(6));
  EXPECT_EQ(Story::told(story.correlator.advance(at(6))), "opened t/closed");
  EXPECT_EQ(story.only().severity, match::Severity::warning);
  story.correlator.note_probes(
      id, {.at = at(800), .every_peer_passed = false, .every_peer_failed = true}, at(801));
  EXPECT_EQ(story.only().severity, match::Severity::critical);
  EXPECT_EQ(Story::told(story.correlator.advance(at(1600))), "");
  EXPECT_EQ(Story::told(story.correlator.advance(at(1700))), "quiet t/closed");
  EXPECT_TRUE(is_quiet_failing(story.only()));
}

TEST(IncidentLife, QuietEndsNothingWhoseLastProbeFailed) {
  Story story;
  story.hear(upstream_line(0, kVerify10), 0);
  const std::string id = story.only().id;
  const auto round = [&](double second, bool passes) {
    story.correlator.note_probes(
        id, {.at = at(second), .every_peer_passed = passes, .every_peer_failed = false},
        at(second));
  };
  round(120, false);
  int asked = 0;
  for (double second = 31; second < 6 * 3600; second += 60) {  // a night
    const std::string told = Story::told(story.correlator.advance(at(second)));
    ASSERT_EQ(told.find("resolved"), std::string::npos) << second;
    asked += told == "quiet t/verify-10" ? 1 : 0;
  }
  EXPECT_TRUE(is_quiet_failing(story.only()));
  EXPECT_GT(asked, 10) << "it is asked again, not forgotten";
  EXPECT_LT(asked, 30);
  story.hear(upstream_line(22000, kVerify10), 22000);
  EXPECT_FALSE(is_quiet_failing(story.only())) << "it is not quiet";
  for (const double second : {22100.0, 22110.0, 22120.0}) round(second, true);
  const auto changes = story.correlator.advance(at(22121));
  ASSERT_EQ(Story::told(changes), "resolved t/verify-10");
  EXPECT_EQ(changes.front().incident->resolved_by, "probes");
  EXPECT_TRUE(changes.front().incident->fix_verified_at);
}

TEST(IncidentLife, AShortQuietWaitsForTheFirstProbe) {
  CorrelatorOptions options;
  options.quiet_least = std::chrono::seconds(5);
  Story story(options);
  story.hear(upstream_line(0, kVerify10), 0);
  const std::string id = story.only().id;
  EXPECT_TRUE(story.correlator.expect_probes(id));
  for (double second = 1; second < 29; ++second)
    EXPECT_EQ(Story::told(story.correlator.advance(at(second))).find("resolved"), std::string::npos)
        << second;
  EXPECT_FALSE(is_quiet_failing(story.only())) << "nobody saw it fail";
  story.correlator.note_probes(
      id, {.at = at(30), .every_peer_passed = true, .every_peer_failed = false}, at(30));
  EXPECT_EQ(Story::told(story.correlator.advance(at(36))), "resolved t/verify-10")
      << "quiet, and seen to be good";
}

TEST(IncidentLife, WhereNobodyCanLookQuietEndsIt) {
  CorrelatorOptions options;
  options.quiet_least = std::chrono::seconds(60);
  Story story(options);
  story.hear(upstream_line(0, kVerify10), 0);
  const std::string id = story.only().id;
  story.correlator.note_probes(
      id, {.at = at(10), .every_peer_passed = false, .every_peer_failed = false}, at(10));
  EXPECT_EQ(Story::told(story.correlator.advance(at(100))), "quiet t/verify-10");
  EXPECT_TRUE(story.correlator.note_unprobed(id)) << "the peer left the configuration";
  const auto changes = story.correlator.advance(at(101));
  ASSERT_EQ(Story::told(changes), "resolved t/verify-10");
  EXPECT_EQ(changes.front().incident->resolved_by, "quiet");
  EXPECT_FALSE(changes.front().incident->fix_verified_at)
      << "the event says that nothing was tried";
}

TEST(IncidentLife, AnOperatorEndsItAndWritesNotes) {
  Story story;
  story.hear(upstream_line(0, kVerify20), 0);
  const std::string id = story.only().id;
  for (int i = 0; i < 30; ++i)
    EXPECT_TRUE(story.correlator.add_note(
        id, {.at = at(1), .author = "eve", .text = std::string(5000, 'x')}));
  EXPECT_EQ(story.only().notes.size(), Incident::kMaxNotes);
  EXPECT_EQ(story.only().notes.front().text.size(), Incident::kMaxNoteBytes);
  EXPECT_TRUE(story.correlator.resolve_by_hand(id, "eve", "done", at(5)));
  EXPECT_FALSE(story.correlator.resolve_by_hand(id, "eve", "done", at(6)));
  const auto changes = story.correlator.advance(at(6));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes.front().incident->resolved_by, "operator");
  EXPECT_EQ(changes.front().incident->notes.back().text, "done");
}

TEST(IncidentLife, NoiseIsTellingWhenItRisesFarAboveItsHistoryFromManyNetworks) {
  Story story;
  story.reading.fold().set_live(true);
  const auto hear = [&](double second, int lines, int networks) {
    std::string text;
    for (int i = 0; i < lines; ++i) text += alert_line(0, i % networks);
    story.reading.fold().set_time_fallback(at(second));
    return Story::told(story.hear(text, second));
  };
  // Two hours of the usual: a few scanners.
  for (int period = 0; period < 12; ++period) EXPECT_EQ(hear(period * 600, 5, 2), "");
  // One scanner goes wild: still noise.
  EXPECT_EQ(hear(12 * 600, 5000, 3), "");
  // A hundred networks do not know our CA any more.
  EXPECT_EQ(hear(30 * 600, 5, 2), "");
  EXPECT_EQ(hear(31 * 600, 6000, 100), "opened t/alert-48");
  EXPECT_EQ(story.only().severity, match::Severity::warning);
  EXPECT_TRUE(story.only().is_told());
  // And it ends when it is back to the usual, though noise never stops.
  std::string told;
  for (int period = 32; period < 40; ++period) told += hear(period * 600, 5, 2);
  EXPECT_EQ(told, "resolved t/alert-48");
}

TEST(IncidentLife, ClosesThatAnApplicationMayCauseAreNeverToldHoweverManyClientsSeeThem) {
  Story story;
  story.reading.fold().set_live(true);
  const auto hear = [&](double second, int lines, int networks) {
    std::string text;
    for (int i = 0; i < lines; ++i) {
      text +=
          "2026/11/21 02:00:00 [error] 9#9: *1 upstream prematurely closed connection while "
          "reading response header from upstream, "
          "client: 192.0." +
          std::to_string(i % networks) +
          ".7, server: a.test, request: \"GET / HTTP/1.1\", upstream: \"https://10.0.0.5:443/\", "
          "host: \"a.test\"\n";
    }
    story.reading.fold().set_time_fallback(at(second));
    return Story::told(story.hear(text, second));
  };
  for (int period = 0; period < 12; ++period) EXPECT_EQ(hear(period * 600, 5, 2), "");
  EXPECT_EQ(hear(13 * 600, 6000, 200), "");
  EXPECT_TRUE(story.only().noise);
  EXPECT_FALSE(story.only().anomalous_at);
}

TEST(IncidentLife, ManyClientsMakeAClientSideFaultOurs) {
  const auto severity = [](int clients, int lines) {
    Incident incident;
    incident.place.side = parse::Side::client;
    incident.opened_at = at(0);
    incident.count = static_cast<std::uint64_t>(lines);
    incident.window.add(at(60), incident.count);
    for (int i = 0; i < clients; ++i) incident.clients.add(std::to_string(i));
    return severity_of(incident, match::Severity::info, at(60));
  };
  EXPECT_EQ(severity(1, 10000), match::Severity::info);
  EXPECT_EQ(severity(40, 80), match::Severity::info);
  EXPECT_EQ(severity(200, 400), match::Severity::warning);
}

TEST(IncidentLife, AMillionLinesOfAThousandFaultsAreAThousandIncidents) {
  Story story;
  std::uint64_t told = 0;
  for (unsigned second = 0; second < 100; ++second) {
    FailureBatch batch;
    batch.rules = story.rules;
    batch.source = "error.log";
    for (int fault = 0; fault < 1000; ++fault) {
      FoldedFailure& folded = batch.failures.emplace_back();
      folded.rule = &story.rules->rules()[0];
      folded.place = {.side = parse::Side::upstream,
                      .peer = "10.0.0." + std::to_string(fault),
                      .name = "",
                      .server = "gw",
                      .object = "",
                      .scheme = "https"};
      folded.count = 10;
      folded.first_at = folded.last_at = at(second);
      folded.sample_lines = {"line"};
    }
    story.correlator.absorb(batch, at(second));
    for (const IncidentChange& change : story.correlator.advance(at(second)))
      told += change.what == IncidentChange::What::changed ? 0 : 1;
  }
  EXPECT_EQ(story.correlator.live(), 1000U);
  EXPECT_EQ(told, 1000U);
  std::uint64_t lines = 0;
  for (const Incident* const incident : story.correlator.incidents()) lines += incident->count;
  EXPECT_EQ(lines, 1'000'000U);
}

}  // namespace
}  // namespace handshaked::correlate
