#include "cli/log/match_line.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "analysis.h"
#include "unit/cli/example_rules.h"

namespace handshaked::cli {
namespace {

class Collector : public FailureHandler {
 public:
  Collector(const match::RuleSet& rules, std::string_view file) : writer_(file, rules) {}
  void on_failure(const match::RecognisedLine& failure) override { writer_.append(out, failure); }
  std::string out;

 private:
  MatchLineWriter writer_;
};

std::string matched(const std::string& log, std::string_view file = "error.log") {
  const KnowledgeBase base = example_base();
  EXPECT_TRUE(base.problems.empty());
  LineAnalysis analysis(base.rules, parse::TimeZone::named("+01:00").value());
  analysis.count_lines_from_start();
  Collector collector(*base.rules, file);
  analysis.consume({.bytes = log, .before = {}, .offset = {}}, collector);
  return collector.out;
}

TEST(MatchLine, IsTheObjectOfTheContract) {
  EXPECT_EQ(matched("x\n" + kVerifyLine + "\n"),
            "{\"file\":\"error.log\",\"line\":2,\"offset\":2,\"rule\":\"nginx/"
            "verify-20\",\"causes\":[\"upstream_ca_not_trusted\","
            "\"upstream_chain_incomplete\"],\"severity\":\"warning\",\"noise\":false,\"side\":"
            "\"upstream\",\"trusted\":true,\"record\":{"
            "\"time\":\"2026-11-21T02:58:15+01:00\",\"level\":\"error\",\"pid\":9,\"tid\":9,"
            "\"connection\":1,\"message\":\"upstream SSL "
            "certificate verify error: (20:unable to get local issuer "
            "certificate)\",\"action\":\"SSL handshaking to upstream\",\"client\":"
            "\"192.0.2.7\",\"server\":\"gw.example\",\"request\":\"GET /a?token=x "
            "HTTP/1.1\",\"upstream\":\"https://10.0.0.1:8443/a?token=x\","
            "\"peer\":\"10.0.0.1:8443\",\"host\":\"gw.example\",\"truncated\":false},\"tls\":{"
            "\"verify_code\":20,\"verify_text\":\"unable to get "
            "local issuer certificate\"}}\n");
}

TEST(MatchLine, LeavesOutWhatTheLineDoesNotHave) {
  const std::string out = matched(
      "client sent plain HTTP request to HTTPS port while reading client request headers\n");
  EXPECT_EQ(out.find("\"tls\""), std::string::npos);
  EXPECT_EQ(out.find("\"time\""), std::string::npos);
  EXPECT_EQ(out.find("\"pid\""), std::string::npos);
  EXPECT_EQ(out.find("\"peer\""), std::string::npos);
  EXPECT_NE(out.find("\"trusted\":false"), std::string::npos);
}

TEST(MatchLine, IsValidJsonWhateverTheBytes) {
  std::string line = kVerifyLine;
  line.replace(line.find("gw.example"), 10, "\xff\xc3\"\\\x01\xed\xa0\x80");
  const std::string out = matched(line + "\n", "a\"\xff.log");
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(out).get(root), simdjson::SUCCESS) << out;
  EXPECT_NE(out.find("\xEF\xBF\xBD"), std::string::npos);
}

TEST(MatchLine, NamesEveryOpensslErrorWhole) {
  const std::string out = matched(
      "2026/11/21 02:58:15 [error] 9#9: *1 SSL_do_handshake() failed (SSL: error:0A000418:SSL "
      "routines::tlsv1 alert unknown ca:SSL alert "
      "number "
      "48) while SSL handshaking to upstream, client: 192.0.2.7, server: s, upstream: "
      "\"10.0.0.1:8443\", bytes from/to client:0/0, bytes "
      "from/to "
      "upstream:0/0\n");
  EXPECT_NE(out.find("\"openssl_errors\":[\"error:0A000418:SSL routines::tlsv1 alert unknown "
                     "ca:SSL alert number 48\"]"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find("\"alert\":48"), std::string::npos);
  EXPECT_NE(out.find("\"reason\":\"tlsv1 alert unknown ca\",\"reason_code\":1048"),
            std::string::npos);
}

}  // namespace
}  // namespace handshaked::cli
