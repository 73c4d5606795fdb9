#include "web/metrics_text.h"

#include <gtest/gtest.h>

namespace handshaked::web {
namespace {

using telemetry::Metrics;
using telemetry::SourceMetrics;

bool has_line(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos;
}

TEST(MetricsText, WritesWhatWasCounted) {
  Metrics figures{
      .version = "1.2.3", .host = "edge", .now = {}, .started_at = Time(std::chrono::seconds(5))};
  figures.sources.push_back({.kind = "files",
                             .name = "/l",
                             .bytes = 100,
                             .lines = 3,
                             .candidates = 2,
                             .matched = 1,
                             .last_line_at = {},
                             .lag_bytes = 7,
                             .lag_seconds = 1.5,
                             .listener = {}});
  figures.rules.push_back({.id = "nginx/x", .matches = 4, .confirmations = 32, .seconds = 0.5});
  figures.incidents.open[2] = 3;
  telemetry::Histogram histogram(std::vector<double>{0.1, 1.0});
  for (const double value : {0.05, 0.1, 0.5, 7.0}) histogram.add(value);
  figures.store.commit_seconds = histogram.figures();
  const std::string text = metrics_text(figures);
  for (const char* const line :
       {"handshaked_build_info{version=\"1.2.3\"} 1", "process_start_time_seconds 5",
        "handshaked_source_read_bytes_total{kind=\"files\",source=\"/l\"} 100",
        "handshaked_source_lag_bytes{kind=\"files\",source=\"/l\"} 7",
        "handshaked_source_lag_seconds{kind=\"files\",source=\"/l\"} 1.5",
        "handshaked_rule_matches_total{rule=\"nginx/x\"} 4",
        "handshaked_incidents{status=\"open\",severity=\"critical\"} 3",
        "handshaked_store_commit_duration_seconds_bucket{le=\"0.1\"} 2",
        "handshaked_store_commit_duration_seconds_bucket{le=\"+Inf\"} 4",
        "handshaked_store_commit_duration_seconds_count 4",
        "# TYPE handshaked_source_read_bytes_total counter"})
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
}

TEST(MetricsText, NamesThatAreOddStayOneLabel) {
  Metrics figures;
  for (const char* const name : {"/a\"b\\c\n\xff.log", "/a\"b\\c\n\xfe.log"})
    figures.sources.push_back(
        {.kind = "files", .name = name, .last_line_at = {}, .lag_bytes = 0, .listener = {}});
  const std::string text = metrics_text(figures);
  EXPECT_TRUE(has_line(
      text, R"(handshaked_source_read_bytes_total{kind="files",source="/a\"b\\c\\n\\xff.log"} 0)"))
      << text;
  EXPECT_TRUE(has_line(
      text, R"(handshaked_source_read_bytes_total{kind="files",source="/a\"b\\c\\n\\xfe.log"} 0)"))
      << text;
  EXPECT_EQ(text.find('\xff'), std::string::npos);
}

TEST(MetricsText, ManySourcesAndRulesAreNotManySeries) {
  Metrics figures;
  for (std::size_t i = 0; i < kMostSourcesShown + 10; ++i)
    figures.sources.push_back({.kind = "files",
                               .name = "/l" + std::to_string(i),
                               .bytes = 1,
                               .last_line_at = {},
                               .lag_bytes = 2,
                               .listener = {}});
  for (std::size_t i = 0; i < kMostRulesShown + 10; ++i)
    figures.rules.push_back({.id = "r" + std::to_string(i), .matches = 1});
  const std::string text = metrics_text(figures);
  EXPECT_TRUE(
      has_line(text, "handshaked_source_read_bytes_total{kind=\"others\",source=\"(others)\"} 10"));
  EXPECT_TRUE(
      has_line(text, "handshaked_source_lag_bytes{kind=\"others\",source=\"(others)\"} 20"));
  EXPECT_TRUE(has_line(text, "handshaked_rule_matches_total{rule=\"(others)\"} 10"));
  EXPECT_EQ(text.find("/l500"), std::string::npos);
}

}  // namespace
}  // namespace handshaked::web
