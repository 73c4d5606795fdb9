#include "correlate/failure_fold.h"

#include <gtest/gtest.h>

#include "correlate/incident.h"
#include "unit/correlate/recognised_line.h"

namespace handshaked::correlate {
namespace {

const std::string kVerify20 =
    "upstream SSL certificate verify error: (20:unable to get local issuer certificate)";

/// Reads without handing over.
class Feeding {
 public:
  explicit Feeding(FailureFold& fold)
      : fold_(fold), analysis_(some_rules(), parse::TimeZone::named("UTC").value()) {}
  void read(const std::string& lines) {
    analysis_.consume({.bytes = lines, .before = {}, .offset = {0}}, fold_);
  }

 private:
  FailureFold& fold_;
  LineAnalysis analysis_;
};

TEST(FailureFold, FoldsAStormIntoOneObjectAPlace) {
  Reading reading(some_rules());
  std::string lines;
  for (unsigned i = 0; i < 10000; ++i)
    lines += upstream_line(i / 1000, kVerify20, i % 2 == 0 ? "10.0.0.1:1" : "10.0.0.2:1",
                           i % 3 == 0 ? "a" : "b");
  const FailureBatch batch = reading.read(lines);
  ASSERT_EQ(batch.failures.size(), 2U);
  const FoldedFailure& first = batch.failures.front();
  EXPECT_EQ(first.count, 5000U);
  EXPECT_EQ(first.place.peer, "10.0.0.1:1");
  EXPECT_EQ(first.first_at, at(0));
  EXPECT_EQ(first.last_at, at(9));
  EXPECT_EQ(first.servers, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(first.sample_lines.size(), Incident::kMaxSamples);
  EXPECT_EQ(first.sample_lines.back() + "\n", upstream_line(9, kVerify20, "10.0.0.1:1", "b"))
      << "the newest";
  EXPECT_EQ(first.opening_offset, 0U);
  EXPECT_TRUE(reading.fold().empty());
}

TEST(FailureFold, CountsWhatAStrangerMayHaveWrittenButFoldsItNot) {
  Reading reading(some_rules());
  const FailureBatch batch = reading.read(kVerify20 + "\n" + upstream_line(0, kVerify20));
  EXPECT_EQ(batch.untrusted, 1U);
  ASSERT_EQ(batch.failures.size(), 1U);
  EXPECT_EQ(batch.failures.front().count, 1U);
}

TEST(FailureFold, ALogThatInventsPlacesCostsCountersNotMemory) {
  Reading reading(some_rules());
  std::string lines;
  for (unsigned i = 0; i < FailureFold::kMaxPlaces + 100; ++i)
    lines += upstream_line(0, kVerify20,
                           "10." + std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) +
                               "." + std::to_string(i % 256) + ":1");
  const FailureBatch batch = reading.read(lines);
  EXPECT_EQ(batch.failures.size(), FailureFold::kMaxPlaces);
  EXPECT_EQ(batch.overflow, 100U);
}

TEST(FailureFold, IsFullLongBeforeItMustDropLines) {
  Reading reading(some_rules());
  const auto lines = [](unsigned from, unsigned to) {
    std::string text;
    for (unsigned i = from; i < to; ++i)
      text += upstream_line(
          0, kVerify20, "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ":1");
    return text;
  };
  Feeding feeding(reading.fold());
  feeding.read(lines(0, FailureFold::kFullPlaces - 1));
  EXPECT_FALSE(reading.fold().is_full());
  feeding.read(lines(FailureFold::kFullPlaces - 2, FailureFold::kFullPlaces));
  EXPECT_TRUE(reading.fold().is_full());
  const FailureBatch batch = reading.fold().take();
  EXPECT_EQ(batch.failures.size(), FailureFold::kFullPlaces);
  EXPECT_EQ(batch.overflow, 0U);
  EXPECT_FALSE(reading.fold().is_full());
}

TEST(FailureFold, LiveLinesCountAsSeenNow) {
  Reading reading(some_rules());
  reading.fold().set_live(true);
  reading.fold().set_time_fallback(at(5000));
  const FailureBatch batch = reading.read(upstream_line(0, kVerify20));
  EXPECT_EQ(batch.failures.front().first_at, at(5000));
}

TEST(FailureFold, LinesWithoutATimeTakeTheFallback) {
  match::LoadedRules loaded;
  match::read_rules(
      R"({"id":"t/c","signature":"s","regex":"cannot load","side":"config","kind":"fault","severity":"critical","noise":false,"causes":[{"cause":"c","likelihood":1}]})",
      "x", loaded);
  Reading reading(std::make_shared<const match::RuleSet>(std::move(loaded.rules)));
  reading.fold().set_time_fallback(at(7));
  const FailureBatch batch =
      reading.read("nginx: [emerg] cannot load certificate \"/etc/x.pem\"\n");
  ASSERT_EQ(batch.failures.size(), 1U);
  EXPECT_EQ(batch.failures.front().first_at, at(7));
  EXPECT_EQ(batch.failures.front().place.object, "/etc/x.pem");
}

}  // namespace
}  // namespace handshaked::correlate
