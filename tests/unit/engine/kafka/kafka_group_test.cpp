// A group on the mock cluster of librdkafka: there is no real broker to be had here.
#include "engine/kafka/kafka_group.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "engine/kafka/kafka_source.h"
#include "unit/engine/kafka/mock_cluster.h"

namespace handshaked::engine::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kTopic = "handshaked-proxies";
constexpr const char* kLines = "nginx-errors";
constexpr std::int16_t kProduce = 0;  // of Kafka's protocol

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}

class KafkaGroupTest : public testing::Test {
 protected:
  KafkaGroupTest() {
    rd_kafka_mock_topic_create(cluster_.get(), kTopic, 3, 1);
    rd_kafka_mock_topic_create(cluster_.get(), kLines, 2, 1);
  }

  KafkaGroupOptions options() const {
    return {.connection = {.brokers = {cluster_.bootstraps()},
                           .properties = {{"message.timeout.ms", "1000"},
                                          {"reconnect.backoff.max.ms", "200"}},
                           .ask_timeout = std::chrono::seconds(1),
                           // The mock tells none.
                           .settings_timeout = std::chrono::milliseconds(100)},
            .group = "proxies",
            .topic = kTopic,
            .lines = kLines,
            .partitions = 2};
  }
  std::unique_ptr<GroupEngine> connect() const { return make_kafka_group(options()); }

  void produce(const char* topic, std::int32_t partition, const std::string& bytes) {
    rd_kafka_conf_t* const settings = rd_kafka_conf_new();
    rd_kafka_conf_set(settings, "bootstrap.servers", cluster_.bootstraps().c_str(), nullptr, 0);
    rd_kafka_conf_set(settings, "reconnect.backoff.max.ms", "200", nullptr, 0);
    rd_kafka_t* const producer = rd_kafka_new(RD_KAFKA_PRODUCER, settings, nullptr, 0);
    ASSERT_EQ(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                RD_KAFKA_V_VALUE(const_cast<char*>(bytes.data()), bytes.size()),
                                RD_KAFKA_V_END),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(rd_kafka_flush(producer, 10'000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
  }

  static std::vector<std::string> payloads(GroupEngine& group, std::uint32_t partition,
                                           std::uint64_t to) {
    std::vector<std::string> found;
    const auto read =
        group.read_log(partition, to, [&found](const GroupEngine::Entry& entry) -> Result<> {
          found.push_back(entry.behind ? entry.payload : "foreign");
          return success();
        });
    if (!read) throw std::runtime_error(read.error().message());
    return found;
  }

  MockCluster cluster_;
};

TEST_F(KafkaGroupTest, KeepsEntriesAndKeys) {
  const auto anna = connect();
  EXPECT_FALSE(value_of(anna->last_entry(1)));
  const std::uint64_t first = *value_of(anna->append(1, 0, "one"));
  const std::uint64_t second = *value_of(anna->append(1, first, std::string(900'000, 'x')));
  EXPECT_FALSE(value_of(anna->append(1, first, "behind the first")));
  produce(kTopic, 1, "a stranger's words");
  const std::uint64_t third = *value_of(anna->append(1, second, "three"));
  EXPECT_EQ(anna->passed_over(1), 1U);
  ASSERT_TRUE(value_of(anna->put("settings", "v1\n", 0)));

  const auto berta = connect();
  EXPECT_EQ(value_of(berta->last_entry(1))->sequence, third);
  EXPECT_THAT(payloads(*berta, 1, third),
              ElementsAre("one", std::string(900'000, 'x'), "foreign", "three"));
  EXPECT_FALSE(value_of(berta->last_entry(0)));
  const auto settings = value_of(berta->value("settings"));
  EXPECT_EQ(settings->text, "v1\n");
  EXPECT_LT(std::chrono::abs(wall_clock_now() - settings->written_at), std::chrono::minutes(1));
  EXPECT_FALSE(value_of(berta->put("settings", "v2\n", 0)));
  EXPECT_TRUE(value_of(berta->put("settings", "v2\n", settings->revision)));
  EXPECT_EQ(value_of(anna->value("settings"))->text, "v2\n");
  EXPECT_TRUE(anna->drop_before(1, second)) << "the mock cannot delete records, and is asked to";
  EXPECT_TRUE(anna->drop_before(1, third));
}

TEST_F(KafkaGroupTest, LetsOneOfTwoWritersWin) {
  std::set<std::string> won[2];
  const auto race = [this, &won](int who) {
    const auto group = connect();
    for (int round = 0; round < 40; ++round) {
      const auto last = value_of(group->last_entry(0));
      const std::string payload = std::to_string(who) + "-" + std::to_string(round);
      if (value_of(group->append(0, last ? last->sequence : 0, payload))) won[who].insert(payload);
    }
  };
  std::thread other(race, 1);
  race(0);
  other.join();
  const auto group = connect();
  const auto last = value_of(group->last_entry(0));
  const std::vector<std::string> all = payloads(*group, 0, last->sequence);
  std::set<std::string> expected = won[0];
  expected.insert(won[1].begin(), won[1].end());
  EXPECT_EQ(all.size(), expected.size());
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()), expected);
  EXPECT_GE(all.size(), 40U) << "one of the two wins each time";
}

/// The broker has taken the record and its answer comes too late.
TEST_F(KafkaGroupTest, ReadsWhatBecameOfAnEntryThatWasNotAnswered) {
  const auto group = connect();
  const std::uint64_t first = *value_of(group->append(0, 0, "one"));
  for (int broker = 1; broker <= 3; ++broker)
    rd_kafka_mock_broker_push_request_error_rtts(cluster_.get(), broker, kProduce, 1,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, 2500);
  const auto unanswered = group->append(0, first, "two");
  ASSERT_FALSE(unanswered);
  EXPECT_EQ(unanswered.error().code(), ErrorCode::timeout) << unanswered.error().message();
  Result<std::optional<std::uint64_t>> nothing = fail(ErrorCode::timeout, "not asked yet");
  for (int attempt = 0; attempt < 10 && !nothing; ++attempt)
    nothing = group->append(0, first, "nothing");
  EXPECT_FALSE(value_of(nothing)) << "\"two\" stands there";
  EXPECT_EQ(value_of(group->last_entry(0))->payload, "two");
  EXPECT_THAT(payloads(*connect(), 0, value_of(group->last_entry(0))->sequence),
              ElementsAre("one", "two"));
}

TEST_F(KafkaGroupTest, TriesAgainWhatABrokerRefusesForNow) {
  const auto group = connect();
  const std::uint64_t first = *value_of(group->append(0, 0, "one"));
  rd_kafka_mock_push_request_errors(cluster_.get(), kProduce, 2,
                                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                    RD_KAFKA_RESP_ERR__TRANSPORT);
  const auto second = value_of(group->append(0, first, "two"));
  ASSERT_TRUE(second);
  EXPECT_THAT(payloads(*group, 0, *second), ElementsAre("one", "two"));
}

TEST_F(KafkaGroupTest, ComesBackWhenTheBrokersDo) {
  KafkaGroupOptions impatient = options();
  impatient.connection.ask_timeout = std::chrono::milliseconds(300);
  const auto group = make_kafka_group(impatient);
  const std::uint64_t first = *value_of(group->append(0, 0, "one"));
  rd_kafka_mock_broker_set_down(cluster_.get(), -1);
  EXPECT_FALSE(group->append(0, first, "two"));
  EXPECT_FALSE(group->value("settings"));
  rd_kafka_mock_broker_set_up(cluster_.get(), -1);
  Result<std::optional<std::uint64_t>> second = fail(ErrorCode::timeout, "not asked yet");
  for (int attempt = 0; attempt < 20 && !second; ++attempt)
    second = group->append(0, first, "three");
  EXPECT_TRUE(value_of(second));
  EXPECT_EQ(value_of(connect()->last_entry(0))->payload, "three");
}

TEST_F(KafkaGroupTest, RefusesANewerFormat) {
  const auto anna = connect();
  const std::uint64_t first = *value_of(anna->append(0, 0, "one"));
  produce(kTopic, 0, "handshaked-record 2 whatever comes then\n");
  for (GroupEngine* const group : {connect().release(), anna.get()}) {
    const std::unique_ptr<GroupEngine> owned(group == anna.get() ? nullptr : group);
    const auto last = group->last_entry(0);
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(last.error().message(), HasSubstr("newer handshaked"));
  }
  EXPECT_FALSE(anna->append(0, first, "two"));
}

TEST_F(KafkaGroupTest, SaysWhatIsMissing) {
  const auto parts = value_of(set_up_kafka_group(options(), false));
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].state, GroupPart::State::there);
  EXPECT_EQ(parts[1].what, std::string("topic ") + kTopic);
  EXPECT_THAT(parts[1].settings, HasSubstr("not checked")) << "the mock does not tell them";
  EXPECT_THAT(value_of(kafka_partitions_of_nobody(options())), ElementsAre());

  KafkaGroupOptions fewer = options();
  fewer.partitions = 1;
  EXPECT_THAT(value_of(kafka_partitions_of_nobody(fewer)), ElementsAre("nginx-errors/1"));
  const auto wrong = set_up_kafka_group(fewer, false);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("has 3 partitions, and needs 2"));

  KafkaGroupOptions other = options();
  other.topic = "not-there";
  EXPECT_EQ(value_of(set_up_kafka_group(other, false))[1].state, GroupPart::State::missing);
}

TEST_F(KafkaGroupTest, ReadsOnePartitionOfTheLinesAndSaysWhatIsUnread) {
  for (const char* const line : {"one", "two"}) produce(kLines, 1, line);
  produce(kLines, 0, "not ours");
  const auto group = connect();
  EXPECT_FALSE(value_of(group->waiting(1)));
  const auto read = [this](std::optional<std::string> position) {
    const auto source = make_kafka_source({.connection = options().connection,
                                           .topics = {kLines},
                                           .group = "proxies",
                                           .partition = 1,
                                           .from_start = true,
                                           .position = std::move(position)});
    std::vector<std::string> lines;
    for (int attempt = 0; attempt < 20 && lines.size() < 2; ++attempt) {
      for (const Message& message : value_of(source->poll(std::chrono::milliseconds(500))))
        lines.emplace_back(message.payload);
    }
    const std::string reached = source->position();
    EXPECT_TRUE(source->acknowledge());
    for (int attempt = 0; attempt < 4; ++attempt)
      value_of(source->poll(std::chrono::milliseconds(100)));
    return std::pair(lines, reached);
  };
  const auto [lines, reached] = read(std::nullopt);
  EXPECT_THAT(lines, ElementsAre("one", "two"));
  EXPECT_EQ(reached, "v1 nginx-errors/1=2");
  EXPECT_EQ(value_of(group->waiting(1)), 0U);
  produce(kLines, 1, "three");
  EXPECT_EQ(value_of(group->waiting(1)), 1U);
  // The state of the partition decides, not what the consumer group says: here it lacks the second
  // line.
  EXPECT_THAT(read("v1 nginx-errors/1=1").first, ElementsAre("two", "three"));
}

}  // namespace
}  // namespace handshaked::engine::test
