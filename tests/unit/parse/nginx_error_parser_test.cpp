#include "parse/nginx_error_parser.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

#include "parse/provenance.h"

namespace handshaked::parse {
namespace {

const std::string kHeader = "2026/11/21 02:58:15 [error] 9#10: *1 ";
/// Keeps the line alive that the record borrows from.
class Parser {
 public:
  const ErrorRecord& parse(std::string line) {
    lines_.push_back(std::move(line));
    return parser_.parse(lines_.back());
  }

 private:
  NginxErrorParser parser_;
  std::deque<std::string> lines_;
};

const std::string kVerify =
    "upstream SSL certificate verify error: (20:unable to get local issuer certificate)";
const std::string kContext =
    " while SSL handshaking to upstream, client: 192.0.2.7, server: gw.corp.test, ";

TEST(NginxErrorParser, TakesAnHttpUpstreamLineApart) {
  Parser parser;
  const std::string line = kHeader + kVerify + kContext +
                           "request: \"GET /v1?card=1 HTTP/1.1\", subrequest: \"/auth\", upstream: "
                           "\"https://10.0.0.1:8443/v1\", host: "
                           "\"gw\", referrer: \"https://a/\"";
  const ErrorRecord& record = parser.parse(line);
  EXPECT_EQ(record.form, Form::file);
  EXPECT_EQ(record.level, Level::error);
  EXPECT_EQ(record.side, Side::upstream);
  EXPECT_EQ(
      record.time,
      (LocalTime{.year = 2026, .month = 11, .day = 21, .hour = 2, .minute = 58, .second = 15}));
  EXPECT_EQ(record.pid, 9U);
  EXPECT_EQ(record.tid, 10U);
  EXPECT_EQ(record.connection, 1U);
  EXPECT_EQ(record.message, kVerify);
  EXPECT_EQ(record.text, kVerify + " while SSL handshaking to upstream");
  EXPECT_EQ(record.action, "SSL handshaking to upstream");
  EXPECT_EQ(record.client, "192.0.2.7");
  EXPECT_EQ(record.server, "gw.corp.test");
  EXPECT_EQ(record.request, "GET /v1?card=1 HTTP/1.1");
  EXPECT_EQ(record.subrequest, "/auth");
  EXPECT_EQ(record.upstream, "https://10.0.0.1:8443/v1");
  EXPECT_EQ(record.host, "gw");
  EXPECT_EQ(record.referrer, "https://a/");
  EXPECT_FALSE(has(record.login));
  EXPECT_FALSE(record.truncated);
  EXPECT_FALSE(record.ambiguous);
}

TEST(NginxErrorParser, KnowsEveryLevel) {
  Parser parser;
  for (const Level level : {Level::emerg, Level::alert, Level::crit, Level::error, Level::warn,
                            Level::notice, Level::info, Level::debug}) {
    const std::string line =
        "2026/11/21 02:58:15 [" + std::string(to_string(level)) + "] 1#1: hello";
    EXPECT_EQ(parser.parse(line).level, level) << line;
    EXPECT_EQ(parser.parse(line).message, "hello");
  }
}

TEST(NginxErrorParser, TakesNoHeaderThatOnlyLooksLikeOne) {
  for (const char* const line :
       {"2026/11/21 02:58:15 [fatal] 9#10: *1 x",
        "2026/11/21 02:58:15 [error] 9-10: *1 x and more of it",
        "2026/11/21 02:58:15 [error] 9#10 *1 x and more", "2026-11-21 02:58:15 [error] 9#10: *1 x",
        "2026/11/21 02:58:1x [error] 9#10: *1 x", "2026/11/21 02:58:15  [error] 9#10: x x", "",
        "2026/11/21 02:58:15 [error]"}) {
    EXPECT_EQ(header_length(line), 0U) << line;
  }
}

TEST(NginxErrorParser, ReadsAClientLineWithAnEmptyServerName) {
  Parser parser;
  const ErrorRecord& record = parser.parse(
      kHeader +
      "client SSL certificate verify error: (10:certificate has expired) while reading client "
      "request "
      "headers, client: 2001:db8::1, server: , request: \"GET / HTTP/1.1\", host: \"a\"");
  EXPECT_EQ(record.side, Side::client);
  EXPECT_EQ(record.client, "2001:db8::1");
  EXPECT_TRUE(has(record.server));
  EXPECT_EQ(record.server, "");
  EXPECT_EQ(record.request, "GET / HTTP/1.1");
}

TEST(NginxErrorParser, ReadsStreamUdpAndMailContexts) {
  Parser parser;
  const std::string stream = kHeader +
                             "SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong "
                             "version number) while SSL handshaking to upstream, client: "
                             "127.0.0.1, server: 0.0.0.0:5432, upstream: \"10.0.0.2:5432\", bytes "
                             "from/to client:0/0, bytes from/to upstream:0/0";
  {
    const ErrorRecord& record = parser.parse(stream);
    EXPECT_EQ(record.side, Side::upstream);
    EXPECT_EQ(record.server, "0.0.0.0:5432");
    EXPECT_EQ(record.upstream, "10.0.0.2:5432");
    EXPECT_EQ(upstream_scheme(record), "");
    EXPECT_EQ(upstream_peer(record), "10.0.0.2:5432");
  }
  {
    const ErrorRecord& record =
        parser.parse(kHeader +
                     "recv() failed (111: Connection refused) while proxying connection, udp "
                     "client: 127.0.0.1, server: 0.0.0.0:53");
    EXPECT_EQ(record.client, "127.0.0.1");
    EXPECT_EQ(record.server, "0.0.0.0:53");
    EXPECT_EQ(record.message, "recv() failed (111: Connection refused)");
  }
  {
    const ErrorRecord& record = parser.parse(
        kHeader +
        "SSL_do_handshake() failed (SSL: error:1) while in starttls state, client: 10.1.1.1 using "
        "starttls, server: 0.0.0.0:25, login: \"joe\", upstream: 10.9.9.9:143");
    EXPECT_EQ(record.client, "10.1.1.1");
    EXPECT_EQ(record.login, "joe");
    EXPECT_EQ(record.upstream, "10.9.9.9:143");
    EXPECT_EQ(record.side, Side::client);
  }
}

TEST(NginxErrorParser, ReadsAnOcspContext) {
  Parser parser;
  const ErrorRecord& record = parser.parse(
      "2026/11/21 02:58:15 [error] 9#10: OCSP responder timed out while requesting certificate "
      "status, responder: ocsp.test, peer: "
      "10.0.0.9:80, certificate: \"/etc/nginx/a.pem\"");
  EXPECT_EQ(record.side, Side::ocsp);
  EXPECT_EQ(record.action, "requesting certificate status");
  EXPECT_EQ(record.responder, "ocsp.test");
  EXPECT_EQ(record.peer, "10.0.0.9:80");
  EXPECT_EQ(record.certificate, "/etc/nginx/a.pem");
}

TEST(NginxErrorParser, ReadsLinesOfAStartWithAndWithoutHeader) {
  Parser parser;
  const ErrorRecord& record = parser.parse(
      "nginx: [emerg] cannot load certificate \"/etc/nginx/x.pem\" in /etc/nginx/nginx.conf:12");
  EXPECT_EQ(record.form, Form::stderr_);
  EXPECT_EQ(record.level, Level::emerg);
  EXPECT_EQ(record.side, Side::config);
  EXPECT_EQ(record.message,
            "cannot load certificate \"/etc/nginx/x.pem\" in /etc/nginx/nginx.conf:12");
  EXPECT_FALSE(has(record.client));
}

TEST(NginxErrorParser, NeverTakesAStrangersTextForTheContext) {
  Parser parser;
  // In the request, the host and the referrer: they stand behind nginx's own context.
  const ErrorRecord& referrer =
      parser.parse(kHeader +
                   "open() \"/srv/x\" failed (2: No such file or directory), client: 192.0.2.7, "
                   "server: gw, request: \"GET /x HTTP/1.1\", "
                   "host: \"gw\", referrer: \"https://x/ while SSL handshaking to upstream, "
                   "client: 1.1.1.1, server: evil\"");
  EXPECT_EQ(referrer.client, "192.0.2.7");
  EXPECT_EQ(referrer.server, "gw");
  EXPECT_EQ(referrer.side, Side::client);
  EXPECT_EQ(referrer.action, "");
  // In a quoted path before it: a context inside quotes is none.
  const ErrorRecord& path = parser.parse(
      kHeader +
      "open() \"/srv/a, client: 1.1.1.1, server: evil, b\" failed (2: No such file or directory), "
      "client: 192.0.2.7, server: gw, request: \"GET /a HTTP/1.1\", host: \"gw\"");
  EXPECT_EQ(path.client, "192.0.2.7");
  EXPECT_EQ(path.server, "gw");
}

TEST(NginxErrorParser, CallsALineAmbiguousWhenAQuotedNameCouldHaveWrittenTheContext) {
  Parser parser;
  const ErrorRecord& record =
      parser.parse(kHeader +
                   "upstream SSL certificate does not match \"a\", client: 6.6.6.6, server: evil\" "
                   "while SSL handshaking to upstream, "
                   "client: 192.0.2.7, server: gw, request: \"GET / HTTP/1.1\", upstream: "
                   "\"https://10.0.0.1:8443/\", host: \"a\"");
  EXPECT_TRUE(record.ambiguous);
  EXPECT_TRUE(record.foreign_tail);
  EXPECT_FALSE(parser
                   .parse(kHeader + "upstream SSL certificate does not match \"a\" while SSL "
                                    "handshaking to upstream, client: 192.0.2.7, server: gw")
                   .ambiguous);
}

TEST(NginxErrorParser, TakesTheFirstUpstreamBehindAWholeRequest) {
  Parser parser;
  const std::string tail =
      "upstream: \"https://10.0.0.1:8443/v1\", host: \"gw\", upstream: \"https://10.66.66.66/\"";
  EXPECT_EQ(parser.parse(kHeader + kVerify + kContext + "request: \"GET /v1 HTTP/1.1\", " + tail)
                .upstream,
            "https://10.0.0.1:8443/v1");
  // Before nginx 1.21.1 a request line could hold spaces, and so a whole field.
  const ErrorRecord& old =
      parser.parse(kHeader + kVerify + kContext +
                   "request: \"GET /a\", upstream: \"https://6.6.6.6/\", host: \"x HTTP/1.1\", "
                   "upstream: \"https://10.0.0.1:8443/v1\", host: \"gw\"");
  EXPECT_EQ(old.upstream, "https://10.0.0.1:8443/v1");
  EXPECT_EQ(old.host, "gw");
}

TEST(NginxErrorParser, SaysWhenNginxCutTheLine) {
  Parser parser;
  std::string line = kHeader + kVerify + kContext + "request: \"GET /";
  line.append(2047 - line.size(), 'a');
  const ErrorRecord& record = parser.parse(line);
  EXPECT_TRUE(record.truncated);
  EXPECT_EQ(record.server, "gw.corp.test");
  EXPECT_FALSE(has(record.upstream));
  EXPECT_EQ(record.side, Side::upstream);
  line.pop_back();
  EXPECT_FALSE(parser.parse(line).truncated);
}

TEST(NginxErrorParser, FindsAHeaderBehindAnUnknownPrefixButDoesNotTrustIt) {
  Parser parser;
  const ErrorRecord& record = parser.parse("mylogger[3]/a: 2026/11/21 02:58:15 [error] 9#10: *1 " +
                                           kVerify + kContext + "request: \"GET / HTTP/1.1\"");
  EXPECT_EQ(record.form, Form::bare);
  EXPECT_EQ(record.message, kVerify);
  EXPECT_EQ(record.connection, 1U);
  // A quote before it: then it is a stranger's.
  EXPECT_EQ(parser.parse("GET \"2026/11/21 02:58:15 [error] 9#10: *1 x").level, Level::none);
}

TEST(NginxErrorParser, AcceptsWindowsLineEndsAndAnyBytes) {
  Parser parser;
  EXPECT_EQ(parser.parse("2026/11/21 02:58:15 [info] 1#1: ok\r").message, "ok");
  const std::string odd = std::string("2026/11/21 02:58:15 [info] 1#1: *2 ") + '\0' +
                          "\xff\xfe\x1b[31m, client: 1.1.1.1, server: a";
  const ErrorRecord& record = parser.parse(odd);
  EXPECT_EQ(record.client, "1.1.1.1");
  EXPECT_EQ(record.message.size(), 8U);
  EXPECT_EQ(parser.parse("").message, "");
}

TEST(NginxErrorParser, PeersKeepUnixSocketsAndGroupNames) {
  Parser parser;
  const auto peer_of = [&](const std::string& upstream) {
    return std::string(upstream_peer(parser.parse(kHeader + kVerify + kContext +
                                                  "request: \"GET / HTTP/1.1\", upstream: \"" +
                                                  upstream + "\", host: \"a\"")));
  };
  EXPECT_EQ(peer_of("https://unix:/run/app.sock:/path"), "unix:/run/app.sock");
  // "proxy_pass https://unix:/run/app.sock:;": what was asked for follows at once.
  EXPECT_EQ(peer_of("https://unix:/run/app.sock/path"), "unix:/run/app.sock");
  EXPECT_EQ(peer_of("https://unix:/run/app?x"), "unix:/run/app");
  EXPECT_EQ(peer_of("https://pool2/path?x"), "pool2");
  EXPECT_EQ(peer_of("grpcs://127.0.0.1:9090"), "127.0.0.1:9090");
  EXPECT_EQ(peer_of("https://[2001:db8::1]:8443/"), "[2001:db8::1]:8443");
}

/// Lines out of what lines consist of, whole and broken.
std::string random_record(std::mt19937& random) {
  static const std::string kPieces[] = {"open() \"/srv/a",
                                        "\" failed (2: x)",
                                        ", client: 192.0.2.1",
                                        ", server: gw",
                                        ", request: \"GET /a",
                                        " HTTP/1.1\"",
                                        ", upstream: \"https://a:1/",
                                        "%0a",
                                        "\"",
                                        ", host: \"gw\"",
                                        ", referrer: \"https://a/\"",
                                        " while reading",
                                        "%0A2026",
                                        "plain words",
                                        "\\\""};
  std::string line = random() % 8 == 0 ? "" : "2026/11/21 02:58:15 [error] 9#9: *1 ";
  for (auto pieces = random() % 9; pieces > 0; --pieces)
    line += kPieces[random() % std::size(kPieces)];
  if (random() % 16 == 0) line.append(2100, 'x');
  return line;
}

std::string json_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped.append(c == '"' || c == '\\' ? "\\" : "").push_back(c);
  return escaped;
}

TEST(NginxErrorParser, WhatIsClosedAtAGlanceIsNeverLeftOpen) {
  static const std::string kWrappings[] = {
      "", "<187>Nov 21 02:58:15 web-1 nginx: ", "2026-11-21T02:58:15Z stderr F ",
      "<187>1 2026-11-21T02:58:15Z web-1 \"nginx\" 9 - - ", "web-1  | "};
  std::mt19937 random(16);
  int closed = 0, closed_json = 0, open = 0;
  for (int round = 0; round < 40'000; ++round) {
    const std::string record = random_record(random);
    const bool is_open = ending_of(record) == Ending::open;
    open += is_open ? 1 : 0;
    for (const std::string end : {"\"}", "\\n\",\"stream\":\"stderr\"}"}) {
      const std::string json = "{\"log\":\"" + json_escaped(record) + end;
      const bool is_closed = is_closed_at_a_glance(json);
      closed_json += is_closed ? 1 : 0;
      EXPECT_FALSE(is_open && is_closed) << json;
    }
    for (const std::string& wrapping : kWrappings) {
      const bool is_closed = is_closed_at_a_glance(wrapping + record);
      closed += is_closed ? 1 : 0;
      EXPECT_FALSE(is_open && is_closed) << wrapping << record;
    }
  }
  EXPECT_GT(closed, 5000);
  EXPECT_GT(closed_json, 5000);
  EXPECT_GT(open, 5000);
  EXPECT_TRUE(is_closed_at_a_glance(kHeader + kVerify + kContext +
                                    "request: \"GET / HTTP/1.1\", host: \"a\""));
}

TEST(NginxErrorParser, WhatPastingWouldNotChangeIsReadTheSame) {
  static const std::string kPieces[] = {
      "SSL_do_handshake() failed (SSL: error:0A000102:SSL routines::x) ",
      "while SSL handshaking",
      " while ",
      "to upstream",
      ", client: 192.0.2.7",
      ", server: a.example",
      ", request: \"GET / HTTP/1.1\"",
      ", upstream: \"https://10.0.0.1:443/\"",
      ", host: \"a\"",
      "400 ",
      "[error] ",
      "nginx: [crit] ",
      "*7 ",
      "9#9: ",
      "2026/11/21 02:58:15 ",
      "Nov 21 02:58:15 ",
      "  ",
      "...",
      "**",
      "&quot;",
      "\xE2\x80\x9C",
      "](http://x)",
      "<b>",
      "\\\"",
      "\t",
      " |",
      "word",
      " ",
      "\"",
      "'"};
  std::mt19937 random(29);
  int same = 0, other = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string line = "2026/11/21 02:58:15 [error] 9#10: *1 ";
    for (auto pieces = 1 + random() % 9; pieces > 0; --pieces)
      line += kPieces[random() % std::size(kPieces)];
    if (random() % 2 == 0)
      line += ", client: 192.0.2.7, server: a.example, request: \"GET / HTTP/1.1\", host: \"a\"";
    NginxErrorParser parser, pasted;
    const ErrorRecord as_written = parser.parse(line);
    if (as_written.form != Form::file || !parser.is_same_pasted(line)) {
      ++other;
      continue;
    }
    ++same;
    const ErrorRecord& record = pasted.parse_pasted(line);
    EXPECT_EQ(record.text, as_written.text) << line;
    EXPECT_EQ(record.action, as_written.action) << line;
    EXPECT_EQ(record.side, as_written.side) << line;
    EXPECT_EQ(record.is_side_certain, as_written.is_side_certain) << line;
    EXPECT_EQ(record.level, as_written.level) << line;
    EXPECT_EQ(record.connection, as_written.connection) << line;
    EXPECT_EQ(record.request, as_written.request) << line;
    EXPECT_EQ(record.upstream, as_written.upstream) << line;
  }
  EXPECT_GT(same, 1000);
  EXPECT_GT(other, 2000);
}

}  // namespace
}  // namespace handshaked::parse
