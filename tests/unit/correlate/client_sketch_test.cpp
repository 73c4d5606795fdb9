#include "correlate/client_sketch.h"

#include <gtest/gtest.h>

namespace handshaked::correlate {
namespace {

ClientSketch sketch_of(int from, int to) {
  ClientSketch sketch;
  for (int i = from; i < to; ++i)
    sketch.add("10." + std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) + "." +
               std::to_string(i % 256));
  return sketch;
}
void expect_near(const ClientSketch& sketch, double truth, double share) {
  EXPECT_NEAR(static_cast<double>(sketch.distinct()), truth, truth * share);
}

TEST(ClientSketch, IsExactForAFew) {
  for (int count = 0; count <= 32; ++count)
    EXPECT_EQ(sketch_of(0, count).distinct(), static_cast<std::uint64_t>(count));
  ClientSketch same;
  for (int i = 0; i < 1000; ++i) same.add("192.0.2.1");
  EXPECT_EQ(same.distinct(), 1U);
}

TEST(ClientSketch, EstimatesManyWithinAFewPercent) {
  for (const int count : {33, 100, 1000, 3000, 10000, 100000, 1000000})
    expect_near(sketch_of(0, count), count, 0.1);
}

TEST(ClientSketch, OfAMergeIsThatOfTheWhole) {
  for (const auto& [first, second] : {std::pair{10, 20}, {10, 5000}, {5000, 8000}, {5000, 5010}}) {
    ClientSketch merged = sketch_of(0, first);
    merged.merge(sketch_of(first / 2, second));
    EXPECT_EQ(merged.distinct(), sketch_of(0, std::max(first, second)).distinct());
  }
  ClientSketch itself = sketch_of(0, 20);
  itself.merge(itself);
  EXPECT_EQ(itself.distinct(), 20U);
}

TEST(ClientSketch, KeepsTheFirstFewAsExamples) {
  const ClientSketch sketch = sketch_of(0, 1000);
  EXPECT_EQ(sketch.sample().size(), ClientSketch::kSampleSize);
  EXPECT_EQ(sketch.sample().front(), "10.0.0.0");
}

TEST(ClientSketch, SurvivesTheStore) {
  for (const int count : {0, 1, 32, 33, 5000}) {
    const ClientSketch before = sketch_of(0, count);
    ClientSketch after = ClientSketch::from_text(before.to_text(), before.sample());
    EXPECT_EQ(after.distinct(), before.distinct());
    after.add("10.0.0.0");
    EXPECT_EQ(after.distinct(), sketch_of(0, std::max(count, 1)).distinct());
  }
}

TEST(ClientSketch, OfADamagedTextIsEmptyOrBounded) {
  for (const char* const text :
       {"", "x", "r", "rrrr", "h", "h zz", "h1 2 g", "hffffffffffffffffff "})
    EXPECT_LE(ClientSketch::from_text(text, {}).distinct(), 2U) << text;
  std::string lengthy = "h";
  for (int i = 0; i < 1000; ++i) lengthy += std::to_string(i) + " ";
  EXPECT_LE(ClientSketch::from_text(lengthy, {}).distinct(), 32U);
  EXPECT_GT(ClientSketch::from_text("r" + std::string(1024, '\x7f'), {}).distinct(), 0U);
}

}  // namespace
}  // namespace handshaked::correlate
