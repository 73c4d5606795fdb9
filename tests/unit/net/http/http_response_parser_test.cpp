#include "net/http/http_response_parser.h"

#include <gtest/gtest.h>

namespace handshaked::net {
namespace {

HttpResponseParser parser_with_limits(std::size_t body = 100) {
  return HttpResponseParser({.header_bytes = 1024, .body_bytes = body});
}

TEST(HttpResponseParser, ReadsTheSameWhereverTheBytesAreCut) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nTransfer-Encoding: "
      "chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    auto parser = parser_with_limits();
    for (std::size_t begin = 0; begin < text.size(); begin += step) {
      EXPECT_FALSE(parser.is_complete()) << step;
      ASSERT_TRUE(parser.feed(std::string_view(text).substr(begin, step))) << step;
    }
    ASSERT_TRUE(parser.is_complete()) << step;
    EXPECT_TRUE(parser.can_reuse_connection());
    const HttpResponse response = parser.take_response();
    EXPECT_EQ(response.status, 429u);
    EXPECT_EQ(response.header("RETRY-AFTER"), "7");
    EXPECT_EQ(response.header("x-none"), "");
    EXPECT_EQ(response.body, "abcde");
    EXPECT_TRUE(response.is_body_complete);
  }
}

TEST(HttpResponseParser, RefusesWhatIsNotHttp) {
  for (const std::string_view text :
       {"\x16\x03\x01\x02 and more of TLS", "220 mail.example.com ESMTP\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n"}) {
    auto parser = parser_with_limits();
    const auto fed = parser.feed(text);
    ASSERT_FALSE(fed) << text;
    EXPECT_EQ(fed.error().code(), ErrorCode::invalid_input);
  }
}

TEST(HttpResponseParser, BoundsHeadersChunkLinesAndInterimResponses) {
  auto parser = parser_with_limits();
  EXPECT_FALSE(parser.feed("HTTP/1.1 200 OK\r\nx: " + std::string(5000, 'x')));
  auto chunked = parser_with_limits();
  ASSERT_TRUE(chunked.feed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"));
  EXPECT_FALSE(chunked.feed("1;" + std::string(100'000, 'x')));
  EXPECT_TRUE(chunked.has_header());
  auto interim = parser_with_limits();
  std::string many;
  for (int count = 0; count < 100; ++count) many += "HTTP/1.1 102 Wait\r\n\r\n";
  EXPECT_FALSE(interim.feed(many));
}

TEST(HttpResponseParser, CutsTheBodyAtItsLimitAndKeepsTheStatus) {
  auto parser = parser_with_limits(10);
  ASSERT_TRUE(parser.feed("HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n" +
                          std::string(30, 'x')));
  EXPECT_TRUE(parser.is_body_cut());
  EXPECT_FALSE(parser.can_reuse_connection());
  const HttpResponse response = parser.take_response();
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.body, std::string(10, 'x'));
  EXPECT_FALSE(response.is_body_complete);
}

TEST(HttpResponseParser, ReusesNoConnectionThatTheReceiverWillCloseOrThatHoldsMore) {
  for (const std::string_view text :
       {"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n"}) {
    auto parser = parser_with_limits();
    ASSERT_TRUE(parser.feed(text));
    EXPECT_TRUE(parser.is_complete()) << text;
    EXPECT_FALSE(parser.can_reuse_connection()) << text;
  }
}

TEST(HttpResponseParser, TellsAnEndFromABreak) {
  auto nothing = parser_with_limits();
  EXPECT_FALSE(nothing.end_of_stream());
  auto header = parser_with_limits();
  ASSERT_TRUE(header.feed("HTTP/1.1 200 O"));
  EXPECT_FALSE(header.end_of_stream());
  EXPECT_FALSE(header.has_header());
  auto body = parser_with_limits();
  ASSERT_TRUE(body.feed("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc"));
  EXPECT_FALSE(body.end_of_stream());
  EXPECT_TRUE(body.has_header());
  auto without_length = parser_with_limits();
  ASSERT_TRUE(without_length.feed("HTTP/1.1 200 OK\r\n\r\nabc"));
  ASSERT_TRUE(without_length.end_of_stream());
  EXPECT_TRUE(without_length.take_response().is_body_complete);
}

}  // namespace
}  // namespace handshaked::net
