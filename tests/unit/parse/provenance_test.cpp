#include "parse/provenance.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ingest/log_line.h"
#include "parse/nginx_error_parser.h"

namespace handshaked::parse {
namespace {

const std::string kFault =
    "2026/11/21 02:58:15 [error] 9#9: *7 upstream SSL certificate verify error: (10:certificate "
    "has expired) while SSL handshaking to "
    "upstream, "
    "client: 198.51.100.7, server: pay, request: \"GET /pay HTTP/1.1\", upstream: "
    "\"https://10.20.30.0:8443/pay\", host: \"pay\"";
const std::string kOrdinary =
    "2026/11/21 02:58:14 [error] 9#9: *6 open() \"/srv/a\" failed (2: No such file or directory), "
    "client: 192.0.2.7, server: gw, request: "
    "\"GET /a HTTP/1.1\", host: \"gw\"";

/// Judges the line `fault` among lines before and behind it.
Provenance judge(const std::string& before, const std::string& fault, const std::string& behind,
                 bool goes_on = false) {
  const std::string window = before + fault + "\n" + behind;
  NginxErrorParser parser;
  return examine_provenance({.window = window,
                             .begin = before.size(),
                             .end = before.size() + fault.size(),
                             .settled = 0,
                             .foreign_tail = parser.parse(fault).foreign_tail,
                             .goes_on = goes_on});
}

TEST(Provenance, OfAnOrdinaryLineIsGenuine) {
  EXPECT_EQ(judge("", kFault, ""), Provenance::genuine);
  EXPECT_EQ(judge(kOrdinary + "\n", kFault, kOrdinary + "\n"), Provenance::genuine);
  EXPECT_EQ(judge(kFault + "\n" + kFault + "\n", kFault, kFault + "\n"), Provenance::genuine);
}

TEST(Provenance, OfALineInsideAnOpenRecordIsForged) {
  EXPECT_EQ(judge("2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/z\n",
                  kFault + "\" failed (2: No such file or directory), client: 127.0.0.1, server: "
                           "gw, request: \"GET /z%0a2026 HTTP/1.1\", host: \"gw\"",
                  ""),
            Provenance::forged);
  EXPECT_EQ(
      judge("2026/11/21 02:58:15 [error] 9#10: *1 cannot load certificate \"/etc/nginx/tls/a\n",
            kFault,
            "b.pem\": BIO_new_file() failed (SSL: error:80000002:system library::No such file or "
            "directory) while SSL handshaking, "
            "client: 192.0.2.66, server: 0.0.0.0:443\n"),
      Provenance::forged);
}

TEST(Provenance, OfEveryLineOfAMassIsForged) {
  const std::string open = "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/z\n";
  const std::string close =
      "\" failed (2: No such file or directory), client: 127.0.0.1, server: gw, request: \"GET "
      "/z%0a HTTP/1.1\", host: \"gw\"\n";
  EXPECT_EQ(judge(open + kFault + "\n" + kFault + "\n", kFault, kFault + "\n" + close),
            Provenance::forged);
}

TEST(Provenance, AStrangersLineFeedSpoilsNoLineBehindItsRecord) {
  const std::string record =
      "2026/11/21 02:58:15 [error] 9#9: *1 user \"joe\n2026/11/21 02\" was not found in "
      "\"/etc/htpasswd\", client: 127.0.0.1, server: gw, "
      "request: \"GET / HTTP/1.1\", host: \"gw\"\n";
  EXPECT_EQ(judge(record, kFault, kOrdinary + "\n"), Provenance::genuine);
  EXPECT_EQ(judge(kOrdinary + "\n" + record + record, kFault, ""), Provenance::genuine);
  // A whole forged line in the record, then a genuine one behind it.
  const std::string forged = "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/z\n" + kFault +
                             "\" failed (2: No such file or directory), client: 127.0.0.1, server: "
                             "gw, request: \"GET /z%0a2026/11/21 HTTP/1.1\", host: \"gw\"\n";
  EXPECT_EQ(judge(forged, kFault, kOrdinary + "\n"), Provenance::genuine);
  // What he wrote begins like a shipper's JSON, which would hide the end of the record.
  const std::string like_json =
      "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/z\n{\"message\":\"2026/11/21 02:58:15 "
      "[error] 9#9: *7 \" failed (2: No such file "
      "or "
      "directory), client: 127.0.0.1, server: gw, request: \"GET /z%0a%7b HTTP/1.1\", host: "
      "\"gw\"\n";
  EXPECT_EQ(judge(like_json, kFault, kOrdinary + "\n"), Provenance::genuine);
}

TEST(Provenance, ACutRecordWhoseLastLineLooksLikeABeginningSpoilsNoLineBehindIt) {
  // Both lines of the record begin like records; the first looks whole, the second is what nginx
  // has cut.
  std::string record = "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/z" + kFault + "\n" +
                       kFault + "\" failed (2: No such file or directory), " +
                       "client: 127.0.0.1, server: gw, request: \"GET /z%0a";
  record.append(ingest::kNginxLineLimit - 1 - record.size(), 'z');
  record += '\n';
  ASSERT_EQ(record.size(), ingest::kNginxLineLimit);
  EXPECT_EQ(judge(record, kFault, kOrdinary + "\n"), Provenance::genuine);
  EXPECT_EQ(judge(kOrdinary + "\n" + record, kFault, kOrdinary + "\n"), Provenance::genuine);
}

TEST(Provenance, AStrangersRecordBehindALineSpoilsNothing) {
  const std::string record =
      "2026/11/21 02:58:15 [error] 9#9: *1 user \"joe\n2026/11/21 02\" was not found in "
      "\"/etc/htpasswd\", client: 127.0.0.1, server: gw, "
      "request: \"GET / HTTP/1.1\", host: \"gw\"\n";
  EXPECT_EQ(judge("", kFault, record), Provenance::genuine);
}

TEST(Provenance, OfALineBeforeAnOrphanIsDoubtful) {
  EXPECT_EQ(
      judge("", kFault,
            "rest of it\" failed (2: No such file or directory), client: 127.0.0.1, server: gw\n"),
      Provenance::doubtful);
}

TEST(Provenance, OfALineThatARequestQuotesIsForged) {
  const std::string line =
      "2026/11/21 02:58:15 [emerg] 1#1: SSL_CTX_use_PrivateKey(\"/k\") failed (SSL: "
      "error:05800074:x509 certificate routines::key values "
      "mismatch)";
  const std::string behind =
      "\" failed (2: No such file or directory), client: 127.0.0.1, server: gw, request: \"GET "
      "/y%0d%0a2026/11/21%2002:58:15%20%5Bemerg%5D%201%231:%20SSL_CTX_use_PrivateKey(%22/"
      "k%22)%20failed HTTP/1.1\", host: \"gw\"";
  EXPECT_EQ(judge(kOrdinary + "\n", line, kOrdinary + "\n" + behind + "\n"), Provenance::forged);
}

TEST(Provenance, OfALineInWhatAProgramPrintedIsNeverGenuineHoweverAStrangerClosesTheQuote) {
  const std::string begin =
      "2026/11/21 02:58:15 [error] 9#9: *1 FastCGI sent in stderr: \"PHP message: ";
  const std::string behind =
      "\" while reading response header from upstream, client: 127.0.0.1, server: gw, request: "
      "\"POST /a.php HTTP/1.1\", host: \"gw\"\n";
  for (const std::string closed : {"\"",
                                   "\" failed (2: No such file or directory), client: 6.6.6.6, "
                                   "server: x, request: \"GET / HTTP/1.1\", host: \"x\"",
                                   "\" while reading response header from upstream",
                                   "\"z\" is\n\" failed (2: x), client: 6.6.6.6, server: x"}) {
    EXPECT_NE(judge(begin + closed + "\n", kFault, behind), Provenance::genuine) << closed;
    EXPECT_EQ(judge(begin + closed + "\n" + kFault + "\n" + behind, kFault, kOrdinary + "\n"),
              Provenance::genuine)
        << closed;
  }
  const std::string ordinary =
      begin + "PHP Warning:  \"x\" is deprecated in /a.php on line 3" + behind;
  EXPECT_EQ(judge(ordinary, kFault, kOrdinary + "\n"), Provenance::genuine);
  EXPECT_EQ(judge(ordinary, kFault, ordinary), Provenance::genuine);
}

TEST(Provenance, EqualLinesBesideAnEncodedLineFeedAreGenuine) {
  // A request tries two peers, so two records begin alike; a stranger asks for a path with a line
  // feed at the same moment.
  const std::string encoded =
      "2026/11/21 02:58:15 [error] 9#9: *8 open() \"/srv/x\" failed (2: No such file or "
      "directory), client: 127.0.0.1, server: gw, "
      "request: \"GET /x%0a HTTP/1.1\", host: \"gw\"\n";
  EXPECT_EQ(judge("", kFault, kFault + "\n" + encoded), Provenance::genuine);
}

TEST(Provenance, OfALineBehindACutRecordIsGenuine) {
  // nginx cuts at 2048 bytes: the quote never closes, but the record is over.
  std::string cut = "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/";
  cut.append(ingest::kNginxLineLimit - 1 - cut.size(), 'a').push_back('\n');
  ASSERT_EQ(cut.size(), ingest::kNginxLineLimit);
  EXPECT_EQ(judge(cut, kFault, ""), Provenance::genuine);
}

/// Whole fault lines of one minute, without quotes in their messages.
std::string genuine_lines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += kFault + "\n";
  return lines;
}

/// A line in each envelope in which logs reach us.
std::vector<std::string> enveloped(const std::string& line) {
  std::string escaped;
  for (const char c : line) escaped.append(c == '"' ? "\\\"" : std::string(1, c));
  return {line, "<187>Nov 21 02:58:15 web1 nginx: " + line,
          "Nov 21 02:58:15 web1 nginx[9]: " + line, "2026-11-21T02:58:15.1Z stderr F " + line,
          "{\"log\":\"" + escaped + "\\n\",\"stream\":\"stderr\"}"};
}

TEST(Provenance, ARecordThatWasCutAnywhereSpoilsNoLineBehindIt) {
  const std::string records[] = {
      kOrdinary, kFault,
      "2026/11/21 02:58:15 [error] 9#9: *1 user \"joe\" was not found in \"/etc/htpasswd\", "
      "client: 127.0.0.1, server: gw, request: \"GET "
      "/ "
      "HTTP/1.1\", host: \"gw\"",
      "2026/11/21 02:58:15 [error] 9#9: *1 upstream SSL certificate does not match \"a.test\" "
      "while SSL handshaking to upstream, client: "
      "127.0.0.1, server: gw, request: \"GET /x%20y HTTP/1.1\", upstream: \"https://10.0.0.1/x "
      "y\", host: \"gw\""};
  for (const std::string& record : records) {
    for (std::size_t length = 40; length < record.size(); length += 7) {
      for (std::size_t form = 0; form < enveloped("").size(); ++form) {
        std::string behind;
        for (int i = 0; i < 5; ++i) behind += enveloped(kFault)[form] + "\n";
        const std::string before = enveloped(record.substr(0, length))[form] + "\n";
        ASSERT_EQ(judge(before, enveloped(kFault)[form], behind), Provenance::genuine) << before;
        ASSERT_EQ(judge(before + behind, enveloped(kFault)[form], behind), Provenance::genuine)
            << before;
      }
    }
  }
}

TEST(Provenance, AnInjectedLineFeedLeavesTheTailInEveryField) {
  // What a stranger puts into a field of the message: lines of his own, quotes to look finished, a
  // context of his own.
  const std::string heads[] = {
      "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/z",
      "2026/11/21 02:58:15 [error] 9#9: *1 user \"joe",
      "2026/11/21 02:58:15 [error] 9#9: *1 cannot load certificate \"/etc/nginx/tls/a",
      "2026/11/21 02:58:15 [error] 9#9: *1 upstream SSL certificate does not match \"a",
      "2026/11/21 02:58:15 [error] 9#9: *1 FastCGI sent in stderr: \"PHP message: a",
      "2026/11/21 02:58:15 [error] 9#9: *1 broken header: \"a",
      "2026/11/21 02:58:15 [error] 9#9: *1 [lua] access.lua:7: denied a"};
  const std::string context =
      ", client: 127.0.0.1, server: gw, request: \"GET /z%0a HTTP/1.1\", host: \"gw\"\n";
  const std::string short_fault =
      "2026/11/21 02:58:15 [error] 9#9: *7 upstream SSL certificate verify error: (10:certificate "
      "has expired) while SSL handshaking to "
      "upstream";
  for (const std::string& head : heads) {
    const std::string tail = head.find('"') == std::string::npos
                                 ? context
                                 : "\" failed (2: No such file or directory)" + context;
    for (const std::string& forged :
         {kFault, short_fault, short_fault + " \"x\"", kFault + ", referrer: \""}) {
      for (std::size_t form = 0; form < 4; ++form) {
        const auto in = [form](const std::string& line) { return enveloped(line)[form]; };
        const std::string open = in(head) + "\n";
        // The tail on a line of its own, or glued to the last forged line.
        EXPECT_NE(judge(open, in(forged), in("z" + tail)), Provenance::genuine) << head << "\n"
                                                                                << forged;
        EXPECT_NE(judge(open + in(forged) + "\n", in(forged), in(forged) + "\n" + in("z" + tail)),
                  Provenance::genuine)
            << head;
        std::string glued = forged + tail;
        glued.pop_back();
        EXPECT_NE(judge(open, in(glued), ""), Provenance::genuine) << head << "\n" << glued;
        EXPECT_NE(judge(open, in(forged), in(glued) + "\n"), Provenance::genuine) << head << "\n"
                                                                                  << glued;
      }
    }
  }
}

TEST(Provenance, WhatIsBehindAnOpenRecordIsDoubtfulUntilItsTailCanBeSeen) {
  const std::string open = "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/z\n";
  EXPECT_EQ(judge(open, kFault, "", true), Provenance::doubtful);
  EXPECT_EQ(judge(open, kFault, "", false), Provenance::genuine);
  EXPECT_EQ(judge(open, kFault, genuine_lines(8), true), Provenance::genuine)
      << "nginx would have cut it by then";
}

/// A record whose path nginx decodes behind `upstream:`, as it stands in the log: `path` with line
/// feeds.
std::string decoded_record(const std::string& path) {
  std::string sent;
  for (const char c : path)
    sent += c == '\n' ? "%0a" : c == ' ' ? "%20" : c == '%' ? "%25" : std::string(1, c);
  return "2026/11/21 02:58:15 [error] 9#9: *1 upstream SSL certificate verify error: "
         "(10:certificate has expired) while SSL handshaking to "
         "upstream, client: 127.0.0.1, server: gw, request: \"GET /" +
         sent + " HTTP/1.1\", upstream: \"https://10.0.0.1:8443/" + path + "\", host: \"gw\"\n";
}

TEST(Provenance, OfALineInADecodedPathIsForgedWhateverStandsBeforeIt) {
  for (const std::string before :
       {"a\n", "\n", "x\", host: \"gw\"\n", "%0a\n", "a\nb\nc\n", "\"\n"}) {
    for (const std::string behind : {"", "\nmore", "\n\n", "\", referrer: \""}) {
      const std::string record = decoded_record(before + kFault + behind);
      const std::size_t begin = record.find("\n" + kFault) + 1;
      const std::string fault = record.substr(begin, record.find('\n', begin) - begin);
      const Provenance found = judge(kOrdinary + "\n" + record.substr(0, begin), fault,
                                     record.substr(begin + fault.size() + 1) + kOrdinary + "\n");
      EXPECT_NE(found, Provenance::genuine) << record;
    }
  }
}

TEST(Provenance, ADecodedPathSpoilsNoLineBehindItsRecord) {
  for (const std::string& path :
       std::vector<std::string>{"a\nb", "\n", "a\n\"b\n", "x\", host: \"gw\"\nb",
                                "a\n, client: 192.0.2.66, server: forged\n" + kFault})
    EXPECT_EQ(judge(kOrdinary + "\n" + decoded_record(path), kFault, kOrdinary + "\n"),
              Provenance::genuine)
        << path;
}

TEST(Provenance, OfALineBehindADecodedPathThatWasCutIsDoubtfulAtMost) {
  const std::string record = decoded_record("a\nb");
  const std::string cut = record.substr(0, record.find('\n') + 1);
  EXPECT_EQ(judge(cut, kFault, genuine_lines(3)), Provenance::doubtful);
  EXPECT_EQ(judge(cut + kFault + "\n", kFault, genuine_lines(3)), Provenance::genuine)
      << "the path held one line feed";
}

TEST(Provenance, AStrangersContextAndQuotesInTheTailSpoilNothing) {
  const auto record = [](const std::string& text, const std::string& encoded) {
    return "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/" + text +
           "\" failed (2: No such file or directory), client: 127.0.0.1, server: gw, request: "
           "\"GET /" +
           encoded + " HTTP/1.1\", host: \"gw\"\n";
  };
  for (const std::string& log :
       {record("a\n, client: 192.0.2.66, server: forged",
               "a%0a,%20client:%20192.0.2.66,%20server:%20forged"),
        record("\n{\"message\":\"2026/11/21 02:58:15 [error] 9#9: *7 ",
               "%0a{\"message\":\"2026/11/21%2002:58:15%20[error]%209#9:%20*7%20"),
        record("\n2026/11/21 02:58:15 [error] 9#9: *7 {\"message\":\"x",
               "%0a2026/11/21%2002:58:15%20[error]%209#9:%20*7%20{\"message\":\"x"),
        record("a\nb\nc, client: 192.0.2.66, server: forged\"\"",
               "a%0ab%0ac,%20client:%20192.0.2.66,%20server:%20forged\"\"")})
    EXPECT_EQ(judge(log, kFault, kOrdinary + "\n" + log), Provenance::genuine) << log;
}

TEST(Provenance, OfALineInColoursIsThatOfTheLine) {
  EXPECT_EQ(ending_of("\x1B[31m2026/11/21 02:58:15 [error] 9#9: *1 broken header: \"a\x1B[0m"),
            Ending::open);
}

TEST(Provenance, ATailThatNginxCutAtItsLimitLeavesDoubt) {
  std::string record = "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/z\n" + kFault + "\n";
  const std::size_t begin = record.find('\n') + 1;
  std::string rest(ingest::kNginxLineLimit - record.size() - 1, 'a');
  const std::string window = record + rest + "\n" + genuine_lines(3);
  EXPECT_EQ(examine_provenance({.window = window,
                                .begin = begin,
                                .end = begin + kFault.size(),
                                .settled = 0,
                                .foreign_tail = false,
                                .goes_on = false}),
            Provenance::doubtful);
}

TEST(Provenance, AnOpenRecordEndsWhereNginxWouldHaveCutIt) {
  std::string before = "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/z\n";
  while (before.size() < ingest::kNginxLineLimit) before += kFault + "\n";
  EXPECT_EQ(judge(before, kFault, ""), Provenance::genuine);
}

TEST(Provenance, ALineWithTwoContextsBehindQuotedTextIsDoubtful) {
  const std::string twice = kFault + "\" failed (2: x), client: 127.0.0.1, server: gw";
  EXPECT_EQ(judge(kOrdinary + "\n", twice, ""), Provenance::doubtful);
}

TEST(Provenance, OpenMeansAnUnclosedQuoteWithoutContext) {
  EXPECT_EQ(ending_of("2026/11/21 02:58:15 [error] 9#10: *1 open() \"/usr/share/nginx/html/y"),
            Ending::open);
  EXPECT_EQ(ending_of("2026/11/21 02:58:15 [error] 9#10: *1 open() \"/srv/y\" failed (2: x), "
                      "client: 1.1.1.1, server: a, request: \"GET / HTTP/1.1\""),
            Ending::quoted);
  EXPECT_EQ(
      ending_of("2026/11/21 02:58:15 [emerg] 9#9: cannot load certificate \"/etc/x.pem\": oops"),
      Ending::quoted);
  EXPECT_EQ(ending_of(kFault), Ending::over);
  EXPECT_EQ(ending_of("no header and a \" quote"), Ending::over);
}

TEST(Provenance, NeverLooksBeyondItsWindow) {
  for (const std::string& window : {std::string("x"), std::string("\n"), kFault, "\"\n" + kFault}) {
    const std::size_t begin =
        window.size() > 2 ? window.rfind('\n') == std::string::npos ? 0 : window.rfind('\n') + 1
                          : 0;
    const std::size_t end =
        window.find('\n', begin) == std::string::npos ? window.size() : window.find('\n', begin);
    examine_provenance({.window = window,
                        .begin = begin,
                        .end = end,
                        .settled = 0,
                        .foreign_tail = true,
                        .goes_on = false});
  }
}

}  // namespace
}  // namespace handshaked::parse
