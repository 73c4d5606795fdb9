#include "runtime/network/delivered_ids.h"

#include <gtest/gtest.h>

#include <optional>

namespace handshaked::runtime {
namespace {

using State = DeliveredIds::State;

std::string name(std::string_view id, std::string_view sender = "192.0.2.1") {
  return DeliveredIds::name_of(sender, id);
}

TEST(DeliveredIds, TellARepetitionWhatBecameOfTheFirst) {
  for (const bool is_stored : {true, false}) {
    DeliveredIds ids;
    ASSERT_EQ(ids.begin(name("a")), State::unknown);
    EXPECT_EQ(ids.begin(name("a")), State::pending);
    std::optional<Result<>> told;
    ids.when_ended(name("a"), [&](Result<> result) { told = std::move(result); });
    EXPECT_FALSE(told);
    ids.end(name("a"),
            is_stored ? Result<>(success()) : Result<>(fail(ErrorCode::limit_exceeded, "full")));
    ASSERT_TRUE(told);
    EXPECT_EQ(told->has_value(), is_stored);
    EXPECT_EQ(ids.find(name("a")), is_stored ? State::durable : State::unknown);
  }
}

TEST(DeliveredIds, NeverSayStoredOfWhatIsNot) {
  DeliveredIds ids;
  std::optional<Result<>> told;
  ids.when_ended(name("gone"), [&](Result<> result) { told = std::move(result); });
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->has_value());
}

TEST(DeliveredIds, BelongToTheirSender) {
  DeliveredIds ids;
  ids.begin(name("a"));
  ids.cursor_with(name("a"));
  ids.end(name("a"), success());
  EXPECT_EQ(ids.find(name("a")), State::durable);
  EXPECT_EQ(ids.find(name("a", "192.0.2.2")), State::unknown);
}

TEST(DeliveredIds, SurviveARestartWithTheirSenders) {
  DeliveredIds ids;
  std::string cursor;
  for (const char* id : {"a", "b"}) {
    ids.begin(name(id));
    cursor = ids.cursor_with(name(id));
    ids.end(name(id), success());
  }
  DeliveredIds later;
  ASSERT_TRUE(later.restore(cursor));
  EXPECT_EQ(later.find(name("a")), State::durable);
  EXPECT_EQ(later.find(name("b", "192.0.2.2")), State::unknown);
  EXPECT_FALSE(later.restore("v2 0123"));
  EXPECT_FALSE(later.restore("v3"));
}

TEST(DeliveredIds, ReadWhatVersionOneWrote) {
  DeliveredIds ids;
  ASSERT_TRUE(ids.restore("v1 " + name("a").substr(8)));
  EXPECT_EQ(ids.find(name("a")), State::durable);
  EXPECT_EQ(ids.find(name("b")), State::unknown);
}

TEST(DeliveredIds, NobodyPushesOutThoseOfOthers) {
  DeliveredIds ids;
  const auto deliver = [&](const std::string& batch) {
    ids.begin(batch);
    ids.cursor_with(batch);
    ids.end(batch, success());
  };
  deliver(name("mine", "192.0.2.9"));
  for (std::size_t i = 0; i < 3 * DeliveredIds::kRemembered; ++i) deliver(name(std::to_string(i)));
  EXPECT_EQ(ids.find(name("mine", "192.0.2.9")), State::durable);
  EXPECT_EQ(ids.find(name("0")), State::unknown);
  EXPECT_EQ(ids.find(name(std::to_string(3 * DeliveredIds::kRemembered - 1))), State::durable);
}

}  // namespace
}  // namespace handshaked::runtime
