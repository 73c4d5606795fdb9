#include "cli/document/output.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "support/temp_dir.h"

namespace handshaked::cli {
namespace {

TEST(Output, WritesEverythingToAFile) {
  const test::TempDir directory;
  const std::string path = directory / "output";
  std::ofstream(path) << "what was there before";
  const std::string text(200000, 'x');
  {
    auto output = Output::to_file(path);
    ASSERT_TRUE(output);
    output.value().buffer() = text;
    output.value().pass_on();
    output.value().buffer() += "end";
    EXPECT_TRUE(output.value().flush());
  }
  std::ifstream file(path);
  const std::string read((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(read, text + "end");
}

TEST(Output, TellsThatADeviceIsFull) {
  auto output = Output::to_file("/dev/full");
  if (!output) GTEST_SKIP() << "no /dev/full here";
  output.value().buffer() = "x";
  const auto flushed = output.value().flush();
  ASSERT_FALSE(flushed);
  EXPECT_NE(flushed.error().message().find("/dev/full"), std::string::npos);
}

TEST(Output, TakesAReaderThatWentAwayForNoError) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  const auto previous = std::signal(SIGPIPE, SIG_IGN);
  {
    auto output = Output::to_file("/proc/self/fd/" + std::to_string(ends[1]));
    if (output) {
      output.value().buffer() = "x";
      EXPECT_TRUE(output.value().flush());
      EXPECT_TRUE(output.value().reader_is_gone());
    }
  }
  ::close(ends[1]);
  std::signal(SIGPIPE, previous);
}

}  // namespace
}  // namespace handshaked::cli
