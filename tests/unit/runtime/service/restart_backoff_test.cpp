#include "runtime/service/restart_backoff.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace handshaked::runtime {
namespace {

using Seconds = RestartBackoff::Seconds;

TEST(RestartBackoff, GrowsAfterFiveStartsInTenMinutes) {
  const test::TempDir directory;
  std::vector<Seconds::rep> waits;
  for (int start = 0; start < 13; ++start)
    waits.push_back(RestartBackoff(directory.path()).count_start(Seconds(1000 + start)).count());
  EXPECT_EQ(waits, (std::vector<Seconds::rep>{0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60}));
}

TEST(RestartBackoff, ForgetsWhatIsLongAgo) {
  const test::TempDir directory;
  const RestartBackoff backoff(directory.path());
  for (int start = 0; start < 8; ++start) backoff.count_start(Seconds(1000));
  EXPECT_EQ(backoff.count_start(Seconds(1599)), Seconds(16));
  EXPECT_EQ(backoff.count_start(Seconds(1600)), Seconds(0)) << "one start, a second ago, is left";
}

TEST(RestartBackoff, BeginsAnewAfterAGoodEnd) {
  const test::TempDir directory;
  const RestartBackoff backoff(directory.path());
  for (int start = 0; start < 8; ++start) backoff.count_start(Seconds(1000));
  backoff.forget();
  EXPECT_EQ(backoff.count_start(Seconds(1001)), Seconds(0));
}

TEST(RestartBackoff, TakesNothingForGranted) {
  EXPECT_EQ(RestartBackoff({}).count_start(Seconds(1)), Seconds(0));
  EXPECT_EQ(RestartBackoff("/nowhere/at/all").count_start(Seconds(1)), Seconds(0));
  const test::TempDir directory;
  std::ofstream(directory.path() / "starts") << "1 2 x\n99999999999999999999999\n";
  EXPECT_EQ(RestartBackoff(directory.path()).count_start(Seconds(5)), Seconds(0));
  std::ofstream future(directory.path() / "starts");
  for (int start = 0; start < 1000; ++start) future << "77777\n";
  future.close();
  EXPECT_EQ(RestartBackoff(directory.path()).count_start(Seconds(5)), Seconds(0))
      << "of another boot";
}

TEST(RestartBackoff, KeepsTheFileSmall) {
  const test::TempDir directory;
  const RestartBackoff backoff(directory.path());
  for (int start = 0; start < 1000; ++start)
    EXPECT_LE(backoff.count_start(Seconds(1000)), Seconds(60));
  EXPECT_LE(std::filesystem::file_size(directory.path() / "starts"), 64U * 21U);
}

}  // namespace
}  // namespace handshaked::runtime
