#include "receive/shippers/lumberjack_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

#include "unit/receive/pack_text.h"

namespace handshaked::receive {
namespace {

using Kind = LumberjackEvent::Kind;

std::string window(char version, std::uint32_t size) {
  return version + ("W" + big_endian_bytes(size, 4));
}
std::string json(std::uint32_t sequence, std::string_view text) {
  return "2J" + big_endian_bytes(sequence, 4) + big_endian_bytes(text.size(), 4) +
         std::string(text);
}
std::string pairs(std::uint32_t sequence,
                  const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out = "1D" + big_endian_bytes(sequence, 4) + big_endian_bytes(fields.size(), 4);
  for (const auto& [key, value] : fields) {
    out += big_endian_bytes(key.size(), 4) + key;
    out += big_endian_bytes(value.size(), 4) + value;
  }
  return out;
}
std::string compressed(std::string_view frames, char version = '2') {
  uLongf size = compressBound(frames.size());
  std::string out(size, '\0');
  EXPECT_EQ(compress(reinterpret_cast<Bytef*>(out.data()), &size,
                     reinterpret_cast<const Bytef*>(frames.data()), frames.size()),
            Z_OK);
  return version + ("C" + big_endian_bytes(size, 4) + out.substr(0, size));
}

/// What comes out: "W3", "J1 BODY", "D1 TEXT", "!1" (skipped), "E" (an error), joined by commas.
std::string decoded(std::string_view stream, std::size_t piece, LumberjackLimits limits = {}) {
  LumberjackDecoder decoder(limits);
  const FieldNames names;
  FieldPicker picker(names);
  std::string out;
  const auto say = [&out](const std::string& word) { out += (out.empty() ? "" : ",") + word; };
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    decoder.feed(stream.substr(at, piece));
    while (true) {
      const auto event = decoder.next();
      if (!event) {
        say("E");
        return out;
      }
      const LumberjackEvent& it = event.value();
      if (it.kind == Kind::need_bytes) break;
      const std::string number = std::to_string(it.sequence);
      switch (it.kind) {
        case Kind::window: say("W" + number); break;
        case Kind::json: say("J" + number + " " + std::string(it.body)); break;
        case Kind::pairs:
          EXPECT_TRUE(pick_lumberjack_pairs(it.body, picker));
          say("D" + number + " " + std::string(picker.text()));
          break;
        default: say("!" + number);
      }
    }
  }
  if (decoder.is_waiting_for_more()) say("...");
  return out;
}

void expect_decoded(std::string_view stream, const std::string& wanted,
                    LumberjackLimits limits = {}) {
  for (const std::size_t piece : {stream.size(), std::size_t{1}, std::size_t{7}, std::size_t{1000}})
    EXPECT_EQ(decoded(stream, piece, limits), wanted) << "in pieces of " << piece;
}

TEST(LumberjackDecoder, ReadsWindowsAndEventsOfBothVersions) {
  expect_decoded(window('2', 2) + json(1, "{}") + json(2, R"({"message":"x"})"),
                 R"(W2,J1 {},J2 {"message":"x"})");
  expect_decoded(
      window('1', 2) + pairs(1, {{"host", "a"}, {"line", "one"}}) + pairs(2, {{"line", ""}}),
      "W2,D1 one,D2 ");
}

TEST(LumberjackDecoder, ReadsCompressedFrames) {
  expect_decoded(window('2', 3) + compressed(json(1, "{}") + json(2, "{\"a\":1}")) + json(3, "{}"),
                 "W3,J1 {},J2 {\"a\":1},J3 {}");
  expect_decoded(
      compressed(window('1', 1) + pairs(1, {{"line", "one"}}), '1') + compressed(json(2, "{}")),
      "W1,D1 one,J2 {}");
}

TEST(LumberjackDecoder, SkipsAnEventBeyondTheLimitAndNothingElse) {
  const LumberjackLimits limits{.max_event_bytes = 5000, .max_window = 100, .decompression = {}};
  const std::string large(100'000, 'x');
  const std::string frames =
      json(1, "{}") + json(2, large) + pairs(3, {{"line", large}, {"host", large}}) + json(4, "{}");
  expect_decoded(frames, "J1 {},!2,!3,J4 {}", limits);
  expect_decoded(compressed(frames), "J1 {},!2,!3,J4 {}", limits);
}

TEST(LumberjackDecoder, SaysWhenSomethingIsMissing) {
  const std::string frame = json(1, "{\"message\":\"x\"}");
  EXPECT_EQ(decoded(frame.substr(0, frame.size() - 1), 5), "...");
  EXPECT_EQ(decoded("2", 1), "...");
  EXPECT_EQ(decoded(compressed(json(1, "{}")).substr(0, 10), 5), "...");
}

TEST(LumberjackDecoder, RefusesWhatIsNoFrame) {
  expect_decoded("GET / HTTP/1.1", "E");
  expect_decoded("2X", "E");
  expect_decoded("3W", "E");
  expect_decoded(window('2', 0), "E");
  expect_decoded(window('2', 2'000'000), "E");
  expect_decoded(compressed(compressed(json(1, "{}"))), "E");
  expect_decoded("2C" + big_endian_bytes(0, 4), "E");
  EXPECT_EQ(decoded("2C" + big_endian_bytes(4, 4) + "abcd", 100), "E");
  EXPECT_EQ(decoded(compressed(json(1, "{}").substr(0, 11)), 100), "E")
      << "a frame that ends with the compressed data";
}

TEST(LumberjackDecoder, RefusesCompressedDataThatEndTooEarly) {
  std::string frame = compressed(json(1, std::string(500, 'x')));
  frame.resize(frame.size() - 6);
  frame.replace(2, 4, big_endian_bytes(frame.size() - 6, 4));
  EXPECT_TRUE(decoded(frame, 1000).ends_with("E"));
}

TEST(LumberjackDecoder, RefusesAPayloadThatGrowsOutOfAllProportion) {
  const LumberjackLimits limits{
      .max_event_bytes = 5000,
      .max_window = 100,
      .decompression = {
          .max_output_bytes = 1U << 30U, .free_output_bytes = 1U << 20U, .max_ratio = 300}};
  EXPECT_EQ(decoded(compressed(json(1, std::string(30'000'000, ' '))), 4096, limits), "E");
}

TEST(LumberjackPairs, AreRefusedWhenTheyLieAboutTheirLength) {
  const FieldNames names;
  FieldPicker picker(names);
  EXPECT_FALSE(pick_lumberjack_pairs("", picker));
  EXPECT_FALSE(pick_lumberjack_pairs(big_endian_bytes(1, 4), picker));
  EXPECT_FALSE(
      pick_lumberjack_pairs(big_endian_bytes(1, 4) + big_endian_bytes(10, 4) + "abc", picker));
}

TEST(LumberjackAck, HasSixBytes) {
  std::string out;
  append_lumberjack_ack(out, '2', 0x01020304);
  EXPECT_EQ(out, "2A\x01\x02\x03\x04");
}

}  // namespace
}  // namespace handshaked::receive
