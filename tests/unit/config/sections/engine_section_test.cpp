#include <gmock/gmock.h>

#include "unit/config/read_toml.h"

namespace handshaked::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kNats = "[[nats]]\nservers = [\"nats://n1:4222\"]\nstream = \"NGINX\"\n";
const std::string kKafka = "[[kafka]]\nbrokers = [\"k1:9092\"]\ntopics = [\"nginx\"]\n";

TEST(EngineSection, KnowsWhatIsUsual) {
  const LoadedConfig loaded =
      read(kNats + kKafka + "[[nats]]\nservers = [\"tls://n1\"]\nstream = \"B\"\n");
  EXPECT_THAT(loaded.problems, IsEmpty());
  ASSERT_EQ(loaded.config.nats.size(), 2U);
  EXPECT_EQ(loaded.config.nats[0].engine.name, "nats");
  EXPECT_EQ(loaded.config.nats[1].engine.name, "nats-2");
  EXPECT_EQ(loaded.config.nats[0].consumer, "handshaked");
  EXPECT_EQ(loaded.config.kafka[0].group, "handshaked");
  EXPECT_THAT(loaded.config.network_names, ElementsAre("nats", "nats-2", "kafka"));
}

TEST(EngineSection, SaysWhatIsWrongWithNats) {
  EXPECT_THAT(problem("[[nats]]\nstream = \"A\"\n"), HasSubstr("servers are missing"));
  EXPECT_THAT(problem("[[nats]]\nservers = [\"n1:4222\"]\nstream = \"A\"\n"),
              HasSubstr("nats:// or tls://"));
  EXPECT_THAT(problem("[[nats]]\nservers = [\"nats://me:secret@n1\"]\nstream = \"A\"\n"),
              HasSubstr("no password"));
  EXPECT_THAT(problem("[[nats]]\nservers = [\"nats://n1\"]\n"), HasSubstr("stream must name"));
  EXPECT_THAT(problem("[[nats]]\nservers = [\"nats://n1\"]\nstream = \"a.b\"\n"),
              HasSubstr("without blanks, dots"));
  EXPECT_THAT(problem(kNats + "subject = \"a..b\"\n"), HasSubstr("not a subject"));
  EXPECT_THAT(problem(kNats + "user = \"me\"\n"), HasSubstr("go together"));
  EXPECT_THAT(problem(kNats + "user = \"me\"\npassword_file = \"/p\"\ntoken_file = \"/t\"\n"),
              HasSubstr("one way"));
  EXPECT_THAT(problem(kNats + "password = \"x\"\n"), HasSubstr("password"));
}

TEST(EngineSection, KeepsSecretsAndItsOwnPropertiesOutOfLibrdkafkas) {
  const LoadedConfig loaded = read(kKafka +
                                   "properties = { \"sasl.password\" = \"x\", \"group.id\" = "
                                   "\"y\", \"security.protocol\" = \"SSL\", \"x.y\" = 5 }\n" +
                                   "secret_files = { \"sasl.password\" = \"/p\" }\n");
  ASSERT_EQ(loaded.problems.size(), 4U)
      << "the secret, the group, and the number, which is no text and no value";
  EXPECT_EQ(loaded.config.kafka[0].brokers.properties.size(), 1U);
  EXPECT_EQ(loaded.config.kafka[0].brokers.secret_files.at("sasl.password"), "/p");
}

TEST(EngineSection, WatchesEdgesUnlessTold) {
  const LoadedConfig loaded = read(kNats +
                                   "carries = \"edges\"\n[[receiver]]\ntype = \"nats\"\nservers = "
                                   "[\"nats://n1\"]\nsubject = \"a\"\n" +
                                   "carries = \"edges\"\nheartbeat_interval = \"2s\"\n");
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.nats[0].engine.silent_after, std::chrono::minutes(3));
  const LoadedConfig kafka = read(kKafka + "carries = \"edges\"\nhost_from = \"key\"\n" + kKafka +
                                  "carries = \"edges\"\nsilent_after = \"1h\"\n" + kKafka);
  EXPECT_THAT(kafka.problems, IsEmpty());
  ASSERT_EQ(kafka.config.kafka.size(), 3U);
  EXPECT_TRUE(kafka.config.kafka[0].carries_edges);
  EXPECT_EQ(kafka.config.kafka[0].engine.silent_after, std::chrono::minutes(3));
  EXPECT_EQ(kafka.config.kafka[1].engine.silent_after, std::chrono::hours(1));
  EXPECT_FALSE(kafka.config.kafka[2].carries_edges);
  EXPECT_EQ(kafka.config.kafka[2].engine.silent_after.count(), 0);
  EXPECT_EQ(loaded.config.receivers[0].heartbeat_interval, std::chrono::seconds(2));
  EXPECT_THAT(problem("[[receiver]]\ntype = \"nats\"\nservers = [\"nats://n1\"]\nsubject = "
                      "\"a\"\nheartbeat_interval = \"2s\"\n"),
              HasSubstr("heartbeat_interval"));
}

TEST(EngineSection, WantsASubjectOfAReceiver) {
  const std::string receiver = "[[receiver]]\ntype = \"nats\"\nservers = [\"nats://n1\"]\n";
  EXPECT_THAT(read(receiver + "subject = \"handshaked.events\"\n").problems, IsEmpty());
  for (const char* subject : {"", "a.*", "a.>", ".a", "a.", "a b", "$JS.API"})
    EXPECT_EQ(read(receiver + "subject = \"" + subject + "\"\n").problems.size(), 1U) << subject;
}

TEST(EngineSection, DividesAmongPartitionsWhatTheSubjectNames) {
  const std::string receiver =
      "[[receiver]]\ntype = \"nats\"\nservers = [\"nats://n1\"]\ncarries = \"edges\"\n";
  const LoadedConfig loaded =
      read(receiver + "subject = \"edges.{partition}.proxy-8\"\npartitions = 4\n");
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.receivers[0].partitions, 4U);
  EXPECT_EQ(subject_of_partition(loaded.config.receivers[0].subject, "3"), "edges.3.proxy-8");
  EXPECT_THAT(problem(receiver + "subject = \"edges.proxy-8\"\npartitions = 4\n"),
              HasSubstr("{partition}"));
  EXPECT_THAT(problem(receiver + "subject = \"edges.{partition}.proxy-8\"\n"),
              HasSubstr("partitions must say"));
  EXPECT_THAT(problem(receiver + "subject = \"edges.{partition}.p\"\npartitions = 0\n"),
              HasSubstr("partitions"));
}

TEST(EngineSection, ReadsAReceiverOfKafka) {
  const std::string receiver =
      "[[receiver]]\ntype = \"kafka\"\nbrokers = [\"k1:9092\"]\ntopic = \"handshaked-events\"\n";
  const LoadedConfig loaded = read(
      receiver + "properties = { \"security.protocol\" = \"SASL_SSL\", \"compression.codec\" = " +
      "\"zstd\" }\nsecret_files = { \"sasl.password\" = \"/p\" }\ncarries = \"edges\"\n" +
      "heartbeat_interval = \"2s\"\n");
  EXPECT_THAT(loaded.problems, IsEmpty());
  ASSERT_EQ(loaded.config.receivers.size(), 1U);
  const Receiver& read_one = loaded.config.receivers[0];
  EXPECT_EQ(read_one.type, Receiver::Type::kafka);
  EXPECT_EQ(read_one.name, "kafka");
  EXPECT_EQ(read_one.topic, "handshaked-events");
  EXPECT_THAT(read_one.kafka.addresses, ElementsAre("k1:9092"));
  EXPECT_EQ(read_one.kafka.properties.size(), 2U);
  EXPECT_EQ(read_one.kafka.secret_files.at("sasl.password"), "/p");
  EXPECT_TRUE(read_one.speaks_as_edge);
  EXPECT_EQ(read_one.heartbeat_interval, std::chrono::seconds(2));
}

TEST(EngineSection, SaysWhatIsWrongWithAReceiverOfKafka) {
  const std::string to = "[[receiver]]\ntype = \"kafka\"\nbrokers = [\"k1:9092\"]\n";
  const std::string receiver = to + "topic = \"e\"\n";
  EXPECT_THAT(read(receiver).problems, IsEmpty());
  EXPECT_THAT(problem("[[receiver]]\ntype = \"kafka\"\ntopic = \"e\"\n"),
              HasSubstr("brokers are missing"));
  for (const char* topic : {"", "^events", "a b", "a/b", ".."})
    EXPECT_THAT(problem(to + "topic = \"" + topic + "\"\n"), HasSubstr("needs a topic")) << topic;
  EXPECT_THAT(problem(receiver + "properties = { \"sasl.password\" = \"x\" }\n"),
              HasSubstr("is a secret"));
  for (const char* own : {"acks", "enable.idempotence", "message.timeout.ms", "client.id"})
    EXPECT_THAT(problem(receiver + "properties = { \"" + own + "\" = \"1\" }\n"),
                HasSubstr("brokers, topic and timeout"))
        << own;
  EXPECT_THAT(problem(receiver + "heartbeat_interval = \"2s\"\n"), HasSubstr("heartbeat_interval"));
  EXPECT_THAT(problem(receiver + "group = \"g\"\n"), HasSubstr("group"));
}

}  // namespace
}  // namespace handshaked::config
