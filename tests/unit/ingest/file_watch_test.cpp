#include "ingest/file_watch.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "log_directory.h"

namespace handshaked::ingest {
namespace {

using test::LogDirectory;
using Paths = std::vector<std::string>;

/// What inotify tells is there when the system call that caused it returns.
bool is_awake(const FileWatch& watch) {
  pollfd waited{watch.descriptor(), POLLIN, 0};
  return ::poll(&waited, 1, 0) == 1;
}

TEST(FileWatch, WakesWhenTheLogGrows) {
  LogDirectory logs;
  logs.append("one\n");
  FileWatch watch;
  EXPECT_EQ(watch.watch(logs.path()), std::nullopt);
  EXPECT_FALSE(is_awake(watch));
  logs.append("two\n");
  EXPECT_TRUE(is_awake(watch));
  EXPECT_EQ(watch.read_changes(), Paths{logs.path()});
  EXPECT_FALSE(is_awake(watch));
}

TEST(FileWatch, SleepsWhenOnlyItsNeighbourGrows) {
  LogDirectory logs;
  logs.append("one\n");
  logs.append("GET /\n", "access.log");
  FileWatch watch;
  watch.watch(logs.path());
  logs.append("GET /\n", "access.log");
  EXPECT_FALSE(is_awake(watch));
}

TEST(FileWatch, WakesWhenAMissingLogAppearsAndThenGrows) {
  LogDirectory logs;
  FileWatch watch;
  EXPECT_EQ(watch.watch(logs.path()), std::nullopt);
  logs.append("");
  EXPECT_EQ(watch.read_changes(), Paths{logs.path()});
  logs.append("one\n");
  EXPECT_EQ(watch.read_changes(), Paths{logs.path()});
}

TEST(FileWatch, WatchesTheOldAndTheNewFileAfterARotation) {
  LogDirectory logs;
  logs.append("one\n");
  FileWatch watch;
  watch.watch(logs.path());
  for (int round = 0; round < 5; ++round) {
    logs.rename("error.log", "error.log." + std::to_string(round));
    logs.append("");
    EXPECT_EQ(watch.read_changes(), Paths{logs.path()});
    logs.append("late\n", "error.log." + std::to_string(round));
    EXPECT_EQ(watch.read_changes(), Paths{logs.path()}) << "nginx has not reopened its logs yet";
    logs.append("new\n");
    EXPECT_EQ(watch.read_changes(), Paths{logs.path()});
  }
}

TEST(FileWatch, WakesWhenALinkIsTurnedAndWatchesItsNewTarget) {
  LogDirectory logs;
  std::filesystem::create_directory(logs.path("a"));
  std::filesystem::create_directory(logs.path("b"));
  logs.append("x", "a/log");
  logs.append("x", "b/log");
  std::filesystem::create_symlink("a/log", logs.path());
  FileWatch watch;
  watch.watch(logs.path());
  logs.append("x", "a/log");
  EXPECT_EQ(watch.read_changes(), Paths{logs.path()});
  std::filesystem::create_symlink("b/log", logs.path("next"));
  logs.rename("next", "error.log");
  EXPECT_EQ(watch.read_changes(), Paths{logs.path()});
  logs.append("x", "b/log");
  EXPECT_EQ(watch.read_changes(), Paths{logs.path()});
  logs.rename("b/log", "b/log.1");
  logs.append("", "b/log");
  EXPECT_EQ(watch.read_changes(), Paths{logs.path()}) << "the target was rotated, the link stands";
}

TEST(FileWatch, TellsOfNewNamesInADirectory) {
  LogDirectory logs;
  FileWatch watch;
  const std::string directory = std::filesystem::path(logs.path()).parent_path();
  EXPECT_EQ(watch.watch_directory(directory), std::nullopt);
  logs.append("", "new_error.log");
  EXPECT_EQ(watch.read_changes(), Paths{directory});
}

TEST(FileWatch, SaysWhyAPathNeedsPolling) {
  LogDirectory logs;
  FileWatch watch;
  const auto reason = watch.watch(logs.path("nothing/error.log"));
  ASSERT_TRUE(reason);
  EXPECT_EQ(watch.polled().count(logs.path("nothing/error.log")), 1u);
  std::filesystem::create_directory(logs.path("nothing"));
  EXPECT_EQ(watch.watch(logs.path("nothing/error.log")), std::nullopt);
  EXPECT_TRUE(watch.polled().empty());
}

TEST(FileWatch, ForgetsWhatIsNotWatchedAnyMore) {
  LogDirectory logs;
  logs.append("one\n");
  FileWatch watch;
  watch.watch(logs.path());
  watch.unwatch(logs.path());
  watch.read_changes();
  logs.append("two\n");
  logs.rename("error.log", "error.log.1");
  EXPECT_TRUE(watch.read_changes().empty());
}

TEST(FileWatch, GoesOnAfterItsDirectoryWasDeletedAndMadeAgain) {
  LogDirectory logs;
  std::filesystem::create_directory(logs.path("d"));
  logs.append("one\n", "d/error.log");
  FileWatch watch;
  watch.watch(logs.path("d/error.log"));
  std::filesystem::remove_all(logs.path("d"));
  EXPECT_EQ(watch.read_changes(), Paths{logs.path("d/error.log")});
  EXPECT_FALSE(watch.polled().empty()) << "nothing to watch: to be polled until it is there again";
  std::filesystem::create_directory(logs.path("d"));
  logs.append("two\n", "d/error.log");
  EXPECT_EQ(watch.watch(logs.path("d/error.log")), std::nullopt);
  logs.append("three\n", "d/error.log");
  EXPECT_EQ(watch.read_changes(), Paths{logs.path("d/error.log")});
}

}  // namespace
}  // namespace handshaked::ingest
