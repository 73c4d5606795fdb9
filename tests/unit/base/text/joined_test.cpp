#include "base/text/joined.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace handshaked {
namespace {

struct Place {
  std::string name;
  int line = 0;
  std::string text() const { return name + ":" + std::to_string(line); }
};

TEST(Joined, PutsNothingBeforeTheFirstAndBehindTheLast) {
  EXPECT_EQ(joined(std::vector<std::string>{}), "");
  EXPECT_EQ(joined(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(joined(std::vector<std::string>{"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(joined(std::array<std::string_view, 2>{"a", "b"}, ":"), "a:b");
}

TEST(Joined, AsksAMemberOrAFunctionForTheText) {
  const std::vector<Place> places{{"nginx.conf", 1}, {"tls.conf", 2}};
  EXPECT_EQ(joined(places, " ", &Place::name), "nginx.conf tls.conf");
  EXPECT_EQ(joined(places, "; ", &Place::text), "nginx.conf:1; tls.conf:2");
  EXPECT_EQ(joined(places, "+", [](const Place& one) { return std::to_string(one.line); }), "1+2");
}

}  // namespace
}  // namespace handshaked
