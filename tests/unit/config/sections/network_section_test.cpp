#include "config/sections/sections.h"

#include <gtest/gtest.h>

#include "unit/config/read_toml.h"

namespace handshaked::config {
namespace {

TEST(ShipperSections, AreReadWithWhatHoldsWhenTheySayNothing) {
  const LoadedConfig loaded = read(
      "[[forward]]\nlisten = [\"tcp://127.0.0.1:24224\"]\n[[forward]]\nlisten = "
      "[\"unix:/run/f\"]\nmax_record = 65536\n"
      "[[lumberjack]]\nlisten = [\"tcp://[::1]:5044\"]\ntext_fields = [\"line\"]\n[[journal]]\n");
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().message();
  ASSERT_EQ(loaded.config.forward.size(), 2U);
  EXPECT_EQ(loaded.config.forward[0].network.name, "forward");
  EXPECT_EQ(loaded.config.forward[1].network.name, "forward-2");
  EXPECT_EQ(loaded.config.forward[1].max_record, 65536U);
  EXPECT_EQ(loaded.config.lumberjack.at(0).fields.text, std::vector<std::string>{"line"});
  EXPECT_EQ(loaded.config.journals.at(0).units, std::vector<std::string>{"nginx.service"});
  EXPECT_EQ(loaded.config.journals.at(0).name, "journal");
}

TEST(ShipperSections, AskWhoMaySendBeyondLoopback) {
  EXPECT_NE(problem("[[forward]]\nlisten = [\"tcp://0.0.0.0:24224\"]\n")
                .find("test.toml:2:10: tcp://0.0.0.0:24224 can be reached"),
            std::string::npos);
  EXPECT_TRUE(read("[[forward]]\nlisten = [\"tcp://0.0.0.0:24224\"]\nshared_key_file = \"/key\"\n")
                  .problems.empty());
  EXPECT_TRUE(read("[[lumberjack]]\nlisten = [\"tcp://0.0.0.0:5044\"]\nallow = [\"10.0.0.0/8\"]\n")
                  .problems.empty());
}

TEST(ShipperSections, RefuseWhatCannotWork) {
  EXPECT_NE(problem("[[forward]]\nlisten = [\"udp://127.0.0.1:24224\"]\n").find("takes datagrams"),
            std::string::npos);
  EXPECT_NE(problem("[[lumberjack]]\nlisten = [\"tcp://127.0.0.1:5044\"]\ntext_fields = []\n")
                .find("at least one field"),
            std::string::npos);
  EXPECT_NE(problem("[[forward]]\nlisten = [\"tcp://127.0.0.1:1\"]\nusers_file = \"/u\"\n")
                .find("needs shared_key_file"),
            std::string::npos);
  EXPECT_NE(problem("[[forward]]\nlisten = [\"tcp://127.0.0.1:1\"]\nmax_record = 10\n")
                .find("max_record must be"),
            std::string::npos);
  EXPECT_NE(problem("[[journal]]\nunits = []\n").find("needs units or identifiers"),
            std::string::npos);
  EXPECT_NE(problem("[[journal]]\nname = \"a\"\n[[journal]]\nname = \"a\"\n")
                .find("two sources are named"),
            std::string::npos);
  EXPECT_NE(problem("[[forward]]\nlisten = [\"tcp://127.0.0.1:1\"]\nshared_key = \"secret\"\n")
                .find("unknown key"),
            std::string::npos);
}

TEST(EdgeSection, IsReadWithWhatHoldsWhenItSaysNothing) {
  const LoadedConfig loaded = read(
      "[[edge]]\nlisten = [\"http://127.0.0.1:8843\"]\n[labels]\nsite = \"fra\"\nteam = \"pay "
      "ments\"\n"
      "[[receiver]]\ntype = \"handshaked\"\nurl = \"https://centre.example.com:8843\"\ntoken_file "
      "= \"/t\"\n");
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().message();
  EXPECT_EQ(loaded.config.edges.at(0).network.name, "edge");
  EXPECT_EQ(loaded.config.edges.at(0).network.silent_after, std::chrono::minutes(3));
  EXPECT_EQ(loaded.config.labels, (Labels{{"site", "fra"}, {"team", "pay ments"}}));
  EXPECT_EQ(loaded.config.receivers.at(0).type, Receiver::Type::handshaked);
  EXPECT_EQ(loaded.config.receivers.at(0).heartbeat_interval, std::chrono::minutes(1));
  EXPECT_FALSE(loaded.config.receivers.at(0).is_for_people());
}

TEST(EdgeSection, AsksWhoMaySendBeyondLoopback) {
  EXPECT_NE(problem("[[edge]]\nlisten = [\"http://0.0.0.0:8843\"]\n").find("say who may send"),
            std::string::npos);
  EXPECT_TRUE(read("[[edge]]\nlisten = [\"http://0.0.0.0:8843\"]\ntoken_files = [\"/t\"]\n")
                  .problems.empty());
}

TEST(EdgeSection, RefusesWhatCannotWork) {
  EXPECT_NE(problem("[[edge]]\nlisten = [\"udp://127.0.0.1:1\"]\n").find("HTTP needs a stream"),
            std::string::npos);
  EXPECT_NE(problem("[[edge]]\nlisten = [\"http://127.0.0.1:1\"]\nsilent_after = \"10ms\"\n")
                .find("1s or more"),
            std::string::npos);
  EXPECT_NE(problem("[labels]\n\"Site\" = \"fra\"\n").find("lower-case letters"),
            std::string::npos);
  EXPECT_NE(problem("[labels]\nsite = \"\"\n").find("1 to 64 bytes"), std::string::npos);
  EXPECT_NE(problem("[labels]\nsite = 7\n").find("site"), std::string::npos);
  EXPECT_NE(problem("[[receiver]]\ntype = \"handshaked\"\n").find("needs a url"),
            std::string::npos);
}

}  // namespace
}  // namespace handshaked::config
