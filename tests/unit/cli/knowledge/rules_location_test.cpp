#include "cli/knowledge/rules_location.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

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
  EXPECT_EQ(rules_of_installation(root_ / "usr" / "bin" / "handshaked"),
            root_ / "usr" / "share" / "handshaked" / "rules");
}

TEST_F(RulesAround, AreTheUpdatedOnesWhileTheyAreNewer) {
  const auto edition = [&](const char* name, const char* text) {
    fs::create_directories(root_ / name);
    std::ofstream(root_ / name / kEditionFile) << text;
    return (root_ / name).string();
  };
  const std::string installed = edition("installed", "2026-11-30\n"),
                    nowhere = (root_ / "nowhere").string();
  EXPECT_EQ(newer_rules(installed, nowhere), installed);
  EXPECT_EQ(newer_rules(installed, edition("same", "2026-11-30\n")), installed);
  EXPECT_EQ(newer_rules(installed, edition("older", "2025-12-31\n")), installed);
  EXPECT_EQ(newer_rules(installed, edition("second", "2026-11-30.2\n")),
            (root_ / "second").string());
  EXPECT_EQ(newer_rules(installed, edition("later", "2027-01-01")), (root_ / "later").string());
  EXPECT_EQ(newer_rules(nowhere, edition("any", "2020-01-01\n")), (root_ / "any").string());
  EXPECT_EQ(newer_rules(installed, edition("damaged", "tomorrow\n")), installed);
}

TEST(FindRules, TakesWhatWasAskedForAsItIs) {
  ::setenv("HANDSHAKED_RULES", "/from/environment", 1);
  EXPECT_EQ(find_rules("/asked/for"), "/asked/for");
  EXPECT_EQ(find_rules(""), "/from/environment");
  ::unsetenv("HANDSHAKED_RULES");
}

}  // namespace
}  // namespace handshaked::cli
