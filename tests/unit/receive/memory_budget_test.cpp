#include "receive/memory_budget.h"

#include <gtest/gtest.h>

#include <vector>

#include "receive/record/byte_window.h"
#include "receive/record/json_tree.h"
#include "receive/senders.h"

namespace handshaked::receive {
namespace {

TEST(MemoryBudget, LeavesRoomForWhoeverComesNext) {
  Senders senders(1000);
  std::vector<Reservation> greedy;
  for (const char* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}) {
    Reservation& held = greedy.emplace_back(senders.memory_of(address));
    while (held.grow_to(held.held() + 1)) continue;
    EXPECT_GT(held.held(), 0U) << address;
  }
  EXPECT_EQ(greedy[0].held(), 500U);
  Reservation next(senders.memory_of("192.0.2.5"));
  EXPECT_TRUE(next.grow_to(30));
}

TEST(MemoryBudget, CountsAllConnectionsOfASender) {
  Senders senders(1000);
  Reservation one(senders.memory_of("192.0.2.1"));
  ASSERT_TRUE(one.grow_to(400));
  Reservation other(senders.memory_of("192.0.2.1"));
  EXPECT_FALSE(other.grow_to(200));
  one.shrink_to(0);
  EXPECT_TRUE(other.grow_to(200));
}

TEST(MemoryBudget, TellsForEverFromForNow) {
  Senders senders(1000);
  Reservation one(senders.memory_of("192.0.2.1"));
  EXPECT_EQ(one.refusal(501).code(), ErrorCode::limit_exceeded);
  EXPECT_EQ(one.refusal(500).code(), ErrorCode::cancelled);
  EXPECT_FALSE(one.grow_to(static_cast<std::size_t>(-1)));
  EXPECT_EQ(one.held(), 0U);
}

TEST(ByteWindow, IsChargedBeforeItGrows) {
  Senders senders(4000);
  const auto memory = senders.memory_of("192.0.2.1");
  ByteWindow window(memory);
  ASSERT_TRUE(window.reserve(500));
  EXPECT_GE(memory->budget().held(), 500U);
  EXPECT_FALSE(window.reserve(1'000'000));
  window.append("kept");
  EXPECT_EQ(window.view(), "kept");
  window.release();
  EXPECT_EQ(memory->budget().held(), 0U);
}

TEST(ByteWindow, KeepsWhatIsLeftWhileBytesComeAndGo) {
  ByteWindow window;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece = std::to_string(i);
    window.append(piece);
    expected += piece;
    const std::size_t taken = static_cast<std::size_t>(i) % 5;
    window.consume(std::min(taken, window.size()));
    expected.erase(0, std::min(taken, expected.size()));
    ASSERT_EQ(window.view(), expected);
  }
}

TEST(ConnectionCounts, LimitEachSenderAlone) {
  ConnectionCounts counts;
  EXPECT_TRUE(counts.try_add("192.0.2.1", 2));
  EXPECT_TRUE(counts.try_add("192.0.2.1", 2));
  EXPECT_FALSE(counts.try_add("192.0.2.1", 2));
  EXPECT_TRUE(counts.try_add("192.0.2.2", 2));
  counts.remove("192.0.2.1");
  EXPECT_TRUE(counts.try_add("192.0.2.1", 2));
}

TEST(JsonTree, CostsWhatItsSignsCost) {
  EXPECT_LT(json_tree_bytes(
                R"({"message":"an ordinary line of a log with some text in it, as most are"})"),
            73U * 6);
  EXPECT_GE(json_tree_bytes(std::string(1000, '[')), 1000U * 24);
  EXPECT_GE(json_tree_bytes("0 0 0 0 0 0 0 0"), 15U + 7 * 4);
}

}  // namespace
}  // namespace handshaked::receive
