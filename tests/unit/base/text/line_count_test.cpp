#include "base/text/line_count.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace handshaked {
namespace {

TEST(LineCount, IsThatOfTextsOfAnyLength) {
  std::mt19937 random(3);
  for (std::size_t size : {0, 1, 31, 32, 33, 8160, 8161, 20000}) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += random() % 3 == 0 ? '\n' : 'a';
    EXPECT_EQ(count_lines(bytes),
              static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n')));
  }
}

}  // namespace
}  // namespace handshaked
