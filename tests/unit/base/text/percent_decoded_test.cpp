#include "base/text/percent_decoded.h"

#include <gtest/gtest.h>

#include "base/text/hex_digit.h"

namespace handshaked {
namespace {

TEST(PercentDecoded, DecodesBothCases) {
  EXPECT_EQ(percent_decoded("/a%2fb%2F%41"), "/a/b/A");
  EXPECT_EQ(percent_decoded("%00%ff"), std::string("\0\xff", 2));
}

TEST(PercentDecoded, LeavesWhatIsNoEscape) {
  EXPECT_EQ(percent_decoded("100%"), "100%");
  EXPECT_EQ(percent_decoded("%4"), "%4");
  EXPECT_EQ(percent_decoded("%g1%4g%%41"), "%g1%4g%A");
  EXPECT_EQ(percent_decoded("a+b"), "a+b");
}

TEST(HexDigit, KnowsDigitsAndNothingBesideThem) {
  EXPECT_EQ(hex_digit('0'), 0);
  EXPECT_EQ(hex_digit('9'), 9);
  EXPECT_EQ(hex_digit('a'), 10);
  EXPECT_EQ(hex_digit('F'), 15);
  for (const char c : {'/', ':', '@', 'G', '`', 'g', '\0', '\xe1'}) EXPECT_FALSE(is_hex_digit(c));
}

}  // namespace
}  // namespace handshaked
