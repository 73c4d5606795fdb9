#include "cli/knowledge/rules_location.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "support/temp_dir.h"

namespace handshaked::cli {
namespace {

namespace fs = std::filesystem;

class RulesAround : public testing::Test {
 protected:
  test::TempDir root_;
};

TEST_F(RulesAround, AreFoundAboveABuildTree) {
  fs::create_directories(root_ / "rules" / "causes");
  fs::create_directories(root_ / "build" / "daemon");
  EXPECT_EQ(rules_around(root_ / "build" / "daemon" / "handshaked"), root_ / "rules");
}

TEST_F(RulesAround, AreNotADirectoryThatOnlyHasTheName) {
  fs::create_directories(root_ / "rules");
  EXPECT_FALSE(rules_around(root_ / "bin" / "handshaked").has_value());
}

TEST_F(RulesAround, AreThoseThatWereInstalledWithTheProgram) {
  EXPECT_FALSE(rules_of_installation(root_ / "usr" / "bin" / "handshaked").has_value());
  fs::create_directories(root_ / "usr" / "share" / "handshaked" / "rules");
  EXPECT_EQ(rules_of_installation(root_ / "usr" / "bin" / "handshaked"), root_ / "usr" / "share" / "handshaked" / "rules");
}

TEST(FindRules, TakesWhatWasAskedForAsItIs) {
  ::setenv("HANDSHAKED_RULES", "/from/environment", 1);
  EXPECT_EQ(find_rules("/asked/for"), "/asked/for");
  EXPECT_EQ(find_rules(""), "/from/environment");
  ::unsetenv("HANDSHAKED_RULES");
}

}  // namespace
}  // namespace handshaked::cli
