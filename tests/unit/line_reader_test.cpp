#include "line_reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "match/regex_literals.h"

namespace handshaked {
namespace {

using match::regex_literals;
using match::Rule;
using match::RuleSet;
using parse::Side;

Rule rule(std::string id, std::string regex, Side side, bool is_catch_all = false) {
  Rule made;
  made.id = std::move(id);
  made.regex = std::move(regex);
  made.literals = regex_literals(made.regex);
  made.side = side;
  made.contexts = {side};
  if (is_catch_all) made.contexts = {Side::upstream, Side::client, Side::config, Side::ocsp};
  made.causes.push_back({.cause = is_catch_all ? "unclassified" : "c",
                         .likelihood = 1,
                         .tell_apart = {},
                         .tell_apart_zh = {}});
  return made;
}

std::shared_ptr<const RuleSet> rules() {
  std::vector<Rule> list;
  list.push_back(rule("upstream/failed", "SSL_\\w+\\(\\) failed", Side::upstream));
  list.push_back(rule("client/failed", "SSL_\\w+\\(\\) failed \\(SSL: .*certificate verify failed",
                      Side::client));
  list.push_back(rule("config/key", "SSL_CTX_use_PrivateKey\\(\"[^\"]*\"\\) failed", Side::config));
  list.push_back(rule("any", "(?:[^\":]*\\bSSL\\b|SSL_\\w+\\(\\) failed)", Side::config, true));
  return std::make_shared<const RuleSet>(std::move(list));
}

struct Reading {
  std::string rule;
  Side side;
  bool is_bare;
};

Reading read(const std::string& line) {
  static const auto set = rules();
  LineReader reader(set);
  const Rule* const won = reader.read(line);
  return {won == nullptr ? "" : won->id, reader.record().side,
          reader.record().form == parse::Form::bare};
}

const std::string kHeader = "2026/11/21 02:58:15 [error] 9#10: *1 ";
const std::string kMessage =
    "SSL_do_handshake() failed (SSL: error:0A000086:SSL routines::certificate verify failed)";

TEST(LineReader, TheActionDecidesTheSideWhateverIsLeftOfTheLine) {
  // The rule of clients is the more specific one: it must never win a line of an upstream.
  const std::string whole = kMessage +
                            " while SSL handshaking to upstream, client: 192.0.2.7, server: gw, "
                            "request: \"GET / HTTP/1.1\"";
  const std::size_t told = kMessage.size() + std::string(" while SSL handshaking t").size();
  for (std::size_t length = told; length <= whole.size(); ++length) {
    for (const std::string& header : {std::string(), kHeader, std::string("*1 "),
                                      std::string("[error] 9#10: *1 "), std::string("> ")}) {
      const Reading reading = read(header + whole.substr(0, length));
      ASSERT_EQ(reading.rule, "upstream/failed") << header << whole.substr(0, length);
      ASSERT_EQ(reading.side, Side::upstream) << header << whole.substr(0, length);
    }
  }
  EXPECT_EQ(read(kHeader + kMessage + " while SSL handshaking").rule, "client/failed");
  EXPECT_EQ(read(kMessage + " while SSL handshaking, client: 192.0.2.7, server: 0.0.0.0:443").rule,
            "client/failed");
  EXPECT_EQ(read(kMessage + " while reading response header fr").rule, "upstream/failed");
}

TEST(LineReader, AnActionThatNamesTheClientIsTheClients) {
  // nginx's static files and recordings, and a module of somebody else's: with a header, and the
  // context cut off.
  for (const char* action :
       {"sending response to client", "sending flv to client", "sending mp4 to client",
        "sending respons", "draining ranges to client", "taking client certificate fields"}) {
    EXPECT_EQ(read(kHeader + "SSL_write() failed (SSL:) (32: Broken pipe) while " + action).side,
              Side::client)
        << action;
  }
}

TEST(LineReader, AMessageThatNamesTheUpstreamIsTheUpstreamsWhereTheActionIsCut) {
  const std::string verify = "upstream SSL certificate verify error: (18:self-signed certificate)";
  for (const char* rest :
       {" while SSL handshaking", " while SSL handshaking ", " while proxying conn"}) {
    EXPECT_EQ(read(kHeader + verify + rest).side, Side::upstream) << rest;
    EXPECT_EQ(read("*1 " + verify + rest).side, Side::upstream) << rest;
  }
  // The stream module: a client's handshake is over before anything is proxied.
  EXPECT_EQ(
      read(kHeader + kMessage + " while proxying connection, client: 192.0.2.7, server: 0").side,
      Side::upstream);
  EXPECT_EQ(read(kMessage + " while proxying connection").rule, "upstream/failed");
}

TEST(LineReader, ACallThatFailedAndNothingElseIsOnNeitherSide) {
  for (const char* line :
       {"SSL_do_handshake() failed", "2026/11/21 02:58:15 [crit] SSL_do_handshake() failed",
        "[crit] 9#9: *1 SSL_read() failed", "Help: SSL_do_handshake() failed with nginx in front",
        "| `SSL_do_handshake() failed` | look at both sides |"}) {
    EXPECT_EQ(read(line).rule, "any") << line;
  }
  EXPECT_EQ(read("SSL_do_handshake() failed (104: Connection reset by peer)").rule,
            "upstream/failed");
  EXPECT_EQ(read(kMessage).rule, "upstream/failed");
  EXPECT_EQ(read("SSL_do_handshake() failed while SSL handshaking to upstream").rule,
            "upstream/failed");
  // What other programs print, in their source code.
  EXPECT_EQ(read("    TEST_info(\"SSL_do_handshake() failed\\n\");").rule, "");
}

TEST(LineReader, OpenSslsFunctionAndReasonAreEnoughInFrontOfAnAction) {
  EXPECT_EQ(read("ssl3_read_n:unexpected eof while reading while keepalive").rule,
            "");  // no rule of these knows the reason
  static const auto set = [] {
    std::vector<Rule> list;
    list.push_back(
        rule("eof", "SSL_read\\(\\) failed \\(SSL: .*:unexpected eof while reading", Side::client));
    list.push_back(rule("handshake",
                        "SSL_do_handshake\\(\\) failed \\(SSL: .*:unexpected eof while reading",
                        Side::upstream));
    list.push_back(rule("any", "[^\":]*\\bSSL\\b", Side::config, true));
    return std::make_shared<const RuleSet>(std::move(list));
  }();
  const auto rule_of = [](std::string_view line) {
    LineReader reader(set);
    parse::LineSpan span{.begin = 0, .end = line.size()};
    const Rule* const won = reader.read_within(line, span, 0);
    return won == nullptr ? std::string() : won->id;
  };
  EXPECT_EQ(rule_of("ssl3_read_n:unexpected eof while reading while keepalive"), "eof");
  EXPECT_EQ(rule_of("# ssl3_read_n:unexpected eof while reading while SSL handshaking to upstream"),
            "handshake");
  EXPECT_EQ(rule_of("403722A56A7F0000:error:0A000126:SSL routines:ssl3_read_n:unexpected eof while "
                    "reading:../ssl/record/rec_layer_s3.c:303:"),
            "");
}

TEST(LineReader, ALineThatIsOneStringIsReadWithoutItsQuotes) {
  const std::string name =
      "upstream SSL certificate does not match \\\"pay\\\" while SSL handshaking to upstream";
  for (const std::string& line :
       {"\"" + kMessage + " while SSL handshaking to upstream\",",
        "    \"9#9: *1 " + kMessage + " while SSL handshaking to upst\",1",
        "(\"" + kMessage + " while SSL handshaking to upstream\"),"}) {
    EXPECT_EQ(read(line).rule, "upstream/failed") << line;
    EXPECT_EQ(read(line).side, Side::upstream) << line;
  }
  // A stranger's request is quoted too, and something stands in front of it.
  EXPECT_EQ(
      read("192.0.2.7 - - \"GET " + kMessage + " while SSL handshaking to upstream\" 400").rule,
      "");
}

TEST(LineReader, AWideBracketEndsAReason) {
  const std::string line =
      "*1 SSL_do_handshake\xEF\xBC\x88\xEF\xBC\x89 failed \xEF\xBC\x88SSL: error:0A000086:SSL "
      "routines::certificate verify "
      "failed\xEF\xBC\x89 while SSL handshaking to upstream, client: 192.0.2.7, server: gw";
  EXPECT_EQ(read(line).side, Side::upstream);
}

TEST(LineReader, PiecesOfOneRecordAreJoinedWhereTheActionIsWhole) {
  const std::string block =
      "> [crit] 8512#8512: *58 SSL_do_handshake() failed (SSL: error:0A000086:SSL\n> "
      "routines::certificate verify failed) while SSL "
      "handshaking "
      "to\n> upstream, client: 127.0.0.1, server: gw.corp.test\n";
  static const auto set = rules();
  LineReader reader(set);
  parse::LineSpan span{.begin = 0, .end = block.find('\n')};
  const Rule* const won = reader.read_within(block, span, 0);
  ASSERT_NE(won, nullptr);
  EXPECT_EQ(won->id, "upstream/failed");
  EXPECT_EQ(reader.record().side, Side::upstream);
  EXPECT_EQ(reader.record().client, "127.0.0.1");
}

TEST(LineReader, FindsTheMessageBehindWhateverStandsInFrontOfIt) {
  std::mt19937 random(7);
  const std::string pieces[] = {"2026/11/21 02:58:15 ",
                                "02:58:15 ",
                                "[error] ",
                                "9#10: ",
                                "*1 ",
                                "> ",
                                "- ",
                                "error.log:",
                                "Output ",
                                "web-1 | ",
                                "nginx[6]: ",
                                "`",
                                "\xE2\x94\x82 ",
                                "**",
                                "\x1B[31m",
                                "[21/Nov/2026:02:58:15 +0000] "};
  for (int round = 0; round < 500; ++round) {
    std::string line;
    for (auto count = random() % 4; count > 0; --count)
      line += pieces[random() % std::size(pieces)];
    line += kMessage + " while SSL handshaking to upstream, client: 192.0.2.7, server: gw";
    ASSERT_EQ(read(line).rule, "upstream/failed") << line;
  }
}

TEST(LineReader, JoinsWhatWasWrappedAtAnyWidth) {
  const std::string line = kHeader + kMessage +
                           " while SSL handshaking to upstream, client: 192.0.2.7, server: gw, "
                           "request: \"GET / HTTP/1.1\"";
  static const auto set = rules();
  for (std::size_t width = 60; width < line.size(); ++width) {
    std::string block;
    for (std::size_t at = 0; at < line.size(); at += width) block += line.substr(at, width) + "\n";
    LineReader reader(set);
    parse::LineSpan span{.begin = 0, .end = block.find('\n')};
    const Rule* const won = reader.read_within(block, span, 0);
    ASSERT_NE(won, nullptr) << block;
    ASSERT_EQ(won->id, "upstream/failed") << block;
    ASSERT_EQ(reader.record().client, "192.0.2.7") << block;
    // Where the line ends in the name of a server, nothing tells that it went on.
    std::string read = block.substr(0, span.end);
    std::erase(read, '\n');
    ASSERT_NE(read.find(", server: g"), std::string::npos) << block;
  }
}

TEST(LineReader, LinesThatStandForThemselvesAreNotJoined) {
  static const auto set = rules();
  const std::string block =
      kMessage + " while SSL handshaking to upstream\n" + kMessage + " while SSL handshaking\n";
  LineReader reader(set);
  parse::LineSpan span{.begin = 0, .end = block.find('\n')};
  ASSERT_NE(reader.read_within(block, span, 0), nullptr);
  EXPECT_EQ(span.end, block.find('\n'));
}

TEST(LineReader, WhatOtherProgramsSayAboutTlsIsNotRecognised) {
  for (const char* line : {"postfix/smtpd[9]: SSL_accept error from unknown[192.0.2.7]: -1",
                           "curl: (60) SSL certificate problem: expired",
                           "192.0.2.7 - - [21/Nov/2026:02:58:15 +0000] \"GET /SSL_do_handshake() "
                           "failed HTTP/1.1\" 404 0 \"-\" \"SSL_read() failed\"",
                           "{\"request\":\"GET /SSL_do_handshake() failed (SSL: x) while SSL "
                           "handshaking to upstream\"}",
                           "SSL is on"})
    EXPECT_EQ(read(line).rule, "") << line;
}

TEST(LineReader, ReadsALineWhoseQuotesWereChanged) {
  const std::string key =
      "2026/11/21 02:58:15 [emerg] 9#10: SSL_CTX_use_PrivateKey(\"/k\") failed (SSL: "
      "error:05800074)";
  const auto with = [&key](const std::string& quote) {
    std::string text;
    for (const char c : key) text += c == '"' ? quote : std::string(1, c);
    return text;
  };
  ASSERT_EQ(read(key).rule, "config/key");
  for (const std::string& line :
       {"1,web1,\"" + with("\"\"") + "\",error", with("'"), with("&quot;"), with("\xE2\x80\x9C"),
        "I get \"" + key + "\" when I reload",
        "The log says: \"" + key.substr(key.find("SSL")) + "\"",
        "  \"line\": \"" + with("\\\"") + "\","}) {
    EXPECT_EQ(read(line).rule, "config/key") << line;
    EXPECT_TRUE(read(line).is_bare) << line;
  }
}

TEST(LineReader, TheRecordOfALineWhoseQuotesWereChangedLastsUntilTheNextRead) {
  static const auto set = rules();
  LineReader reader(set);
  ASSERT_NE(reader.read("SSL_CTX_use_PrivateKey(\xE2\x80\x9C/etc/nginx/a.key\xE2\x80\x9D) failed "
                        "(SSL: error:05800074)"),
            nullptr);
  const std::string other(200, 'x');  // takes the memory of what was freed
  EXPECT_EQ(reader.record().message,
            "SSL_CTX_use_PrivateKey(\"/etc/nginx/a.key\") failed (SSL: error:05800074)");
}

TEST(LineReader, ReadsALineWhoseQueueWasWrittenOtherwise) {
  const std::string code = "error:0A000086:SSL routines::certificate verify failed";
  for (const std::string& queue :
       {" SSL: " + code, ": (SSL: " + code + ")", std::string(" (certificate verify failed)"),
        std::string(" (SSL: error:0A000086)"),
        std::string(" (SSL: error:0A000086:SSL routines::reason(134))")}) {
    const std::string line = "SSL_do_handshake() failed" + queue + " while SSL handshaking";
    const Reading reading = read(line);
    EXPECT_EQ(reading.rule, "client/failed") << line;
    EXPECT_TRUE(reading.is_bare) << line;
  }
  EXPECT_EQ(read("imap-login: Disconnected: SSL_accept() failed: " + code +
                 " (no auth attempts in 0 secs): user=<>")
                .rule,
            "");
  EXPECT_EQ(
      read("SSL_CTX_use_PrivateKey(\"/a.key\") \xE5\xA4\xB1\xE8\xB4\xA5 (SSL: error:0B080074:x509)")
          .rule,
      "config/key");
}

TEST(LineReader, ReadsALineThatATitleQuotes) {
  EXPECT_EQ(read("NAS throws 502s / \"" + kMessage + " while SSL handshaking\"").rule,
            "client/failed");
  EXPECT_EQ(
      read("192.0.2.7 - - \"GET / HTTP/1.1\" 200 12 / \"" + kMessage + " while SSL handshaking\"")
          .rule,
      "");
}

TEST(LineReader, AWholeLineWhoseQueueHasNumbersOnlyStaysOneOfNginxs) {
  const std::string line =
      "2026/11/21 02:58:15 [info] 9#9: *1 SSL_read() failed (SSL: "
      "error:0A000086:lib(20)::reason(134)), client: 192.0.2.7";
  // Of the upstream's rule nothing is known there, so only the words can tell.
  std::vector<Rule> list;
  list.push_back(rule("client/verify", "SSL_\\w+\\(\\) failed \\(SSL: .*certificate verify failed",
                      Side::client));
  const auto set = std::make_shared<const RuleSet>(std::move(list));
  LineReader reader(set);
  const Rule* const won = reader.read(line);
  ASSERT_NE(won, nullptr);
  EXPECT_EQ(won->id, "client/verify");
  EXPECT_EQ(reader.record().form, parse::Form::file);
  EXPECT_EQ(reader.record().connection, 1U);
}

TEST(LineReader, OfSeveralHeadersInARowTheLastOneCounts) {
  const Reading reading = read(kHeader + kHeader + kMessage +
                               " while SSL handshaking to upstream, client: 192.0.2.7, server: gw");
  EXPECT_EQ(reading.rule, "upstream/failed");
  EXPECT_TRUE(reading.is_bare) << "nobody vouches for it";
}

TEST(LineReader, WhatAClientSentToAnotherProgramIsNoMessage) {
  const std::string text =
      kMessage + " while SSL handshaking to upstream, client: 192.0.2.66, server: gw";
  for (const std::string& line :
       {"192.0.2.66 - - [21/Nov/2026:02:58:15 +0000] \"" + text + "\" 400 0 \"-\" \"-\"",
        "192.0.2.66 - - [21/Nov/2026:02:58:15 +0000] \"GET /\\x22" + text +
            " HTTP/1.1\" 400 0 \"-\" \"-\"",
        "192.0.2.66 - - [21/Nov/2026:02:58:15 +0000] \"GET / HTTP/1.1\" 200 0 \"-\" \"" + text +
            "\"",
        "{\"remote_addr\":\"192.0.2.66\",\"request\":\"" + text + "\",\"status\":400}",
        "{\"remote_addr\":\"192.0.2.66\",\"status\":400,\"http_user_agent\":\"" + text + "\"}",
        "{\"x\":\"GET /\\\" " + text + " HTTP/1.1\",\"status\":400}",
        "level=info request_uri=\"" + text + "\"",
        kHeader + "open() \"/srv/\"\"" + text +
            "\" failed (2: No such file or directory), client: 192.0.2.66, server: gw"})
    EXPECT_EQ(read(line).rule, "") << line;
}

TEST(LineReader, OfAnErrorQueueAloneTheActionTellsTheRest) {
  static const auto set = rules();
  const std::string line =
      "(SSL: error:0A000086:SSL routines::certificate verify failed) while SSL handshaking to "
      "upstream";
  LineReader reader(set);
  parse::LineSpan span{.begin = 0, .end = line.size()};
  const Rule* const won = reader.read_within(line, span, 0);
  ASSERT_NE(won, nullptr);
  EXPECT_EQ(won->id, "upstream/failed");
  EXPECT_EQ(reader.line(), line);
}

TEST(LineReader, WithoutAnActionTheSideIsTheLikelyOne) {
  // The rule of clients is the more specific one.
  EXPECT_EQ(read("[info] 9#10: *1 " + kMessage).rule, "client/failed");
  EXPECT_EQ(read("[error] 9#10: *1 " + kMessage).rule, "upstream/failed");
  EXPECT_EQ(read("[error] 9#10: *1 SSL_do_handshake() failed (SSL: error:0A000410:SSL "
                 "routines::alert handshake failure")
                .rule,
            "upstream/failed");
  EXPECT_EQ(read("SSL_do_handshake() failed (SSL: error:1416F086:SSL "
                 "routines:tls_process_server_certificate:certificate verify failed)")
                .side,
            Side::upstream);
  EXPECT_EQ(read("SSL_read() failed (SSL: error:0A000126:SSL routines::unexpected eof while "
                 "reading), client: 192.0.2.7, server: gw")
                .side,
            Side::client)
      << "these are OpenSSL's words";
}

TEST(LineReader, AMessageOfWhichNothingTellsTheSideIsOneOfTheStart) {
  EXPECT_EQ(read("SSL_CTX_use_PrivateKey(\"/k\") failed (SSL: error:05800074:x509 certificate "
                 "routines::key values mismatch)")
                .rule,
            "config/key");
}

}  // namespace
}  // namespace handshaked
