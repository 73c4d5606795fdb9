#include "receive/http/loki_push.h"

#include <gmock/gmock.h>
#include <snappy.h>

#include "support/recording_intake.h"
#include "unit/receive/protobuf_writer.h"

namespace handshaked::receive {
namespace {

using testing::ElementsAre;
using Added = RecordingIntake::Added;

std::string padded(std::string_view text) {
  std::string bytes(text);
  bytes.reserve(bytes.size() + 64);
  return bytes;
}

std::string push_request() {
  const std::string time = ProtobufWriter().varint(1, 1'795'229'895).done();
  const std::string first = ProtobufWriter().bytes(1, time).bytes(2, "SSL one").done();
  const std::string second = ProtobufWriter().bytes(1, time).bytes(2, "ordinary").done();
  const std::string stream = ProtobufWriter()
                                 .bytes(1, "{job=\"a=b\", host=\"web-\\\"1\"}")
                                 .bytes(2, first)
                                 .bytes(2, second)
                                 .varint(3, 7)
                                 .done();
  return ProtobufWriter().bytes(1, stream).done();
}

TEST(LokiPush, TakesProtobuf) {
  RecordingIntake intake;
  const auto lines = take_loki_protobuf(push_request(), intake);
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines.value(), 2U);
  EXPECT_THAT(intake.records, ElementsAre(Added{"SSL one", "web-\"1", "2026-11-21T02:58:15Z"}));
}

TEST(LokiPush, RefusesEveryCutOfProtobuf) {
  const std::string whole = push_request();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    RecordingIntake intake;
    EXPECT_FALSE(take_loki_protobuf(whole.substr(0, size), intake)) << size;
  }
}

TEST(LokiPush, TakesJson) {
  RecordingIntake intake;
  const auto lines = take_loki_json(
      padded(
          R"({"streams":[{"values":[["1795229895000000000","SSL one"],["1","x",{"m":"SSL"}]],"stream":{"instance":"i","host":"web-1"}},
                                              {"stream":{},"values":[["0","SSL two"]]}]})"),
      intake);
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines.value(), 3U);
  EXPECT_THAT(intake.records, ElementsAre(Added{"SSL one", "web-1", "2026-11-21T02:58:15Z"},
                                          Added{"SSL two", "", ""}));
}

TEST(LokiPush, RefusesOtherJson) {
  for (const char* wrong : {"{}", "[]", "{\"streams\":7}", "{\"streams\":[{}]}", "{\"streams\":[",
                            "SSL", "{\"streams\":[7]}"}) {
    RecordingIntake intake;
    EXPECT_FALSE(take_loki_json(padded(wrong), intake)) << wrong;
  }
}

TEST(LokiPush, UndoesSnappyWithinItsLimit) {
  std::string block;
  const std::string text(100'000, 'x');
  snappy::Compress(text.data(), text.size(), &block);
  const auto undone = undo_snappy(block, 1 << 20);
  ASSERT_TRUE(undone);
  EXPECT_EQ(undone.value(), text);
  EXPECT_EQ(undo_snappy(block, 1000).error().code(), ErrorCode::limit_exceeded);
  EXPECT_FALSE(undo_snappy("", 1000));
  // A length of 2 GiB in front of nothing.
  EXPECT_FALSE(undo_snappy(std::string("\xff\xff\xff\xff\x07\x00", 6), std::size_t{1} << 32));
  for (std::size_t size = 0; size < block.size(); size += 97)
    EXPECT_FALSE(undo_snappy(std::string_view(block).substr(0, size), 1 << 20)) << size;
}

}  // namespace
}  // namespace handshaked::receive
