#include "receive/record/json_record.h"

#include <gtest/gtest.h>

#include "receive/record/byte_window.h"
#include "receive/record/message_pack.h"
#include "unit/receive/pack_text.h"

namespace handshaked::receive {
namespace {

/// "text|host|time", or "E".
std::string picked(std::string_view json, const FieldNames& names = {}) {
  ByteWindow window;
  window.append(json);
  JsonRecordReader reader;
  FieldPicker picker(names);
  if (!reader.read(window.view(), picker)) return "E";
  return std::string(picker.text()) + "|" + std::string(picker.host()) + "|" +
         std::string(picker.time());
}

TEST(JsonRecord, PicksWhatFilebeatSends) {
  EXPECT_EQ(
      picked(
          R"({"@timestamp":"2026-11-21T02:58:15.123Z","host":{"name":"edge-1"},"log":{"offset":5,"file":{"path":"/x"}},"message":"a\"b\u00e9"})"),
      "a\"b\xC3\xA9|edge-1|2026-11-21T02:58:15.123Z");
}

TEST(JsonRecord, TakesTheBestNameWhateverTheOrder) {
  EXPECT_EQ(picked(R"({"log":"second","message":"first","hostname":"b","host":"a"})"), "first|a|");
  EXPECT_EQ(picked(R"({"message":"first","log":"second"})"), "first||");
}

TEST(JsonRecord, FollowsNamesOfTheUsersOwn) {
  FieldNames names;
  names.text = {"payload.line"};
  names.host = {"meta.from.name"};
  EXPECT_EQ(
      picked(
          R"({"message":"no","payload":{"line":"yes","x":[1,{"line":"no"}]},"meta":{"from":{"name":"h"}}})",
          names),
      "yes|h|");
  EXPECT_EQ(picked(R"({"payload.line":"flat"})", names), "flat||");
}

TEST(JsonRecord, UnderstandsTimesThatAreNumbers) {
  EXPECT_EQ(picked(R"({"message":"x","time":1795229895})"), "x||2026-11-21T02:58:15.000000Z");
  EXPECT_EQ(picked(R"({"message":"x","timestamp": 1795229895123 })"),
            "x||2026-11-21T02:58:15.123000Z");
  EXPECT_EQ(picked(R"({"message":"x","time":1795229895.25,"a":1e999})"),
            "x||2026-11-21T02:58:15.250000Z");
  EXPECT_EQ(picked(R"({"message":"x","@timestamp":"1795229895123456789"})"),
            "x||2026-11-21T02:58:15.123456Z");
}

TEST(JsonRecord, TakesTheBestTimeThatIsOne) {
  EXPECT_EQ(picked(R"({"time":1795229895,"@timestamp":"2026-11-21T00:00:00Z","message":"x"})"),
            "x||2026-11-21T00:00:00Z");
  EXPECT_EQ(picked(R"({"@timestamp":"2026-11-21T00:00:00Z","time":1795229895,"message":"x"})"),
            "x||2026-11-21T00:00:00Z");
  EXPECT_EQ(picked(R"({"@timestamp":1795229895,"time":"2026-11-21T00:00:00Z","message":"x"})"),
            "x||2026-11-21T02:58:15.000000Z");
  // A duration is no time, and does not hide one.
  EXPECT_EQ(picked(R"({"time":0.123,"timestamp":1795229895,"message":"x"})"),
            "x||2026-11-21T02:58:15.000000Z");
  // Nothing is left of the record before.
  EXPECT_EQ(picked(R"({"message":"x"})"), "x||");
}

TEST(JsonRecord, GivesNothingWhereThereIsNoText) {
  EXPECT_EQ(picked(R"({"message":5,"a":[{"message":"inside"}],"b":{"message":"inside"}})"), "||");
  EXPECT_EQ(picked("{}"), "||");
}

TEST(JsonRecord, RefusesWhatIsNoObject) {
  for (const std::string_view json : {"", "[]", "5", "\"message\"", "{\"message\":\"x\"",
                                      "{\"message\":\"x\"} {}", "{\"message\":}", "{\"message\"x}"})
    EXPECT_EQ(picked(json), "E") << json;
}

TEST(JsonRecord, EndsOnDeepNesting) {
  EXPECT_EQ(picked(std::string(100'000, '[')), "E");
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100'000; ++i) deep += "[";
  EXPECT_EQ(picked(deep), "E");
}

TEST(PackRecord, PicksNestedFieldsAndPassesOthers) {
  const FieldNames names;
  FieldPicker picker(names);
  const std::string map =
      packed_map(4) + packed_number(5) + packed_text("odd key") + packed_text("kubernetes") +
      packed_record({{"pod", "p"}, {"host", "node-1"}}) + packed_text("log") +
      packed_binary("line") + packed_text("list") + packed_array(1) + packed_text("log");
  ASSERT_TRUE(pick_pack_fields(map, picker));
  EXPECT_EQ(picker.text(), "line");
  EXPECT_EQ(picker.host(), "node-1");
  EXPECT_FALSE(pick_pack_fields(packed_array(0), picker));
  EXPECT_FALSE(pick_pack_fields(map.substr(0, map.size() - 2), picker));
}

TEST(PackRecord, UnderstandsTimesThatAreNumbers) {
  const FieldNames names;
  FieldPicker picker(names);
  std::string seconds("\xCE", 1);  // uint 32: 1795229895
  for (const unsigned byte : {0x6BU, 0x01U, 0x08U, 0xC7U}) seconds += static_cast<char>(byte);
  ASSERT_TRUE(pick_pack_fields(
      packed_map(2) + packed_text("message") + packed_text("x") + packed_text("time") + seconds,
      picker));
  EXPECT_EQ(picker.time(), "2026-11-21T02:58:15.000000Z");
  ASSERT_TRUE(pick_pack_fields(packed_record({{"message", "x"}}), picker));
  EXPECT_EQ(picker.time(), "");
}

}  // namespace
}  // namespace handshaked::receive
