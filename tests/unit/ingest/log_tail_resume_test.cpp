// The daemon was stopped or killed, and things happened to the log meanwhile.
#include <gtest/gtest.h>

#include "log_directory.h"

namespace handshaked::ingest {
namespace {

using std::chrono::seconds;
using test::Follower;
using test::Kind;
using test::Lines;
using test::LogDirectory;

TEST(LogTailResume, GoesOnWhereItStopped) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\ntwo\n");
  follower.lines();
  follower.stop();
  logs.append("three\n");
  follower.start();
  EXPECT_EQ(follower.lines(), Lines{"three"});
  EXPECT_EQ(follower.collector.befores.back(), "one\ntwo\n");
}

TEST(LogTailResume, FinishesTheRotatedFileThenReadsTheLog) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  follower.stop();
  logs.append("two\n");
  logs.rename("error.log", "error.log.1");
  logs.append("three\n");
  follower.start();
  EXPECT_EQ(follower.lines(), (Lines{"two", "three"}));
  follower.restart();
  EXPECT_EQ(follower.lines(), Lines{});
}

TEST(LogTailResume, FinishesACompressedFileAndEveryNewerOne) {
  for (const std::string program : {"gzip", "zstd"}) {
    const std::string ending = program == "gzip" ? ".gz" : ".zst";
    LogDirectory logs;
    Follower follower(logs.path());
    logs.append("older\n", "error.log.1");
    logs.append("one\npart");
    EXPECT_EQ(follower.lines(), Lines{"one"});
    follower.stop();
    logs.append("ial\ntwo\n");
    logs.rename("error.log.1", "error.log.4");
    logs.rename("error.log", "error.log.3");
    logs.append("three\n", "error.log.2");
    logs.append("four\n", "error.log.1");
    logs.append("five\n");
    for (const char* name : {"error.log.4", "error.log.3", "error.log.2"})
      logs.compress(name, program);
    follower.start();
    EXPECT_EQ(follower.lines(), (Lines{"partial", "two", "three", "four", "five"}));
    EXPECT_EQ(follower.collector.befores[1], "one\n")
        << "what stands before is known behind compression too";
    EXPECT_EQ(follower.collector.paths[1], logs.path("error.log.3" + ending));
  }
}

TEST(LogTailResume, FinishesDatedFiles) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("0\n", "error.log-20261118.gz");
  logs.append("1\n");
  follower.lines();
  follower.stop();
  logs.append("2\n");
  logs.rename("error.log", "error.log-20261119");
  logs.compress("error.log-20261119");
  logs.append("3\n", "error.log-20261120");
  logs.append("4\n", "error.log-20261121");
  logs.append("5\n");
  follower.start();
  EXPECT_EQ(follower.lines(), (Lines{"2", "3", "4", "5"}));
}

TEST(LogTailResume, FinishesTheCopyOfCopytruncate) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\ntwo\n");
  follower.lines();
  follower.stop();
  logs.append("three\n");
  logs.copy("error.log", "error.log.1");
  logs.overwrite("four is a longer line than those before it\n");
  follower.start();
  EXPECT_EQ(follower.lines(), (Lines{"three", "four is a longer line than those before it"}));
  EXPECT_EQ(follower.count(Kind::truncated), 0u) << "nothing is lost";
}

TEST(LogTailResume, ReadsWhatChangedSinceWhenItsFileIsGone) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("0\n", "error.log.1");
  std::filesystem::last_write_time(
      logs.path("error.log.1"),
      std::filesystem::file_time_type::clock::now() - std::chrono::hours(24));
  logs.append("1\n");
  follower.lines();
  follower.stop();
  logs.rename("error.log.1", "error.log.3");
  logs.remove();
  logs.append("2\n", "error.log.2");
  logs.append("3\n", "error.log.1");
  logs.append("4\n");
  follower.start();
  EXPECT_EQ(follower.lines(), (Lines{"2", "3", "4"}));
  EXPECT_EQ(follower.count(Kind::lost_track), 1u);
}

TEST(LogTailResume, IsNotFooledByAnInodeThatIsUsedAgain) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  follower.stop();
  // The inode of the log holds something else now, and its content stands elsewhere.
  logs.copy("error.log", "error.log.1");
  logs.append("two\n", "error.log.1");
  logs.overwrite("an entirely different log\n");
  follower.start();
  EXPECT_EQ(follower.lines(), (Lines{"two", "an entirely different log"}));
}

TEST(LogTailResume, FindsItsFileWhenTheDevicesWereNumberedAnew) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  ReadPosition position = follower.tail().position();
  position.files[0].identity.node = {4711, 4711, {}};
  logs.append("two\n");
  LogTail tail(logs.path(), {}, position);
  test::LineCollector collector;
  tail.step(collector, wall_clock_now());
  EXPECT_EQ(collector.lines, Lines{"two"});
}

TEST(LogTailResume, KeepsBothPlacesWhileItDrainsARotatedFile) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("a1\n");
  follower.lines();
  logs.rename("error.log", "error.log.1");
  logs.append("b1\n");
  follower.lines();
  follower.stop();
  logs.append("a2\n", "error.log.1");
  logs.append("b2\n");
  logs.rename("error.log.1", "error.log.2");
  logs.rename("error.log", "error.log.1");
  logs.append("c1\n");
  follower.start();
  EXPECT_EQ(follower.lines(), (Lines{"a2", "b2", "c1"}));
}

TEST(LogTailResume, WaitsWhenNothingIsThereAndReadsNothingTwice) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("one\n");
  follower.lines();
  follower.stop();
  logs.rename("error.log", "error.log.1");
  follower.start();
  EXPECT_EQ(follower.lines(), Lines{});
  EXPECT_EQ(follower.count(Kind::waiting), 1u);
  follower.restart();
  EXPECT_EQ(follower.lines(), Lines{});
  logs.append("two\n");
  EXPECT_EQ(follower.lines(), Lines{"two"});
}

TEST(LogTailResume, ReadsALogThatCameWhileItWasStopped) {
  LogDirectory logs;
  Follower follower(logs.path(), {});
  follower.lines();
  follower.stop();
  logs.append("one\n", "error.log.1");
  logs.append("two\n");
  follower.start();
  EXPECT_EQ(follower.lines(), (Lines{"one", "two"}));
}

TEST(LogTailResume, GoesOnInAnEmptyLogThatWasFilledAndRotated) {
  LogDirectory logs;
  logs.append("");
  Follower follower(logs.path(), {});
  follower.lines();
  follower.stop();
  logs.append("one\n");
  logs.rename("error.log", "error.log.1");
  logs.append("two\n");
  follower.start();
  EXPECT_EQ(follower.lines(), (Lines{"one", "two"}));
}

TEST(LogTailResume, PassesOverWhatItCannotReadAndSaysSo) {
  LogDirectory logs;
  Follower follower(logs.path());
  logs.append("1\n");
  follower.lines();
  follower.stop();
  logs.rename("error.log", "error.log.4");
  logs.append("not really", "error.log.3.xz");
  std::string text;
  for (int i = 0; i < 50000; ++i) text += "a " + std::to_string(i) + "\n";
  logs.append(text, "error.log.2");
  logs.compress("error.log.2");
  logs.truncate("error.log.2.gz", std::filesystem::file_size(logs.path("error.log.2.gz")) / 2);
  logs.append("3\n", "error.log.1");
  logs.append("4\n");
  follower.start();
  const Lines lines = follower.lines();
  ASSERT_GT(lines.size(), 1000u);
  EXPECT_EQ(lines.front(), "a 0");
  EXPECT_EQ(lines.back(), "4");
  EXPECT_EQ(lines[lines.size() - 2], "3");
  EXPECT_EQ(follower.last(Kind::lost_track)->path, logs.path("error.log.3.xz"));
  EXPECT_EQ(follower.last(Kind::damaged)->path, logs.path("error.log.2.gz"));
  follower.restart();
  EXPECT_EQ(follower.lines(), Lines{});
}

TEST(LogTailResume, LosesAndRepeatsNothingWhereverACompressedBacklogIsInterrupted) {
  LogDirectory logs;
  Follower follower(logs.path(), {.from_start = true, .step_bytes = 777});
  logs.append("start\n");
  follower.lines();
  follower.stop();
  logs.rename("error.log", "error.log.3");
  Lines expected;
  int number = 0;
  for (const char* name : {"error.log.3", "error.log.2", "error.log.1", "error.log"}) {
    for (int i = 0; i < 400; ++i) {
      expected.push_back("line " + std::to_string(number++));
      logs.append(expected.back() + "\n", name);
    }
  }
  logs.compress("error.log.3");
  logs.compress("error.log.2", "zstd");
  follower.start();
  Lines lines;
  for (int i = 0; i < 2000 && lines.size() < expected.size(); ++i) {
    // More than one step each: the beginning of a compressed file has to be passed over anew.
    for (int steps = 0; steps <= 6 + i / 10; ++steps)
      follower.tail().step(follower.collector, wall_clock_now());
    lines = test::together(lines, follower.collector.take());
    follower.restart();
  }
  EXPECT_EQ(lines, expected);
}

}  // namespace
}  // namespace handshaked::ingest
