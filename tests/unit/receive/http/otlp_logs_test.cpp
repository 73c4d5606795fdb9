#include "receive/http/otlp_logs.h"

#include <gmock/gmock.h>

#include "support/recording_intake.h"
#include "unit/receive/protobuf_writer.h"

namespace handshaked::receive {
namespace {

using testing::ElementsAre;
using Added = RecordingIntake::Added;

std::string text_value(std::string_view text) { return ProtobufWriter().bytes(1, text).done(); }
std::string pair_of(std::string_view key, std::string_view value) {
  return ProtobufWriter().bytes(1, key).bytes(2, text_value(value)).done();
}

std::string export_request() {
  const std::string plain = ProtobufWriter()
                                .fixed64(1, 1'795'229'895'000'000'000)
                                .varint(2, 9)
                                .bytes(5, text_value("SSL one"))
                                .done();
  const std::string map = ProtobufWriter()
                              .bytes(6, ProtobufWriter()
                                            .bytes(1, pair_of("x", "SSL no"))
                                            .bytes(1, pair_of("message", "SSL two"))
                                            .done())
                              .done();
  const std::string structured =
      ProtobufWriter().bytes(5, map).fixed64(11, 1'795'229'895'000'000'000).done();
  const std::string original =
      ProtobufWriter().bytes(6, pair_of("log.record.original", "SSL three")).done();
  const std::string ordinary = ProtobufWriter().bytes(5, text_value("ordinary")).done();
  const std::string scope = ProtobufWriter()
                                .bytes(2, plain)
                                .bytes(2, structured)
                                .bytes(2, original)
                                .bytes(2, ordinary)
                                .done();
  const std::string resource = ProtobufWriter().bytes(1, pair_of("host.name", "web-1")).done();
  return ProtobufWriter()
      .bytes(1, ProtobufWriter().bytes(2, scope).bytes(1, resource).done())
      .done();
}

TEST(OtlpLogs, TakesProtobuf) {
  RecordingIntake intake;
  const auto records = take_otlp_protobuf(export_request(), FieldNames(), intake);
  ASSERT_TRUE(records);
  EXPECT_EQ(records.value(), 4U);
  EXPECT_THAT(intake.records, ElementsAre(Added{"SSL one", "web-1", "2026-11-21T02:58:15Z"},
                                          Added{"SSL two", "web-1", "2026-11-21T02:58:15Z"},
                                          Added{"SSL three", "web-1", ""}));
}

TEST(OtlpLogs, RefusesEveryCutOfProtobuf) {
  const std::string whole = export_request();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    RecordingIntake intake;
    EXPECT_FALSE(take_otlp_protobuf(whole.substr(0, size), FieldNames(), intake)) << size;
  }
}

TEST(OtlpLogs, TakesJson) {
  RecordingIntake intake;
  std::string json =
      R"({"resourceLogs":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"web-1"}}]},"scopeLogs":[{"logRecords":[
    {"timeUnixNano":"1795229895000000000","body":{"stringValue":"SSL one"}},
    {"observedTimeUnixNano":1795229895000000000,"body":{"kvlistValue":{"values":[{"key":"log","value":{"stringValue":"SSL two"}}]}}},
    {"attributes":[{"key":"log.record.original","value":{"stringValue":"SSL three"}}]},
    {"body":{"intValue":7}}]}]}]})";
  json.reserve(json.size() + 64);
  const auto records = take_otlp_json(json, FieldNames(), intake);
  ASSERT_TRUE(records);
  EXPECT_EQ(records.value(), 4U);
  EXPECT_THAT(intake.records, ElementsAre(Added{"SSL one", "web-1", "2026-11-21T02:58:15Z"},
                                          Added{"SSL two", "web-1", "2026-11-21T02:58:15Z"},
                                          Added{"SSL three", "web-1", ""}));
}

TEST(OtlpLogs, RefusesOtherJson) {
  for (std::string wrong : {"{}", "[]", "{\"resourceLogs\":{}}", "{\"resourceLogs\":[", "x"}) {
    RecordingIntake intake;
    wrong.reserve(wrong.size() + 64);
    EXPECT_FALSE(take_otlp_json(wrong, FieldNames(), intake)) << wrong;
  }
}

}  // namespace
}  // namespace handshaked::receive
