#include "event/partition_address.h"

#include <gmock/gmock.h>

#include <string>

namespace handshaked::event {
namespace {

using testing::ElementsAre;

std::string body(const std::string& fingerprint, const std::string& earlier = {}) {
  return R"({"data":{"incident":{"fingerprint":"v1:)" + fingerprint + std::string(24, '0') + '"' +
         earlier + "}}}";
}

std::string had(const std::string& fingerprint) {
  return R"("v1:)" + fingerprint + std::string(24, '0') + '"';
}

TEST(PartitionAddress, IsThatOfTheFingerprint) {
  EXPECT_THAT(partition_addresses(body("00000007"), 4),
              ElementsAre(PartitionAddress{.partition = 3}));
  EXPECT_THAT(partition_addresses(body("00000007"), 1),
              ElementsAre(PartitionAddress{.partition = 0}));
}

TEST(PartitionAddress, ThoseThatItLeftComeAfterItEachOnce) {
  const std::string earlier = R"(,"earlier_fingerprints":[)" + had("00000001") + "," +
                              had("00000005") + "," + had("00000003") + "," + had("00000002") + "]";
  EXPECT_THAT(partition_addresses(body("00000007", earlier), 4),
              ElementsAre(PartitionAddress{.partition = 3},
                          PartitionAddress{.partition = 1, .has_moved = true},
                          PartitionAddress{.partition = 2, .has_moved = true}));
  EXPECT_THAT(partition_addresses(body("00000007", earlier), 1),
              ElementsAre(PartitionAddress{.partition = 0}));
}

TEST(PartitionAddress, OfWhatNamesNoneIsTheFirst) {
  for (const char* const odd : {"", "{}", "[1]", R"({"data":{"incident":{"fingerprint":5}}})"})
    EXPECT_THAT(partition_addresses(odd, 4), ElementsAre(PartitionAddress{})) << odd;
}

}  // namespace
}  // namespace handshaked::event
