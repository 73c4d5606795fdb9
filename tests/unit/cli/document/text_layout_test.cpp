#include "cli/document/text_layout.h"

#include <gtest/gtest.h>

#include <limits>

namespace handshaked::cli {
namespace {

TEST(Wrap, BreaksAtSpacesAndNeverInsideAWord) {
  EXPECT_EQ(wrap("set proxy_ssl_server_name on", 12), (std::vector<std::string>{"set", "proxy_ssl_server_name", "on"}));
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
}

TEST(Wrap, GivesOneEmptyLineForAnEmptyText) { EXPECT_EQ(wrap("", 10), std::vector<std::string>{""}); }

TEST(Wrap, BreaksBetweenChineseCharactersAndCountsThemTwice) {
  EXPECT_EQ(wrap("上游证书已经过期", 8), (std::vector<std::string>{"上游证书", "已经过期"}));
}

TEST(Wrap, NeverBeginsALineWithClosingPunctuation) {
  EXPECT_EQ(wrap("上游证书，已过期", 8), (std::vector<std::string>{"上游证", "书，已过", "期"}));
}

TEST(Wrap, KeepsTheAbsenceOfASpaceBetweenLatinAndChinese) { EXPECT_EQ(wrap("设为on后", 80), std::vector<std::string>{"设为on后"}); }

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("证书"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);  // e and a combining accent
}

TEST(TextLayout, CutsToColumnsAndSaysSo) {
  EXPECT_EQ(cut_to_width("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to_width("abcdef", 5), "abcd…");
  EXPECT_EQ(cut_to_width("证书已过期", 6), "证书…");
  EXPECT_EQ(cut_to_width("证书", 1), "…");
  EXPECT_EQ(cut_to_width("abc", 0), "");
  EXPECT_EQ(fitting_prefix("证书ab", 5), "证书a");
}

TEST(TextLayout, DrawsCountsAsASparkline) {
  EXPECT_EQ(sparkline({0, 1, 4, 8}, 10), "·▁▄█");
  EXPECT_EQ(sparkline({1, 1, 0, 0, 8, 8}, 3), "▁·█");
  EXPECT_EQ(sparkline({}, 5), "");
  EXPECT_EQ(sparkline({0, 0}, 5), "··");
  EXPECT_EQ(sparkline({std::numeric_limits<std::uint32_t>::max(), 1}, 2), "█▁");
  EXPECT_EQ(added_up({1, 2, 3, 4, 5}, 2), (std::vector<std::uint64_t>{6, 9}));
}

}  // namespace
}  // namespace handshaked::cli
