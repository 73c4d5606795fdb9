#include "parse/envelope.h"

#include <gtest/gtest.h>

#include "parse/nginx_error_parser.h"

namespace handshaked::parse {
namespace {

const std::string kLine =
    "2026/11/21 02:58:15 [error] 9#10: *1 upstream SSL certificate verify error: (20:unable to get "
    "local issuer certificate) while SSL "
    "handshaking to upstream, client: 192.0.2.7, server: gw";

/// As Docker and journals write it.
std::string as_json(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

void expect_inside(const std::string& wrapped, std::string_view time, std::string_view host) {
  NginxErrorParser parser;
  const ErrorRecord& record = parser.parse(wrapped);
  EXPECT_EQ(record.form, Form::file) << wrapped;
  EXPECT_EQ(record.client, "192.0.2.7") << wrapped;
  EXPECT_EQ(record.side, Side::upstream);
  EXPECT_EQ(record.envelope_time, time);
  EXPECT_EQ(record.envelope_host, host);
}

TEST(Envelope, IsTakenOffWhateverWroteIt) {
  expect_inside("<187>Nov 21 02:58:15 web1 nginx: " + kLine, "", "web1");
  expect_inside("<187>Nov  1 02:58:15 nginx: " + kLine, "", "");
  expect_inside("Nov 21 02:58:15 web1 nginx[99]: " + kLine, "", "web1");
  expect_inside(
      "<11>1 2026-11-21T02:58:15.123Z web1 nginx 99 - [meta x=\"a\\\"]b\"][m2 y=\"z\"] " + kLine,
      "2026-11-21T02:58:15.123Z", "web1");
  expect_inside("<11>1 2026-11-21T02:58:15+01:00 web1 nginx - - - \xEF\xBB\xBF" + kLine,
                "2026-11-21T02:58:15+01:00", "web1");
  expect_inside("2026-11-21T02:58:15.5Z stderr F " + kLine, "2026-11-21T02:58:15.5Z", "");
  expect_inside("2026-11-21T02:58:15.123456+01:00 web1 nginx[9]: " + kLine,
                "2026-11-21T02:58:15.123456+01:00", "web1");
  expect_inside("2026-11-21T02:58:15Z " + kLine, "2026-11-21T02:58:15Z", "");
  expect_inside("web-1  | " + kLine, "", "web-1");
  expect_inside("[pod/web-0/nginx] " + kLine, "", "web-0/nginx");
  const std::string quoted = as_json(kLine);
  expect_inside("{\"log\":" + quoted.substr(0, quoted.size() - 1) +
                    "\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:58:15.1Z\"}",
                "2026-11-21T02:58:15.1Z", "");
  expect_inside("{\"_HOSTNAME\":\"h\",\"MESSAGE\":" + as_json(kLine) + ",\"PRIORITY\":\"3\"}", "",
                "h");
  expect_inside(
      "{\"@timestamp\":\"2026-11-21T02:58:15.5Z\",\"host\":{\"name\":\"h\"},\"log\":{\"offset\":1},"
      "\"message\":" +
          as_json(kLine) + "}",
      "2026-11-21T02:58:15.5Z", "h");
  expect_inside("{\"event\":{\"original\":" + as_json(kLine) + "},\"host\":\"h\"}", "", "h");
  expect_inside("@cee: {\"msg\":" + as_json(kLine) + ",\"hostname\":\"h\"}", "", "h");
  expect_inside("E1121 02:58:15.123456       7 nginx.go:42] " + kLine, "", "");
}

TEST(Envelope, InsideSyslogMayBeJsonAndTheOtherWayRound) {
  const std::string json = "{\"message\":" + as_json(kLine) + ",\"host\":\"web2\"}";
  expect_inside("<187>Nov 21 02:58:15 relay fluentd[7]: " + json, "", "web2");
  expect_inside("<187>Nov 21 02:58:15 relay fluentd[7]: @cee:" + json, "", "web2");
  expect_inside("<11>1 2026-11-21T02:58:15Z relay docker - - - " + json, "2026-11-21T02:58:15Z",
                "web2");
  expect_inside("{\"log\":" + as_json("<187>Nov 21 02:58:15 web1 nginx: " + kLine) + "}", "",
                "web1");
  expect_inside("2026-11-21T02:58:15.5Z stderr F " + json, "2026-11-21T02:58:15.5Z", "web2");
  expect_inside(
      "{\"log\":" +
          as_json("2026-11-21T02:58:15.5Z stderr F E1121 02:58:15.123456 7 a.go:1] " + kLine) + "}",
      "2026-11-21T02:58:15.5Z", "");
}

TEST(Envelope, OfJsonTakesTheBestName) {
  std::string scratch;
  EXPECT_EQ(peel_envelope(R"({"message":"first","log":"second"})", scratch).inner, "first");
  EXPECT_EQ(peel_envelope(R"({"log":"second","message":"first"})", scratch).inner, "first");
  EXPECT_EQ(peel_envelope(R"({"a":{"message":"inside"},"log":"second"})", scratch).inner, "second");
}

TEST(Envelope, OfJsonVouchesForNoOtherName) {
  NginxErrorParser parser;
  const ErrorRecord& record = parser.parse("{\"request_uri\":" + as_json(kLine) + "}");
  EXPECT_EQ(record.form, Form::bare) << "a field that strangers may fill";
  EXPECT_EQ(record.client, "192.0.2.7") << "but it is read";
  EXPECT_EQ(parser.parse("{\"request_uri\":" + as_json(kLine) + ",\"message\":\"GET /\"}").message,
            "GET /");
}

TEST(Envelope, InsideAnotherKeepsTheTimesOfBoth) {
  const std::string inner =
      "{\"log\":" + as_json(kLine) + ",\"time\":\"2026-11-21T02:58:15.654321Z\"}";
  expect_inside("{\"log\":" + as_json(inner) + "}", "2026-11-21T02:58:15.654321Z", "");
  const std::string twice = "{\"log\":" + as_json("{\"log\":" + as_json(inner) + "}") + "}";
  expect_inside(twice, "2026-11-21T02:58:15.654321Z", "");
  expect_inside("<187>Nov 21 02:58:15 web1 docker: " + inner, "2026-11-21T02:58:15.654321Z",
                "web1");
}

TEST(Envelope, OfJsonUnescapesWhatItHolds) {
  std::string scratch;
  const Envelope envelope =
      peel_envelope(R"({"log":"a\tb\"c\\d\/e\u00e9\u4e2d\ud83d\ude00\r\n"})", scratch);
  ASSERT_TRUE(envelope.found);
  EXPECT_EQ(envelope.inner, "a\tb\"c\\d/e\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\r");
}

TEST(Envelope, OfJsonListensOnlyToKeysOfTheTopLevel) {
  std::string scratch;
  EXPECT_FALSE(
      peel_envelope(
          R"({"request":"\"log\":\"forged\"","nested":{"log":"forged"},"list":["log","forged"]})",
          scratch)
          .found);
  EXPECT_FALSE(peel_envelope(R"({"status":"log","x":"forged"})", scratch).found);
  EXPECT_EQ(peel_envelope(R"({"nested":{"a":["log"]},"log":"real"})", scratch).inner, "real");
}

TEST(Envelope, ThatIsBrokenIsNone) {
  std::string scratch;
  for (const char* const text :
       {"{\"log\":\"cut", "{\"log\":\"x\\", "{\"log\":\"\\u12", "{", "<", "<999999>x", "<1x> y",
        "Nov 21 02:58:15 ", "[pod/", "x | ", "<11>1 ", "2026-11-21T02:58:15"}) {
    const Envelope envelope = peel_envelope(text, scratch);
    EXPECT_TRUE(!envelope.found || envelope.inner.size() <= std::string_view(text).size()) << text;
  }
  NginxErrorParser parser;
  EXPECT_EQ(parser.parse("{\"log\":\"\"}").message, "");
}

TEST(Envelope, IsNotMadeByTextInQuotes) {
  std::string scratch;
  EXPECT_FALSE(peel_envelope("Nov 21 02:58:15 \"GET x: 2026/11/21", scratch).found);
  EXPECT_FALSE(peel_envelope("GET /a\" | 2026/11/21 02:58:15 [error]", scratch).found);
}

}  // namespace
}  // namespace handshaked::parse
