#include "cli/document/text_layout.h"

#include <gtest/gtest.h>

#include <limits>

namespace handshaked::cli {
namespace {

TEST(Wrap, BreaksAtSpacesAndNeverInsideAWord) {
  EXPECT_EQ(wrap("set proxy_ssl_server_name on", 12),
            (std::vector<std::string>{"set", "proxy_ssl_server_name", "on"}));
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
}

TEST(Wrap, GivesOneEmptyLineForAnEmptyText) {
  EXPECT_EQ(wrap("", 10), std::vector<std::string>{""});
}

TEST(Wrap, BreaksBetweenChineseCharactersAndCountsThemTwice) {
  EXPECT_EQ(wrap("上游证书已经过期", 8), (std::vector<std::string>{"上游证书", "已经过期"}));
}

TEST(Wrap, NeverBeginsALineWithClosingPunctuation) {
  EXPECT_EQ(wrap("上游证书，已过期", 8), (std::vector<std::string>{"上游证", "书，已过", "期"}));
}

TEST(Wrap, KeepsTheAbsenceOfASpaceBetweenLatinAndChinese) {
  EXPECT_EQ(wrap("设为on后", 80), std::vector<std::string>{"设为on后"});
}

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

TEST(TextTable, FitsATerminalAndNeverCutsWhatIdentifies) {
  TextTable table({"ID", "SINCE", "WHAT", "CAUSE"});
  table.add(
      {"inc-0123456789abcdef", "2026-11-21 02:58", std::string(100, 'w'), "upstream_cert_expired"});
  table.add({"inc-fedcba9876543210", "2026-11-21 02:59", "short", "x"});
  EXPECT_EQ(table.text_within(std::nullopt, 2), table.text());
  EXPECT_EQ(table.text_within(300, 2), table.text());
  const std::string narrow = table.text_within(80, 2);
  for (const std::string_view line : lines_of(narrow)) EXPECT_LE(display_width(line), 80u) << line;
  EXPECT_NE(narrow.find("\ninc-0123456789abcdef  2026-11-21 02:58\n  www"), std::string::npos)
      << narrow;
  EXPECT_NE(narrow.find("…  upstream_cert_expired\n"), std::string::npos) << narrow;
  EXPECT_NE(narrow.find("\n  short"), std::string::npos) << narrow;
}

TEST(Wrap, LeavesACommandInOnePiece) {
  const std::string command =
      "`openssl s_client -connect 10.0.0.5:8443 -servername shop.example </dev/null`";
  const auto lines = wrap("Look: " + command + ", then go on and on.", 40);
  EXPECT_EQ(lines, (std::vector<std::string>{"Look:", command + ",", "then go on and on."}));
  EXPECT_EQ(wrap("a ` lonely one", 8), (std::vector<std::string>{"a `", "lonely", "one"}));
}

}  // namespace
}  // namespace handshaked::cli
