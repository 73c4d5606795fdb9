#include "match/literal_gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace handshaked::match {
namespace {

const std::string kHeader = "2026/11/21 02:58:15 [error] 9812#9812: *5 ";

LineRequirements message(std::string literal) {
  LineRequirements needs;
  needs.message_clauses = {{literal}};
  needs.prefixes = {std::move(literal)};
  return needs;
}

/// A few rules as a knowledge base has them: a shared unusual text, ordinary beginnings, a field of
/// the line.
std::vector<LineRequirements> some_rules() {
  LineRequirements scheme = message("upstream prematurely closed connection");
  scheme.line_clauses = {{"upstream: \"https://", "upstream: \\\"https://"}};
  LineRequirements requested = message("client sent plain HTTP request to HTTPS port");
  return {message("SSL_do_handshake() failed (SSL: "),
          message("upstream SSL certificate verify error: (20:"),
          message("SSL_read() failed (SSL: "),
          message("cannot load certificate \""),
          message("no live upstreams"),
          message("OCSP responder timed out"),
          message("peer closed connection in SSL handshake"),
          scheme,
          requested};
}

TEST(LiteralGate, FindsTheLinesThatRulesWantAndNoOrdinaryOnes) {
  const LiteralGate gate(some_rules());
  ASSERT_FALSE(gate.is_open());
  for (const std::string wanted :
       {"SSL_read() failed (SSL: x)", "no live upstreams while connecting",
        "cannot load certificate \"/x\"", "OCSP responder timed out"}) {
    const std::string block =
        kHeader + "open() \"/srv/a\" failed (2: No such file or directory), client: 127.0.0.1\n" +
        kHeader + wanted + ", client: 1.1.1.1\n";
    const std::size_t found = gate.find(block, 0);
    ASSERT_NE(found, std::string::npos) << wanted;
    EXPECT_GT(found, block.find('\n')) << wanted;
  }
  const std::string ordinary = kHeader +
                               "connect() failed (111: Connection refused) while connecting to "
                               "upstream, client: 127.0.0.1\n";
  EXPECT_EQ(gate.find(ordinary + ordinary + ordinary, 0), std::string::npos);
}

TEST(LiteralGate, DemandsTheFieldsOfTheLineToo) {
  const LiteralGate gate(some_rules());
  const std::string closed = kHeader +
                             "upstream prematurely closed connection while reading response header "
                             "from upstream, client: 1.1.1.1, server: "
                             "a, request: \"GET / HTTP/1.1\", upstream: \"";
  EXPECT_EQ(gate.find(closed + "http://10.0.0.1/\"\n", 0), std::string::npos);
  EXPECT_NE(gate.find(closed + "https://10.0.0.1/\"\n", 0), std::string::npos);
}

TEST(LiteralGate, IsOpenWhenARuleRequiresNothing) {
  auto rules = some_rules();
  rules.emplace_back();
  const LiteralGate gate(rules);
  EXPECT_TRUE(gate.is_open());
  EXPECT_EQ(gate.find("anything\n", 0), 0U);
  EXPECT_EQ(gate.find("", 0), std::string::npos);
}

TEST(LiteralGate, WithoutRulesFindsNothing) {
  const LiteralGate gate({});
  EXPECT_EQ(gate.find(kHeader + "SSL_read() failed (SSL: x)\n", 0), std::string::npos);
}

/// Blocks of pieces that lie around what the gate looks for, so that hits and near hits fall on
/// every place of a vector.
std::string random_block(std::mt19937& random) {
  static const std::string kPieces[] = {"SSL",
                                        "SS",
                                        "SSL_do_handshake() failed (SSL: ",
                                        "no live upstreams",
                                        "no live up",
                                        "cannot load certificate \"",
                                        "cannot load certificate \\\"",
                                        "OCSP",
                                        "OCS",
                                        "upstream prematurely closed connection",
                                        "upstream: \"https://",
                                        "upstream: \\\"https://",
                                        "\n",
                                        "\n",
                                        "\n",
                                        "\n",
                                        "\r\n",
                                        kHeader,
                                        kHeader,
                                        kHeader,
                                        "2026/11/21 02:58:15 [emerg] 9#9: ",
                                        "nginx: [emerg] ",
                                        "{\"log\":\"",
                                        "Nov 21 02:58:15 web nginx: ",
                                        " ",
                                        "x",
                                        "*",
                                        ": ",
                                        "/",
                                        "client sent plain HTTP request to HTTPS port"};
  std::string block;
  for (auto pieces = random() % 60; pieces > 0; --pieces) {
    block += kPieces[random() % std::size(kPieces)];
    for (auto filler = random() % 4 == 0 ? random() % 70 : 0; filler > 0; --filler)
      block += static_cast<char>("abc S:*\"[]#/\x01\xff"[random() % 14]);
  }
  return block;
}

TEST(LiteralGate, FindsTheSameWithAndWithoutVectors) {
  const LiteralGate gate(some_rules());
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    const std::string block = random_block(random);
    for (std::size_t at = 0; at < block.size();) {
      ASSERT_EQ(gate.find(block, at), gate.find_portable(block, at)) << i << " at " << at << "\n"
                                                                     << block;
      const auto end = block.find('\n', at);
      if (end == std::string::npos) break;
      at = end + 1;
    }
  }
}

TEST(LiteralGate, FindsEveryLineThatMeetsARuleWhateverStandsAroundIt) {
  const LiteralGate gate(some_rules());
  std::mt19937 random(2);
  static const std::string kWanted[] = {
      "SSL_read() failed (SSL: x)", "no live upstreams while", "cannot load certificate \"/a\"",
      "OCSP responder timed out", "upstream SSL certificate verify error: (20:x)"};
  for (int i = 0; i < 20000; ++i) {
    std::string block = random_block(random);
    if (!block.empty() && block.back() != '\n') block += '\n';
    const std::size_t begin = block.size();
    block += kHeader + kWanted[random() % std::size(kWanted)];
    const std::size_t end = block.size();
    block += "\n" + random_block(random);
    ASSERT_EQ(gate.find(block, 0), gate.find_portable(block, 0));
    const std::size_t found = gate.find(block, begin);
    ASSERT_LT(found, end) << block.substr(begin);
  }
}

TEST(LiteralGate, FindsAMessageInWhicheverStringOfJsonItStands) {
  const LiteralGate gate(some_rules());
  const std::string ordinary =
      R"("log":"2026/11/21 02:58:15 [error] 9#9: *5 open() \"/a\" failed (2: x), request: \"GET /\\\\\" \"\n")";
  const std::string wanted[] = {
      R"("log":"2026/11/21 02:58:15 [error] 9#9: *5 no live upstreams while x")",
      R"("message": "2026/11/21 02:58:15 [emerg] 9#9: cannot load certificate \"/x\"")",
      R"("error":"no live upstreams")",
      R"("log":"{\"message\":\"2026/11/21 02:58:15 [error] 9#9: no live upstreams\"}")",
      R"("m":"x: no live upstreams")"};
  const std::string others[] = {R"("stream":"stderr")", R"("time":"2026-11-21T02:58:15.1Z")",
                                R"("file":"/var/log/a/b")", R"("n":7)"};
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    std::string members[] = {others[random() % 4], ordinary, others[random() % 4],
                             wanted[random() % 5]};
    std::shuffle(std::begin(members), std::end(members), random);
    std::string line = "{";
    for (const std::string& member : members) line += (line.size() > 1 ? "," : "") + member;
    line += "}";
    const std::string quiet =
        "{" + others[random() % 4] + "," + ordinary + "," + others[random() % 4] + "}\n";
    const std::string block = quiet + line + "\n" + quiet;
    const std::size_t found = gate.find(block, 0);
    ASSERT_GE(found, quiet.size()) << block;
    ASSERT_LT(found, quiet.size() + line.size()) << block;
    ASSERT_EQ(found < quiet.size(), gate.find_portable(block, 0) < quiet.size());
  }
}

TEST(LiteralGate, FindsMessagesBehindAnyWrapping) {
  const LiteralGate gate(some_rules());
  for (const std::string wrapping :
       {"nginx: [emerg] ", "<187>Nov 21 02:58:15 web1 nginx: 2026/11/21 02:58:15 [emerg] 1#1: ",
        "web-1  | 2026/11/21 02:58:15 [emerg] 1#1: ",
        "{\"log\":\"2026/11/21 02:58:15 [emerg] 1#1: ", ""}) {
    EXPECT_NE(gate.find(wrapping + "no live upstreams while connecting to upstream", 0),
              std::string::npos)
        << wrapping;
  }
  EXPECT_NE(gate.find("{\"log\":\"2026/11/21 02:58:15 [emerg] 1#1: cannot load certificate "
                      "\\\"/etc/x\\\"\\n\"}",
                      0),
            std::string::npos);
}

}  // namespace
}  // namespace handshaked::match
