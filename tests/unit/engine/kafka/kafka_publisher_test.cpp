// A publisher on the mock cluster of librdkafka: there is no real broker to be had here.
#include "engine/kafka/kafka_publisher.h"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <thread>

#include "engine/kafka/kafka_client.h"
#include "unit/engine/kafka/mock_cluster.h"

namespace handshaked::engine::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kTopic = "handshaked-events";
constexpr int kPartitions = 6;
// Requests of Kafka's protocol.
constexpr std::int16_t kProduce = 0, kInitProducerId = 22;

struct Found {
  std::int32_t partition = 0;
  std::string key, content_type, body;
};

class KafkaPublisherTest : public testing::Test {
 protected:
  KafkaPublisherTest() { rd_kafka_mock_topic_create(cluster_.get(), kTopic, kPartitions, 1); }

  KafkaPublisherOptions options(milliseconds timeout = seconds(10)) const {
    return {.connection = {.brokers = {cluster_.bootstraps()},
                           .properties = {{"reconnect.backoff.max.ms", "200"}},
                           .ask_timeout = seconds(1),
                           .settings_timeout = milliseconds(100)},  // the mock tells none
            .topic = kTopic,
            .timeout = timeout};
  }

  void set_all_down(bool are_down) {
    for (int broker = 1; broker <= 3; ++broker)
      are_down ? rd_kafka_mock_broker_set_down(cluster_.get(), broker)
               : rd_kafka_mock_broker_set_up(cluster_.get(), broker);
  }

  /// All that the topic holds, in the order of each partition.
  std::vector<Found> found() const {
    KafkaClient reader;
    const Result<> opened = reader.open(RD_KAFKA_CONSUMER, options().connection,
                                        {{"group.id", "test"},
                                         {"enable.partition.eof", "true"},
                                         {"auto.offset.reset", "earliest"},
                                         {"fetch.wait.max.ms", "10"}},
                                        {}, {});
    if (!opened) throw std::runtime_error(opened.error().message());
    rd_kafka_poll_set_consumer(reader.handle());
    const KafkaPartitionList list(rd_kafka_topic_partition_list_new(kPartitions));
    for (int partition = 0; partition < kPartitions; ++partition)
      rd_kafka_topic_partition_list_add(list.get(), kTopic, partition)->offset = 0;
    rd_kafka_assign(reader.handle(), list.get());
    std::vector<Found> all;
    const auto deadline = steady_clock::now() + seconds(20);
    for (int ended = 0; ended < kPartitions && steady_clock::now() < deadline;) {
      const KafkaOwned<rd_kafka_message_t> message(rd_kafka_consumer_poll(reader.handle(), 100));
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ended;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) all.push_back(read(*message));
    }
    return all;
  }

  static Found read(const rd_kafka_message_t& message) {
    Found one{.partition = message.partition,
              .key = {static_cast<const char*>(message.key), message.key_len},
              .content_type = {},
              .body = {static_cast<const char*>(message.payload), message.len}};
    rd_kafka_headers_t* headers = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        rd_kafka_header_get_last(headers, "content-type", &value, &size) ==
            RD_KAFKA_RESP_ERR_NO_ERROR)
      one.content_type.assign(static_cast<const char*>(value), size);
    return one;
  }

  std::vector<std::string> bodies() const {
    std::vector<std::string> all;
    for (const Found& one : found()) all.push_back(one.body);
    return all;
  }

  static Publication message(std::string_view body) {
    return {.id = "e", .key = "incident-1", .content_type = "text/plain", .body = body};
  }

  MockCluster cluster_;
};

TEST_F(KafkaPublisherTest, KeepsAKeyInOnePartitionAndInOrder) {
  const auto publisher = make_kafka_publisher(options());
  for (int number = 0; number < 60; ++number) {
    const std::string key = "incident-" + std::to_string(number % 20),
                      body = std::to_string(number / 20);
    const Result<> published = publisher->publish({.id = key + body,
                                                   .key = key,
                                                   .content_type = "application/cloudevents+json",
                                                   .body = body});
    ASSERT_TRUE(published) << published.error().message();
  }
  std::map<std::string, std::vector<std::string>> by_key;
  std::map<std::string, std::set<std::int32_t>> partitions;
  std::set<std::int32_t> used;
  for (const Found& one : found()) {
    by_key[one.key].push_back(one.body);
    partitions[one.key].insert(one.partition);
    used.insert(one.partition);
    EXPECT_EQ(one.content_type, "application/cloudevents+json");
  }
  ASSERT_EQ(by_key.size(), 20U);
  for (const auto& [key, texts] : by_key) {
    EXPECT_THAT(texts, ElementsAre("0", "1", "2")) << key;
    EXPECT_EQ(partitions[key].size(), 1U) << key;
  }
  EXPECT_GT(used.size(), 2U) << "keys are spread over the partitions";
}

TEST_F(KafkaPublisherTest, TakesAPartitionThatIsNamed) {
  const auto publisher = make_kafka_publisher(options());
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    Publication named = message("x");
    named.partition = partition;
    ASSERT_TRUE(publisher->publish(named));
  }
  std::vector<std::int32_t> used;
  for (const Found& one : found()) used.push_back(one.partition);
  EXPECT_THAT(used, testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5));
  Publication missing = message("x");
  missing.partition = kPartitions;
  const Result<> refused = publisher->publish(missing);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().code(), ErrorCode::limit_exceeded) << "partitions can be added";
  EXPECT_TRUE(publisher->publish(message("goes on")));
}

TEST_F(KafkaPublisherTest, RefusesForGoodWhatIsTooLarge) {
  const auto publisher = make_kafka_publisher(options());
  const std::string large(1'100'000, 'x');
  Result<> refused = publisher->publish(message(large));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);
  EXPECT_THAT(refused.error().message(), HasSubstr("1100000 bytes"));

  rd_kafka_mock_push_request_errors(cluster_.get(), kProduce, 1,
                                    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  refused = publisher->publish(message("more than this topic takes"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);

  const Result<> next = publisher->publish(message("small"));
  EXPECT_TRUE(next) << next.error().message();
  EXPECT_THAT(bodies(), ElementsAre("small"));
}

TEST_F(KafkaPublisherTest, TriesAgainWhatPasses) {
  const auto publisher = make_kafka_publisher(options());
  rd_kafka_mock_push_request_errors(
      cluster_.get(), kProduce, 3, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
  const Result<> published = publisher->publish(message("one"));
  EXPECT_TRUE(published) << published.error().message();
  rd_kafka_mock_push_request_errors(cluster_.get(), kProduce, 1,
                                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  const Result<> forbidden = publisher->publish(message("two"));
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().code(), ErrorCode::permission_denied);
  const Result<> after_it = publisher->publish(message("three"));
  EXPECT_TRUE(after_it) << after_it.error().message();
  EXPECT_THAT(bodies(), ElementsAre("one", "three"));
}

TEST_F(KafkaPublisherTest, SaysWhatTheBrokersRefuseAltogetherAndBeginsAnew) {
  const auto publisher = make_kafka_publisher(options(seconds(3)));
  rd_kafka_mock_push_request_errors(cluster_.get(), kInitProducerId, 1,
                                    RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
  const Result<> refused = publisher->publish(message("one"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().code(), ErrorCode::limit_exceeded);
  EXPECT_THAT(refused.error().message(), HasSubstr("authorization"));
  const Result<> again = publisher->publish(message("one"));
  EXPECT_TRUE(again) << again.error().message();
}

/// What makes an idempotent producer useless for good, too.
TEST_F(KafkaPublisherTest, OutlivesWhatItsProducerDoesNot) {
  constexpr std::size_t kFaults = 6;
  const rd_kafka_resp_err_t faults[kFaults] = {
      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
      RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,       RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,          RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED};
  const auto publisher = make_kafka_publisher(options(seconds(2)));
  std::vector<std::string> written;
  std::size_t refused = 0;
  for (std::size_t number = 0; number < 3 * kFaults; ++number) {
    rd_kafka_mock_push_request_errors(cluster_.get(), kProduce, 1, faults[number % kFaults]);
    written.push_back(std::to_string(number));
    for (int attempt = 0; !publisher->publish(message(written.back())); ++attempt) {
      ++refused;
      ASSERT_LT(attempt, 5) << "after " << rd_kafka_err2name(faults[number % kFaults]);
    }
  }
  EXPECT_GE(refused, 3U) << "some faults are told";
  EXPECT_EQ(bodies(), written);
}

TEST_F(KafkaPublisherTest, DeliversOnlyWhatTheBrokersHave) {
  const auto publisher = make_kafka_publisher(options(milliseconds(500)));
  ASSERT_TRUE(publisher->publish(message("before")));
  set_all_down(true);
  const auto began = steady_clock::now();
  const Result<> lost = publisher->publish(message("meanwhile"));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), ErrorCode::timeout);
  EXPECT_THAT(lost.error().message(),
              testing::AnyOf(HasSubstr("Connect"), HasSubstr("Disconnect"), HasSubstr("down")))
      << "what was complained about: " << lost.error().message();
  EXPECT_LT(steady_clock::now() - began, seconds(6));
  set_all_down(false);
  Result<> again = lost;
  for (int attempt = 0; attempt < 15 && !again; ++attempt)
    again = publisher->publish(message("meanwhile"));
  EXPECT_TRUE(again) << again.error().message();
  EXPECT_THAT(bodies(), ElementsAre("before", "meanwhile"));
}

TEST_F(KafkaPublisherTest, CloseEndsAPublishThatIsUnderWay) {
  const auto publisher = make_kafka_publisher(options(seconds(60)));
  set_all_down(true);
  std::thread other([&publisher] {
    std::this_thread::sleep_for(milliseconds(200));
    publisher->close();
  });
  const auto began = steady_clock::now();
  const Result<> ended = publisher->publish(message("never"));
  other.join();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code(), ErrorCode::cancelled);
  EXPECT_LT(steady_clock::now() - began, seconds(3));
  EXPECT_FALSE(publisher->publish(message("after it")));
}

TEST_F(KafkaPublisherTest, SaysWhatIsMissing) {
  EXPECT_TRUE(try_kafka_publisher(options()));
  KafkaPublisherOptions wrong = options();
  wrong.topic = "handshaked-evnets";
  Result<> tried = try_kafka_publisher(wrong);
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error().message(), HasSubstr("no topic \"handshaked-evnets\""));
  wrong = options();
  wrong.partitions = kPartitions;
  EXPECT_TRUE(try_kafka_publisher(wrong));
  wrong.partitions = kPartitions + 1;
  tried = try_kafka_publisher(wrong);
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error().message(), HasSubstr("has 6 partitions, too few for partitions = 7"));
  wrong = options();
  wrong.connection.properties = {{"compresion.codec", "zstd"}};
  tried = check_kafka_publisher(wrong);
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error().message(), HasSubstr("\"compresion.codec\""));
  wrong.connection.properties = {{"max.in.flight.requests.per.connection", "10"}};
  tried = check_kafka_publisher(wrong);
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error().message(), HasSubstr("max.in.flight")) << "idempotence forbids it";
  set_all_down(true);
  wrong = options();
  wrong.connection.ask_timeout = milliseconds(200);
  tried = try_kafka_publisher(wrong);
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error().message(), HasSubstr("the brokers give no answer"));
}

}  // namespace
}  // namespace handshaked::engine::test
