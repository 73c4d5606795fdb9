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

}  // namespace
}  // namespace handshaked::runtime::test
