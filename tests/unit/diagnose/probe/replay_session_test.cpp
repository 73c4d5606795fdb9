#include "diagnose/probe/replay_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/certificates/certificate.h"
#include "unit/diagnose/replay_situations.h"

namespace handshaked::diagnose {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

ReplaySession session() {
  auto started = ReplaySession::start(std::chrono::steady_clock::now() + 60s);
  if (!started) throw std::runtime_error(started.error().message());
  return std::move(started).value();
}

TEST(ReplaySession, GivesTheSameResultsAsWithoutAChild) {
  const SituationTable table;
  auto child = session();
  std::vector<ReplayInput> inputs;
  for (const Situation& situation : table.all())
    inputs.push_back(replay_input(situation, wall_clock_now()));
  const auto results = child.replay(inputs);
  ASSERT_TRUE(results) << results.error().message();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(results.value()[i], replay_verification(inputs[i]).value()) << table.all()[i].name;
    EXPECT_EQ(child.replay(inputs[i]).value(), results.value()[i]) << table.all()[i].name;
  }
}

TEST(ReplaySession, SurvivesAChainThatCannotBeParsed) {
  const auto root = TestIdentity::root("Root");
  auto child = session();
  EXPECT_EQ(child.replay(ReplayInput{.chain = {"rubbish"}}).error().code(),
            ErrorCode::invalid_input);
  EXPECT_EQ(child.replay(ReplayInput{}).error().code(), ErrorCode::invalid_input);
  EXPECT_TRUE(
      child
          .replay(ReplayInput{
              .chain = {root.leaf().der()}, .trusted = {root.der()}, .at = wall_clock_now()})
          .value()
          .verified);
}

TEST(ReplaySession, CarriesNamesOfAnyBytes) {
  const auto root = TestIdentity::root("Root");
  auto child = session();
  ReplayInput input{.chain = {root.leaf().der()},
                    .trusted = {root.der()},
                    .name = std::string("leaf.test\0.evil\xFF", 16),
                    .at = wall_clock_now()};
  EXPECT_FALSE(child.replay(input).value().name_matches);
  input.name = "leaf.test";
  EXPECT_TRUE(child.replay(input).value().name_matches);
  input.name = "";
  EXPECT_FALSE(child.replay(input).value().name_matches);
}

TEST(ReplaySession, LooksIntoCertificates) {
  const auto root = TestIdentity::root("Root");
  auto child = session();
  const auto facts = child.inspect(std::vector<Der>{root.der(), "rubbish", root.leaf().der()});
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts.value()[0], Certificate::from_der(root.der()).value().facts());
  EXPECT_FALSE(facts.value()[1]);
  EXPECT_EQ(facts.value()[2]->common_name, "leaf.test");
}

TEST(ReplaySession, FindsWhoIssued) {
  const auto root = TestIdentity::root("Root");
  const auto namesake = TestIdentity::root("Root");
  const auto other = TestIdentity::root("Other");
  auto child = session();
  const auto found = child.find_issuers(
      root.leaf().der(), std::vector<Der>{other.der(), namesake.der(), "rubbish", root.der()});
  ASSERT_TRUE(found);
  EXPECT_THAT(found.value().signers, ElementsAre(3));
  EXPECT_THAT(found.value().namesakes, ElementsAre(1));
}

TEST(ReplaySession, EndsAtItsDeadline) {
  auto late = ReplaySession::start(std::chrono::steady_clock::now() - 1ms);
  ASSERT_TRUE(late);
  EXPECT_EQ(late.value().replay(ReplayInput{.chain = {"x"}}).error().code(), ErrorCode::timeout);
  EXPECT_EQ(late.value().replay(ReplayInput{.chain = {"x"}}).error().code(), ErrorCode::io);
}

TEST(ReplaySession, LimitsWhatItTakes) {
  auto child = session();
  EXPECT_EQ(child.replay(std::vector<ReplayInput>(ReplaySession::kMaxVariants + 1)).error().code(),
            ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace handshaked::diagnose
