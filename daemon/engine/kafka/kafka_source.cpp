#include "engine/kafka/kafka_source.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <set>
#include <utility>

#include "engine/kafka/kafka_client.h"
#include "engine/kafka/kafka_offsets.h"
#include "telemetry/log.h"

namespace handshaked::engine {
namespace {

using std::chrono::steady_clock;

constexpr auto kGlanceInterval = std::chrono::seconds(5);
constexpr auto kPause = std::chrono::seconds(1);

KafkaProperties usual_properties(const KafkaSourceOptions& options) {
  // Cooperative assignors of 2.0 had faults when they closed; with the eager ones a lost partition
  // is lost at once.
  return {{"group.id", options.group},
          {"enable.auto.commit", "false"},
          {"enable.auto.offset.store", "false"},
          {"auto.offset.reset", "earliest"},
          {"partition.assignment.strategy", "range,roundrobin"},
          {"session.timeout.ms", "10000"},  // a member that died is missed then
          {"queued.max.messages.kbytes", "16384"}};
}

class KafkaSource final : public Source {
 public:
  explicit KafkaSource(KafkaSourceOptions options) : options_(std::move(options)) {
    if (!options_.position) return;
    auto parsed = parse_kafka_offsets(*options_.position);
    if (parsed) offsets_ = std::move(parsed).value();
    else
      telemetry::log_warning("the offsets of the group " + options_.group +
                             " cannot be read: the group says where reading goes on");
  }
  ~KafkaSource() override {
    polled_.clear();
    if (client_ == nullptr) return;
    client_->leave_group_at_end(standing().trouble.empty());
    if (standing().trouble.empty()) rd_kafka_consumer_close(client_->handle());
  }

  Result<std::vector<Message>> poll(std::chrono::milliseconds patience) override;
  std::string position() const override { return text_of(offsets_); }
  bool has_unacknowledged() const override { return !polled_.empty() || has_new_start_; }
  Result<> acknowledge() override;
  Standing standing() const override {
    const std::lock_guard lock(mutex_);
    return standing_;
  }
  void stop() override { is_stopped_ = true; }

 private:
  using MessageOwner = KafkaOwned<rd_kafka_message_t>;

  Result<> join();
  Result<> assign(std::unique_ptr<KafkaClient> client);
  static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t what,
                         rd_kafka_topic_partition_list_t* list, void* self);
  void gain(rd_kafka_topic_partition_list_t* list);
  void lose(const rd_kafka_topic_partition_list_t* list);
  std::int64_t start_of(const rd_kafka_topic_partition_t& partition);
  void take(std::vector<Message>& into, MessageOwner message);
  void drop_lost(std::vector<Message>& messages, const KafkaOffsets& before);
  void look();
  Error failed(Error error);

  KafkaSourceOptions options_;
  std::unique_ptr<KafkaClient> client_;
  KafkaOffsets offsets_;               ///< all that were ever known
  std::set<KafkaPartition> assigned_;  ///< those that are ours
  std::set<KafkaPartition> lost_;      ///< in the poll that is under way
  bool has_new_start_ =
      false;  ///< a partition's first position, which the database does not have yet
  std::vector<MessageOwner> polled_;  ///< since the last acknowledgement
  std::uint64_t known_ = 0;           ///< messages that came again
  steady_clock::time_point looked_at_{}, next_attempt_{};
  std::atomic<bool> is_stopped_ = false;
  mutable std::mutex mutex_;  // guards standing_
  Standing standing_;
};

Error KafkaSource::failed(Error error) {
  next_attempt_ = steady_clock::now() + kPause;
  const std::lock_guard lock(mutex_);
  standing_.is_connected = false;
  standing_.trouble = error.message();
  ++standing_.errors;
  return error;
}

Result<> KafkaSource::join() {
  auto client = std::make_unique<KafkaClient>();
  TRY(client->open(RD_KAFKA_CONSUMER, options_.connection, usual_properties(options_), {},
                   {.rebalanced = rebalanced, .owner = this}));
  rd_kafka_poll_set_consumer(client->handle());
  if (options_.partition) return assign(std::move(client));
  const KafkaPartitionList topics(
      rd_kafka_topic_partition_list_new(static_cast<int>(options_.topics.size())));
  for (const std::string& topic : options_.topics)
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const rd_kafka_resp_err_t error = rd_kafka_subscribe(client->handle(), topics.get());
      error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(ErrorCode::invalid_configuration,
                std::string("the topics cannot be read: ") + rd_kafka_err2str(error));
  client_ = std::move(client);
  return success();
}

/// Once, and for as long as we live: the partition is ours by other means.
Result<> KafkaSource::assign(std::unique_ptr<KafkaClient> client) {
  client_ = std::move(client);
  const KafkaPartitionList list(
      rd_kafka_topic_partition_list_new(static_cast<int>(options_.topics.size())));
  for (const std::string& topic : options_.topics)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), *options_.partition);
  if (const Result<> found = client_->find_topics(options_.topics);
      !found) {  // where reading begins cannot be asked now
    client_.reset();
    return found;
  }
  gain(list.get());
  if (const rd_kafka_resp_err_t error = rd_kafka_assign(client_->handle(), list.get());
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    client_.reset();
    return fail(
        kafka_error(error, "partition " + std::to_string(*options_.partition) + " cannot be read"));
  }
  return success();
}

/// Called in a poll, on its thread.
void KafkaSource::rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t what,
                             rd_kafka_topic_partition_list_t* list, void* opaque) {
  auto& self = *static_cast<KafkaSource*>(static_cast<KafkaClient*>(opaque)->owner());
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self.gain(list);
    rd_kafka_assign(client, list);
  } else {
    self.lose(list);
    rd_kafka_assign(client, nullptr);
  }
}

void KafkaSource::gain(rd_kafka_topic_partition_list_t* list) {
  rd_kafka_committed(
      client_->handle(), list,
      client_->ask_milliseconds());  // where it fails, our own offsets are all there is
  for (int i = 0; i < list->cnt; ++i) {
    rd_kafka_topic_partition_t& partition = list->elems[i];
    partition.offset = start_of(partition);
    const KafkaPartition name(partition.topic, partition.partition);
    assigned_.insert(name);
    if (partition.offset < 0) continue;
    const auto known = offsets_.find(name);
    has_new_start_ = has_new_start_ || known == offsets_.end() || known->second != partition.offset;
    offsets_[name] = partition.offset;
  }
  looked_at_ = {};
}

std::int64_t KafkaSource::start_of(const rd_kafka_topic_partition_t& partition) {
  const std::string topic = partition.topic;
  const auto known = offsets_.find({topic, partition.partition});
  const std::int64_t ours = known == offsets_.end() ? -1 : known->second;
  const bool is_known_otherwise = options_.partition && ours >= 0;
  const std::int64_t committed =
      is_known_otherwise ? -1 : std::max<std::int64_t>(partition.offset, -1);
  // A partition that joins a topic which we read already was empty then.
  const bool knows_topic = std::any_of(offsets_.begin(), offsets_.end(), [&](const auto& entry) {
    return entry.first.first == topic;
  });
  const bool from_start = options_.from_start || knows_topic;
  const auto low = client_->ask_offset(topic, partition.partition, RD_KAFKA_OFFSET_BEGINNING);
  const auto high =
      low ? client_->ask_offset(topic, partition.partition, RD_KAFKA_OFFSET_END) : low;
  if (!high) {
    if (std::max(ours, committed) >= 0) return std::max(ours, committed);
    return from_start ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
  }
  const KafkaStart start = kafka_start(ours, committed, low.value(), high.value(), from_start);
  const std::string name = topic + "/" + std::to_string(partition.partition);
  if (start.because == KafkaStart::Because::removed)
    telemetry::log_warning("the partition " + name + " does not hold offset " +
                               std::to_string(std::max(ours, committed)) + " any more: " +
                               std::to_string(low.value() - std::max(ours, committed)) +
                               " messages were removed unread",
                           {.id = telemetry::message_id::log_lost});
  if (start.because == KafkaStart::Because::made_again)
    telemetry::log_warning(
        "the partition " + name +
        " holds less than was read of it: it was made again, and is read from its beginning");
  return start.offset;
}

void KafkaSource::lose(const rd_kafka_topic_partition_list_t* list) {
  for (int i = 0; i < list->cnt; ++i) {
    assigned_.erase({list->elems[i].topic, list->elems[i].partition});
    lost_.insert({list->elems[i].topic, list->elems[i].partition});
  }
}

void KafkaSource::take(std::vector<Message>& into, MessageOwner message) {
  std::int64_t& next = offsets_[{rd_kafka_topic_name(message->rkt), message->partition}];
  if (message->offset < next) {
    ++known_;
    return;
  }
  next = message->offset + 1;
  into.push_back({.payload = {static_cast<const char*>(message->payload),
                              message->payload == nullptr ? 0 : message->len},
                  .key = {static_cast<const char*>(message->key),
                          message->key == nullptr ? 0 : message->key_len}});
  polled_.push_back(std::move(message));
}

/// What came of partitions that were taken from us in the same poll is somebody else's now.
void KafkaSource::drop_lost(std::vector<Message>& messages, const KafkaOffsets& before) {
  const std::size_t first = polled_.size() - messages.size();
  for (std::size_t i = messages.size(); i-- > 0;) {
    const rd_kafka_message_t& message = *polled_[first + i];
    if (!lost_.contains({rd_kafka_topic_name(message.rkt), message.partition})) continue;
    messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(i));
    polled_.erase(polled_.begin() + static_cast<std::ptrdiff_t>(first + i));
  }
  for (const KafkaPartition& partition : lost_) {
    const auto was = before.find(partition);
    if (assigned_.contains(partition)) continue;  // lost, and given back with a position of its own
    if (was == before.end()) offsets_.erase(partition);
    else offsets_[partition] = was->second;
  }
}

Result<std::vector<Message>> KafkaSource::poll(std::chrono::milliseconds patience) {
  std::vector<Message> messages;
  if (steady_clock::now() < next_attempt_)
    patience = std::min<std::chrono::milliseconds>(patience, kPause);
  if (client_ == nullptr) {
    if (auto joined_group = join(); !joined_group) return fail(failed(joined_group.error()));
  }
  lost_.clear();
  const KafkaOffsets before = offsets_;
  std::int64_t bytes = 0;
  std::string trouble;
  auto wait = static_cast<int>(patience.count());
  while (messages.size() < kMostMessages && bytes < kMostBytes && !is_stopped_) {
    MessageOwner message(rd_kafka_consumer_poll(client_->handle(), wait));
    wait = 0;
    if (message == nullptr) break;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      trouble = rd_kafka_message_errstr(message.get());
      break;
    }
    bytes += static_cast<std::int64_t>(message->len);
    take(messages, std::move(message));
  }
  if (!lost_.empty()) drop_lost(messages, before);
  if (std::string complaint = client_->take_complaint(); trouble.empty())
    trouble = std::move(complaint);
  std::array<char, kKafkaReason> reason{};
  const bool is_fatal = rd_kafka_fatal_error(client_->handle(), reason.data(), reason.size()) !=
                        RD_KAFKA_RESP_ERR_NO_ERROR;
  if (!trouble.empty()) failed(Error(ErrorCode::network, is_fatal ? reason.data() : trouble));
  if (is_fatal && polled_.empty()) client_.reset();  // another one joins
  look();
  return messages;
}

/// Now and then: what is ours, what waits, and whether a trouble is over.
void KafkaSource::look() {
  if (client_ == nullptr || steady_clock::now() - looked_at_ < kGlanceInterval) return;
  looked_at_ = steady_clock::now();
  std::uint64_t waiting = 0;
  std::string partitions;
  for (const KafkaPartition& partition : assigned_) {
    partitions.append(partitions.empty() ? "" : " ")
        .append(partition.first)
        .append("/")
        .append(std::to_string(partition.second));
    std::int64_t low = 0, high = 0;
    rd_kafka_get_watermark_offsets(client_->handle(), partition.first.c_str(), partition.second,
                                   &low, &high);
    waiting += static_cast<std::uint64_t>(std::max<std::int64_t>(high - offsets_[partition], 0));
  }
  const bool was_in_trouble = !standing().trouble.empty();
  const Result<> found = was_in_trouble ? client_->find_topics(options_.topics) : success();
  const std::lock_guard lock(mutex_);
  standing_.partitions = std::move(partitions);
  standing_.waiting = waiting;
  standing_.redelivered = known_;
  standing_.is_connected = found.has_value();
  standing_.trouble = found ? std::string() : found.error().message();
}

Result<> KafkaSource::acknowledge() {
  polled_.clear();
  has_new_start_ = false;
  const KafkaPartitionList list(
      rd_kafka_topic_partition_list_new(static_cast<int>(assigned_.size())));
  for (const KafkaPartition& partition : assigned_) {
    const auto offset = offsets_.find(partition);
    if (offset == offsets_.end()) continue;
    rd_kafka_topic_partition_list_add(list.get(), partition.first.c_str(), partition.second)
        ->offset = offset->second;
  }
  if (client_ == nullptr || list->cnt == 0) return success();
  const rd_kafka_resp_err_t error = rd_kafka_commit(client_->handle(), list.get(), 1);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return success();
  return fail(ErrorCode::network, std::string("the group's offsets: ") + rd_kafka_err2str(error));
}

}  // namespace

std::unique_ptr<Source> make_kafka_source(KafkaSourceOptions options) {
  return std::make_unique<KafkaSource>(std::move(options));
}

Result<> check_kafka_properties(const KafkaSourceOptions& options) {
  if (const std::string why = why_no_kafka(); !why.empty())
    return fail(ErrorCode::invalid_configuration, why);
  KafkaClient client;
  return client.open(RD_KAFKA_CONSUMER, options.connection, usual_properties(options), {}, {});
}

Result<> try_kafka_source(const KafkaSourceOptions& options) {
  if (const std::string why = why_no_kafka(); !why.empty())
    return fail(ErrorCode::invalid_configuration, why);
  KafkaClient client;
  TRY(client.open(RD_KAFKA_CONSUMER, options.connection, usual_properties(options), {}, {}));
  TRY(client.find_topics(options.topics));
  for (const std::string& topic : options.topics) {
    if (topic.starts_with('^')) continue;  // an expression
    TRY(const KafkaProperties settings, client.topic_settings(topic));
    TRY(KafkaClient::check_retention(topic, settings));
  }
  return success();
}

std::string why_no_kafka() {
  return rd_kafka_version() != 0 ? std::string()
                                 : "this program speaks Kafka by the host's librdkafka.so.1, which "
                                   "is not installed here";
}

}  // namespace handshaked::engine
