#include <gtest/gtest.h>
#include <malloc.h>

#include <string>

#include "unit/correlate/story.h"

// g++ says by macros what clang says by features.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HANDSHAKED_COUNTS_MEMORY 0
#endif
#endif
#if defined(HANDSHAKED_COUNTS_MEMORY)
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HANDSHAKED_COUNTS_MEMORY 0
#else
#define HANDSHAKED_COUNTS_MEMORY 1
#endif

namespace handshaked::correlate {
namespace {

/// Bytes that are allocated, with the allocator's own share.
std::size_t allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::string lines_of_peers(unsigned from, unsigned to) {
  std::string lines;
  for (unsigned i = from; i < to; ++i) {
    const std::string address = std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) +
                                "." + std::to_string(i % 256);
    lines += upstream_line(0, kVerify20, "10." + address + ":8443", "shop.example.com",
                           "192." + address);
  }
  return lines;
}

TEST(IncidentMemory, OfAnIncidentOfOneLineIsBounded) {
  if (HANDSHAKED_COUNTS_MEMORY == 0) GTEST_SKIP() << "the sanitizer has an allocator of its own";
  Story story({.host = "proxy-1.example.com"});
  story.hear(lines_of_peers(0, 10'000), 0);  // the first few thousand keep more of their text
  const std::size_t before = allocated_bytes();
  for (unsigned from = 10'000; from < 40'000; from += 1'000)
    story.hear(lines_of_peers(from, from + 1'000), 0);
  ASSERT_EQ(story.correlator.live(), 40'000U);
  const std::size_t each = (allocated_bytes() - before) / 30'000;
  RecordProperty("bytes_per_incident", static_cast<int>(each));
  EXPECT_LT(each, 680U);
  EXPECT_GT(each, sizeof(Incident));  // else this counts nothing
}

TEST(IncidentMemory, OfARestoredIncidentIsThatOfANewOne) {
  if (HANDSHAKED_COUNTS_MEMORY == 0) GTEST_SKIP() << "the sanitizer has an allocator of its own";
  Story story({.host = "proxy-1.example.com"});
  for (unsigned from = 0; from < 20'000; from += 1'000)
    story.hear(lines_of_peers(from, from + 1'000), 0);
  std::vector<std::string> states;
  for (const Incident* const incident : story.correlator.incidents())
    states.push_back(incident->to_json());
  Correlator restored({.host = "proxy-1.example.com"});
  const std::size_t before = allocated_bytes();
  for (const std::string& state : states) restored.restore(Incident::from_json(state).value());
  const std::size_t each = (allocated_bytes() - before) / states.size();
  RecordProperty("bytes_per_incident", static_cast<int>(each));
  EXPECT_LT(each, 850U);  // a quarter of them has more than one short line
  EXPECT_EQ(restored.live(), 20'000U);
}

}  // namespace
}  // namespace handshaked::correlate
