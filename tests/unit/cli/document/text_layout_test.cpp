#include "cli/document/text_layout.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace handshaked::cli
