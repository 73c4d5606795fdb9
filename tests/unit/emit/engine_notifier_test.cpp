#include "emit/engine_notifier.h"

#include <gmock/gmock.h>

#include "support/run_coroutine.h"

namespace handshaked::emit::test {
namespace {

using handshaked::test::run_coroutine;
using testing::HasSubstr;

struct Published {
  std::string id, key, content_type, body;
  std::int32_t partition = -1;
};

class FakePublisher final : public engine::Publisher {
 public:
  /// `unreachable`: a partition that has no leader.
  FakePublisher(std::vector<Published>& published, const Result<>& answer, int unreachable = -2)
      : published_(published), answer_(answer), unreachable_(unreachable) {}
  Result<> publish(const engine::Publication& message) override {
    published_.push_back({std::string(message.id), std::string(message.key),
                          std::string(message.content_type), std::string(message.body),
                          message.partition});
    if (message.partition == unreachable_) return fail(ErrorCode::timeout, "it has no leader");
    return answer_;
  }
  void close() override {}

 private:
  std::vector<Published>& published_;
  const Result<>& answer_;
  const int unreachable_;
};

boost::asio::awaitable<std::string> describe(std::string, bool anew) {
  co_return anew ? R"({"host":"proxy-8","version":"1"})" : R"({"host":"proxy-8"})";
}

class EngineNotifierTest : public testing::Test {
 protected:
  EngineNotifierOptions options() {
    EngineNotifierOptions options{
        .name = "bus", .publisher = std::make_unique<FakePublisher>(published_, answer_)};
    options.host = "proxy-8";
    return options;
  }
  DeliveryOutcome send(EngineNotifier& notifier) {
    event::RemediationEvent event;
    event.event_id = "inc-1.opened.1";
    event.incident_id = "inc-1";
    event.body = R"({"id":"inc-1.opened.1"})";
    return run_coroutine(loop_, notifier.send(event));
  }

  boost::asio::io_context loop_;
  std::vector<Published> published_;
  Result<> answer_ = success();
};

TEST_F(EngineNotifierTest, KeepsTheEventsOfAnIncidentUnderOneKey) {
  EngineNotifier notifier(options());
  EXPECT_EQ(send(notifier).kind, DeliveryOutcome::Kind::delivered);
  ASSERT_EQ(published_.size(), 1U);
  EXPECT_EQ(published_[0].id, "inc-1.opened.1");
  EXPECT_EQ(published_[0].key, "inc-1");
  EXPECT_EQ(published_[0].content_type, "application/cloudevents+json");
  EXPECT_EQ(published_[0].body, R"({"id":"inc-1.opened.1"})");
  EXPECT_EQ(notifier.refresh_interval().count(), 0) << "no heartbeats";
}

TEST_F(EngineNotifierTest, KeepsAllThatAnEdgeSaysUnderItsName) {
  EngineNotifierOptions edge = options();
  edge.describe = describe;
  edge.heartbeat_interval = std::chrono::seconds(7);
  EngineNotifier notifier(std::move(edge));
  EXPECT_EQ(notifier.refresh_interval(), std::chrono::seconds(7));
  EXPECT_EQ(send(notifier).kind, DeliveryOutcome::Kind::delivered);
  EXPECT_TRUE(run_coroutine(loop_, notifier.refresh()));
  ASSERT_EQ(published_.size(), 2U);
  EXPECT_EQ(published_[0].id, "inc-1.opened.1");
  EXPECT_THAT(published_[0].body, HasSubstr(R"("edge":{"host":"proxy-8"})"));
  EXPECT_THAT(published_[0].body, HasSubstr(R"("event":{"id":"inc-1.opened.1"})"));
  EXPECT_EQ(published_[1].id, "") << "a heartbeat is not published again";
  EXPECT_THAT(published_[1].body, HasSubstr(R"("version":"1")"));
  for (const Published& one : published_) {
    EXPECT_EQ(one.key, "proxy-8");
    EXPECT_EQ(one.content_type, "application/json");
  }
}

/// Of a fault of partition 1 of three, which partition 2 had under another fingerprint.
event::RemediationEvent event_of_what_moved() {
  event::RemediationEvent event;
  event.event_id = "inc-1.diagnosed.1";
  event.incident_id = "inc-1";
  event.body = R"({"data":{"incident":{"fingerprint":"v1:00000004000000000000000000000000",)"
               R"("earlier_fingerprints":["v1:00000001000000000000000000000000",)"
               R"("v1:00000002000000000000000000000000"]}}})";
  return event;
}

TEST_F(EngineNotifierTest, TellsThePartitionOfAFaultAndThenThoseThatItLeft) {
  EngineNotifierOptions edge = options();
  edge.describe = describe;
  edge.partitions = 3;
  EngineNotifier notifier(std::move(edge));
  const event::RemediationEvent event = event_of_what_moved();
  EXPECT_EQ(run_coroutine(loop_, notifier.send(event)).kind, DeliveryOutcome::Kind::delivered);
  ASSERT_EQ(published_.size(), 2U);
  EXPECT_EQ(published_[0].partition, 1);
  EXPECT_EQ(published_[0].id, "inc-1.diagnosed.1");
  EXPECT_THAT(published_[0].body, HasSubstr(R"({"version":1,"edge":{"host":"proxy-8"},)"
                                            R"("partitions":3,"event":)"));
  EXPECT_EQ(published_[1].partition, 2);
  EXPECT_EQ(published_[1].id, "inc-1.diagnosed.1.moved-2") << "another message of the same stream";
  EXPECT_THAT(published_[1].body, HasSubstr(R"("moved":true,)"));
}

TEST_F(EngineNotifierTest, APartitionThatCannotBeToldKeepsNoHeartbeatFromTheOthers) {
  EngineNotifierOptions edge = options();
  edge.describe = describe;
  edge.partitions = 4;
  edge.publisher = std::make_unique<FakePublisher>(published_, answer_, 0);
  EngineNotifier notifier(std::move(edge));
  std::vector<DeliveryOutcome::Kind> outcomes;
  for (int round = 0; round < 3; ++round)
    outcomes.push_back(run_coroutine(loop_, notifier.refresh())->kind);
  using Kind = DeliveryOutcome::Kind;
  EXPECT_THAT(outcomes, testing::ElementsAre(Kind::retry, Kind::delivered, Kind::delivered))
      << "the engine is there, so nothing else waits for it";
  std::vector<std::int32_t> told;
  for (const Published& one : published_) told.push_back(one.partition);
  EXPECT_THAT(told, testing::ElementsAre(0, 1, 2, 3, 0, 1, 2, 3, 0));
}

TEST_F(EngineNotifierTest, AnEngineThatIsAwayIsAskedOnceForAHeartbeat) {
  EngineNotifierOptions edge = options();
  edge.describe = describe;
  edge.partitions = 4;
  answer_ = fail(ErrorCode::timeout, "nobody is there");
  EngineNotifier notifier(std::move(edge));
  EXPECT_EQ(run_coroutine(loop_, notifier.refresh())->kind, DeliveryOutcome::Kind::retry);
  EXPECT_EQ(published_.size(), 1U) << "each attempt takes a timeout";
}

TEST_F(EngineNotifierTest, GivesHeartbeatsToAllPartitions) {
  EngineNotifierOptions edge = options();
  edge.describe = describe;
  edge.partitions = 3;
  EngineNotifier notifier(std::move(edge));
  EXPECT_TRUE(run_coroutine(loop_, notifier.refresh()));
  ASSERT_EQ(published_.size(), 3U);
  for (std::int32_t partition = 0; partition < 3; ++partition)
    EXPECT_EQ(published_[static_cast<std::size_t>(partition)].partition, partition);
}

TEST_F(EngineNotifierTest, HasNotDeliveredWhatOneOfThePartitionsDoesNotHave) {
  EngineNotifierOptions edge = options();
  edge.describe = describe;
  edge.partitions = 3;
  EngineNotifier notifier(std::move(edge));
  answer_ = fail(ErrorCode::network, "away");
  const event::RemediationEvent event = event_of_what_moved();
  EXPECT_EQ(run_coroutine(loop_, notifier.send(event)).kind, DeliveryOutcome::Kind::retry);
  EXPECT_EQ(published_.size(), 1U);
}

TEST_F(EngineNotifierTest, RefusesForGoodOnlyWhatIsTooLarge) {
  EngineNotifier notifier(options());
  answer_ = fail(ErrorCode::limit_exceeded, "too large");
  EXPECT_EQ(send(notifier).kind, DeliveryOutcome::Kind::rejected);
  for (const ErrorCode code : {ErrorCode::network, ErrorCode::timeout, ErrorCode::not_found,
                               ErrorCode::permission_denied, ErrorCode::invalid_configuration}) {
    answer_ = fail(code, "why");
    EXPECT_EQ(send(notifier).kind, DeliveryOutcome::Kind::retry);
  }
}

}  // namespace
}  // namespace handshaked::emit::test
