#include "base/literal_search.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace handshaked {
namespace {

constexpr auto npos = std::string::npos;

TEST(LiteralSearch, FindsALiteralAtEveryPlaceOfALongText) {
  const LiteralSearch search("://");
  for (std::size_t at = 0; at + 3 <= 200; ++at) {
    std::string text(200, '/');
    text.replace(at, 3, "://");
    EXPECT_EQ(search.find(text), at);
    EXPECT_EQ(search.find(text, at), at);
    EXPECT_EQ(search.find(text, at + 1), npos);
  }
}

TEST(LiteralSearch, FindsNothingBehindTheEnd) {
  EXPECT_EQ(LiteralSearch("abc").find("ab"), npos);
  EXPECT_EQ(LiteralSearch("abc").find(""), npos);
  EXPECT_EQ(LiteralSearch("abc").find(std::string(64, 'x') + "ab"), npos);
  EXPECT_EQ(LiteralSearch("abc").find(std::string(64, 'x'), 200), npos);
}

TEST(LiteralSearch, FindsWhatTheStandardLibraryFinds) {
  std::mt19937 random(7);
  for (int round = 0; round < 4000; ++round) {
    std::string text(random() % 150, 'a'), literal(1 + random() % 9, 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    for (char& c : literal) c = static_cast<char>('a' + random() % 3);
    const LiteralSearch search(literal);
    for (std::size_t from = 0; from <= text.size(); ++from)
      ASSERT_EQ(search.find(text, from), text.find(literal, from)) << text << literal;
  }
}

}  // namespace
}  // namespace handshaked
