#include "engine/kafka/kafka_group.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "engine/kafka/kafka_client.h"
#include "engine/kafka/kafka_records.h"
#include "engine/log_group.h"

namespace handshaked::engine {
namespace {

constexpr int kMakeMilliseconds = 15'000;
constexpr const char* kLinesRetention = "259200000";  // 72 hours

/// A topic as it is made, and as it has to be where it is there.
struct Topic {
  std::string name;
  std::uint32_t partitions = 1;
  KafkaProperties settings;
};

/// Nothing of it may go unless we say so (DeleteRecords), and no replica may be made the leader
/// that lacks something.
Topic state_topic(const KafkaGroupOptions& options) {
  return {.name = options.topic,
          .partitions = options.partitions + 1,
          .settings = {{"cleanup.policy", "delete"},
                       {"retention.ms", "-1"},
                       {"retention.bytes", "-1"},
                       {"message.timestamp.type", "LogAppendTime"},
                       {"min.insync.replicas", options.replicas >= 3 ? "2" : "1"},
                       {"unclean.leader.election.enable", "false"}}};
}

Topic lines_topic(const KafkaGroupOptions& options) {
  return {.name = options.lines,
          .partitions = options.partitions,
          .settings = {{"retention.ms", kLinesRetention}}};
}

std::string settings_text(const Topic& topic, std::uint32_t replicas) {
  std::string text =
      std::to_string(topic.partitions) + (topic.partitions == 1 ? " partition, " : " partitions, ");
  text += "replication " + std::to_string(replicas);
  for (const auto& [name, value] : topic.settings)
    text.append(", ").append(name).append("=").append(value);
  return text;
}

class KafkaSetUp {
 public:
  KafkaSetUp(const KafkaGroupOptions& options, bool may_make)
      : options_(options), may_make_(may_make) {}

  Result<> open() {
    TRY(client_.open(RD_KAFKA_PRODUCER, options_.connection, {}, {}, {}));
    TRY(metadata_, client_.topics());
    return success();
  }

  /// `is_state`: it must never lose what it has, and has as many partitions as are asked for,
  /// neither more nor fewer.
  Result<> topic(const Topic& topic, bool is_state) {
    GroupPart part{.what = "topic " + topic.name,
                   .settings = settings_text(topic, options_.replicas)};
    const rd_kafka_metadata_topic_t* const found = find_kafka_topic(*metadata_, topic.name);
    const bool is_missing =
        found == nullptr || found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (!is_missing) {
      if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(kafka_error(found->err, part.what));
      const auto count = static_cast<std::uint32_t>(std::max(found->partition_cnt, 0));
      if (is_state ? count != topic.partitions : count < topic.partitions)
        return fail(ErrorCode::invalid_configuration,
                    "the topic \"" + topic.name + "\" has " + std::to_string(count) +
                        " partitions, and needs " + std::to_string(topic.partitions) +
                        " (partitions in [group])");
      if (is_state) {
        TRY(check_settings(topic, part));
      }
      part.state = GroupPart::State::there;
    } else if (may_make_) {
      TRY(make(topic, part));
      part.state = GroupPart::State::made;
    }
    parts_.push_back(std::move(part));
    return success();
  }

  const rd_kafka_metadata_t& metadata() const { return *metadata_; }
  std::vector<GroupPart> take_parts() { return std::move(parts_); }

 private:
  KafkaOwned<rd_kafka_AdminOptions_t> within(int milliseconds, rd_kafka_admin_op_t what) {
    KafkaOwned<rd_kafka_AdminOptions_t> how(rd_kafka_AdminOptions_new(client_.handle(), what));
    std::array<char, kKafkaReason> reason{};
    rd_kafka_AdminOptions_set_request_timeout(how.get(), milliseconds, reason.data(),
                                              reason.size());
    return how;
  }
  /// What was asked for in `queue`.
  Result<KafkaOwned<rd_kafka_event_t>> answer(rd_kafka_queue_t* queue, const std::string& doing) {
    KafkaOwned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue, 2 * kMakeMilliseconds));
    if (event == nullptr) return fail(ErrorCode::timeout, doing + ": the brokers do not answer");
    return event;
  }

  Result<> make(const Topic& topic, const GroupPart& part) {
    const std::string doing = part.what + " cannot be made";
    std::array<char, kKafkaReason> reason{};
    const KafkaOwned<rd_kafka_NewTopic_t> wanted(
        rd_kafka_NewTopic_new(topic.name.c_str(), static_cast<int>(topic.partitions),
                              static_cast<int>(options_.replicas), reason.data(), reason.size()));
    if (wanted == nullptr)
      return fail(ErrorCode::invalid_configuration, doing + ": " + reason.data());
    for (const auto& [name, value] : topic.settings)
      rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
    const auto how = within(kMakeMilliseconds, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_operation_timeout(how.get(), kMakeMilliseconds * 2 / 3, reason.data(),
                                                reason.size());  // it is everywhere then
    const KafkaOwned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.handle()));
    rd_kafka_NewTopic_t* all[] = {wanted.get()};
    rd_kafka_CreateTopics(client_.handle(), all, 1, how.get(), queue.get());
    TRY(const auto event, answer(queue.get(), doing));
    if (const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
        error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(kafka_error(error, doing));
    std::size_t count = 0;
    const rd_kafka_topic_result_t** const made = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    if (count != 1)
      return fail(ErrorCode::network, doing + ": the brokers do not say what became of it");
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(made[0]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      return success();
    if (error == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR)
      return fail(ErrorCode::invalid_configuration,
                  doing + ": there are fewer brokers than copies: set replicas in [group]");
    return fail(kafka_error(error, doing));
  }

  /// Does what is there keep a state? One that somebody made in another way may lose it. Where the
  /// brokers do not tell, the part says so.
  Result<> check_settings(const Topic& topic, GroupPart& part) {
    TRY(const KafkaProperties told, client_.topic_settings(topic.name));
    if (told.empty())
      part.settings = "its settings are not told to this user, so they were not checked";
    for (const char* const name : {"cleanup.policy", "retention.ms", "retention.bytes"}) {
      const auto found = told.find(name);
      if (found == told.end() || topic.settings.at(name) == found->second) continue;
      const std::string& value = found->second;
      return fail(ErrorCode::invalid_configuration,
                  "the topic \"" + topic.name + "\" has " + name + "=" + value + " instead of " +
                      topic.settings.at(name) +
                      ", so the state of the group could be lost; change it, or " +
                      "delete the topic while no worker runs and call handshaked group setup");
    }
    return success();
  }

  const KafkaGroupOptions& options_;
  const bool may_make_;
  KafkaClient client_;
  KafkaOwned<const rd_kafka_metadata_t> metadata_;
  std::vector<GroupPart> parts_;
};

}  // namespace

std::unique_ptr<GroupEngine> make_kafka_group(KafkaGroupOptions options) {
  const std::uint32_t partitions = options.partitions;
  return make_log_group(make_kafka_records(std::move(options)), partitions);
}

Result<std::vector<GroupPart>> set_up_kafka_group(const KafkaGroupOptions& options, bool may_make) {
  KafkaSetUp set_up(options, may_make);
  TRY(set_up.open());
  TRY(set_up.topic(lines_topic(options), false));
  TRY(set_up.topic(state_topic(options), true));
  return set_up.take_parts();
}

Result<std::vector<std::string>> kafka_partitions_of_nobody(const KafkaGroupOptions& options) {
  constexpr std::uint32_t kMost = 5;
  KafkaSetUp looked(options, false);
  TRY(looked.open());
  const rd_kafka_metadata_topic_t* const lines = find_kafka_topic(looked.metadata(), options.lines);
  if (lines == nullptr)
    return fail(ErrorCode::not_found,
                "there is no topic \"" + options.lines + "\", or this user may not see it");
  std::vector<std::string> unread;
  const auto count = static_cast<std::uint32_t>(std::max(lines->partition_cnt, 0));
  for (std::uint32_t number = options.partitions; number < count && unread.size() < kMost; ++number)
    unread.push_back(options.lines + "/" + std::to_string(number));
  return unread;
}

}  // namespace handshaked::engine
