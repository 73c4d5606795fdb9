#include "receive/record/json_lines.h"

#include <gmock/gmock.h>

#include "receive/http/elasticsearch.h"
#include "support/recording_intake.h"

namespace handshaked::receive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Bytes behind which enough others may be read.
std::string padded(std::string_view text) {
  std::string bytes(text);
  bytes.reserve(bytes.size() + 64);
  return bytes;
}

class JsonLinesInPieces : public testing::TestWithParam<std::size_t> {
 protected:
  void feed(std::string_view text) {
    for (; !text.empty(); text.remove_prefix(std::min(GetParam(), text.size()))) {
      const std::string piece = padded(text.substr(0, GetParam()));
      EXPECT_TRUE(lines.add(piece));
    }
    lines.finish();
  }
  RecordingIntake intake;
  FieldNames names;
  JsonRecordReader reader;
  JsonLines lines{intake, names, reader};
};
INSTANTIATE_TEST_SUITE_P(Sizes, JsonLinesInPieces, testing::Values(1, 3, 10, 100, 10000));

TEST_P(JsonLinesInPieces, TakesOnlyWhatMayMatter) {
  feed(
      "{\"message\":\"nothing\"}\n{\"message\":\"an SSL "
      "line\",\"host\":\"web-1\"}\r\n\n{\"log\":\"SSL "
      "too\",\"host\":{\"name\":\"web-2\"}}");
  ASSERT_EQ(intake.records.size(), 2U);
  EXPECT_EQ(intake.records[0].text, "an SSL line");
  EXPECT_EQ(intake.records[0].host, "web-1");
  EXPECT_EQ(intake.records[1].host, "web-2");
  EXPECT_EQ(lines.malformed(), 0U);
}

TEST_P(JsonLinesInPieces, KeepsOtherLinesOfAMalformedOne) {
  feed(
      "{\"message\":\"SSL 1\"}\n{\"message\":\"SSL broken\n{\"message\":\"SSL "
      "2\"}\n[\"SSL\"]\n{\"message\":\"SSL 3\"}\n");
  EXPECT_THAT(intake.texts(), ElementsAre("SSL 1", "SSL 2", "SSL 3"));
  EXPECT_EQ(lines.malformed(), 2U);
  EXPECT_EQ(lines.lines(), 5U);
  EXPECT_NE(lines.first_problem(), "");
}

TEST_P(JsonLinesInPieces, SeesLettersThatAreSpelled) {
  feed("{\"message\":\"\\u0053\\u0053\\u004c spelled\"}\n");
  EXPECT_THAT(intake.texts(), ElementsAre("SSL spelled"));
}

TEST_P(JsonLinesInPieces, TakesObjectsOneBehindAnother) {
  feed("{\"message\":\"SSL 1\"}{\"message\":\"SSL }{\"} {\"message\":\"SSL 3\"}\n");
  EXPECT_THAT(intake.texts(), ElementsAre("SSL 1", "SSL }{", "SSL 3"));
}

TEST_P(JsonLinesInPieces, RepairsBytesThatAreNotUtf8) {
  feed("{\"message\":\"SSL \xFF\xFE\",\"host\":\"w\"}\n");
  EXPECT_THAT(intake.texts(), ElementsAre("SSL \xEF\xBF\xBD\xEF\xBF\xBD"));
  EXPECT_EQ(lines.malformed(), 0U);
}

TEST(JsonLines, SkipsALineWithoutEnd) {
  RecordingIntake intake;
  FieldNames names;
  JsonRecordReader reader;
  JsonLines lines(intake, names, reader);
  const std::string piece = padded(std::string(100'000, 'S'));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(lines.add(piece));
  EXPECT_TRUE(lines.add(padded("L\n{\"message\":\"SSL\"}\n")));
  EXPECT_THAT(intake.texts(), ElementsAre("SSL"));
  EXPECT_EQ(lines.malformed(), 1U);
}

TEST(JsonLines, FindsTheEndOfAValue) {
  EXPECT_EQ(json_value_length("{\"a\":\"}\\\"\"}x"), 11U);
  EXPECT_EQ(json_value_length("  [1,[2],{}] "), 12U);
  EXPECT_EQ(json_value_length("{\"a\":1"), std::string_view::npos);
  EXPECT_EQ(json_value_length("\"text\""), std::string_view::npos);
}

TEST(BulkItems, AnswersEveryAction) {
  BulkItems items;
  items.add_lines(
      "{\"index\":{\"_index\":\"x\"}}\n{\"message\":\"a\"}\n{ \"create\" : {}}\n{\"delete\":\"no "
      "action\"}\n{\"delete\":{}}\n");
  EXPECT_EQ(items.actions(), 3U);
  EXPECT_TRUE(items.is_complete());
  EXPECT_NE(items.answer().find("\"create\":{"), std::string::npos);
  EXPECT_NE(items.answer().find("\"status\":404"), std::string::npos);
}

TEST(BulkItems, RefusesWhatIsNoAction) {
  BulkItems items;
  items.add_lines("{\"message\":\"a\"}\n");
  EXPECT_TRUE(items.is_broken());
  BulkItems open;
  open.add_lines("{\"index\":{}}\n");
  EXPECT_FALSE(open.is_complete());
}

}  // namespace
}  // namespace handshaked::receive
