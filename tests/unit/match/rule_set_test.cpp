#include "match/rule_set.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "parse/nginx_error_parser.h"

namespace handshaked::match {
namespace {

using parse::Side;

Rule rule(std::string id, std::string regex, Side side = Side::upstream) {
  Rule made;
  made.id = std::move(id);
  made.regex = std::move(regex);
  made.literals = regex_literals(made.regex);
  made.side = side;
  made.contexts = {side};
  return made;
}

/// Asks a rule set about lines.
class Asking {
 public:
  explicit Asking(std::vector<Rule> rules)
      : rules_(std::make_shared<const RuleSet>(std::move(rules))), matcher_(rules_) {}
  std::string winner(const std::string& line) {
    const Rule* const won = matcher_.match(parser_.parse(line));
    return won == nullptr ? "" : won->id;
  }
  const RuleSet& rules() const { return *rules_; }

 private:
  std::shared_ptr<const RuleSet> rules_;
  Matcher matcher_;
  parse::NginxErrorParser parser_;
};

const std::string kHeader = "2026/11/21 02:58:15 [error] 9#10: *1 ";
std::string upstream(const std::string& message,
                     const std::string& url = "https://10.0.0.1:8443/") {
  return kHeader + message +
         " while SSL handshaking to upstream, client: 192.0.2.7, server: gw, request: \"GET / "
         "HTTP/1.1\", upstream: \"" +
         url + "\", host: \"gw\"";
}
std::string client(const std::string& message) {
  return kHeader + message + " while SSL handshaking, client: 192.0.2.7, server: 0.0.0.0:443";
}

TEST(RuleSet, TheMoreSpecificRuleWins) {
  Asking ask({rule("b/family", "upstream SSL certificate verify error: \\(\\d+:"),
              rule("a/any", "upstream SSL"),
              rule("z/twenty", "upstream SSL certificate verify error: \\(20:")});
  EXPECT_EQ(ask.winner(upstream("upstream SSL certificate verify error: (20:x)")), "z/twenty");
  EXPECT_EQ(ask.winner(upstream("upstream SSL certificate verify error: (10:x)")), "b/family");
  EXPECT_EQ(ask.winner(upstream("upstream SSL other")), "a/any");
  EXPECT_EQ(ask.rules().rules().front().id, "z/twenty");
}

TEST(RuleSet, SaysWhatEachRuleHasCost) {
  Asking ask({rule("a/asked", "upstream SSL certificate verify error: \\(20:"),
              rule("b/never", "OCSP responder timed out")});
  for (int i = 0; i < 100; ++i)
    ask.winner(upstream("upstream SSL certificate verify error: (20:x" + std::to_string(i) + ")"));
  const std::size_t asked = ask.rules().rules().front().id == "a/asked" ? 0 : 1;
  EXPECT_EQ(ask.rules().cost(asked).confirmations, 100U);
  EXPECT_GT(ask.rules().cost(asked).seconds, 0);
  EXPECT_LT(ask.rules().cost(asked).seconds, 10);
  EXPECT_EQ(ask.rules().cost(1 - asked).confirmations, 0U);
  EXPECT_EQ(ask.rules().cost(1 - asked).seconds, 0);
}

TEST(RuleSet, AmongEquallySpecificOnesConstraintsAndThenTheIdDecide) {
  Rule constrained = rule("z/grpc", "peer closed connection in SSL handshake");
  constrained.upstream_schemes = {"grpcs"};
  Asking ask({rule("b/x", "peer closed connection in SSL handshake"),
              rule("a/x", "peer closed connection in SSL handshake"), constrained});
  EXPECT_EQ(
      ask.winner(upstream("peer closed connection in SSL handshake", "grpcs://10.0.0.1:9090")),
      "z/grpc");
  EXPECT_EQ(ask.winner(upstream("peer closed connection in SSL handshake")), "a/x");
}

TEST(RuleSet, ARegexSeesTheMessageAndItsActionOnlyFromTheFirstByte) {
  Asking ask({rule("r", "SSL_read\\(\\) failed .* while SSL handshaking to upstream$"),
              rule("c", "SSL_read\\(\\) failed", Side::client)});
  EXPECT_EQ(ask.winner(upstream("SSL_read() failed (SSL: x)")), "r");
  EXPECT_EQ(ask.winner(upstream("x SSL_read() failed (SSL: x)")), "");
  EXPECT_EQ(ask.winner(kHeader + "open() \"/SSL_read() failed\" failed, client: 1.1.1.1, server: "
                                 "a, request: \"GET /SSL_read() failed HTTP/1.1\""),
            "");
}

TEST(RuleSet, ContextsActionsAndSchemesKeepLinesOut) {
  Rule by_action = rule("by/action", "SSL_do_handshake\\(\\) failed");
  by_action.actions = {"SSL handshaking to upstream"};
  Asking ask({by_action});
  EXPECT_EQ(ask.winner(upstream("SSL_do_handshake() failed (SSL: x)")), "by/action");
  EXPECT_EQ(ask.winner(client("SSL_do_handshake() failed (SSL: x)")), "");
  EXPECT_EQ(ask.winner("2026/11/21 02:58:15 [emerg] 9#9: SSL_do_handshake() failed (SSL: x)"), "");
}

TEST(RuleSet, ARuleMayAskForTheBeginningOfTheRequest) {
  Rule tls_to_plain = rule("tls", "client sent invalid method", Side::client);
  tls_to_plain.request_prefixes = {std::string("\x16\x03\x01")};
  Asking ask({tls_to_plain});
  const std::string line = kHeader +
                           "client sent invalid method while reading client request line, client: "
                           "1.1.1.1, server: a, request: \"";
  EXPECT_EQ(ask.winner(line + "\x16\x03\x01\x02\""), "tls");
  EXPECT_EQ(ask.winner(line + "FOO / HTTP/1.1\""), "");
}

TEST(RuleSet, DebugLinesNeverMatch) {
  Asking ask({rule("r", "SSL_do_handshake", Side::config)});
  EXPECT_EQ(ask.winner("2026/11/21 02:58:15 [debug] 9#9: SSL_do_handshake: -1"), "");
  EXPECT_EQ(ask.winner("2026/11/21 02:58:15 [info] 9#9: SSL_do_handshake: -1"), "r");
}

TEST(RuleSet, ABarePastedMessageMatchesWithoutItsContext) {
  Asking ask({rule("r", "upstream SSL certificate verify error: \\(20:")});
  EXPECT_EQ(
      ask.winner(
          "upstream SSL certificate verify error: (20:unable to get local issuer certificate)"),
      "r");
}

TEST(RuleSet, ImportedRulesSearchAnywhereAndYieldToOurs) {
  Rule imported =
      rule("public", "unable to get local issuer certificate|self-signed certificate in chain");
  imported.imported = true;
  imported.contexts.clear();
  Asking ask({imported, rule("ours", "upstream SSL certificate verify error: \\(20:")});
  EXPECT_EQ(
      ask.winner(upstream(
          "upstream SSL certificate verify error: (20:unable to get local issuer certificate)")),
      "ours");
  EXPECT_EQ(
      ask.winner(client(
          "client SSL certificate verify error: (20:unable to get local issuer certificate)")),
      "public");
}

TEST(RuleSet, DotsMeetAnyByte) {
  Asking ask({rule("r", "a\".*\" end")});
  EXPECT_EQ(ask.winner(upstream(std::string("a\"\xff\xfe\x01\x00z\" end", 12))), "r");
}

TEST(RuleSet, AMatcherRemembersTextsButNotTheirConstraints) {
  Asking ask({rule("u", "same text"), rule("c", "same text", Side::client)});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask.winner(kHeader + "same text while sending to client, client: 1.1.1.1, server: a"),
              "c");
    EXPECT_EQ(ask.winner(kHeader + "same text while reading upstream, client: 1.1.1.1, server: a"),
              "u");
  }
  const std::string lengthy = "same text" + std::string(1000, 'x');
  EXPECT_EQ(ask.winner(upstream(lengthy)), "u");
  for (int i = 0; i < 5000; ++i)
    ASSERT_EQ(ask.winner(upstream("same text " + std::to_string(i))), "u");
}

TEST(RuleSet, FindByTextFindsWhatEveryRegexFinds) {
  std::vector<Rule> rules;
  for (const char* const regex :
       {"ab", "[0-9]+", "SSL_(?:read|write)", "x?yz", "(?i)hello", ".*tail$", "a.c"})
    rules.push_back(rule(regex, regex));
  const RuleSet set(std::move(rules));
  std::vector<std::uint32_t> found;
  const auto names = [&](std::string_view text) {
    set.find_by_text(text, found);
    std::string list;
    for (const auto index : found) list += set.rules()[index].id + " ";
    return list;
  };
  EXPECT_EQ(names("SSL_write"), "SSL_(?:read|write) ");
  EXPECT_EQ(names("yz"), "x?yz ");
  EXPECT_EQ(names("HeLLo"), "(?i)hello ");
  EXPECT_EQ(names("12 tail"), ".*tail$ [0-9]+ ");
  EXPECT_EQ(names("abc"), "a.c ab ");
  EXPECT_EQ(names(""), "");
}

TEST(RuleSet, ReportsEveryRegexThatRe2Refuses) {
  const RuleSet set({rule("good", "a"), rule("bad", "(a"), rule("worse", "a**")});
  EXPECT_EQ(set.compile_all().size(), 2U);
}

}  // namespace
}  // namespace handshaked::match
