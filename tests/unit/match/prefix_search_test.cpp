#include "match/prefix_search.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace handshaked::match {
namespace {

PrefixSearch some_prefixes() {
  PrefixSearch search;
  search.add("no live upstreams", {});
  search.add("upstream prematurely closed connection",
             {{"upstream: \"https://", "upstream: \\\"https://"}});
  search.add("upstream prematurely closed", {{" while reading"}, {"upstream: \"grpcs://"}});
  search.add("upstream is down", {});
  search.add("\"ssl_ciphers\"", {});
  search.add("peer", {});
  search.build();
  return search;
}

TEST(PrefixSearch, FindsTextsWithWhatTheirLinesNeed) {
  const PrefixSearch search = some_prefixes();
  EXPECT_TRUE(search.stands_at("xno live upstreams", 1));
  EXPECT_FALSE(search.stands_at("xno live upstream", 1));
  EXPECT_FALSE(search.stands_at("no", 0));
  EXPECT_TRUE(search.stands_at("peer", 0));
  EXPECT_FALSE(search.stands_at("pee", 0));
  const std::string closed = "upstream prematurely closed connection while reading, upstream: \"";
  EXPECT_TRUE(search.stands_at(closed + "https://a\"", 0));
  EXPECT_TRUE(search.stands_at(closed + "grpcs://a\"", 0));
  EXPECT_FALSE(search.stands_at(closed + "http://a\"", 0));
  EXPECT_FALSE(search.stands_at(closed + "http://a\"\nupstream: \"https://a\"", 0));
}

TEST(PrefixSearch, FindsThemWhereverAMessageMayBegin) {
  const PrefixSearch search = some_prefixes();
  const std::string filler(40, '-');
  for (const std::string before : {"", " ", "\"", "\\n", "\\u000a", "\\u000A", ": ", "\xff"}) {
    EXPECT_TRUE(search.stands_anywhere(filler + before + "no live upstreams" + filler, 0))
        << before;
    EXPECT_TRUE(search.stands_anywhere(before + "no live upstreams" + filler, 0)) << before;
  }
  for (const std::string before : {"a", "9", "Z", "\nx", "u000a"}) {
    EXPECT_FALSE(search.stands_anywhere(filler + before + "no live upstreams" + filler, 0))
        << before;
  }
  EXPECT_FALSE(search.stands_anywhere(filler + "\nno live upstreams" + filler, 0));
  EXPECT_FALSE(search.stands_anywhere("", 0));
  EXPECT_FALSE(PrefixSearch().stands_anywhere(filler + "no live upstreams" + filler, 0));
}

TEST(PrefixSearch, FindsTheSameWithAndWithoutVectors) {
  const PrefixSearch search = some_prefixes();
  static const std::string kPieces[] = {"no live upstreams",
                                        "no live",
                                        "no l",
                                        "upstream prematurely closed connection",
                                        "upstream: \"https://",
                                        " while reading",
                                        "upstream is down",
                                        "\"ssl_ciphers\"",
                                        "peer",
                                        "pee",
                                        "\n",
                                        "\\",
                                        "\\n",
                                        "\\u00",
                                        "\\u000a",
                                        " ",
                                        "\"",
                                        "a",
                                        "0",
                                        "-------------------------------",
                                        "\xff\xff"};
  std::mt19937 random(1);
  for (int i = 0; i < 100000; ++i) {
    std::string block;
    for (auto pieces = random() % 12; pieces > 0; --pieces) {
      block += kPieces[random() % std::size(kPieces)];
      block.append(random() % 3 == 0 ? random() % 40 : 0, static_cast<char>('.' + random() % 3));
    }
    for (std::size_t line = 0; line <= block.size(); ++line) {
      if (line > 0 && block[line - 1] != '\n') continue;
      ASSERT_EQ(search.stands_anywhere(block, line), search.stands_anywhere_portable(block, line))
          << line << " in\n"
          << block;
    }
  }
}

}  // namespace
}  // namespace handshaked::match
