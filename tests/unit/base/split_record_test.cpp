#include "base/split_record.h"

#include <gtest/gtest.h>

namespace handshaked {
namespace {

TEST(SplitRecord, PutsTheFieldsOfTheUsualParsersTogether) {
  SplitRecord fluent;
  for (const auto& [name, value] : {std::pair{"time", "2026/11/21 02:58:15"},
                                    {"log_level", "error"},
                                    {"pid", "9"},
                                    {"tid", "10"}})
    fluent.offer(name, value);
  ASSERT_TRUE(fluent.has_header());
  EXPECT_EQ(fluent.line("*1 oops, client: 192.0.2.7, server: gw", "2020-01-01T00:00:00Z"),
            "2026/11/21 02:58:15 [error] 9#10: *1 oops, client: 192.0.2.7, server: gw");

  SplitRecord vector;
  for (const auto& [name, value] : {std::pair{"severity", "ERROR"},
                                    {"pid", "9"},
                                    {"cid", "1"},
                                    {"client", "192.0.2.7"},
                                    {"server", "gw"},
                                    {"request", "GET / HTTP/1.1"},
                                    {"upstream", "https://10.0.0.1/"},
                                    {"host", "gw"}})
    vector.offer(name, value);
  ASSERT_TRUE(vector.has_header());
  EXPECT_EQ(vector.line("oops", "2026-11-21T02:58:15Z"),
            "2026-11-21T02:58:15Z [error] 9#9: *1 oops, client: 192.0.2.7, server: gw, request: "
            "\"GET / HTTP/1.1\", upstream: "
            "\"https://10.0.0.1/\", host: \"gw\"");
}

TEST(SplitRecord, PrefersNginxsOwnLevelToTheAgents) {
  SplitRecord record;
  for (const auto& [name, value] : {std::pair{"severity", "INFO"},
                                    {"jsonPayload.level", "crit"},
                                    {"jsonPayload.pid", "9.0"},
                                    {"jsonPayload.tid", "9"}})
    record.offer(name, value);
  EXPECT_EQ(record.line("oops", ""), "[crit] 9#9: oops");
  record.clear();
  EXPECT_FALSE(record.has_header());
}

TEST(SplitRecord, IsNoneWithoutLevelProcessAndThreadOrConnection) {
  SplitRecord record;
  record.offer("level", "error");
  record.offer("pid", "9");
  EXPECT_FALSE(record.has_header());
  record.offer("tid", "nine");
  EXPECT_FALSE(record.has_header()) << "a thread is a number";
  record.offer("process.thread.id", "9");
  EXPECT_TRUE(record.has_header());
  SplitRecord other;
  for (const auto& [name, value] : {std::pair{"level", "fatal"}, {"pid", "9"}, {"tid", "9"}})
    other.offer(name, value);
  EXPECT_FALSE(other.has_header()) << "nginx has no such level";
}

}  // namespace
}  // namespace handshaked
