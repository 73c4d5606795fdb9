// The content of the log is cut away under its reader.
#include <gtest/gtest.h>

#include "log_directory.h"

namespace handshaked::ingest {
namespace {

using test::Follower;
using test::Kind;
using test::Lines;
using test::LogDirectory;

TEST(LogTail, GoesOnAfterCopytruncate) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  logs.copy("error.log", "error.log.1");
  logs.truncate();
  EXPECT_EQ(follower.lines(), Lines{});
  logs.append("two\n");
  EXPECT_EQ(follower.lines(), Lines{"two"});
  EXPECT_EQ(follower.count(Kind::truncated), 1u);
  EXPECT_EQ(follower.last(Kind::truncated)->lost_bytes, 0u);
  follower.restart();
  EXPECT_EQ(follower.lines(), Lines{});
}

TEST(LogTail, FindsInTheCopyWhatItHadNotReadYet) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\ntw");
  follower.lines();
  logs.append("o\nthree\n");
  logs.copy("error.log", "error.log.1");
  logs.truncate();
  logs.append("four\n");
  EXPECT_EQ(follower.lines(), (Lines{"two", "three", "four"}));
  EXPECT_EQ(follower.last(Kind::truncated)->lost_bytes, 0u);
}

TEST(LogTail, FindsInACompressedCopyWhatItHadNotReadYet) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\ntw");
  follower.lines();
  logs.append("o\nthree\n");
  logs.copy("error.log", "error.log-20261121");
  logs.compress("error.log-20261121", "zstd");
  logs.truncate();
  logs.append("four\n");
  EXPECT_EQ(follower.lines(), (Lines{"two", "three", "four"}));
}

TEST(LogTail, ReadsEveryCopyWhenSeveralWereMadeUnseen) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("1\n");
  follower.lines();
  logs.append("2\n");
  logs.copy("error.log", "error.log.2");
  logs.truncate();
  logs.append("3 and more of it\n");
  logs.copy("error.log", "error.log.1");
  logs.truncate();
  logs.append("4\n");
  EXPECT_EQ(follower.lines(), (Lines{"2", "3 and more of it", "4"}));
}

TEST(LogTail, SeesTruncationThoughTheLogHasGrownPastItsPlaceAgain) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  logs.overwrite("a line that is much longer than the first\nanother\n");
  EXPECT_EQ(follower.lines(), (Lines{"a line that is much longer than the first", "another"}));
  EXPECT_EQ(follower.count(Kind::truncated), 1u);
}

TEST(LogTail, SeesTruncationThoughTheLogHasTheSameSizeAgain) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  logs.overwrite("two\n");
  EXPECT_EQ(follower.lines(), Lines{"two"});
}

TEST(LogTail, CountsBytesThatWereSeenAndAreGone) {
  LogDirectory logs;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "123456789\n";
  logs.append(text);
  LogTail tail(logs.path(), {.from_start = true, .step_bytes = 300});
  test::LineCollector collector;
  ASSERT_TRUE(tail.step(collector, wall_clock_now()).more);
  logs.truncate();
  std::optional<TailEvent> truncated;
  TailStep step;
  do {
    step = tail.step(collector, wall_clock_now());
    for (const TailEvent& event : step.events) {
      if (event.kind == Kind::truncated) truncated = event;
    }
  } while (step.more);
  ASSERT_TRUE(truncated);
  EXPECT_EQ(truncated->lost_bytes, 700u);
  EXPECT_EQ(collector.lines.size(), 30u);
}

TEST(LogTail, DeliversThePartialLineThatWasReadBeforeTruncation) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\npartial");
  EXPECT_EQ(follower.lines(), Lines{"one"});
  logs.overwrite("x\n");
  EXPECT_EQ(follower.lines(), (Lines{"partial", "x"}));
}

TEST(LogTail, NeverReadsTheHoleThatAWriterWithoutAppendLeaves) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  // Its next write goes to its old place: in front of it stand zero bytes.
  logs.overwrite(std::string(4, '\0') + "\ntwo\n");
  const Lines lines = follower.lines();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), "two");
}

TEST(LogTail, SeesTruncationWhileItWasStopped) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\ntwo\n");
  follower.lines();
  follower.stop();
  logs.overwrite("three\n");
  follower.start();
  EXPECT_EQ(follower.lines(), Lines{"three"});
  ASSERT_EQ(follower.count(Kind::truncated), 1u);
  EXPECT_EQ(follower.last(Kind::truncated)->lost_bytes, std::nullopt);
}

}  // namespace
}  // namespace handshaked::ingest
