#include <gtest/gtest.h>

#include "unit/correlate/story.h"

namespace handshaked::correlate {
namespace {

ForeseenFault fault(const std::string& key, std::uint32_t step = 1,
                    match::Severity severity = match::Severity::info) {
  auto note = std::make_shared<DiagnosisNote>();
  note->cause = "will_break";
  note->members = "\"diagnosis\":{\"summary\":\"" + key + "\"}";
  ForeseenFault one;
  one.rule_id = "handshaked/will-break";
  one.key = key;
  one.host = "proxy-1";
  one.title = one.title_zh = "What works now ends soon";
  one.severity = severity;
  one.place.side = parse::Side::client;
  one.at = at(86400);
  one.step = step;
  one.note = std::move(note);
  return one;
}

std::string foreseen(Story& story, const std::vector<ForeseenFault>& faults, double seconds,
                     bool is_whole = true) {
  story.correlator.foresee(faults, is_whole, at(seconds));
  return Story::told(story.correlator.advance(at(seconds)));
}

TEST(Foresight, OpensAnIncidentWithItsDiagnosisAndKeepsIt) {
  Story story;
  EXPECT_EQ(foreseen(story, {fault("a")}, 0), "opened handshaked/will-break");
  EXPECT_EQ(foreseen(story, {fault("a")}, 10), "");
  EXPECT_EQ(story.only().diagnosis->cause, "will_break");
  EXPECT_EQ(story.only().hosts.get(), std::vector<std::string>{"proxy-1"});
  EXPECT_EQ(Story::told(story.correlator.advance(at(30 * 86400.0))), "") << "no quiet ends it";
  EXPECT_EQ(story.correlator.live(), 1U);
}

TEST(Foresight, WhatIsNotForeseenAnyMoreIsOver) {
  Story story;
  foreseen(story, {fault("a"), fault("b")}, 0);
  EXPECT_EQ(foreseen(story, {fault("b")}, 10, false), "") << "not by a look that saw a part";
  EXPECT_EQ(foreseen(story, {fault("b")}, 20), "resolved handshaked/will-break");
  EXPECT_EQ(story.correlator.live(), 1U);
  EXPECT_EQ(foreseen(story, {fault("a"), fault("b")}, 30), "reopened handshaked/will-break");
}

TEST(Foresight, ComesNearerAndNeverLessGrave) {
  Story story;
  foreseen(story, {fault("a", 2, match::Severity::warning)}, 0);
  foreseen(story, {fault("a", 1, match::Severity::info)}, 10);
  EXPECT_EQ(story.only().severity, match::Severity::warning);
  EXPECT_EQ(story.only().foreseen->step, 2U);
}

TEST(Foresight, WhatHasBegunKeepsOpenAndOpensNothing) {
  Story story;
  ForeseenFault begun = fault("a", 4);
  begun.may_open = false;
  EXPECT_EQ(foreseen(story, {begun}, 0), "");
  foreseen(story, {fault("a")}, 10);
  EXPECT_EQ(foreseen(story, {begun}, 20), "");
  EXPECT_EQ(story.only().foreseen->step, 4U);
}

TEST(Foresight, SurvivesARestart) {
  Story story;
  foreseen(story, {fault("a", 2)}, 0);
  auto kept = Incident::from_json(story.only().to_json());
  ASSERT_TRUE(kept);
  Story next;
  next.correlator.restore(std::move(kept).value());
  EXPECT_EQ(Story::told(next.correlator.advance(at(10 * 86400.0))), "")
      << "it waits for the calendar";
  EXPECT_EQ(next.only().foreseen->step, 2U);
  EXPECT_EQ(next.only().foreseen->at, at(86400));
  EXPECT_EQ(foreseen(next, {}, 11 * 86400.0), "resolved handshaked/will-break");
}

TEST(Foresight, IsNoCauseOfWhatALineTells) {
  Story story;
  ForeseenFault upstream = fault("a");
  upstream.place.side = parse::Side::upstream;
  upstream.place.peer = "10.0.0.1:443";
  foreseen(story, {upstream}, 0);
  EXPECT_TRUE(story.only().consequences.empty());
  auto kept = Incident::from_json(story.only().to_json());
  Story next;
  next.correlator.restore(std::move(kept).value());
  EXPECT_EQ(next.only().count, 0U);
}

}  // namespace
}  // namespace handshaked::correlate
