// A centre of several partitions: each hears of the faults whose fingerprints are its own, and of
// what is its no more.
#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <string>

#include "correlate/incident_key.h"
#include "correlate/partition.h"
#include "unit/correlate/fleet/edge_world.h"

namespace handshaked::correlate {
namespace {

CorrelatorOptions part(bool tells_silence = false) {
  return {.host = "centre", .hears_a_part = true, .tells_silence = tells_silence};
}

Centre partition(bool tells_silence = false) { return Centre(part(tells_silence)); }

receive::EdgeReport moved(receive::EdgeReport report) {
  report.has_moved = true;
  return report;
}

TEST(Partitions, OfAFaultIsTheSameForEverAndOfEachThereAreAsMany) {
  EXPECT_EQ(partition_of("v1:0000000a000000000000000000000000", 4), 2U);
  EXPECT_EQ(partition_of("v1:ffffffff000000000000000000000000", 1), 0U);
  EXPECT_EQ(partition_of("none of ours", 7), 0U);
  std::vector<int> faults(5);
  for (int peer = 0; peer < 5000; ++peer) {
    Place place;
    place.side = parse::Side::upstream;
    place.peer = "10.0.0." + std::to_string(peer);
    ++faults[partition_of(fingerprint("openssl/verify-20", place), 5)];
  }
  for (const int count : faults) EXPECT_NEAR(count, 1000, 150);
}

TEST(Partitions, WhatHasBecomeAFaultOfAnotherOneIsOverHere) {
  Centre centre = partition();
  centre.hear(report("a", {.fault = 1}), 0);
  centre.hear(report("b", {.fault = 1}), 1);
  const receive::EdgeReport found =
      report("a", {.kind = "diagnosed", .fault = 11, .seconds = 9, .changes = 1});
  EXPECT_EQ(centre.hear(moved(found), 10), Verdict::moved);
  EXPECT_EQ(centre.open_on(1), std::set<std::string>{"b"});
  centre.restart(11);
  EXPECT_EQ(centre.hear(moved(found), 12), Verdict::duplicate);
  EXPECT_EQ(centre.hear(report("a", {.kind = "updated", .number = 7, .fault = 1}), 13),
            Verdict::outdated);
  EXPECT_EQ(centre.open_on(1), std::set<std::string>{"b"});
  centre.hear(moved(report("b", {.kind = "diagnosed", .fault = 11, .changes = 1})), 14);
  EXPECT_EQ(centre.incident(1), nullptr);
  EXPECT_EQ(centre.resolved.size(), 1U);
}

TEST(Partitions, WhatHadLeftBeforeItWasHeardOfNeverOpens) {
  Centre centre = partition();
  centre.hear(moved(report("a", {.kind = "diagnosed", .fault = 11, .changes = 1})), 0);
  centre.restart(1);
  EXPECT_EQ(centre.hear(report("a", {.fault = 1}), 2), Verdict::outdated);
  EXPECT_EQ(centre.correlator.live(), 0U);
}

TEST(Partitions, WhoeverHearsAllOfThemNeedsNoWordOfWhatMoved) {
  Centre centre;
  centre.hear(report("a", {.fault = 1}), 0);
  const receive::EdgeReport found = report("a", {.kind = "diagnosed", .fault = 11, .changes = 1});
  EXPECT_EQ(centre.hear(moved(found), 1), Verdict::heard);
  EXPECT_EQ(centre.hear(found, 2), Verdict::taken);
  EXPECT_EQ(centre.open_on(11), std::set<std::string>{"a"});
  EXPECT_TRUE(centre.resolved.empty());
}

TEST(Partitions, OneOfThemTellsThatAnEdgeIsSilent) {
  Centre teller = partition(true), other = partition();
  receive::EdgeReport beat = heartbeat("a");
  beat.partitions = 3;
  for (Centre* const centre : {&teller, &other}) {
    centre->hear(beat, 0);
    centre->advance(181);
  }
  EXPECT_EQ(teller.correlator.live(), 1U);
  EXPECT_EQ(other.correlator.live(), 0U);
  EXPECT_TRUE(other.correlator.fleet().edges().at("a").silent_since);
  for (Centre* const centre : {&teller, &other}) centre->hear(beat, 200);
  EXPECT_EQ(teller.correlator.live(), 0U);
  EXPECT_EQ(other.correlator.live(), 0U);
}

TEST(Partitions, AnEdgeThatDividesNothingIsSilentWhereItIsHeard) {
  Centre centre = partition();
  centre.hear(heartbeat("a"), 0);
  centre.advance(181);
  EXPECT_EQ(centre.correlator.live(), 1U);
  centre.restart(185);
  EXPECT_EQ(centre.correlator.live(), 1U);
  receive::EdgeReport beat = heartbeat("a");
  beat.partitions = 3;  // it was told to, meanwhile
  centre.hear(beat, 200);
  EXPECT_EQ(centre.correlator.live(), 0U);
  centre.restart(201);
  centre.advance(201 + 181);
  EXPECT_EQ(centre.correlator.live(), 0U) << "another partition tells it now";
}

/// What edges send goes to the partition of its fingerprint, and to those of the fingerprints that
/// it had before; each takes its messages when it likes, some of them again after its death.
TEST(Partitions, TogetherKnowWhatIsTrueInTheEndAndNothingTwice) {
  constexpr std::uint32_t kPartitions = 3;
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    EdgeWorld world = EdgeWorld::make(seed);
    std::deque<Centre> partitions;
    for (std::uint32_t i = 0; i < kPartitions; ++i) partitions.emplace_back(part());
    std::vector<std::deque<receive::EdgeReport>> streams(kPartitions);
    double seconds = 10'000;
    const auto take_some = [&](std::uint32_t which, std::size_t most) {
      Centre& centre = partitions[which];
      std::deque<receive::EdgeReport>& stream = streams[which];
      while (!stream.empty() && most-- > 0) {
        centre.hear(stream.front(), ++seconds);
        if (world.below(12) == 0) centre.restart(seconds);
        if (world.below(6) != 0) stream.pop_front();  // else its acknowledgement was lost
      }
    };
    world.play([&](const receive::EdgeReport& report) {
      const receive::EdgeEvent& event = *report.event;
      const std::uint32_t at = partition_of(event.fingerprint, kPartitions);
      streams[at].push_back(report);
      if (event.changes > 0) {
        const unsigned earlier = static_cast<unsigned>(std::stoul(event.fingerprint.substr(3, 8))) -
                                 EdgeWorld::cause_of(0);
        const std::uint32_t left = partition_of(print_of(earlier), kPartitions);
        if (left != at) streams[left].push_back(moved(report));
      }
      take_some(world.below(kPartitions), world.below(4));
    });
    for (std::uint32_t which = 0; which < kPartitions; ++which) take_some(which, 10'000);
    for (const auto& [fault, hosts] : world.open_in_the_end()) {
      for (std::uint32_t which = 0; which < kPartitions; ++which) {
        const bool is_its_own = which == partition_of(print_of(fault), kPartitions);
        EXPECT_EQ(partitions[which].open_on(fault), is_its_own ? hosts : std::set<std::string>())
            << "fault " << fault << ", partition " << which;
      }
    }
    for (const Centre& centre : partitions)
      for (const auto& [id, times] : centre.opened) EXPECT_EQ(times, 1) << id;
  }
}

}  // namespace
}  // namespace handshaked::correlate
