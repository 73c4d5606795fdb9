#include "engine/kafka/kafka_offsets.h"

#include <gtest/gtest.h>

#include <random>

namespace handshaked::engine {
namespace {

using Because = KafkaStart::Because;

TEST(KafkaOffsets, AreTheSameAfterTheyWereWritten) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    KafkaOffsets offsets;
    for (std::uint64_t i = random() % 20; i > 0; --i)
      offsets[{"topic." + std::to_string(random() % 3) + "_x-y",
               static_cast<std::int32_t>(random() % 500)}] =
          static_cast<std::int64_t>(random() >> (1 + random() % 62));
    const auto again = parse_kafka_offsets(text_of(offsets));
    ASSERT_TRUE(again) << text_of(offsets);
    EXPECT_EQ(again.value(), offsets);
  }
  EXPECT_EQ(text_of({{{"a", 1}, 5}, {{"a", 0}, 7}}), "v1 a/0=7 a/1=5");
}

TEST(KafkaOffsets, RefuseWhatTheyNeverWrite) {
  for (const char* text : {"", "v2 a/0=1", "v1a/0=1", "v1 a/0", "v1 a=1", "v1 /0=1", "v1 a/x=1",
                           "v1 a/0=-1", "v1 a/-1=1", "v1 a/0=1 ", "v1  a/0=1",
                           "v1 a/0=99999999999999999999", "v1 a/4294967296=1", "v1 a/0=1x"})
    EXPECT_FALSE(parse_kafka_offsets(text)) << text;
}

TEST(KafkaStart, IsWhereWeOrTheGroupHadReadTo) {
  EXPECT_EQ(kafka_start(7, 5, 0, 10, false).offset, 7)
      << "we committed, and could not tell the group";
  EXPECT_EQ(kafka_start(5, 7, 0, 10, false).offset, 7) << "another member had it meanwhile";
  EXPECT_EQ(kafka_start(10, -1, 0, 10, true).offset, 10) << "all is read";
  EXPECT_EQ(kafka_start(7, 5, 0, 10, false).because, Because::known);
}

TEST(KafkaStart, OfAnUnreadPartitionIsItsEndUnlessAskedFor) {
  EXPECT_EQ(kafka_start(-1, -1, 3, 10, false).offset, 10);
  EXPECT_EQ(kafka_start(-1, -1, 3, 10, true).offset, 3);
  EXPECT_EQ(kafka_start(-1, -1, 3, 10, true).because, Because::unread);
}

TEST(KafkaStart, SaysWhatWasLost) {
  EXPECT_EQ(kafka_start(7, 5, 9, 20, false).offset, 9);
  EXPECT_EQ(kafka_start(7, 5, 9, 20, false).because, Because::removed);
  EXPECT_EQ(kafka_start(700, 5, 0, 20, false).offset, 0)
      << "it is another topic of that name: none of it was read";
  EXPECT_EQ(kafka_start(700, 5, 0, 20, false).because, Because::made_again);
}

}  // namespace
}  // namespace handshaked::engine
