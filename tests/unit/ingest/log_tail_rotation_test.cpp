// The log is renamed, deleted, replaced or linked anew while it is followed.
#include <gtest/gtest.h>

#include "log_directory.h"

namespace handshaked::ingest {
namespace {

using std::chrono::seconds;
using test::Follower;
using test::Kind;
using test::Lines;
using test::LogDirectory;

TEST(LogTail, GoesOnInTheNewFileAfterRenameAndCreate) {
  LogDirectory logs;
  logs.append("one\n");
  Follower follower(logs.path());
  follower.lines();
  logs.append("two\n");
  logs.rename("error.log", "error.log.1");
  logs.append("three\n");
  EXPECT_EQ(follower.lines(), (Lines{"two", "three"}));
  EXPECT_EQ(follower.count(Kind::rotated), 1u);
}

TEST(LogTail, DrainsTheRenamedFileUntilNginxReopensItsLogs) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  logs.rename("error.log", "error.log.1");
  logs.append("");
  EXPECT_EQ(follower.lines(), Lines{});
  logs.append("late\n", "error.log.1");
  EXPECT_EQ(follower.lines(seconds(30)), Lines{"late"});
  logs.append("new\n");
  logs.append("later\n", "error.log.1");
  EXPECT_EQ(follower.lines(seconds(50)), (Lines{"later", "new"}));
  EXPECT_EQ(follower.tail().position().files.size(), 2u);
  EXPECT_EQ(follower.lines(seconds(61)), Lines{});
  EXPECT_EQ(follower.tail().position().files.size(), 1u);
}

TEST(LogTail, DrainsForEverWhenNginxIsNeverToldToReopen) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  logs.rename("error.log", "error.log.1");
  logs.append("");
  EXPECT_EQ(follower.lines(seconds(3600)), Lines{});
  logs.append("much later\n", "error.log.1");
  EXPECT_EQ(follower.lines(seconds(3600)), Lines{"much later"});
}

TEST(LogTail, KeepsPartialLineAcrossRotation) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("par");
  follower.lines();
  logs.rename("error.log", "error.log.1");
  logs.append("new\n");
  EXPECT_EQ(follower.lines(), Lines{"new"});
  follower.restart();
  logs.append("tial\n", "error.log.1");
  EXPECT_EQ(follower.lines(), Lines{"partial"});
}

TEST(LogTail, DeliversAnUnterminatedLastLineWhenTheFileIsLetGo) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\nno end");
  EXPECT_EQ(follower.lines(), Lines{"one"});
  logs.rename("error.log", "error.log.1");
  logs.append("new\n");
  EXPECT_EQ(follower.lines(), Lines{"new"});
  EXPECT_EQ(follower.lines(seconds(61)), Lines{"no end"});
  follower.restart();
  EXPECT_EQ(follower.lines(seconds(61)), Lines{});
}

TEST(LogTail, ReadsEveryFileWhenSeveralRotationsHappenedUnseen) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("1\n");
  follower.lines();
  logs.append("2\n");
  logs.rename("error.log", "error.log.1");
  logs.append("3\n");
  logs.rename("error.log.1", "error.log.2");
  logs.rename("error.log", "error.log.1");
  logs.append("4\n");
  logs.compress("error.log.2");
  logs.rename("error.log.2.gz", "error.log.3.gz");
  logs.rename("error.log.1", "error.log.2");
  logs.compress("error.log.2");
  logs.rename("error.log", "error.log.1");
  logs.append("5\n");
  EXPECT_EQ(follower.lines(), (Lines{"2", "3", "4", "5"}));
  EXPECT_EQ(follower.count(Kind::lost_track), 0u);
}

TEST(LogTail, ReadsMoreUnseenRotationsThanItHoldsFiles) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("start\n");
  follower.lines();
  Lines expected;
  for (int i = 0; i < 100; ++i) {
    for (int j = i; j > 0; --j)
      logs.rename("error.log." + std::to_string(j), "error.log." + std::to_string(j + 1));
    expected.push_back(std::to_string(i));
    logs.append(expected.back() + "\n");
    logs.rename("error.log", "error.log.1");
  }
  EXPECT_EQ(follower.lines(), expected);
  EXPECT_EQ(follower.count(Kind::waiting), 1u);
  EXPECT_LE(follower.tail().position().files.size(), 9u);
  follower.restart();
  EXPECT_EQ(follower.lines(), Lines{});
  logs.append("end\n");
  EXPECT_EQ(follower.lines(), Lines{"end"});
}

TEST(LogTail, FollowsDeleteAndRecreate) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  logs.append("two\n");
  logs.remove();
  EXPECT_EQ(follower.lines(), Lines{"two"}) << "still open, though deleted";
  EXPECT_EQ(follower.count(Kind::waiting), 1u);
  logs.append("three\n");
  EXPECT_EQ(follower.lines(), Lines{"three"});
}

TEST(LogTail, LetsADeletedFileGoAndReadsItsSuccessorEvenInTheSameInode) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  logs.remove();
  follower.lines();
  follower.lines(seconds(61));
  follower.lines(seconds(61));
  ASSERT_EQ(follower.tail().position().files.size(), 1u);
  EXPECT_TRUE(follower.tail().position().files[0].finished);
  logs.append("two, longer than before\n");
  EXPECT_EQ(follower.lines(), Lines{"two, longer than before"});
}

TEST(LogTail, ReadsNothingTwiceWhenADeletedFileComesBack) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  logs.rename("error.log", "elsewhere");
  follower.lines(seconds(61));
  logs.rename("elsewhere", "error.log");
  logs.append("two\n");
  EXPECT_EQ(follower.lines(), Lines{"two"});
}

TEST(LogTail, FollowsALinkThatIsTurnedToAnotherFile) {
  LogDirectory logs;
  logs.append("a1\n", "a.log");
  logs.append("b1\n", "b.log");
  std::filesystem::create_symlink("a.log", logs.path());
  Follower follower(logs.path());
  EXPECT_EQ(follower.lines(), Lines{"a1"});
  logs.append("a2\n", "a.log");
  std::filesystem::create_symlink("b.log", logs.path("next"));
  logs.rename("next", "error.log");
  EXPECT_EQ(follower.lines(), (Lines{"a2", "b1"}));
  logs.append("b2\n", "b.log");
  logs.append("a3\n", "a.log");
  EXPECT_EQ(follower.lines(), (Lines{"a3", "b2"}));
  follower.stop();
  logs.append("a4\n", "a.log");
  logs.append("b3\n", "b.log");
  follower.start();
  EXPECT_EQ(follower.lines(), (Lines{"a4", "b3"}));
}

TEST(LogTail, FollowsTheRotationOfALinksTarget) {
  LogDirectory logs;
  std::filesystem::create_directory(logs.path("real"));
  logs.append("1\n", "real/e.log");
  std::filesystem::create_symlink("real/e.log", logs.path());
  Follower follower(logs.path());
  EXPECT_EQ(follower.lines(), Lines{"1"});
  logs.append("2\n", "real/e.log");
  logs.rename("real/e.log", "real/e.log.2");
  logs.append("3\n", "real/e.log.1");
  logs.append("4\n", "real/e.log");
  EXPECT_EQ(follower.lines(), (Lines{"2", "3", "4"}));
}

TEST(LogTail, TellsFromWhichFileABlockComes) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("1\n", "error.log");
  follower.lines();
  logs.rename("error.log", "error.log.2");
  logs.append("2\n", "error.log.1");
  logs.append("3\n");
  follower.lines();
  EXPECT_EQ(follower.collector.paths, (Lines{logs.path(), logs.path("error.log.1"), logs.path()}));
}

}  // namespace
}  // namespace handshaked::ingest
