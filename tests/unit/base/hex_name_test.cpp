#include "base/hex_name.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace handshaked {
namespace {

using Name = HexName<"inc-", 16>;

TEST(HexName, GivesBackEveryText) {
  for (const std::string text :
       {"", "inc-0123456789abcdef", "inc-ffffffffffffffff", "inc-0000000000000000",
        "inc-0123456789ABCDEF", "inc-0123456789abcde", "inc-0123456789abcdef0",
        "inc-0123456789abcdeg", "ind-0123456789abcdef", "x"}) {
    Name name(text);
    EXPECT_EQ(name.text(), text);
    EXPECT_EQ(name, text);
    EXPECT_EQ(name.empty(), text.empty());
    name = "inc-00000000000000aa";
    EXPECT_EQ(name.text(), "inc-00000000000000aa");
    name = text;
    EXPECT_EQ(name, Name(text));
    EXPECT_EQ(name.hash(), Name(text).hash());
  }
}

TEST(HexName, IsInTheOrderOfTheTexts) {
  std::vector<std::string> texts = {"inc-0123456789abcdef",
                                    "inc-0023456789abcdef",
                                    "inc-",
                                    "inc-01",
                                    "inc-0000000000000000",
                                    "a",
                                    "z",
                                    "inc-f123456789abcdef",
                                    "inc-F123456789abcdef"};
  std::vector<Name> names;
  for (const std::string& text : texts) names.emplace_back(text);
  std::sort(texts.begin(), texts.end());
  std::sort(names.begin(), names.end());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(names[i], texts[i]);
}

TEST(HexName, TellsNamesApart) {
  EXPECT_NE(Name("inc-0123456789abcdef"), Name("inc-0123456789abcdee"));
  EXPECT_NE(Name("inc-0123456789abcdef"), Name("x"));
  EXPECT_NE(Name("inc-0000000000000000"), Name());
  EXPECT_LT(sizeof(Name), sizeof(std::string));
}

}  // namespace
}  // namespace handshaked
