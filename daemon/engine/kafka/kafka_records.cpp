#include "engine/kafka/kafka_records.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <utility>

#include "engine/kafka/kafka_client.h"
#include "telemetry/log.h"

namespace handshaked::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How long the next record may take that is there.
constexpr auto kRecordPatience = std::chrono::seconds(5);
constexpr int kGlanceMilliseconds = 100;

/// Of a record that is on its way.
struct Sent {
  std::atomic<bool> is_done = false;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::int64_t offset = RD_KAFKA_OFFSET_INVALID;
};

void note_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto& sent = *static_cast<Sent*>(message->_private);
  sent.error = message->err;
  sent.offset = message->offset;
  sent.is_done = true;
}

class KafkaRecords final : public RecordLog {
 public:
  explicit KafkaRecords(KafkaGroupOptions options) : options_(std::move(options)) {}

  Result<std::optional<std::uint64_t>> write(std::uint32_t partition,
                                             std::string_view bytes) override;
  Result<std::uint64_t> first(std::uint32_t partition) override {
    return ask(options_.topic, partition, RD_KAFKA_OFFSET_BEGINNING);
  }
  Result<std::uint64_t> end(std::uint32_t partition) override {
    return ask(options_.topic, partition, RD_KAFKA_OFFSET_END);
  }
  Result<> read(std::uint32_t partition, std::uint64_t from, std::uint64_t end,
                const std::function<Result<>(const Record&)>& take) override;
  Result<> drop(std::uint32_t partition, std::uint64_t offset) override;
  Result<std::optional<std::uint64_t>> waiting(std::uint32_t partition) override;

 private:
  struct Open {
    KafkaClient client;
    KafkaOwned<rd_kafka_topic_t> topic;  // goes before its client
  };

  /// What was opened once stays: it connects again by itself.
  Result<Open*> opened(std::unique_ptr<Open>& which, rd_kafka_type_t type,
                       const KafkaProperties& usual, const KafkaProperties& always);
  Result<Open*> producer();
  Result<Open*> consumer();
  Result<std::uint64_t> ask(const std::string& topic, std::uint32_t partition, std::int64_t which);
  Result<> read_started(Open& consumer, std::uint32_t partition, std::uint64_t end,
                        const std::function<Result<>(const Record&)>& take);
  void tell_that_it_grows(const std::string& why);
  Error failed(KafkaClient& client, rd_kafka_resp_err_t error, const std::string& doing);

  const KafkaGroupOptions options_;
  std::mutex mutex_;  // guards which are open
  std::unique_ptr<Open> producer_, consumer_;
  std::atomic<bool> has_told_what_grows_ = false;
};

Result<KafkaRecords::Open*> KafkaRecords::opened(std::unique_ptr<Open>& which, rd_kafka_type_t type,
                                                 const KafkaProperties& usual,
                                                 const KafkaProperties& always) {
  const std::lock_guard lock(mutex_);
  if (which != nullptr) return which.get();
  auto made = std::make_unique<Open>();
  const bool is_producer = type == RD_KAFKA_PRODUCER;
  TRY(made->client.open(type, options_.connection, usual, always,
                        {.delivered = is_producer ? note_delivery : nullptr}));
  made->topic.reset(rd_kafka_topic_new(made->client.handle(), options_.topic.c_str(), nullptr));
  if (made->topic == nullptr)
    return fail(kafka_error(rd_kafka_last_error(), "the topic \"" + options_.topic + "\""));
  which = std::move(made);
  return which.get();
}

/// No idempotent producer: a record that is there twice counts once, whatever wrote it twice, so
/// there is no producer id that could expire.
Result<KafkaRecords::Open*> KafkaRecords::producer() {
  return opened(producer_, RD_KAFKA_PRODUCER,
                {{"message.timeout.ms", "3000"}, {"reconnect.backoff.max.ms", "2000"}},
                {{"acks", "all"},
                 {"enable.idempotence", "false"},
                 {"linger.ms", "0"},
                 {"compression.codec", "none"}});
}

Result<KafkaRecords::Open*> KafkaRecords::consumer() {
  return opened(consumer_, RD_KAFKA_CONSUMER,
                {{"fetch.wait.max.ms", "10"},  // only what is there is asked for
                 {"fetch.error.backoff.ms", "100"},
                 {"reconnect.backoff.max.ms", "2000"},
                 {"queued.max.messages.kbytes", "16384"}},
                {{"group.id", options_.group},
                 {"enable.auto.commit", "false"},
                 {"auto.commit.enable", "false"},
                 {"auto.offset.reset", "error"},
                 {"enable.partition.eof", "true"},
                 {"isolation.level", "read_uncommitted"}});
}

/// In a read, not_found has another meaning than that there is no topic.
Error KafkaRecords::failed(KafkaClient& client, rd_kafka_resp_err_t error,
                           const std::string& doing) {
  const Error why = kafka_error(error, doing);
  if (why.code() == ErrorCode::not_found)
    return Error(ErrorCode::network,
                 why.message() + ": handshaked group setup makes what a group needs");
  const std::string complaint = client.take_complaint();
  return complaint.empty() ? why : Error(why.code(), why.message() + " (" + complaint + ")");
}

Result<std::optional<std::uint64_t>> KafkaRecords::write(std::uint32_t partition,
                                                         std::string_view bytes) {
  TRY(Open* const open, producer());
  const std::string doing = "writing to partition " + std::to_string(partition) +
                            " of the topic \"" + options_.topic + "\"";
  Sent sent;
  // librdkafka takes what it may change; with this flag it copies.
  if (rd_kafka_produce(open->topic.get(), static_cast<std::int32_t>(partition), RD_KAFKA_MSG_F_COPY,
                       const_cast<char*>(bytes.data()), bytes.size(), nullptr, 0, &sent) != 0)
    return fail(failed(open->client, rd_kafka_last_error(), doing));
  while (!sent.is_done)
    rd_kafka_poll(open->client.handle(), kGlanceMilliseconds / 10);  // message.timeout.ms ends it
  if (sent.error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(failed(open->client, sent.error, doing));
  return sent.offset < 0 ? std::optional<std::uint64_t>()
                         : std::optional(static_cast<std::uint64_t>(sent.offset));
}

Result<std::uint64_t> KafkaRecords::ask(const std::string& topic, std::uint32_t partition,
                                        std::int64_t which) {
  TRY(Open* const open, consumer());
  const auto offset = open->client.ask_offset(topic, static_cast<std::int32_t>(partition), which);
  if (offset) return static_cast<std::uint64_t>(offset.value());
  if (offset.error().code() != ErrorCode::not_found) return fail(offset.error());
  if (const auto all = open->client.topics()) {
    const rd_kafka_metadata_topic_t* const found = find_kafka_topic(*all.value(), topic);
    if (found != nullptr && found->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
        found->partition_cnt <= static_cast<int>(partition))
      return fail(ErrorCode::invalid_configuration,
                  "the topic \"" + topic + "\" has " + std::to_string(found->partition_cnt) +
                      " partitions, too few for a group of " + std::to_string(options_.partitions) +
                      ": use the partitions in all workers that the group was set up with");
  }
  return fail(ErrorCode::not_found,
              offset.error().message() + ": handshaked group setup makes what a group needs");
}

Result<> KafkaRecords::read(std::uint32_t partition, std::uint64_t from, std::uint64_t end,
                            const std::function<Result<>(const Record&)>& take) {
  if (from >= end) return success();
  TRY(Open* const open, consumer());
  const auto number = static_cast<std::int32_t>(partition);
  if (rd_kafka_consume_start(open->topic.get(), number, static_cast<std::int64_t>(from)) != 0)
    return fail(failed(open->client, rd_kafka_last_error(),
                       "reading the topic \"" + options_.topic + "\""));
  const auto done = read_started(*open, partition, end, take);
  rd_kafka_consume_stop(open->topic.get(), number);
  return done;
}

Result<> KafkaRecords::read_started(Open& consumer, std::uint32_t partition, std::uint64_t end,
                                    const std::function<Result<>(const Record&)>& take) {
  const std::string doing =
      "reading partition " + std::to_string(partition) + " of the topic \"" + options_.topic + "\"";
  for (auto heard_at = steady_clock::now(); steady_clock::now() - heard_at < kRecordPatience;) {
    const KafkaOwned<rd_kafka_message_t> message(rd_kafka_consume(
        consumer.topic.get(), static_cast<std::int32_t>(partition), kGlanceMilliseconds));
    rd_kafka_poll(consumer.client.handle(), 0);  // complaints
    if (message == nullptr) continue;
    const auto offset = static_cast<std::uint64_t>(std::max<std::int64_t>(message->offset, 0));
    switch (message->err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR: break;
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (offset >= end) return success();
        continue;  // the broker does not know yet what another one has said
      case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return fail(ErrorCode::not_found, doing + ": records were removed");
      case RD_KAFKA_RESP_ERR__TRANSPORT:
      case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: continue;  // it connects again
      default: return fail(failed(consumer.client, message->err, doing));
    }
    heard_at = steady_clock::now();
    if (offset >= end) return success();
    const Time written_at{std::chrono::duration_cast<Duration>(
        milliseconds(rd_kafka_message_timestamp(message.get(), nullptr)))};
    TRY(take({.offset = offset,
              .written_at = written_at,
              .bytes = {static_cast<const char*>(message->payload), message->len}}));
    if (offset + 1 == end) return success();
  }
  return fail(failed(consumer.client, RD_KAFKA_RESP_ERR__TIMED_OUT, doing));
}

void KafkaRecords::tell_that_it_grows(const std::string& why) {
  if (!has_told_what_grows_.exchange(true))
    telemetry::log_warning(why + ": the topic \"" + options_.topic + "\" grows");
}

Result<> KafkaRecords::drop(std::uint32_t partition, std::uint64_t offset) {
  constexpr int kHasDeleteRecords = 0x01060000;
  if (rd_kafka_version() < kHasDeleteRecords) {  // the host's own, where the program is portable
    tell_that_it_grows(
        "this librdkafka is older than 1.6 and cannot ask for records to be deleted");
    return success();
  }
  TRY(Open* const open, producer());
  rd_kafka_t* const handle = open->client.handle();
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(),
                                    static_cast<std::int32_t>(partition))
      ->offset = static_cast<std::int64_t>(offset);
  const KafkaOwned<rd_kafka_DeleteRecords_t> records(rd_kafka_DeleteRecords_new(list.get()));
  const KafkaOwned<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle));
  rd_kafka_DeleteRecords_t* all[] = {records.get()};
  rd_kafka_DeleteRecords(handle, all, 1, nullptr, queue.get());
  const KafkaOwned<rd_kafka_event_t> event(
      rd_kafka_queue_poll(queue.get(), open->client.ask_milliseconds()));
  if (event == nullptr) return fail(ErrorCode::timeout, "the brokers do not answer");
  rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const rd_kafka_topic_partition_list_t* const dropped =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
    if (dropped != nullptr && dropped->cnt > 0) error = dropped->elems[0].err;
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return success();
  const bool is_impossible = error == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE ||
                             error == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION;
  if (!is_impossible)
    return fail(kafka_error(error, "deleting old records of the topic \"" + options_.topic + "\""));
  tell_that_it_grows("these brokers delete no records when they are asked (DeleteRecords)");
  return success();
}

Result<std::optional<std::uint64_t>> KafkaRecords::waiting(std::uint32_t partition) {
  TRY(Open* const open, consumer());
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* const read = rd_kafka_topic_partition_list_add(
      list.get(), options_.lines.c_str(), static_cast<std::int32_t>(partition));
  const rd_kafka_resp_err_t error =
      rd_kafka_committed(open->client.handle(), list.get(), open->client.ask_milliseconds());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(failed(open->client, error,
                       "the offsets of the consumer group \"" + options_.group + "\""));
  if (read->offset < 0) return std::optional<std::uint64_t>();  // nobody has read yet
  TRY(const std::uint64_t first, ask(options_.lines, partition, RD_KAFKA_OFFSET_BEGINNING));
  TRY(const std::uint64_t end, ask(options_.lines, partition, RD_KAFKA_OFFSET_END));
  return std::optional(end -
                       std::min(end, std::max(static_cast<std::uint64_t>(read->offset), first)));
}

}  // namespace

std::unique_ptr<RecordLog> make_kafka_records(KafkaGroupOptions options) {
  return std::make_unique<KafkaRecords>(std::move(options));
}

}  // namespace handshaked::engine
