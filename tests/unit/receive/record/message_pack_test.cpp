#include "receive/record/message_pack.h"

#include <gtest/gtest.h>

#include <limits>

#include "unit/receive/pack_text.h"

namespace handshaked::receive {
namespace {

using Kind = PackToken::Kind;

PackToken token_of(std::string_view bytes) {
  PackToken token;
  EXPECT_EQ(read_pack_token(bytes, token), PackStatus::done);
  return token;
}

TEST(MessagePack, ReadsEveryHeadOfTheSpecification) {
  EXPECT_EQ(token_of("\xC0").kind, Kind::nil);
  EXPECT_FALSE(token_of("\xC2").truth);
  EXPECT_TRUE(token_of("\xC3").truth);
  EXPECT_EQ(token_of("\x7F").integer, 127);
  EXPECT_EQ(token_of("\xFF").integer, -1);
  EXPECT_EQ(token_of("\xE0").integer, -32);
  EXPECT_EQ(token_of("\xCC\xFF").integer, 255);
  EXPECT_EQ(token_of("\xCD\x01\x02").integer, 0x102);
  EXPECT_EQ(token_of("\xCE\xFF\xFF\xFF\xFF").integer, 0xFFFFFFFFLL);
  EXPECT_EQ(token_of("\xCF" + std::string(8, '\xFF')).integer,
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(token_of("\xD0\x80").integer, -128);
  EXPECT_EQ(token_of("\xD1\xFF\xFE").integer, -2);
  EXPECT_EQ(token_of("\xD2\x80" + std::string(3, '\0')).integer,
            std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(token_of("\xD3" + std::string(8, '\xFF')).integer, -1);
  EXPECT_DOUBLE_EQ(token_of(std::string("\xCA\x3F\x80\x00\x00", 5)).real, 1.0);
  EXPECT_DOUBLE_EQ(token_of("\xCB\x40" + std::string(7, '\0')).real, 2.0);
  EXPECT_EQ(token_of("\xA3xyz").size, 3U);
  EXPECT_EQ(token_of("\xD9\x20").size, 32U);
  EXPECT_EQ(token_of(std::string("\xC5\x01\x00", 3)).kind, Kind::binary);
  EXPECT_EQ(token_of("\x9F").size, 15U);
  EXPECT_EQ(token_of("\x8F").values(), 30U);
  EXPECT_EQ(token_of(std::string("\xDD\x00\x01\x00\x00", 5)).size, 65536U);
  EXPECT_EQ(token_of(std::string("\xDE\x00\x03", 3)).kind, Kind::map);
}

TEST(MessagePack, ReadsExtensionsWithTheirType) {
  const PackToken fixed = token_of(packed_event_time(1, 2));
  EXPECT_EQ(fixed.kind, Kind::extension);
  EXPECT_EQ(fixed.size, 8U);
  EXPECT_EQ(fixed.extension_type, 0);
  const PackToken sized = token_of("\xC7\x0C\xFF");
  EXPECT_EQ(sized.size, 12U);
  EXPECT_EQ(sized.extension_type, -1);
  EXPECT_EQ(token_of("\xD8\x05").size, 16U);
}

TEST(MessagePack, TellsACutHeadFromAWrongOne) {
  PackToken token;
  EXPECT_EQ(read_pack_token("", token), PackStatus::incomplete);
  EXPECT_EQ(read_pack_token("\xCE\x01", token), PackStatus::incomplete);
  EXPECT_EQ(read_pack_token("\xC1", token), PackStatus::invalid);
}

TEST(PackScan, FindsTheEndHoweverTheBytesAreCut) {
  const std::string value =
      packed_array(2) + packed_record({{"a", std::string(300, 'x')}, {"b", ""}}) + packed_number(7);
  const std::string bytes = value + "\x01\x02";
  PackScan scan;
  for (std::size_t size = 0; size < value.size(); ++size)
    ASSERT_EQ(scan.advance(bytes.substr(0, size)), PackStatus::incomplete) << size;
  EXPECT_EQ(scan.advance(bytes), PackStatus::done);
  EXPECT_EQ(scan.size(), value.size());
}

TEST(PackScan, GoesThroughDeepNestingWithoutAStack) {
  const std::string deep(8U << 20U, '\x91');
  PackScan scan;
  EXPECT_EQ(scan.advance(deep), PackStatus::incomplete);
  EXPECT_EQ(scan.advance(deep + "\x01"), PackStatus::done);
}

TEST(PackScan, GoesOnBehindBytesThatWereThrownAway) {
  PackScan scan;
  std::string bytes = packed_text(std::string(100, 'x')).substr(0, 50);
  EXPECT_EQ(scan.advance(bytes), PackStatus::incomplete);
  EXPECT_EQ(scan.size(), 50U);
  scan.forget_seen();
  EXPECT_EQ(scan.advance(std::string(54, 'x')), PackStatus::incomplete);
  EXPECT_EQ(scan.advance(std::string(55, 'x')), PackStatus::done);
}

TEST(PackReader, LeavesWhatItCannotReadWhereItIs) {
  PackReader reader("\xA3xy");
  std::string_view text;
  EXPECT_FALSE(reader.read_text(text));
  EXPECT_FALSE(reader.skip());
  EXPECT_EQ(reader.rest().size(), 3U);
}

TEST(MessagePack, ReadsBackWhatItWrites) {
  std::string out;
  append_pack_map(out, 2);
  append_pack_string(out, std::string(31, 'a'));
  append_pack_boolean(out, true);
  append_pack_string(out, std::string(255, 'b'));
  append_pack_string(out, std::string(256, 'c'));
  PackReader reader(out);
  PackToken token;
  std::string_view text;
  ASSERT_TRUE(reader.read(token));
  EXPECT_EQ(token.size, 2U);
  ASSERT_TRUE(reader.read_text(text));
  EXPECT_EQ(text, std::string(31, 'a'));
  ASSERT_TRUE(reader.read(token));
  EXPECT_TRUE(token.truth);
  ASSERT_TRUE(reader.read_text(text));
  EXPECT_EQ(text, std::string(255, 'b'));
  ASSERT_TRUE(reader.read_text(text));
  EXPECT_EQ(text, std::string(256, 'c'));
  EXPECT_TRUE(reader.rest().empty());
}

}  // namespace
}  // namespace handshaked::receive
