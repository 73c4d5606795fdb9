#include "receive/shippers/forward_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <vector>

#include "receive/record/message_pack.h"
#include "unit/receive/pack_text.h"

namespace handshaked::receive {
namespace {

using Kind = ForwardEvent::Kind;

std::string gzipped(std::string_view bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd_packed(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

std::string entry(std::uint32_t seconds, std::string_view text) {
  return packed_array(2) + packed_number(seconds) + packed_record({{"log", std::string(text)}});
}
std::string option(std::string_view chunk) {
  return packed_map(1) + packed_text("chunk") + packed_text(chunk);
}
std::string packed_message(std::string_view entries, std::string_view chunk) {
  return packed_array(3) + packed_text("tag") + packed_binary(entries) + option(chunk);
}

/// What comes out, as text: "[" "text@seconds" "]chunk" "!" (skipped) "E" (an error), joined by
/// spaces.
std::string decoded(std::string_view stream, std::size_t piece, ForwardLimits limits = {},
                    std::string* error = nullptr) {
  ForwardDecoder decoder(limits);
  const FieldNames names;
  FieldPicker picker(names);
  std::string out;
  const auto say = [&out](const std::string& word) { out += (out.empty() ? "" : " ") + word; };
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    decoder.feed(stream.substr(at, piece));
    while (true) {
      const auto event = decoder.next();
      if (!event) {
        if (error != nullptr) *error = event.error().message();
        say("E");
        return out;
      }
      if (event.value().kind == Kind::need_bytes) break;
      switch (event.value().kind) {
        case Kind::message_begin: say("["); break;
        case Kind::record: {
          EXPECT_TRUE(pick_pack_fields(event.value().record, picker));
          const auto time = event.value().time;
          say(std::string(picker.text()) +
              (time ? "@" + std::to_string(time->time_since_epoch().count()) : ""));
          break;
        }
        case Kind::oversized: say("!"); break;
        case Kind::unreadable: say("?"); break;
        default: say("]" + std::string(event.value().chunk));
      }
    }
  }
  if (decoder.is_waiting_for_more()) say("...");
  return out;
}

void expect_decoded(std::string_view stream, const std::string& wanted, ForwardLimits limits = {}) {
  for (const std::size_t piece :
       {stream.size(), std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    if (piece == 0) continue;
    EXPECT_EQ(decoded(stream, piece, limits), wanted) << "in pieces of " << piece;
  }
}

TEST(ForwardDecoder, ReadsMessageMode) {
  const std::string record = packed_record({{"log", "one"}});
  expect_decoded(packed_array(3) + packed_text("t") + packed_number(5) + record, "[ one@5000000 ]");
  expect_decoded(packed_array(4) + packed_short_text("t") + packed_event_time(5, 123456789) +
                     record + option("c1"),
                 "[ one@5123456 ]c1");
}

TEST(ForwardDecoder, ReadsForwardMode) {
  expect_decoded(packed_array(3) + packed_text("t") + packed_array(2) + entry(1, "one") +
                     entry(2, "two") + option("c2"),
                 "[ one@1000000 two@2000000 ]c2");
  expect_decoded(packed_array(2) + packed_text("t") + packed_array(1) + entry(1, "one"),
                 "[ one@1000000 ]");
}

TEST(ForwardDecoder, ReadsPackedForwardModeWithAndWithoutCompression) {
  const std::string entries = entry(1, "one") + entry(2, "two") + entry(3, "three");
  const std::string wanted = "[ one@1000000 two@2000000 three@3000000 ]c3";
  expect_decoded(packed_message(entries, "c3"), wanted);
  expect_decoded(packed_array(3) + packed_text("t") + packed_text(entries) + option("c3"), wanted);
  expect_decoded(packed_message(gzipped(entries), "c3"), wanted);
  expect_decoded(packed_message(zstd_packed(entries), "c3"), wanted);
  expect_decoded(
      packed_message(gzipped(entry(1, "one")) + gzipped(entry(2, "two") + entry(3, "three")), "c3"),
      wanted);
}

TEST(ForwardDecoder, ReadsEntriesWithMetadataAsFluentBitWritesThem) {
  const std::string fluent_bit = packed_array(2) + packed_array(2) + packed_event_time(9, 0) +
                                 packed_map(0) + packed_record({{"log", "one"}});
  expect_decoded(packed_message(fluent_bit, "c"), "[ one@9000000 ]c");
}

TEST(ForwardDecoder, ReadsMessageAfterMessageAndPassesHeartbeats) {
  const std::string message = packed_message(entry(1, "one"), "a");
  expect_decoded("\xC0" + message + "\xC0\xC0" + message, "[ one@1000000 ]a [ one@1000000 ]a");
}

TEST(ForwardDecoder, AcceptsAnEmptyChunk) {
  expect_decoded(packed_message("", "c"), "[ ]c");
  expect_decoded(packed_array(3) + packed_text("t") + packed_array(0) + option("c"), "[ ]c");
  expect_decoded(packed_array(3) + packed_text("t") + packed_array(0) + "\xC0", "[ ]");
}

TEST(ForwardDecoder, SkipsARecordBeyondTheLimitAndNothingElse) {
  const ForwardLimits limits{.max_record_bytes = 5000, .decompression = {}};
  const std::string entries =
      entry(1, "one") + entry(2, std::string(200'000, 'x')) + entry(3, "three");
  expect_decoded(packed_message(entries, "c"), "[ one@1000000 ! three@3000000 ]c", limits);
  expect_decoded(packed_message(gzipped(entries), "c"), "[ one@1000000 ! three@3000000 ]c", limits);
  expect_decoded(packed_array(2) + packed_text("t") + packed_array(3) + entries,
                 "[ one@1000000 ! three@3000000 ]", limits);
  expect_decoded(packed_array(3) + packed_text("t") + packed_number(1) +
                     packed_record({{"log", std::string(200'000, 'x')}}),
                 "[ ! ]", limits);
}

TEST(ForwardDecoder, HoldsNoMoreThanOneRecordOfALargeChunk) {
  std::string entries;
  for (int i = 0; i < 20'000; ++i) entries += entry(1, std::string(100, 'x'));
  const std::string stream = packed_message(entries, "c");
  ForwardDecoder decoder;
  std::size_t records = 0;
  std::size_t most = 0;
  for (std::size_t at = 0; at < stream.size(); at += 10'000) {
    decoder.feed(std::string_view(stream).substr(at, 10'000));
    while (true) {
      const auto event = decoder.next();
      ASSERT_TRUE(event) << event.error().message();
      if (event.value().kind == Kind::need_bytes) break;
      records += event.value().kind == Kind::record ? 1 : 0;
    }
    most = std::max(most, decoder.held());
  }
  EXPECT_EQ(records, 20'000U);
  EXPECT_LT(most, ForwardDecoder::kSmallMessage + 20'000);
}

TEST(ForwardDecoder, BeginsASmallMessageOnlyWhenItIsThereWhole) {
  const std::string message = packed_message(entry(1, "one"), "a");
  ForwardDecoder decoder;
  decoder.feed(std::string_view(message).substr(0, message.size() - 1));
  EXPECT_EQ(decoder.next().value().kind, Kind::need_bytes);
  EXPECT_TRUE(decoder.is_between_messages());
  EXPECT_TRUE(decoder.is_waiting_for_more());
}

TEST(ForwardDecoder, CountsEntriesOfAnUnknownShape) {
  const std::string entries = packed_array(1) + packed_number(1) + entry(2, "two") +
                              packed_number(3) + packed_array(2) + packed_number(1) +
                              packed_text("x");
  expect_decoded(packed_message(entries, "c"), "[ ? two@2000000 ? ? ]c");
}

TEST(ForwardDecoder, RefusesWhatIsNoForwardMessage) {
  for (const std::string& stream :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\xC1"), packed_map(0), packed_array(1),
        packed_array(5), packed_array(2) + packed_number(1) + packed_number(2),
        packed_array(2) + packed_text("t") + packed_number(2),
        packed_array(3) + packed_text("t") + packed_map(0),
        packed_array(3) + packed_text("t") + packed_array(0) + packed_text("option"),
        packed_array(2) + packed_text(std::string(2000, 't')) + packed_array(0)}) {
    std::string error;
    const std::string got = decoded(stream, stream.size(), {}, &error);
    EXPECT_TRUE(got.ends_with("E")) << got;
    EXPECT_NE(error.find("no Forward message"), std::string::npos) << error;
  }
}

TEST(ForwardDecoder, RefusesDamagedAndCutPayloads) {
  const std::string entries = entry(1, "one") + entry(2, "two");
  std::string damaged = gzipped(entries);
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  EXPECT_TRUE(decoded(packed_message(damaged, "c"), 1 << 20).ends_with("E"));
  const std::string cut = gzipped(entries);
  EXPECT_TRUE(decoded(packed_message(cut.substr(0, cut.size() - 12), "c"), 1 << 20).ends_with("E"));
  EXPECT_TRUE(
      decoded(packed_message(entries.substr(0, entries.size() - 3), "c"), 1 << 20).ends_with("E"));
  EXPECT_TRUE(decoded(packed_array(3) + packed_text("t") + packed_binary(entries) + packed_map(1) +
                          packed_text("compressed") + packed_text("gzip"),
                      1 << 20)
                  .ends_with("E"));
}

TEST(ForwardDecoder, RefusesAPayloadThatGrowsOutOfAllProportion) {
  const std::string entries = entry(1, std::string(50'000'000, 'x'));
  const ForwardLimits limits{
      .max_record_bytes = 5000,
      .decompression = {
          .max_output_bytes = 1U << 30U, .free_output_bytes = 1U << 20U, .max_ratio = 300}};
  std::string error;
  EXPECT_TRUE(decoded(packed_message(gzipped(entries), "c"), 4096, limits, &error).ends_with("E"));
  EXPECT_NE(error.find("300 times"), std::string::npos) << error;
}

}  // namespace
}  // namespace handshaked::receive
