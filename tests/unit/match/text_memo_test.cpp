#include "match/text_memo.h"

#include <gtest/gtest.h>

namespace handshaked::match {
namespace {

TEST(TextMemo, MakesATextOnce) {
  TextMemo memo;
  int made = 0;
  const auto make = [&made] { return "text " + std::to_string(++made); };
  EXPECT_EQ(*memo.find_or_make("a", make), "text 1");
  EXPECT_EQ(*memo.find_or_make("a", make), "text 1");
  EXPECT_EQ(*memo.find_or_make("b", make), "text 2");
}

TEST(TextMemo, ForgetsBeforeItGrowsBeyondItsBound) {
  TextMemo memo(100);
  int made = 0;
  const auto make = [&made] {
    ++made;
    return std::string(60, 'x');
  };
  const auto held = memo.find_or_make("a", make);
  memo.find_or_make("b", make);  // "a" has to go
  memo.find_or_make("b", make);
  EXPECT_EQ(made, 2);
  memo.find_or_make("a", make);
  EXPECT_EQ(made, 3);
  EXPECT_EQ(held->size(), 60U);  // whoever has it keeps it
}

TEST(TextMemo, GivesWhatIsTooLargeWithoutKeepingIt) {
  TextMemo memo(10);
  int made = 0;
  const auto make = [&made] {
    ++made;
    return std::string(60, 'x');
  };
  EXPECT_EQ(memo.find_or_make("a", make)->size(), 60U);
  EXPECT_EQ(memo.find_or_make("a", make)->size(), 60U);
  EXPECT_EQ(made, 2);
}

}  // namespace
}  // namespace handshaked::match
