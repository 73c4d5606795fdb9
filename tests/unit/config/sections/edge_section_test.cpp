#include "config/sections/sections.h"

#include <gtest/gtest.h>

#include "unit/config/read_toml.h"

namespace handshaked::config {
namespace {

TEST(EdgeSection, IsReadWithWhatHoldsWhenItSaysNothing) {
  const LoadedConfig loaded = read(
      "[[edge]]\nlisten = [\"http://127.0.0.1:8843\"]\n[labels]\nsite = \"fra\"\nteam = \"pay ments\"\n"
      "[[receiver]]\ntype = \"handshaked\"\nurl = \"https://centre.example.com:8843\"\ntoken_file = \"/t\"\n");
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().message();
  EXPECT_EQ(loaded.config.edges.at(0).network.name, "edge");
  EXPECT_EQ(loaded.config.edges.at(0).network.silent_after, std::chrono::minutes(3));
  EXPECT_EQ(loaded.config.labels, (Labels{{"site", "fra"}, {"team", "pay ments"}}));
  EXPECT_EQ(loaded.config.receivers.at(0).type, Receiver::Type::handshaked);
  EXPECT_EQ(loaded.config.receivers.at(0).heartbeat_interval, std::chrono::minutes(1));
  EXPECT_FALSE(loaded.config.receivers.at(0).is_for_people());
}

TEST(EdgeSection, AsksWhoMaySendBeyondLoopback) {
  EXPECT_NE(problem("[[edge]]\nlisten = [\"http://0.0.0.0:8843\"]\n").find("say who may send"), std::string::npos);
  EXPECT_TRUE(read("[[edge]]\nlisten = [\"http://0.0.0.0:8843\"]\ntoken_files = [\"/t\"]\n").problems.empty());
}

TEST(EdgeSection, RefusesWhatCannotWork) {
  EXPECT_NE(problem("[[edge]]\nlisten = [\"udp://127.0.0.1:1\"]\n").find("HTTP needs a stream"), std::string::npos);
  EXPECT_NE(problem("[[edge]]\nlisten = [\"http://127.0.0.1:1\"]\nsilent_after = \"10ms\"\n").find("1s or more"), std::string::npos);
  EXPECT_NE(problem("[labels]\n\"Site\" = \"fra\"\n").find("lower-case letters"), std::string::npos);
  EXPECT_NE(problem("[labels]\nsite = \"\"\n").find("1 to 64 bytes"), std::string::npos);
  EXPECT_NE(problem("[labels]\nsite = 7\n").find("site"), std::string::npos);
  EXPECT_NE(problem("[[receiver]]\ntype = \"handshaked\"\n").find("needs a url"), std::string::npos);
}

}  // namespace
}  // namespace handshaked::config
