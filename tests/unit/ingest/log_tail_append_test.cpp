// What a log does most of the time: it is there or comes, and grows.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_directory.h"

namespace handshaked::ingest {
namespace {

using test::Follower;
using test::Kind;
using test::Lines;
using test::LogDirectory;

TEST(LogTail, StartsAtTheEndOfALogThatExists) {
  LogDirectory logs;
  logs.append("old\n");
  Follower follower(logs.path(), {});
  EXPECT_EQ(follower.lines(), Lines{});
  logs.append("new\n");
  EXPECT_EQ(follower.lines(), Lines{"new"});
  EXPECT_EQ(follower.collector.befores.back(), "old\n");
  EXPECT_EQ(follower.collector.offsets.back(), 4u);
}

TEST(LogTail, StartsBeforeAPartialLastLine) {
  LogDirectory logs;
  logs.append("old\npart");
  Follower follower(logs.path(), {});
  EXPECT_EQ(follower.lines(), Lines{});
  logs.append("ial\n");
  EXPECT_EQ(follower.lines(), Lines{"partial"});
}

TEST(LogTail, StartsAtTheBeginningWhenItIsAskedTo) {
  LogDirectory logs;
  logs.append("one\ntwo\n");
  Follower follower(logs.path());
  EXPECT_EQ(follower.lines(), (Lines{"one", "two"}));
  EXPECT_EQ(follower.count(Kind::opened), 1u);
  EXPECT_EQ(follower.count(Kind::caught_up), 1u);
  logs.append("three\n");
  EXPECT_EQ(follower.lines(), Lines{"three"});
  EXPECT_EQ(follower.count(Kind::caught_up), 1u) << "told once";
}

TEST(LogTail, WaitsForAMissingLogAndReadsItFromItsBeginning) {
  LogDirectory logs;
  logs.append("older\n", "error.log.1");
  Follower follower(logs.path(), {});
  EXPECT_EQ(follower.lines(), Lines{});
  EXPECT_EQ(follower.lines(), Lines{});
  EXPECT_EQ(follower.count(Kind::waiting), 1u);
  logs.append("one\n");
  EXPECT_EQ(follower.lines(), Lines{"one"});
  EXPECT_EQ(follower.count(Kind::opened), 1u);
}

TEST(LogTail, ReadsALogThatCameAndWasRotatedBeforeItLooked) {
  LogDirectory logs;
  logs.append("older\n", "error.log.1");
  Follower follower(logs.path(), {});
  EXPECT_EQ(follower.lines(), Lines{});
  logs.rename("error.log.1", "error.log.2");
  logs.append("one\n", "error.log.1");
  EXPECT_EQ(follower.lines(), Lines{"one"});
  logs.append("two\n");
  EXPECT_EQ(follower.lines(), Lines{"two"});
}

TEST(LogTail, KeepsAPartialLineUntilItsEndCame) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("o");
  EXPECT_EQ(follower.lines(), Lines{});
  logs.append("n");
  EXPECT_EQ(follower.lines(), Lines{});
  logs.append("e\nt");
  EXPECT_EQ(follower.lines(), Lines{"one"});
  follower.restart();
  EXPECT_EQ(follower.lines(), Lines{});
  logs.append("wo\n");
  EXPECT_EQ(follower.lines(), Lines{"two"});
}

TEST(LogTail, CutsOverlongLinesAlsoAcrossARestart) {
  LogDirectory logs;
  Follower follower(logs.path(), {.from_start = true, .line_limit = 10});
  logs.append("123456789012345");
  EXPECT_EQ(follower.lines(), Lines{"1234567890"});
  follower.restart();
  logs.append("67890\nnext\n");
  EXPECT_EQ(follower.lines(), Lines{"next"});
  EXPECT_EQ(follower.tail().skipped_bytes(), 5u);
}

TEST(LogTail, DoesBoundedWorkInAStepAndSaysThatMoreIsWaiting) {
  LogDirectory logs;
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "a line of some length\n";
  logs.append(text);
  LogTail tail(logs.path(), {.from_start = true, .step_bytes = 1000});
  test::LineCollector collector;
  const TailStep first = tail.step(collector, wall_clock_now());
  EXPECT_TRUE(first.more);
  EXPECT_FALSE(first.caught_up);
  EXPECT_EQ(first.bytes, 1000u);
  int steps = 1;
  while (tail.step(collector, wall_clock_now()).more) ++steps;
  EXPECT_EQ(collector.lines.size(), 10000u);
  EXPECT_NEAR(steps, static_cast<double>(text.size()) / 1000, 2);
}

TEST(LogTail, ReportsADirectoryAndWaitsForALog) {
  LogDirectory logs;
  std::filesystem::create_directory(logs.path());
  Follower follower(logs.path(), {});
  follower.lines();
  follower.lines();
  ASSERT_EQ(follower.count(Kind::unreadable), 1u);
  EXPECT_NE(follower.last(Kind::unreadable)->detail.find("is a directory"), std::string::npos);
  logs.remove();
  logs.append("one\n");
  EXPECT_EQ(follower.lines(), Lines{"one"});
}

TEST(LogTail, DoesNotHangOnAPipe) {
  LogDirectory logs;
  ASSERT_EQ(0, ::mkfifo(logs.path().c_str(), 0600));
  Follower follower(logs.path(), {});
  follower.lines();
  EXPECT_EQ(follower.count(Kind::unreadable), 1u);
}

TEST(LogTail, ReportsAnUnreadableLogOnceAndReadsWhatCameSince) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  LogDirectory logs;
  logs.append("old\n");
  ::chmod(logs.path().c_str(), 0200);
  Follower follower(logs.path(), {});
  follower.lines();
  logs.append("new\n");
  follower.lines();
  EXPECT_EQ(follower.count(Kind::unreadable), 1u);
  ::chmod(logs.path().c_str(), 0600);
  EXPECT_EQ(follower.lines(), Lines{"new"});
}

TEST(LogTail, ALogThatNobodyMayReadForAMomentOfItsRotationIsNotCalledUnreadable) {
  LogDirectory logs;
  logs.append("one\n");
  Follower follower(logs.path(), {.from_start = true});
  EXPECT_EQ(follower.lines(), Lines{"one"});
  logs.rename("error.log", "error.log.1");
  std::filesystem::create_directory(
      logs.path());  // in the place of a file that is root's alone, which root may read
  follower.lines();
  follower.lines();
  EXPECT_EQ(follower.count(Kind::unreadable), 0u) << "it gets its owner and mode in a moment";
  std::filesystem::remove(logs.path());
  logs.append("two\n");
  EXPECT_EQ(follower.lines(), Lines{"two"});
  EXPECT_EQ(follower.count(Kind::unreadable), 0u);
}

TEST(LogTail, SaysWhereItStandsBeforeItsFirstStep) {
  const ReadPosition saved{"/a",
                           {FilePosition{.path = "/a",
                                         .identity = {{1, 2, {}}, {}},
                                         .start = {{7}, false},
                                         .finished = false,
                                         .modified = {}}}};
  EXPECT_EQ(LogTail("/a", {}, saved).position(), saved);
  EXPECT_EQ(LogTail("/a", {}).position(), (ReadPosition{"/a", {}}));
}

}  // namespace
}  // namespace handshaked::ingest
