#include "config/sections/sections.h"

#include <gmock/gmock.h>

#include "unit/config/read_toml.h"

namespace handshaked::config {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::string kGroup = "[group]\nname = \"proxies\"\npartitions = 4\nworker = \"log-1\"\n";

std::string nats(const std::string& subject, const std::string& more = {}) {
  return "[[nats]]\nname = \"lines\"\nservers = [\"nats://n1:4222\"]\nstream = \"NGINX\"\nsubject "
         "= \"" +
         subject + "\"\n" + more;
}

/// What is wrong with the whole, when each section by itself is good.
std::string trouble(const std::string& toml) {
  LoadedConfig loaded = read(toml);
  EXPECT_THAT(loaded.problems, IsEmpty());
  check_group(loaded.config, "test.toml", loaded.problems);
  return loaded.problems.empty() ? "" : loaded.problems.front().message();
}

TEST(GroupSection, SaysWhatIsWrong) {
  EXPECT_THAT(problem("[group]\npartitions = 4\nworker = \"a\"\n"),
              HasSubstr("name of a group consists of"));
  EXPECT_THAT(problem("[group]\nname = \"a.b\"\npartitions = 4\nworker = \"a\"\n"),
              HasSubstr("name of a group consists of"));
  EXPECT_THAT(problem("[group]\nname = \"a\"\nworker = \"a\"\n"),
              HasSubstr("partitions is missing"));
  EXPECT_THAT(problem("[group]\nname = \"a\"\nworker = \"a\"\npartitions = 0\n"),
              HasSubstr("partitions"));
  EXPECT_THAT(problem("[group]\nname = \"a\"\nworker = \"a\"\npartitions = 5000\n"),
              HasSubstr("partitions"));
  EXPECT_THAT(problem("[group]\nname = \"a\"\nworker = \"a b\"\npartitions = 2\n"),
              HasSubstr("name of a worker consists of"));
  EXPECT_THAT(problem(kGroup + "lease = \"100ms\"\n"), HasSubstr("lease must be from 1s to 10m"));
}

TEST(GroupSection, WantsOneSourceWhoseSubjectNamesThePartition) {
  EXPECT_EQ(trouble(kGroup + nats("nginx.lines.{partition}.>")), "");
  EXPECT_EQ(trouble(kGroup + nats("{partition}")), "");
  EXPECT_EQ(trouble(nats("nginx.errors.>")), "");
  EXPECT_THAT(trouble(kGroup), HasSubstr("one section [[nats]] or [[kafka]], and no other source"));
  EXPECT_THAT(trouble(kGroup + nats("a.{partition}") + "[[files]]\npaths = [\"/x\"]\n"),
              HasSubstr("no other source"));
  EXPECT_THAT(
      trouble(kGroup + nats("a.{partition}") + "[[syslog]]\nlisten = [\"udp://127.0.0.1:5514\"]\n"),
      HasSubstr("no other source"));
  for (const char* const subject : {"nginx.errors.>", "a{partition}", "a.{partition}b",
                                    "a.*.{partition}", "{partition}.{partition}"})
    EXPECT_THAT(trouble(kGroup + nats(subject)), HasSubstr("must have the word {partition}"))
        << subject;
  EXPECT_THAT(trouble(kGroup + nats("a.{partition}", "consumer = \"mine\"\n")),
              HasSubstr("consumer in [[nats]] cannot be chosen"));
}

const std::string kKafka = "[[kafka]]\nname = \"lines\"\nbrokers = [\"k1:9092\"]\n";

TEST(GroupSection, WantsOneTopicOfKafka) {
  const std::string lines = "topics = [\"nginx-errors\"]\n";
  EXPECT_EQ(trouble(kGroup + kKafka + lines), "");
  EXPECT_EQ(trouble(kGroup + "topic = \"state.of_workers\"\n" + kKafka + lines), "");
  EXPECT_THAT(trouble(kGroup + kKafka + lines + "[[files]]\npaths = [\"/x\"]\n"),
              HasSubstr("no other source"));
  EXPECT_THAT(trouble(kGroup + kKafka + "topics = [\"a\", \"b\"]\n"),
              HasSubstr("must name one topic"));
  EXPECT_THAT(trouble(kGroup + kKafka + "topics = [\"^nginx-.*\"]\n"),
              HasSubstr("must name one topic"));
  EXPECT_THAT(trouble(kGroup + kKafka + "topics = [\"handshaked-proxies\"]\n"),
              HasSubstr("another than that of the lines"));
  EXPECT_THAT(trouble(kGroup + kKafka + lines + "group = \"mine\"\n"),
              HasSubstr("group in [[kafka]] cannot be chosen"));
  EXPECT_THAT(trouble(kGroup + "topic = \"x\"\n" + nats("a.{partition}")),
              HasSubstr("topic is for groups on Kafka"));
  EXPECT_THAT(problem(kGroup + "topic = \"a b\"\n"), HasSubstr("name of a topic consists of"));
}

TEST(GroupSection, BecomesThePartitionOfATopic) {
  Config config = read(kGroup + kKafka + "topics = [\"nginx-errors\"]\n").config;
  EXPECT_EQ(group_topic(config.group), "handshaked-proxies");
  become_partition(config, 3);
  EXPECT_EQ(config.host, "proxies-3");
  EXPECT_EQ(config.kafka.front().partition, 3);
  EXPECT_EQ(config.kafka.front().group, "proxies");
  EXPECT_EQ(config.kafka.front().engine.name, "lines-3");
  EXPECT_EQ(config.network_names, std::vector<std::string>{"lines-3"});
}

TEST(GroupSection, BecomesThePartition) {
  Config config =
      read(kGroup + nats("nginx.lines.{partition}.>") + "[diagnosis]\nwatch = true\n").config;
  EXPECT_EQ(subjects_of_all(config), "nginx.lines.*.>");
  become_partition(config, 3);
  EXPECT_EQ(config.host, "proxies-3");
  EXPECT_EQ(config.nats.front().subject, "nginx.lines.3.>");
  EXPECT_EQ(config.nats.front().consumer, "proxies-3");
  EXPECT_EQ(config.nats.front().engine.name, "lines-3");
  EXPECT_FALSE(config.diagnosis.enabled || config.diagnosis.watch || config.calendar.enabled);
}

}  // namespace
}  // namespace handshaked::config
