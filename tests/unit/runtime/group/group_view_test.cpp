#include "runtime/group/group_view.h"

#include <gmock/gmock.h>

#include "unit/runtime/group/group_engine_model.h"

namespace handshaked::runtime::test {
namespace {

TEST(GroupView, ForgetsAWorkerThatHasBeenSilentForSevenDays) {
  GroupEngineModel engine;
  config::Config config;
  config.group.name = "proxies";
  config.group.partitions = 1;
  const Time now{std::chrono::days(20'000)};
  const auto heard = [&](const std::string& worker, Duration ago) {
    engine.values[worker_key(worker)] = {
        .text = worker_text(std::nullopt), .revision = 1, .written_at = now - ago};
  };
  heard("anna", std::chrono::seconds(1));
  heard("berta", std::chrono::days(6));
  heard("clara", std::chrono::days(8));
  const auto group = look_at_group(engine, config, now);
  ASSERT_TRUE(group);
  std::vector<std::pair<std::string, bool>> workers;
  for (const auto& worker : group.value().workers)
    workers.emplace_back(worker.name, worker.is_silent);
  EXPECT_THAT(workers, testing::ElementsAre(std::pair("anna", false), std::pair("berta", true)));
}

/// Its state is there, the lines are not.
struct EngineWithoutLines : GroupEngineModel {
  int questions = 0;
  Result<std::optional<std::uint64_t>> waiting(std::uint32_t partition) override {
    if (partition == 0) return std::optional<std::uint64_t>(5);
    ++questions;
    return fail(ErrorCode::timeout, "partition 1 has no leader");
  }
};

TEST(GroupView, NamesTheOwnersWhereNobodyKnowsHowMuchIsUnread) {
  EngineWithoutLines engine;
  config::Config config;
  config.group.name = "proxies";
  config.group.partitions = 3;
  const auto group = look_at_group(engine, config, Time{std::chrono::days(20'000)});
  ASSERT_TRUE(group);
  ASSERT_EQ(group.value().partitions.size(), 3U);
  EXPECT_EQ(group.value().partitions[0].waiting, 5U);
  EXPECT_FALSE(group.value().partitions[1].waiting);
  EXPECT_FALSE(group.value().partitions[2].waiting);
  EXPECT_EQ(group.value().trouble, "partition 1 has no leader");
  EXPECT_EQ(engine.questions, 1) << "each takes seconds";
}

}  // namespace
}  // namespace handshaked::runtime::test
