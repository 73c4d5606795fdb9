#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/read_toml.h"

namespace handshaked::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(FileSourceSection, WithoutAnyTheLogsAreDiscovered) {
  const LoadedConfig loaded = load_config("/nonexistent/handshaked.toml", false);
  ASSERT_EQ(loaded.config.files.size(), 1U);
  EXPECT_TRUE(loaded.config.files[0].discover);
  EXPECT_THAT(loaded.config.files[0].paths, ElementsAre("/var/log/nginx/*error*.log"));
}

TEST(FileSourceSection, PathsSwitchItOffUnlessItIsAskedFor) {
  EXPECT_FALSE(read("[[files]]\npaths = [\"/a.log\"]").config.files.at(0).discover);
  EXPECT_TRUE(read("[[files]]\npaths = [\"/a.log\"]\ndiscover = true").config.files.at(0).discover);
  EXPECT_TRUE(read("[[files]]\ntime_zone = \"UTC\"").config.files.at(0).discover);
  EXPECT_FALSE(read("[[files]]\ndiscover = false").config.files.at(0).discover);
  const LoadedConfig only = read("[[files]]\npaths = []\ndiscover = true");
  EXPECT_TRUE(only.problems.empty());
  EXPECT_TRUE(only.config.files.at(0).paths.empty());
}

TEST(FileSourceSection, RefusesASectionThatNamesNothingAndTwoThatDiscover) {
  EXPECT_THAT(read("[[files]]\npaths = []").problems.at(0).reason,
              HasSubstr("at least one file, or discover"));
  EXPECT_THAT(read("[[files]]\n[[files]]\nfrom_start = true").problems.at(0).reason,
              HasSubstr("only one section [[files]]"));
}

}  // namespace
}  // namespace handshaked::config
