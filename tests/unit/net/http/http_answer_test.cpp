#include "net/http/http_answer.h"

#include <gtest/gtest.h>

namespace handshaked::net {
namespace {

TEST(HttpAnswerHead, SaysStatusHeadersAndWhetherTheConnectionStays) {
  EXPECT_EQ(HttpAnswerHead(200).header("Content-Length", "0").finished(true),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(HttpAnswerHead(413).finished(false),
            "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(HttpAnswerHead(499).finished(true), "HTTP/1.1 499 Error\r\n\r\n");
}

TEST(RefusalJson, HoldsWhatTheClientWroteAsText) {
  EXPECT_EQ(refusal_json(404, "no \"x\"\n"), R"({"error":"no \"x\"\n","status":404})");
}

}  // namespace
}  // namespace handshaked::net
