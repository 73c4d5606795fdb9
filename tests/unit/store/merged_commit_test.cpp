#include "store/merged_commit.h"

#include "rows.h"

namespace handshaked::store::test {
namespace {

TEST(MergedCommit, KeepsTheNewestRowOfEachSourceAndIncident) {
  MergedCommit merged;
  merged.add({.positions = {{"a", "1"}, {"b", "1"}},
              .incidents = {incident("i", IncidentStatus::open, at(1))}},
             {});
  merged.add({.positions = {{"a", "2"}},
              .incidents = {incident("i", IncidentStatus::resolved, at(2)), incident("j")}},
             {});
  ASSERT_EQ(merged.commit().positions.size(), 2U);
  EXPECT_EQ(merged.commit().positions[0].cursor, "2");
  ASSERT_EQ(merged.commit().incidents.size(), 2U);
  EXPECT_EQ(merged.commit().incidents[0].status, IncidentStatus::resolved);
}

TEST(MergedCommit, KeepsEveryDeliveryInOrder) {
  MergedCommit merged;
  MergedCommit newer;
  merged.add({.deliveries = {delivery("1", "i"), delivery("2", "i")}}, {});
  newer.add({.deliveries = {delivery("3", "i")}}, {});
  merged.add(std::move(newer));
  ASSERT_EQ(merged.commit().deliveries.size(), 3U);
  EXPECT_EQ(merged.commit().deliveries[2].event_id, "3");
}

TEST(MergedCommit, DoesNotGrowWhileTheSameRowsChange) {
  MergedCommit merged;
  merged.add({.positions = {{"a", "0000"}}, .incidents = {incident("i")}}, {});
  const std::size_t size_bytes = merged.size_bytes();
  for (int i = 1000; i < 2000; ++i)
    merged.add({.positions = {{"a", std::to_string(i)}}, .incidents = {incident("i")}}, {});
  EXPECT_EQ(merged.size_bytes(), size_bytes);
}

TEST(MergedCommit, TellsEverybodyOnceInOrder) {
  MergedCommit merged;
  MergedCommit newer;
  std::string told;
  merged.add({}, [&](const Result<>& outcome) { told += outcome ? "1" : "x"; });
  EXPECT_FALSE(merged.empty());
  newer.add({}, [&](const Result<>& outcome) { told += outcome ? "2" : "x"; });
  merged.add(std::move(newer));
  merged.finish(success());
  merged.finish(success());
  EXPECT_EQ(told, "12");
  EXPECT_TRUE(merged.empty());
  EXPECT_EQ(merged.size_bytes(), 0U);
}

}  // namespace
}  // namespace handshaked::store::test
