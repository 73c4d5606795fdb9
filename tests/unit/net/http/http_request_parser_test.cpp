#include "net/http/http_request_parser.h"

#include <gmock/gmock.h>

#include <string>

namespace handshaked::net {
namespace {

struct Parsed {
  bool failed = false;
  bool done = false;
  std::string body;
  std::string rest;
};

/// Gives the bytes in pieces, keeping what was not used, as the connection does.
Parsed parse(HttpRequestParser& parser, std::string_view bytes, std::size_t piece) {
  Parsed parsed;
  while (!parser.is_done() && !bytes.empty()) {
    parsed.rest += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    bool progress = true;
    while (progress && !parser.is_done()) {
      auto step = parser.parse(parsed.rest);
      if (!step) {
        parsed.failed = true;
        return parsed;
      }
      parsed.body.append(step.value().body.data(), step.value().body.size());
      progress = step.value().used > 0;
      parsed.rest.erase(0, step.value().used);
    }
  }
  parsed.done = parser.is_done();
  parsed.rest += bytes;
  return parsed;
}

class HttpRequestInPieces : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, HttpRequestInPieces, testing::Values(1, 2, 5, 64, 4096));

TEST_P(HttpRequestInPieces, ReadsABodyOfGivenLength) {
  HttpRequestParser parser;
  const Parsed parsed = parse(
      parser, "POST /a%20b?x=1%2F2&y HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET",
      GetParam());
  EXPECT_TRUE(parsed.done);
  EXPECT_EQ(parsed.body, "hello");
  EXPECT_EQ(parsed.rest, "GET");
  EXPECT_EQ(parser.request().path, "/a b");
  EXPECT_EQ(parser.request().parameter("x"), "1/2");
  EXPECT_EQ(parser.request().method, "POST");
  EXPECT_TRUE(parser.keeps_alive());
}

TEST_P(HttpRequestInPieces, JoinsChunks) {
  HttpRequestParser parser;
  const Parsed parsed =
      parse(parser,
            "POST / HTTP/1.1\r\nTransfer-Encoding: "
            "chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nnext",
            GetParam());
  EXPECT_TRUE(parsed.done);
  EXPECT_EQ(parsed.body, "abc0123456789");
  EXPECT_EQ(parsed.rest, "next");
}

TEST(HttpRequestParser, ReadsOneRequestAfterAnother) {
  HttpRequestParser parser;
  Parsed parsed = parse(parser, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", 4096);
  EXPECT_EQ(parser.request().path, "/1");
  parser.start_anew();
  parsed = parse(parser, parsed.rest, 4096);
  EXPECT_EQ(parser.request().path, "/2");
  EXPECT_FALSE(parser.keeps_alive());
}

TEST(HttpRequestParser, RefusesWhatTwoProgramsCouldReadDifferently) {
  for (const char* head :
       {"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length : 5\r\n\r\n", "POST / HTTP/2.0\r\n\r\n",
        "\x16\x03\x01\x02\x00", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
    HttpRequestParser parser;
    EXPECT_TRUE(parse(parser, head, 4096).failed) << head;
  }
}

TEST(HttpRequestParser, BoundsTheHead) {
  HttpRequestParser parser({.header_bytes = 1000});
  const auto step = [&] {
    std::string bytes = "GET / HTTP/1.1\r\nX: " + std::string(2000, 'x');
    return parser.parse(bytes);
  }();
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().code(), ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace handshaked::net
