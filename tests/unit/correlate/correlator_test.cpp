#include "correlate/correlator.h"

#include <gtest/gtest.h>

#include "unit/correlate/story.h"

namespace handshaked::correlate {
namespace {

using What = IncidentChange::What;

TEST(Correlator, AStormIsOneIncident) {
  Story story;
  for (unsigned second = 0; second < 120; ++second) {
    std::string lines;
    for (int i = 0; i < 500; ++i)
      lines += upstream_line(second, kVerify20, "10.0.0.1:8443", "gw",
                             "192.0.2." + std::to_string(i % 200));
    story.hear(lines, second);
  }
  ASSERT_EQ(story.correlator.live(), 1U);
  const Incident& incident = *story.correlator.incidents().front();
  EXPECT_EQ(incident.count, 60000U);
  EXPECT_EQ(incident.sample_lines.size(), Incident::kMaxSamples);
  EXPECT_EQ(incident.sample_lines.front() + "\n",
            upstream_line(0, kVerify20, "10.0.0.1:8443", "gw", "192.0.2.0"))
      << "the first";
  EXPECT_EQ(incident.sample_lines.back() + "\n",
            upstream_line(119, kVerify20, "10.0.0.1:8443", "gw", "192.0.2.99"))
      << "the newest";
  EXPECT_NEAR(static_cast<double>(incident.clients.distinct()), 200, 20);
  EXPECT_EQ(incident.opened_at, at(0));
  EXPECT_EQ(incident.last_seen_at, at(119));
}

TEST(Correlator, AFaultOpensAtItsFirstLineAndOnce) {
  Story story;
  EXPECT_EQ(Story::told(story.hear(upstream_line(0, kVerify20), 0)), "opened t/verify-20");
  EXPECT_EQ(Story::told(story.hear(upstream_line(20, kVerify20), 20)), "");
  EXPECT_TRUE(story.only().is_told());
}

TEST(Correlator, AnIncidentGoesByTheNameThatNginxExpectsByNow) {
  Story story;
  for (const char* const name : {"a.test", "b.test", "c.test", "d.test"})
    story.hear(
        upstream_line(0, "upstream SSL certificate does not match \"" + std::string(name) + "\""),
        0);
  EXPECT_EQ(story.only().place.name.get(), "d.test");
  EXPECT_NE(story.only().sample_lines.front().find("a.test"), std::string::npos);
  EXPECT_NE(story.only().sample_lines.back().find("d.test"), std::string::npos);
}

TEST(Correlator, NoiseIsRecordedButNeverTold) {
  Story story;
  const std::string line =
      "2026/11/21 02:00:00 [info] 9#9: *1 SSL_do_handshake() failed (SSL: error:0A000418:SSL "
      "routines::tlsv1 alert unknown ca:SSL alert "
      "number 48) while SSL handshaking, client: 192.0.2.7, server: 0.0.0.0:443\n";
  const auto changes = story.hear(line, 0);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_FALSE(changes.front().incident->is_told());
  EXPECT_EQ(Story::told(story.correlator.advance(at(60))), "");
  EXPECT_EQ(Story::told(story.correlator.advance(at(3600))), "");
  EXPECT_EQ(story.correlator.live(), 0U);
}

TEST(Correlator, ATransportFaultOpensOnlyWhenItPersists) {
  Story restart;
  for (unsigned second = 0; second < 30; ++second)
    EXPECT_EQ(Story::told(restart.hear(upstream_line(second, kClosed), second)), "");
  EXPECT_EQ(Story::told(restart.correlator.advance(at(3600))), "");
  EXPECT_EQ(restart.correlator.live(), 0U);
  EXPECT_EQ(restart.correlator.counters().opened, 0U);

  Story outage;
  std::string told;
  for (unsigned second = 0; second <= 150; second += 10)
    told += Story::told(outage.hear(upstream_line(second, kClosed), second));
  EXPECT_EQ(told, "opened t/closed");
  EXPECT_EQ(outage.correlator.counters().opened, 1U);
}

TEST(Correlator, TwoRestartsFarApartAreNoOutage) {
  Story story;
  for (unsigned begin : {0U, 840U, 1680U}) {
    for (unsigned second = begin; second < begin + 10; ++second)
      EXPECT_EQ(Story::told(story.hear(upstream_line(second, kClosed), second)), "");
  }
  EXPECT_EQ(story.correlator.counters().opened, 0U);
}

TEST(Correlator, AConsequenceJoinsTheFaultOfItsPeerOrServer) {
  Story story;
  story.hear(upstream_line(0, kVerify20) + upstream_line(0, "upstream server temporarily disabled"),
             0);
  story.hear(upstream_line(1, "no live upstreams", "backend"), 1);
  ASSERT_EQ(story.correlator.live(), 1U);
  const Incident& incident = *story.correlator.incidents().front();
  EXPECT_EQ(incident.rule_id, "t/verify-20");
  EXPECT_EQ(incident.count, 1U);
  ASSERT_EQ(incident.consequences.size(), 2U);
  EXPECT_EQ(incident.consequences[1].rule_id, "t/no-live");
  EXPECT_EQ(incident.severity, match::Severity::critical);
}

/// Another line of the handshake that `line` is about, as nginx writes it next.
std::string next_line(const std::string& line, const std::string& message) {
  const std::size_t begin = line.find(' ', line.find('*')) + 1;
  return line.substr(0, begin) + message + line.substr(line.find(" while "));
}

TEST(Correlator, TwoLinesOfOneHandshakeAreOneIncident) {
  Story story;
  const std::string first = upstream_line(0, kVerify20);
  story.hear(first + next_line(first, kClosed), 0);
  EXPECT_EQ(story.only().rule_id, "t/verify-20");
  EXPECT_EQ(story.only().count, 1U);
  ASSERT_EQ(story.only().consequences.size(), 1U);
  EXPECT_EQ(story.only().consequences.begin()->rule_id, "t/closed");
  // Read apart: the second line came a moment later.
  const std::string again = upstream_line(10, kVerify20);
  story.hear(again, 10);
  story.hear(next_line(again, kClosed), 10);
  EXPECT_EQ(story.only().count, 2U);
  EXPECT_EQ(story.only().consequences.begin()->count, 2U);
}

TEST(Correlator, LinesOfDifferentHandshakesAreNotJoined) {
  const std::string first = upstream_line(0, kVerify20);
  const std::string other_request = next_line(upstream_line(1, kVerify20), kClosed);
  std::string other_peer = next_line(first, kClosed), other_worker = other_peer,
              much_later = other_peer;
  other_peer.replace(other_peer.find("10.0.0.1"), 8, "10.0.0.2");
  other_worker.replace(other_worker.find("9#9"), 3, "8#8");
  much_later.replace(much_later.find(":00 ["), 5, ":03 [");
  for (const std::string& second : {other_request, other_peer, other_worker, much_later}) {
    Story story;
    story.hear(first + second, 0);
    EXPECT_EQ(story.correlator.live(), 2U) << second;
  }
}

TEST(Correlator, AWorseLineOfAHandshakeStandsForItself) {
  Story story;
  const std::string noise = upstream_line(0, "upstream prematurely closed connection");
  const std::string name = next_line(noise, "upstream SSL certificate does not match \"a.test\"");
  story.hear(noise + name + next_line(noise, kClosed), 0);
  ASSERT_EQ(story.correlator.live(), 2U);
  const Incident* const worst = story.correlator.incidents().front();
  EXPECT_EQ(worst->rule_id, "t/name");
  ASSERT_EQ(worst->consequences.size(), 1U) << "what follows is told by the worse one";
  EXPECT_EQ(worst->consequences.begin()->rule_id, "t/closed");
}

TEST(Correlator, AConsequenceBeforeItsCauseInOneBatchJoinsItToo) {
  Story story;
  story.hear(upstream_line(0, "no live upstreams", "backend") + upstream_line(0, kVerify20), 0);
  EXPECT_EQ(story.correlator.live(), 1U);
}

TEST(Correlator, AConsequenceWithoutACauseStandsAlone) {
  Story story;
  story.hear(upstream_line(0, kVerify20, "10.0.0.1:8443", "other"), 0);
  story.hear(upstream_line(1, "no live upstreams", "backend", "gw"), 1);
  EXPECT_EQ(story.correlator.live(), 2U);
  // And long after its cause was seen last.
  story.hear(upstream_line(500, "no live upstreams", "group", "other"), 500);
  EXPECT_EQ(story.correlator.live(), 3U);
}

TEST(Correlator, AConsequenceFindsItsCauseAmongManyPeersAndAfterARestart) {
  Story story;
  for (int i = 0; i < 6000; ++i)
    story.hear(
        upstream_line(0, kVerify20,
                      "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":1",
                      "s" + std::to_string(i)),
        0);
  story.correlator.advance(at(3000));
  story.correlator.advance(at(3001));
  ASSERT_EQ(story.correlator.live(), 0U);
  story.hear(upstream_line(3600, kVerify20), 3600);
  story.hear(upstream_line(3601, "no live upstreams", "backend"), 3601);
  ASSERT_EQ(story.correlator.live(), 1U);

  Story next;
  next.correlator.restore(
      Incident::from_json(story.correlator.incidents().front()->to_json()).value());
  next.hear(upstream_line(3602, "no live upstreams", "backend"), 3602);
  EXPECT_EQ(next.correlator.live(), 1U);
}

TEST(Correlator, ResolvesWhenItHasBeenQuietForLong) {
  Story story;
  story.hear(upstream_line(0, kVerify10), 0);
  EXPECT_EQ(Story::told(story.correlator.advance(at(899))), "");
  const auto changes = story.correlator.advance(at(900));
  EXPECT_EQ(Story::told(changes), "resolved t/verify-10");
  const Incident& incident = *changes.front().incident;
  EXPECT_EQ(incident.status, Status::resolved);
  EXPECT_EQ(incident.resolved_by, "quiet");
  EXPECT_EQ(incident.resolved_at, at(900));
  EXPECT_EQ(story.correlator.live(), 0U);
  EXPECT_FALSE(story.correlator.next_deadline());
}

TEST(Correlator, ARareFaultIsNotQuietBetweenItsLines) {
  Story story;
  for (unsigned second = 0; second <= 7200; second += 600)
    story.hear(upstream_line(second, kVerify10), second);
  EXPECT_EQ(Story::told(story.correlator.advance(at(7200 + 3000))), "");
  EXPECT_EQ(Story::told(story.correlator.advance(at(7200 + 6001))), "resolved t/verify-10");
}

TEST(Correlator, AReplayGivesTheSameIds) {
  std::vector<std::string> ids[2];
  for (auto& list : ids) {
    Story story;
    story.hear(upstream_line(0, kVerify20) + upstream_line(1, kVerify10), 1);
    story.hear(upstream_line(2, kVerify20, "10.0.0.2:8443") + upstream_line(2, kVerify20), 2);
    for (const Incident* const incident : story.correlator.incidents())
      list.push_back(incident->id);
  }
  EXPECT_EQ(ids[0].size(), 3U);
  EXPECT_EQ(ids[0], ids[1]);
  // However the log is cut into reads.
  Story in_one;
  in_one.hear(upstream_line(0, kVerify20) + upstream_line(1, kVerify10) +
                  upstream_line(2, kVerify20, "10.0.0.2:8443") + upstream_line(2, kVerify20),
              2);
  std::vector<std::string> list;
  for (const Incident* const incident : in_one.correlator.incidents()) list.push_back(incident->id);
  EXPECT_EQ(list, ids[0]);
}

TEST(Correlator, TheSameFaultLaterIsAnotherIncidentOfTheSameFingerprint) {
  Story story;
  story.hear(upstream_line(0, kVerify10), 0);
  const Incident first = *story.correlator.incidents().front();
  story.correlator.advance(at(2000));
  story.hear(upstream_line(6000, kVerify10), 6000);
  const Incident second = *story.correlator.incidents().front();
  EXPECT_EQ(first.fingerprint, second.fingerprint);
  EXPECT_NE(first.id, second.id);
}

TEST(Correlator, HoldsNoMoreIncidentsThanAllowed) {
  CorrelatorOptions options;
  options.max_incidents = 10;
  Story story(options);
  std::string lines;
  for (int i = 0; i < 50; ++i)
    lines += upstream_line(0, kVerify20, "10.0.0." + std::to_string(i) + ":1");
  story.hear(lines, 0);
  EXPECT_EQ(story.correlator.live(), 10U);
  EXPECT_EQ(story.correlator.counters().overflow, 40U);
}

TEST(Correlator, ManyGrowingIncidentsCostNoMoreWithTime) {
  Story story;
  const auto batch = [&](unsigned second) {
    std::string lines;
    for (int i = 0; i < 20; ++i)
      lines += upstream_line(second, kVerify20, "10.0.0." + std::to_string(i) + ":1");
    return lines;
  };
  for (unsigned second = 0; second < 3600; ++second) story.hear(batch(second), second);
  EXPECT_EQ(story.correlator.live(), 20U);
  EXPECT_EQ(story.correlator.planned(), 20U);
}

TEST(Correlator, ARestoredIncidentGoesOnAsItself) {
  Story story;
  story.hear(upstream_line(0, kVerify20), 0);
  const std::string state = story.correlator.incidents().front()->to_json();
  Story next;
  next.correlator.restore(Incident::from_json(state).value());
  EXPECT_EQ(Story::told(next.hear(upstream_line(5, kVerify20), 11)), "");
  ASSERT_EQ(next.correlator.live(), 1U);
  EXPECT_EQ(next.correlator.incidents().front()->count, 2U);
  EXPECT_EQ(next.correlator.incidents().front()->id, story.correlator.incidents().front()->id);
}

TEST(Correlator, ListsTheWorstFirst) {
  Story story;
  story.hear(upstream_line(0, kVerify20) + upstream_line(1, kVerify10), 1);
  EXPECT_EQ(story.correlator.incidents().front()->rule_id, "t/verify-10");
}

}  // namespace
}  // namespace handshaked::correlate
