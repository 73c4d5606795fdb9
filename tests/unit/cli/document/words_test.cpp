#include "cli/document/words.h"

#include <gtest/gtest.h>

namespace handshaked::cli {
namespace {

TEST(Words, NameTheTwoLargestUnitsOfADuration) {
  using namespace std::chrono_literals;
  EXPECT_EQ(duration_words(Language::en, 2h + 5min + 3s), "2 h 5 min");
  EXPECT_EQ(duration_words(Language::en, 24h + 3s), "1 day");
  EXPECT_EQ(duration_words(Language::zh, 49h), "2 天 1 小时");
  EXPECT_EQ(duration_words(Language::en, 5ms), "less than a second");
}

TEST(Words, SayHowLargeSomethingIs) {
  EXPECT_EQ(size_words(Language::en, 0), "0 bytes");
  EXPECT_EQ(size_words(Language::en, 1), "1 byte");
  EXPECT_EQ(size_words(Language::en, 1023), "1,023 bytes");
  EXPECT_EQ(size_words(Language::en, 1024), "1.0 KiB");
  EXPECT_EQ(size_words(Language::en, 1'468'006), "1.4 MiB");
  EXPECT_EQ(size_words(Language::en, 5ULL << 50), "5120.0 TiB");
  EXPECT_EQ(size_words(Language::zh, 512), "512 字节");
}

TEST(Words, TellAnAgeInWholeUnits) {
  using namespace std::chrono_literals;
  for (const auto& [age, words] : {std::pair<Duration, const char*>{-5s, "0 s"},
                                   {999ms, "0 s"},
                                   {119s, "119 s"},
                                   {120s, "2 min"},
                                   {179s, "2 min"},
                                   {119min + 59s, "119 min"},
                                   {2h, "2 h"},
                                   {47h + 59min, "47 h"},
                                   {48h, "2 days"},
                                   {71h, "2 days"},
                                   {2400h, "100 days"}})
    EXPECT_EQ(age_words(Language::en, age), words);
  EXPECT_EQ(age_words(Language::zh, 50h), "2 天");
  EXPECT_EQ(age_words(Language::zh, 3min), "3 分钟");
}

TEST(Words, ShowTimesInTheOffsetOfTheLog) {
  const Time time{std::chrono::seconds(1795226295)};  // 2026-11-21T01:58:15Z
  EXPECT_EQ(time_words(time, std::chrono::hours(1), true), "2026-11-21 02:58:15 +01:00");
  EXPECT_EQ(time_words(time, std::chrono::seconds(0), true), "2026-11-21 01:58:15 UTC");
  EXPECT_EQ(time_words(time, std::chrono::seconds(0), false), "2026-11-21 01:58:15");
}

TEST(Words, CountWithTheTextOfOneOrOfMany) {
  const Catalogue catalogue(
      "[list.line]\nen = \"{count} line\"\nzh = \"{count} 行\"\n[list.lines]\nen = \"{count} "
      "lines\"\nzh = \"共 {count} 行\"\n");
  const Texts en(catalogue, Language::en), zh(catalogue, Language::zh);
  EXPECT_EQ(counted(en, 1, "list.line", "list.lines"), "1 line");
  EXPECT_EQ(counted(en, 0, "list.line", "list.lines"), "0 lines");
  EXPECT_EQ(counted(en, 1234, "list.line", "list.lines"), "1,234 lines");
  EXPECT_EQ(counted(zh, 2, "list.line", "list.lines"), "共 2 行");
  EXPECT_EQ(counted(1, "rule", "rules"), "1 rule");
  EXPECT_EQ(counted(1234, "rule", "rules"), "1,234 rules");
}

}  // namespace
}  // namespace handshaked::cli
