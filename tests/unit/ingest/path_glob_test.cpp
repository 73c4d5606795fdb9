#include "ingest/path_glob.h"

#include <gtest/gtest.h>

#include "log_directory.h"

namespace handshaked::ingest {
namespace {

using test::LogDirectory;

std::vector<std::string> names(const PathGlob::Expansion& expansion) {
  std::vector<std::string> result;
  for (const std::string& path : expansion.paths)
    result.push_back(std::filesystem::path(path).filename());
  return result;
}

TEST(PathGlob, FindsLogsAndNotTheirRotatedForms) {
  LogDirectory logs;
  for (const char* name : {"error.log", "error.log.1", "error.log.2.gz", "error.log-20261121",
                           "error-20261121.log", "api.error.log", "api.error.log.1", "access.log"})
    logs.append("x", name);
  std::filesystem::create_directory(logs.path("error.d"));
  PathGlob glob({logs.path("*error*")});
  EXPECT_EQ(names(glob.expand()), (std::vector<std::string>{"api.error.log", "error.log"}));
}

TEST(PathGlob, FindsLogsThatAppearLater) {
  LogDirectory logs;
  PathGlob glob({logs.path("*error*.log")});
  EXPECT_TRUE(glob.expand().paths.empty());
  logs.append("x", "error.log");
  EXPECT_EQ(names(glob.expand()), (std::vector<std::string>{"error.log"}));
  logs.append("x", "api_error.log");
  EXPECT_EQ(names(glob.expand()), (std::vector<std::string>{"api_error.log", "error.log"}));
}

TEST(PathGlob, LeavesARotatedFileOutWhileItsLogIsMissing) {
  LogDirectory logs;
  logs.append("x", "error.log.1");
  logs.append("x", "error-20261121.log");
  PathGlob first({logs.path("*error*")});
  EXPECT_EQ(names(first.expand()), (std::vector<std::string>{"error-20261121.log"}))
      << "a name that a program may give by itself";
  logs.append("x", "error.log");
  EXPECT_EQ(names(first.expand()), (std::vector<std::string>{"error.log"}));
  logs.remove("error.log");
  EXPECT_TRUE(first.expand().paths.empty()) << "the log is known by now";
}

TEST(PathGlob, KeepsNamesThatOnlyLookRotated) {
  LogDirectory logs;
  logs.append("x", "app.1");
  logs.append("x", "app.2");
  PathGlob glob({logs.path("app.*")});
  EXPECT_EQ(names(glob.expand()), (std::vector<std::string>{"app.1", "app.2"}));
}

TEST(PathGlob, KeepsAPathWithoutWildcardsWhateverStandsThere) {
  LogDirectory logs;
  std::filesystem::create_directory(logs.path("directory"));
  PathGlob glob({logs.path("nothing.log"), logs.path("directory"), logs.path("error.log.1")});
  EXPECT_EQ(names(glob.expand()),
            (std::vector<std::string>{"directory", "error.log.1", "nothing.log"}));
}

TEST(PathGlob, FollowsAFileOnceWhenALinkStandsBesideIt) {
  LogDirectory logs;
  logs.append("x", "error.log");
  std::filesystem::create_symlink(logs.path("error.log"), logs.path("current_error.log"));
  PathGlob glob({logs.path("*error.log"), logs.path("error*")});
  EXPECT_EQ(names(glob.expand()), (std::vector<std::string>{"error.log"}));
}

TEST(PathGlob, UnderstandsBracesAndDirectories) {
  LogDirectory logs;
  for (const char* name : {"a", "b", "c"}) {
    std::filesystem::create_directory(logs.path(name));
    logs.append("x", std::string(name) + "/error.log");
  }
  PathGlob glob({logs.path("{a,b}/error.log")});
  EXPECT_EQ(glob.expand().paths.size(), 2u);
  EXPECT_TRUE(glob.directories().empty());
}

TEST(PathGlob, ReportsADirectoryThatIsMissing) {
  LogDirectory logs;
  PathGlob glob({logs.path("nothing/*.log")});
  const auto expansion = glob.expand();
  ASSERT_EQ(expansion.problems.size(), 1u);
  EXPECT_NE(expansion.problems[0].find(logs.path("nothing")), std::string::npos);
  EXPECT_EQ(glob.directories(), (std::vector<std::string>{logs.path("nothing")}));
}

}  // namespace
}  // namespace handshaked::ingest
