#include "cli/log/threaded_reading.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace handshaked::cli {
namespace {

/// A file of numbered lines; every thousandth is longer than a reader takes.
class NumberedLog {
 public:
  explicit NumberedLog(std::size_t lines) {
    const int file = ::mkstemp(path_.data());
    EXPECT_GE(file, 0);
    ::close(file);
    std::ofstream out(path_, std::ios::binary);
    for (std::size_t i = 0; i < lines; ++i)
      out << i << ' ' << std::string(i % 1000 == 999 ? 70'000 : i % 97, 'x') << '\n';
    out << "the end";
  }
  ~NumberedLog() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/handshaked-threaded-reading-XXXXXX";
};

struct Reading {
  std::string bytes;
  std::uint64_t lines = 0;
  std::uint64_t overlong_lines = 0;
  std::size_t blocks = 0;
  bool operator==(const Reading&) const = default;
};

Reading read_plainly(const std::string& path) {
  Reading reading;
  auto reader = ingest::BlockReader::open(path);
  while (const auto block = reader.value().next().value()) {
    reading.bytes += block->bytes;
    reading.lines += count_lines(block->bytes) + (block->bytes.ends_with('\n') ? 0 : 1);
    ++reading.blocks;
  }
  reading.overlong_lines = reader.value().overlong_lines();
  return reading;
}

using Threads = ThreadedReading<std::string>;

std::vector<Threads::Analyse> copying_analysts(unsigned threads) {
  return std::vector<Threads::Analyse>(
      threads, [](const ingest::LineBlock& block, const BlockPlace&, std::string& found) {
        found.assign(block.bytes);
      });
}

TEST(ThreadedReading, GivesTheBlocksOfOneReaderInTheirOrder) {
  const NumberedLog log(60'000);
  const Reading wanted = read_plainly(log.path());
  ASSERT_GT(wanted.blocks, 20U);
  for (const unsigned threads : {1U, 2U, 5U}) {
    Reading found;
    const auto read = Threads(copying_analysts(threads))
                          .read(log.path(), [&](const ingest::LineBlock& block,
                                                const BlockPlace& place, std::string& text) {
                            EXPECT_EQ(block.bytes, text);
                            EXPECT_EQ(place.lines_before, found.lines);
                            EXPECT_EQ(block.offset.value == 0, block.before.empty());
                            found.bytes += text;
                            found.lines += place.lines;
                            found.overlong_lines = place.overlong_lines;
                            ++found.blocks;
                            return true;
                          });
    EXPECT_TRUE(read);
    EXPECT_EQ(found, wanted) << threads << " threads";
  }
}

TEST(ThreadedReading, EndsWhenNobodyWantsMore) {
  const NumberedLog log(60'000);
  int blocks = 0;
  EXPECT_TRUE(Threads(copying_analysts(3))
                  .read(log.path(), [&](const ingest::LineBlock&, const BlockPlace&, std::string&) {
                    return ++blocks < 3;
                  }));
  EXPECT_EQ(blocks, 3);
}

TEST(ThreadedReading, FailsForWhatCannotBeRead) {
  const auto nothing = [](const ingest::LineBlock&, const BlockPlace&, std::string&) {
    return true;
  };
  EXPECT_FALSE(Threads(copying_analysts(2)).read("/nowhere/error.log", nothing));
}

}  // namespace
}  // namespace handshaked::cli
