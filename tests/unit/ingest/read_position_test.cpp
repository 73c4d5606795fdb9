#include "ingest/read_position.h"

#include <gtest/gtest.h>

#include <random>

namespace handshaked::ingest {
namespace {

ReadPosition sample() {
  FilePosition old{.path = "/var/log/nginx/error.log.1",
                   .identity = {{64513, 1234567, Time(Duration(1795230000000001))},
                                Fingerprint::of("2026/11/21 04:00:00 [error]")},
                   .start = {{98765}, true},
                   .finished = false,
                   .modified = Time(std::chrono::microseconds(1795230000123456))};
  FilePosition current{.path = "/var/log/\xc3\xa4 b,c%d\n/error.log",
                       .identity = {{64513, 99, {}}, {}},
                       .start = {{0}, false},
                       .finished = true,
                       .modified = Time(Duration(-5))};
  return {"/var/log/\xc3\xa4 b,c%d\n/error.log", {old, current}};
}

TEST(ReadPosition, SurvivesItsText) {
  const std::string text = to_text(sample());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto parsed = parse_read_position(text);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed.value(), sample());

  const ReadPosition nothing{"/a", {}};
  EXPECT_EQ(to_text(nothing), "v1 /a");
  EXPECT_EQ(parse_read_position("v1 /a").value(), nothing);
}

TEST(ReadPosition, RefusesAnotherVersionAndGarbage) {
  for (const char* text :
       {"", "v1", "v1 ", "v2 /a", "v1 /a x", "v1 /a b,1,2,3,0,-,5,-", "v1 /a b,1,2,3,0,-,5,-,1,",
        "v1 /a b,1,2,3,0,-,5,-,1 ,", "v1 /a b,-1,2,3,0,-,5,-,1", "v1 /a b,1,2,3,3,-,5,-,1",
        "v1 /a b,1,2,3,2000,00000000000000000000000000000000,5,-,1", "v1 /a%4 b,1,2,3,0,-,5,-,1",
        "v1 /a b,1,2,3,0,-,99999999999999999999,-,1", "v1 /a b,1,2,3,0,-,5,of,1",
        "v1 /a b,1,2,3,0,-,5,,1"}) {
    const auto parsed = parse_read_position(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_input);
  }
}

TEST(ReadPosition, NeverMistakesACutTextForAWholeOne) {
  const std::string text = to_text(sample());
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto parsed = parse_read_position(std::string_view(text).substr(0, size));
    if (parsed) {
      EXPECT_NE(parsed.value(), sample());
    }
  }
}

TEST(ReadPosition, TakesArbitraryBytes) {
  std::mt19937 random(3);
  const std::string text = to_text(sample());
  for (int round = 0; round < 20000; ++round) {
    std::string broken = text;
    for (int i = 0; i < 3; ++i) broken[random() % broken.size()] = static_cast<char>(random());
    const auto parsed = parse_read_position(broken);
    if (parsed) {
      EXPECT_EQ(parse_read_position(to_text(parsed.value())).value(), parsed.value());
    }
  }
}

}  // namespace
}  // namespace handshaked::ingest
