#include "telemetry/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace handshaked::telemetry {
namespace {

TEST(Histogram, CountsByBoundAndFromManyThreads) {
  Histogram histogram(std::vector<double>{1.0, 2.0});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&histogram] {
        for (int n = 0; n < 1000; ++n)
          for (const double value : {0.5, 1.0, 1.5, 9.0}) histogram.add(value);
      });
    }
  }
  const HistogramMetrics figures = histogram.figures();
  EXPECT_EQ(figures.counts, (std::vector<std::uint64_t>{8000, 4000, 4000}));
  EXPECT_EQ(figures.count(), 16000U);
  EXPECT_DOUBLE_EQ(figures.sum, 4000 * 12.0);
}

TEST(WhyNotReady, NamesEveryReasonAndOnlyReasons) {
  Metrics figures;
  figures.store.answers = false;
  figures.store.trouble = "disk full";
  EXPECT_EQ(why_not_ready(figures).size(), 5U);
  figures = {};
  figures.has_looked_at_sources = true;
  figures.rules_loaded = 1;
  figures.sources.push_back({.kind = "files",
                             .name = "/l",
                             .state = SourceMetrics::State::waiting,
                             .last_line_at = {},
                             .lag_bytes = {},
                             .listener = {}});
  EXPECT_TRUE(why_not_ready(figures).empty()) << "a log that is not there yet is waited for";
  figures.sources[0].state = SourceMetrics::State::unreadable;
  EXPECT_EQ(why_not_ready(figures), (std::vector<std::string>{"/l cannot be read"}));
}

TEST(ProcessMetrics, AreThoseOfALivingProcess) {
  const ProcessMetrics figures = read_process_figures();
  EXPECT_GT(figures.resident_bytes, 100'000U);
  EXPECT_GE(figures.virtual_bytes, figures.resident_bytes);
  EXPECT_GE(figures.open_descriptors, 3U);
  EXPECT_GE(figures.most_descriptors, figures.open_descriptors);
}

}  // namespace
}  // namespace handshaked::telemetry
