#include "correlate/sample_lines.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/correlate/story.h"

namespace handshaked::correlate {
namespace {

using Lines = std::vector<std::string>;

std::string line_of_peer(unsigned number) {
  return upstream_line(
      number % 3600, kVerify20,
      "10.0." + std::to_string(number / 250) + "." + std::to_string(number % 250) + ":8443");
}

TEST(SampleLines, ReadAsBeforeWhenTheyArePacked) {
  LinePacker packer;
  for (unsigned i = 0; i < 10'000; ++i) {  // over more than two dictionaries
    std::string line = line_of_peer(i);
    line.pop_back();
    SampleLines one({line});
    one.pack(packer);
    ASSERT_EQ(one.all(), Lines{line});
    ASSERT_EQ(one.front(), line);
    ASSERT_EQ(one.back(), line);
    ASSERT_EQ(one.size(), 1U);
    ASSERT_FALSE(one.empty());
  }
}

TEST(SampleLines, OutliveWhatPackedThem) {
  SampleLines kept;
  {
    LinePacker packer;
    for (unsigned i = 0; i < 100; ++i) {
      SampleLines({line_of_peer(i).substr(0, 200)}).pack(packer);
    }
    kept = {"one " + line_of_peer(7).substr(0, 200), "two", ""};
    kept.pack(packer);
  }
  const SampleLines copy = kept;
  kept.clear();
  EXPECT_TRUE(kept.empty());
  EXPECT_EQ(copy.all(), (Lines{"one " + line_of_peer(7).substr(0, 200), "two", ""}));
}

TEST(SampleLines, KeepEveryByteOfAStranger) {
  LinePacker packer;
  std::string every;
  for (int c = 0; c < 256; ++c) every.push_back(static_cast<char>(c));
  const std::string dictionary_magic("\x37\xA4\x30\xEC with tables?", 18);
  for (unsigned i = 0; i < 200; ++i) {
    for (const Lines& lines :
         {Lines{every}, Lines{dictionary_magic}, Lines{std::string(5, '\0'), "x"}, Lines{""},
          Lines{"a\nb", "c"}, Lines{std::string(100'000, 'A')}}) {
      SampleLines some(lines);
      some.pack(packer);
      ASSERT_EQ(some.all(), lines);
    }
  }
}

TEST(SampleLines, ArePackedNoMoreOnceTheyAreChanged) {
  LinePacker packer;
  SampleLines some;
  for (unsigned i = 0; i < 100; ++i) {
    some = {line_of_peer(i).substr(0, 150)};
    some.pack(packer);
  }
  some.change().push_back("another");
  EXPECT_EQ(some.all(), (Lines{line_of_peer(99).substr(0, 150), "another"}));
  EXPECT_EQ(some.back(), "another");
}

}  // namespace
}  // namespace handshaked::correlate
