#include "runtime/files/dropped_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace handshaked::runtime {
namespace {

using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DroppedLogs, AreLetGoWhenTheyWereSilentForLongEnough) {
  const test::TempDir directory;
  const std::string path = (directory / "error.log").string();
  std::ofstream(path) << "x\n";
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  const Time written(std::chrono::seconds(status.st_mtim.tv_sec));
  const DroppedLogs::SteadyTime began{};
  DroppedLogs dropped;
  dropped.drop(path, began);
  EXPECT_THAT(dropped.take_due(began + minutes(9), written + minutes(60)), IsEmpty())
      << "named until just now";
  EXPECT_THAT(dropped.take_due(began + minutes(11), written + minutes(9)), IsEmpty())
      << "an old worker still writes";
  EXPECT_THAT(dropped.take_due(began + minutes(20), written + minutes(10)), ElementsAre(path));
  EXPECT_TRUE(dropped.empty());
}

TEST(DroppedLogs, AreKeptWhenTheyAreNamedAgain) {
  const DroppedLogs::SteadyTime began{};
  DroppedLogs dropped;
  dropped.drop("/nowhere/a.log", began);
  dropped.drop("/nowhere/b.log", began);
  dropped.drop("/nowhere/b.log", began + minutes(9));
  dropped.keep("/nowhere/a.log");
  EXPECT_THAT(dropped.take_due(began + minutes(10), Time{}), ElementsAre("/nowhere/b.log"))
      << "from when it was dropped first";
}

}  // namespace
}  // namespace handshaked::runtime
