#include "cli/log/log_span.h"

#include <gtest/gtest.h>

namespace handshaked::cli {
namespace {

LogSpan span_of(std::string_view bytes) {
  LogSpan span(parse::TimeZone::named("UTC").value());
  span.observe({.bytes = bytes, .before = {}, .offset = {}});
  return span;
}

TEST(LogSpan, ReachesFromTheFirstTimeToTheLast) {
  const LogSpan span = span_of(
      "continued text\n2026/11/21 02:58:15 [notice] 9#9: a\n2026/11/21 03:00:00 [notice] 9#9: "
      "b\n2026/11/21 03:58:15 [notice] 9#9: c\nmore "
      "text\n");
  ASSERT_TRUE(span.first() && span.last());
  EXPECT_EQ(span.last()->utc - span.first()->utc, std::chrono::hours(1));
  EXPECT_TRUE(span.looks_like_nginx());
}

TEST(LogSpan, KnowsThatAnAccessLogIsNoErrorLog) {
  EXPECT_FALSE(span_of("192.0.2.1 - - [21/Nov/2026:02:58:15 +0000] \"GET / HTTP/1.1\" 200 5\n")
                   .looks_like_nginx());
}

TEST(LogSpan, SaysNothingBadAboutAnEmptyLog) {
  EXPECT_TRUE(span_of("").looks_like_nginx());
  EXPECT_FALSE(span_of("").first().has_value());
}

}  // namespace
}  // namespace handshaked::cli
