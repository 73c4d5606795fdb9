#include "engine/kafka/kafka_publisher.h"

#include <array>
#include <atomic>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/kafka/kafka_client.h"
#include "engine/kafka/kafka_source.h"

namespace handshaked::engine {
namespace {

using std::chrono::steady_clock;

/// Between two looks at whether we were closed; a report ends the wait at once.
constexpr int kPollMilliseconds = 50;
/// The library looks for messages that took too long once a second.
constexpr auto kReportGrace = std::chrono::seconds(5);
constexpr long long kUsualMessageBytes = 1'000'000;  // of librdkafka
constexpr int kHasPublishing = 0x01050000;           // of rd_kafka_produceva()

const KafkaProperties& usual_properties() {
  static const KafkaProperties kUsual = {{"linger.ms", "0"},  // one message is on its way at a time
                                         {"socket.nagle.disable", "true"},
                                         {"reconnect.backoff.max.ms", "2000"}};
  return kUsual;
}

KafkaProperties own_properties(const KafkaPublisherOptions& options) {
  return {{"enable.idempotence", "true"},
          {"acks", "all"},
          {"message.timeout.ms", std::to_string(options.timeout.count())}};
}

Result<> open_producer(KafkaClient& client, const KafkaPublisherOptions& options,
                       KafkaClient::Callbacks callbacks) {
  if (const std::string why = why_no_kafka(); !why.empty())
    return fail(ErrorCode::invalid_configuration, why);
  if (rd_kafka_version() < kHasPublishing)  // the host's own, where the program is portable
    return fail(ErrorCode::invalid_configuration,
                "the host's librdkafka is older than 1.5, and publishing needs that");
  return client.open(RD_KAFKA_PRODUCER, options.connection, usual_properties(),
                     own_properties(options), callbacks);
}

/// Is what the producer sends also what the topic takes? Between the two an event would be refused
/// for good.
Result<> check_size(const KafkaPublisherOptions& options, const KafkaProperties& settings) {
  const auto taken = settings.find("max.message.bytes");
  const auto configured = options.connection.properties.find("message.max.bytes");
  const long long sent = configured == options.connection.properties.end()
                             ? kUsualMessageBytes
                             : std::atoll(configured->second.c_str());
  if (taken == settings.end() || std::atoll(taken->second.c_str()) >= sent) return success();
  return fail(ErrorCode::invalid_configuration,
              "the topic \"" + options.topic + "\" takes messages of up to " + taken->second +
                  " bytes (max.message.bytes), and events may have " + std::to_string(sent) +
                  ": larger ones would be refused for good; raise the topic's limit, or accept "
                  "it: properties = { \"message.max.bytes\" = \"" +
                  taken->second + "\" }");
}

class KafkaPublisher final : public Publisher {
 public:
  explicit KafkaPublisher(KafkaPublisherOptions options) : options_(std::move(options)) {}

  Result<> publish(const Publication& message) override;
  void close() override { is_closed_ = true; }

 private:
  struct Open {
    KafkaClient client;
    KafkaOwned<rd_kafka_topic_t> topic;  // goes before its client
  };

  Result<> connect();
  rd_kafka_resp_err_t produce(const Publication& message);
  static void note_report(rd_kafka_t*, const rd_kafka_message_t* message, void* client);
  Error failed(rd_kafka_resp_err_t error, std::size_t size);

  KafkaPublisherOptions options_;
  std::unique_ptr<Open> open_;
  std::uintptr_t number_ = 0;                  ///< of the message whose report is waited for
  std::optional<rd_kafka_resp_err_t> report_;  ///< what became of it
  std::atomic<bool> is_closed_ = false;
};

Result<> KafkaPublisher::connect() {
  if (open_ != nullptr) return success();
  auto opened = std::make_unique<Open>();
  TRY(open_producer(opened->client, options_, {.delivered = note_report, .owner = this}));
  opened->topic.reset(rd_kafka_topic_new(opened->client.handle(), options_.topic.c_str(), nullptr));
  if (opened->topic == nullptr)
    return fail(kafka_error(rd_kafka_last_error(), "the topic \"" + options_.topic + "\""));
  open_ = std::move(opened);
  return success();
}

/// Called in a poll, on its thread. The report of a message that nobody waits for any more is no
/// news.
void KafkaPublisher::note_report(rd_kafka_t*, const rd_kafka_message_t* message, void* client) {
  auto& self = *static_cast<KafkaPublisher*>(static_cast<KafkaClient*>(client)->owner());
  if (reinterpret_cast<std::uintptr_t>(message->_private) == self.number_)
    self.report_ = message->err;
}

/// The headers are ours until the message is taken: those that the library makes itself it frees
/// twice (2.0) where a partition does not exist.
rd_kafka_resp_err_t KafkaPublisher::produce(const Publication& message) {
  // The library takes what it may change; with F_COPY it copies.
  const auto bytes = [](std::string_view text) { return const_cast<char*>(text.data()); };
  KafkaOwned<rd_kafka_headers_t> headers(rd_kafka_headers_new(1));
  rd_kafka_header_add(headers.get(), "content-type", -1, message.content_type.data(),
                      static_cast<ssize_t>(message.content_type.size()));
  const rd_kafka_vu_t parts[] = {
      {.vtype = RD_KAFKA_VTYPE_RKT, .u = {.rkt = open_->topic.get()}},
      {.vtype = RD_KAFKA_VTYPE_PARTITION, .u = {.i32 = message.partition}},
      {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u = {.i = RD_KAFKA_MSG_F_COPY}},
      {.vtype = RD_KAFKA_VTYPE_KEY, .u = {.mem = {bytes(message.key), message.key.size()}}},
      {.vtype = RD_KAFKA_VTYPE_VALUE, .u = {.mem = {bytes(message.body), message.body.size()}}},
      {.vtype = RD_KAFKA_VTYPE_HEADERS, .u = {.headers = headers.get()}},
      {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u = {.ptr = reinterpret_cast<void*>(number_)}}};
  const KafkaOwned<rd_kafka_error_t> refused(
      rd_kafka_produceva(open_->client.handle(), parts, std::size(parts)));
  if (refused != nullptr) return rd_kafka_error_code(refused.get());
  static_cast<void>(headers.release());  // they are the message's now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

Error KafkaPublisher::failed(rd_kafka_resp_err_t error, std::size_t size) {
  const std::string doing = "publishing to the topic \"" + options_.topic + "\"";
  if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
      error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE)
    return Error(ErrorCode::limit_exceeded, doing + ": a message of " + std::to_string(size) +
                                                " bytes is too large (max.message.bytes of the "
                                                "topic, message.max.bytes in properties)");
  std::array<char, kKafkaReason> reason{};
  if (rd_kafka_fatal_error(open_->client.handle(), reason.data(), reason.size()) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    open_.reset();  // the next publish has a producer of its own
    return Error(ErrorCode::network, doing + ": " + reason.data());
  }
  const std::string complaint = open_->client.take_complaint();
  const Error why = kafka_error(error, doing);
  const bool is_of_topic =
      why.code() == ErrorCode::not_found || why.code() == ErrorCode::permission_denied;
  if (is_of_topic) open_.reset();  // it would say so for minutes after that was put right
  return complaint.empty() ? why : Error(why.code(), why.message() + " (" + complaint + ")");
}

Result<> KafkaPublisher::publish(const Publication& message) {
  if (is_closed_) return fail(ErrorCode::cancelled, "it is closed");
  TRY(connect());
  ++number_;
  report_.reset();
  if (const rd_kafka_resp_err_t refused = produce(message); refused != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(failed(refused, message.body.size()));
  const auto deadline = steady_clock::now() + options_.timeout + kReportGrace;
  while (!report_ && !is_closed_ && steady_clock::now() < deadline)
    rd_kafka_poll(open_->client.handle(), kPollMilliseconds);
  if (report_ == RD_KAFKA_RESP_ERR_NO_ERROR) {
    static_cast<void>(open_->client.take_complaint());  // of what is over
    return success();
  }
  if (!report_ && is_closed_) return fail(ErrorCode::cancelled, "it was closed");
  return fail(failed(report_.value_or(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT), message.body.size()));
}

}  // namespace

std::unique_ptr<Publisher> make_kafka_publisher(KafkaPublisherOptions options) {
  return std::make_unique<KafkaPublisher>(std::move(options));
}

Result<> check_kafka_publisher(const KafkaPublisherOptions& options) {
  KafkaClient client;
  return open_producer(client, options, {});
}

Result<> try_kafka_publisher(const KafkaPublisherOptions& options) {
  KafkaClient client;
  TRY(open_producer(client, options, {}));
  TRY(const auto metadata, client.topics());
  TRY(KafkaClient::find_among(*metadata, {options.topic}));
  const rd_kafka_metadata_topic_t* const topic = find_kafka_topic(*metadata, options.topic);
  if (topic->partition_cnt < static_cast<int>(options.partitions))
    return fail(ErrorCode::invalid_configuration,
                "the topic \"" + options.topic + "\" has " + std::to_string(topic->partition_cnt) +
                    " partitions, too few for partitions = " + std::to_string(options.partitions));
  TRY(const KafkaProperties settings, client.topic_settings(options.topic));
  if (options.carries_edges) {
    TRY(KafkaClient::check_retention(options.topic, settings));
  }
  return check_size(options, settings);
}

}  // namespace handshaked::engine
