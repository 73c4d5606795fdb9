#include "runtime/group/partition_record.h"

#include <gmock/gmock.h>

#include <random>

namespace handshaked::runtime::test {
namespace {

using testing::HasSubstr;

PartitionRecord some_record() {
  return {.kind = PartitionRecord::Kind::changes,
          .schema = 7,
          .epoch = 12,
          .id = "4f1c09aa-17",
          .part = 2,
          .parts = 3,
          .by = "log-1.example.com",
          .body = std::string("rows\0\xff and rows", 16)};
}

TEST(PartitionRecord, ComesBackAsItWas) {
  using Kind = PartitionRecord::Kind;
  for (const Kind kind : {Kind::taken_over, Kind::nothing, Kind::changes, Kind::copy}) {
    PartitionRecord record = some_record();
    record.kind = kind;
    if (kind == Kind::nothing) record.body.clear();
    const auto read = read_entry(to_entry(record));
    ASSERT_TRUE(read);
    ASSERT_TRUE(read.value());
    EXPECT_EQ(read.value()->kind, kind);
    EXPECT_EQ(read.value()->schema, 7U);
    EXPECT_EQ(read.value()->epoch, 12U);
    EXPECT_EQ(read.value()->id, record.id);
    EXPECT_EQ(read.value()->part, 2U);
    EXPECT_EQ(read.value()->parts, 3U);
    EXPECT_EQ(read.value()->by, record.by);
    EXPECT_EQ(read.value()->body, record.body);
  }
}

TEST(PartitionRecord, OfANewerProgramIsRefusedInWords) {
  std::string entry = to_entry(some_record());
  entry.replace(entry.find(" 1 "), 3, " 2 of which we know nothing ");
  const auto read = read_entry(entry);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::invalid_input);
  EXPECT_THAT(read.error().message(),
              HasSubstr("written by a newer handshaked (format 2, this program knows 1)"));
}

TEST(PartitionRecord, IsNothingElse) {
  const std::string good = to_entry(some_record());
  const std::size_t head = good.find('\n');
  for (const std::string& entry :
       {std::string(), std::string("hello"), std::string("handshaked-state 1"),
        good.substr(0, head), good.substr(0, head + 3), good + "x",
        std::string("handshaked-state x changes\n"),
        std::string("handshaked-state 1 other schema=7 epoch=1 id=a part=1/1 by=b\n"),
        std::string("handshaked-state 1 changes schema=7 epoch=1 id=a part=2/1 by=b\n"),
        std::string("handshaked-state 1 changes schema=7 epoch=1 id=a part=0/1 by=b\n"),
        std::string("handshaked-state 1 changes schema=7 epoch=1 id=a part=1 by=b\n"),
        std::string("handshaked-state 1 changes schema=-7 epoch=1 id=a part=1/1 by=b\n"),
        std::string("handshaked-state 1 changes schema=7 epoch=1 id=a part=1/1 by=b more\n"),
        "handshaked-state 1 changes schema=7 epoch=1 id=a part=1/1 by=" + std::string(500, 'b') +
            "\n"}) {
    const auto read = read_entry(entry);
    ASSERT_TRUE(read) << entry;
    EXPECT_FALSE(read.value()) << entry;
  }
}

TEST(PartitionRecord, IsReadFromAnyBytes) {
  std::mt19937 random(1);
  const std::string good = to_entry(some_record());
  for (int round = 0; round < 20'000; ++round) {
    std::string entry = good;
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % entry.size();
      if (random() % 3 == 0) entry.erase(at, 1 + random() % 5);
      else entry[at] = static_cast<char>(random());
      if (entry.empty()) entry = "x";
    }
    const auto read = read_entry(entry);
    if (read && read.value()) {
      EXPECT_LE(read.value()->body.size(), kLargestPart);
    }
  }
}

}  // namespace
}  // namespace handshaked::runtime::test
