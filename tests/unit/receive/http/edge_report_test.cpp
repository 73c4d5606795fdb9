#include "receive/http/edge_report.h"

#include <gtest/gtest.h>

#include <string>

namespace handshaked::receive {
namespace {

const std::string kEdge =
    R"("edge":{"host":"proxy-7","handshaked":"0.9.0","facts":{"openssl":"3.0.17","nginx":"nginx/1.22.1"},)"
    R"("labels":{"site":"fra"},"waiting":3,"lag_seconds":7})";

std::string event_json(const std::string& id = "inc-0123456789abcdef.opened.1",
                       const std::string& more_data = "") {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","type":"io.handshaked.incident.opened","source":"//proxy-7/handshaked","time":"2026-11-21T02:00:00Z","data":{)"
         R"("incident":{"id":"inc-0123456789abcdef","fingerprint":"v1:0123456789abcdef0123456789abcdef","status":"open",)"
         R"("severity":"warning","opened_at":"2026-11-21T02:00:00Z","last_seen_at":"2026-11-21T02:00:05Z","count":4,)"
         R"("hosts":["proxy-7"],"servers":["gw"],"clients":{"distinct":1,"sample":["192.0.2.0/24"]},"sample_lines":["a line"]},)"
         R"("rule":{"id":"nginx/x","title":"a title","url":"javascript:x"},"place":{"side":"upstream","peer":"10.0.0.1:8443"},)"
         R"("diagnosis":{"cause":"ca-missing","confidence":0.9,"summary":"s","evidence":[],"healthy_now":false,"candidates":[]},)"
         R"("fixes":[{"rank":1,"title":"trust it","proof":{"status":"proved"}}],"dead_ends":[])" +
         more_data + "}}";
}

std::string message(const std::string& event = event_json(), const std::string& version = "1") {
  return "{\"version\":" + version + "," + kEdge + (event.empty() ? "" : ",\"event\":" + event) +
         "}";
}

TEST(EdgeReport, ReadsWhoSaysWhat) {
  const auto read = read_edge_report(message());
  ASSERT_TRUE(read) << read.error().message();
  const EdgeReport& report = read.value();
  EXPECT_EQ(report.host, "proxy-7");
  EXPECT_EQ(report.facts, (NamedTexts{{"nginx", "nginx/1.22.1"}, {"openssl", "3.0.17"}}));
  EXPECT_EQ(report.labels, (NamedTexts{{"site", "fra"}}));
  EXPECT_EQ(report.waiting, 3U);
  ASSERT_TRUE(report.event);
  EXPECT_EQ(report.event->kind, "opened");
  EXPECT_EQ(report.event->number, 1U);
  EXPECT_EQ(report.event->count, 4U);
  EXPECT_EQ(report.event->first_fix, "trust it");
  EXPECT_TRUE(report.event->is_proved);
  EXPECT_TRUE(report.event->is_looked_at);
  EXPECT_EQ(report.event->url, "");  // a link that a page would show
  EXPECT_TRUE(report.event->members.starts_with(R"("diagnosis":{"cause":"ca-missing")"));
}

TEST(EdgeReport, WithoutAnEventIsAHeartbeat) {
  const auto read = read_edge_report(message(""));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read.value().event);
}

TEST(EdgeReport, SaysHowFarAnIncidentHasCome) {
  std::string event = event_json();
  event.replace(event.find(R"("count":4)"), 9,
                R"("count":4,"reopens":3,"earlier_fingerprints":["v1:aa","v1:bb"])");
  const auto read = read_edge_report(message(event));
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().event->reopens, 3U);
  EXPECT_EQ(read.value().event->changes, 2U);
  EXPECT_FALSE(read.value().has_moved);
  EXPECT_EQ(read.value().partitions, 1U);
}

TEST(EdgeReport, SaysThatItsIncidentHasMovedToAnotherPartition) {
  std::string moved = message(event_json());
  moved.replace(0, 1, R"({"moved":true,"partitions":5,)");
  const auto read = read_edge_report(moved);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read.value().has_moved);
  EXPECT_EQ(read.value().partitions, 5U);
  for (const char* const odd :
       {R"({"moved":1,"partitions":-1,)", R"({"partitions":99999999999,)"}) {
    std::string strange = message();
    const auto taken = read_edge_report(strange.replace(0, 1, odd));
    ASSERT_TRUE(taken);
    EXPECT_FALSE(taken.value().has_moved);
    EXPECT_LE(taken.value().partitions, 1024U);
    EXPECT_GE(taken.value().partitions, 1U);
  }
}

TEST(EdgeReport, OfALaterVersionWaitsUntilWeAreAsNew) {
  const auto read = read_edge_report(message("", "2"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::cancelled);  // 503: come again
}

TEST(EdgeReport, OfSomebodyElseIsRefusedInWords) {
  for (const std::string& foreign :
       {std::string("{}"), std::string("[]"), std::string("{\"version\":1}"),
        std::string(R"({"version":1,"edge":{"facts":{}}})"),
        message(R"({"type":"com.example.thing","data":{}})"),
        message(event_json("inc-0123456789abcdef.exploded.1")),
        message(event_json("inc-ffffffffffffffff.opened.1")),
        message(event_json("inc-0123456789abcdef.opened.x")),
        message(event_json("inc-0123456789abcdef.opened.0"))}) {
    const auto read = read_edge_report(foreign);
    ASSERT_FALSE(read) << foreign;
    EXPECT_EQ(read.error().code(), ErrorCode::invalid_input) << foreign;
  }
}

TEST(EdgeReport, WritesWhatItKeepsAnewSoThatNoByteOfASenderIsShownAsItWas) {
  std::string hostile = event_json();
  hostile.replace(hostile.find("\"summary\":\"s\""), 13,
                  "\"summary\":\"a\\u202eb\",\"\\\"x\\\":\":1");
  const auto read = read_edge_report(message(hostile));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_NE(read.value().event->members.find("\\u202e"), std::string::npos);
  EXPECT_NE(read.value().event->members.find("\"\\\"x\\\":\":1"), std::string::npos);
}

TEST(EdgeReport, NamesAreTextAlsoWhereTheyAreCut) {
  std::string letters;
  for (int i = 0; i < 200; ++i) letters += "\u00e9";
  const auto read = read_edge_report("{\"version\":1,\"edge\":{\"host\":\"" + letters + "\"}}");
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().host, letters.substr(0, 254))
      << "a state with half a letter has another name";
}

TEST(EdgeReport, IsWhoseItsKeySaysIfThatIsAName) {
  EdgeReport report;
  report.host = "proxy-1";
  for (const std::string_view key : {"", "proxy-\xff", "\xc3"})
    EXPECT_FALSE(name_edge(report, key)) << key;
  EXPECT_EQ(report.host, "proxy-1");
  EXPECT_TRUE(name_edge(report, "proxy-2"));
  EXPECT_EQ(report.host, "proxy-2");
  EXPECT_TRUE(name_edge(report, std::string(300, 'a')));
  EXPECT_EQ(report.host, std::string(255, 'a'));
}

TEST(EdgeReport, ThatIsNestedDeeplyIsRefused) {
  std::string event = event_json();
  event.replace(event.find("\"dead_ends\":[]"), 14,
                "\"dead_ends\":" + std::string(40, '[') + std::string(40, ']'));
  EXPECT_FALSE(read_edge_report(message(event)));
}

TEST(EdgeReport, ADiagnosisThatIsTooLargeIsLeftOut) {
  std::string event = event_json();
  event.replace(event.find("\"dead_ends\":[]"), 14,
                "\"dead_ends\":[\"" + std::string(100'000, 'x') + "\"]");
  const auto read = read_edge_report(message(event));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read.value().event->is_looked_at);
  EXPECT_TRUE(read.value().event->members.empty());
  EXPECT_EQ(read.value().event->cause, "ca-missing");
}

}  // namespace
}  // namespace handshaked::receive
