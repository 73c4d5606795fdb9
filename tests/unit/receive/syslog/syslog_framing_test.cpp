#include "receive/syslog/syslog_framing.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace handshaked::receive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Feeds bytes in pieces, as a connection does, and gives the lines that came out.
class Feeder {
 public:
  explicit Feeder(std::size_t limit = 1024) : framing(limit) {}

  void feed(std::string_view bytes, std::size_t piece) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      rest += bytes.substr(0, piece);
      const std::size_t used = framing.consume(rest, take_);
      rest.erase(0, used);
    }
  }
  bool finish() { return framing.finish(rest, take_); }

  SyslogFraming framing;
  std::string rest;
  std::vector<std::string> lines;

 private:
  std::function<void(std::string_view)> take_ = [this](std::string_view block) {
    while (!block.empty()) {
      const std::string_view line = block.substr(0, block.find('\n'));
      block.remove_prefix(std::min(block.size(), line.size() + 1));
      if (!line.empty()) lines.emplace_back(line);
    }
  };
};

class SyslogFramingInPieces : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, SyslogFramingInPieces, testing::Values(1, 2, 3, 7, 16, 1000));

TEST_P(SyslogFramingInPieces, TakesCountedMessages) {
  Feeder feeder;
  feeder.feed("9 <187>one29 <187>two310 <187>three", GetParam());
  EXPECT_THAT(feeder.lines, ElementsAre("<187>one2", "<187>two3", "<187>three"));
  EXPECT_EQ(feeder.rest, "");
  EXPECT_TRUE(feeder.finish());
}

TEST_P(SyslogFramingInPieces, TakesLines) {
  Feeder feeder;
  feeder.feed("<187>one\n<187>two\n2026/11/21 02:58:15 [error] three\n", GetParam());
  EXPECT_THAT(feeder.lines,
              ElementsAre("<187>one", "<187>two", "2026/11/21 02:58:15 [error] three"));
}

TEST_P(SyslogFramingInPieces, TakesTheLastLineWithoutLineFeed) {
  Feeder feeder;
  feeder.feed("<187>one\n<187>two", GetParam());
  EXPECT_TRUE(feeder.finish());
  EXPECT_THAT(feeder.lines, ElementsAre("<187>one", "<187>two"));
}

TEST_P(SyslogFramingInPieces, CutsLongMessages) {
  if (GetParam() > 20) return;  // a long line that is there in whole is given in whole
  Feeder feeder(20);
  feeder.feed("<1>" + std::string(100, 'a') + "\n<2>b\n", GetParam());
  EXPECT_THAT(feeder.lines, ElementsAre("<1>" + std::string(17, 'a'), "<2>b"));
  EXPECT_EQ(feeder.framing.cut_messages(), 1U);
  Feeder counted(20);
  counted.feed("40 <3>" + std::string(37, 'c') + "4 <4>d", GetParam());
  EXPECT_THAT(counted.lines, ElementsAre("<3>" + std::string(17, 'c'), "<4>d"));
  EXPECT_EQ(counted.framing.cut_messages(), 1U);
}

TEST(SyslogFraming, KeepsAMessageWithLineFeedsOneLine) {
  Feeder feeder;
  feeder.feed("19 <187>one\nforged\nend4 <1>b", 1000);
  EXPECT_THAT(feeder.lines, ElementsAre("<187>one forged end", "<1>b"));
}

TEST(SyslogFraming, TakesNoNumberForACount) {
  Feeder feeder;
  feeder.feed("12 apples\n007 <1>x\n99999999 <1>y\n", 1000);
  EXPECT_THAT(feeder.lines, ElementsAre("12 apples", "007 <1>x", "99999999 <1>y"));
}

TEST(SyslogFraming, ReportsACountedMessageThatBrokeOff) {
  Feeder feeder;
  feeder.feed("50 <187>one", 1000);
  EXPECT_FALSE(feeder.finish());
  EXPECT_THAT(feeder.lines, IsEmpty());
}

TEST_P(SyslogFramingInPieces, TakesNothingInALineForACount) {
  Feeder feeder;
  feeder.feed("<1>line\n999999 <2>a stranger's\n<3>genuine\n", GetParam());
  EXPECT_THAT(feeder.lines, ElementsAre("<1>line", "999999 <2>a stranger's", "<3>genuine"));
}

TEST_P(SyslogFramingInPieces, SkipsWhatIsPutBehindCountedMessages) {
  Feeder feeder;
  feeder.feed("5 <1>ab\n5 <2>cd\r\n5 <3>ef", GetParam());
  EXPECT_THAT(feeder.lines, ElementsAre("<1>ab", "<2>cd", "<3>ef"));
}

TEST_P(SyslogFramingInPieces, GivesUpWhereACountIsMissing) {
  Feeder feeder;
  feeder.feed("5 <1>abno count <2>forged\n", GetParam());
  EXPECT_THAT(feeder.lines, ElementsAre("<1>ab"));
  EXPECT_TRUE(feeder.framing.is_broken());
  EXPECT_FALSE(feeder.finish());
}

}  // namespace
}  // namespace handshaked::receive
