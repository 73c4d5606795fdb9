#include "engine/kafka/kafka_client.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <utility>

#include "base/text/joined.h"

namespace handshaked::engine {
namespace {

Result<> set_property(rd_kafka_conf_t* settings, const std::string& name,
                      const std::string& value) {
  std::array<char, kKafkaReason> reason{};
  const rd_kafka_conf_res_t set =
      rd_kafka_conf_set(settings, name.c_str(), value.c_str(), reason.data(), reason.size());
  if (set == RD_KAFKA_CONF_UNKNOWN)
    return fail(ErrorCode::invalid_configuration,
                "librdkafka does not know the property \"" + name + "\", or was built without it");
  if (set != RD_KAFKA_CONF_OK)
    return fail(ErrorCode::invalid_configuration,
                "librdkafka refuses the value of the property \"" + name + "\"");
  return success();
}

}  // namespace

KafkaClient::~KafkaClient() {
  if (handle_ == nullptr) return;
  // Leaving the group asks the brokers, which must be there for it.
  rd_kafka_destroy_flags(handle_, leaves_group_ ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Result<> KafkaClient::open(rd_kafka_type_t type, const KafkaOptions& options,
                           const KafkaProperties& usual, const KafkaProperties& always,
                           Callbacks callbacks) {
  KafkaOwned<rd_kafka_conf_t> settings(rd_kafka_conf_new());
  TRY(set_property(settings.get(), "bootstrap.servers", joined(options.brokers, ",")));
  TRY(set_property(settings.get(), "client.id", "handshaked"));
  for (const KafkaProperties* const properties : {&usual, &options.properties, &always}) {
    for (const auto& [name, value] : *properties) {
      TRY(set_property(settings.get(), name, value));
    }
  }
  callbacks_ = callbacks;
  ask_milliseconds_ = static_cast<int>(options.ask_timeout.count());
  settings_milliseconds_ = static_cast<int>(options.settings_timeout.count());
  rd_kafka_conf_set_opaque(settings.get(), this);
  rd_kafka_conf_set_error_cb(settings.get(), [](rd_kafka_t*, int, const char* reason, void* self) {
    static_cast<KafkaClient*>(self)->complain(reason);
  });
  rd_kafka_conf_set_log_cb(settings.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  if (callbacks.rebalanced != nullptr)
    rd_kafka_conf_set_rebalance_cb(settings.get(), callbacks.rebalanced);
  if (callbacks.delivered != nullptr)
    rd_kafka_conf_set_dr_msg_cb(settings.get(), callbacks.delivered);
  std::array<char, kKafkaReason> reason{};
  handle_ = rd_kafka_new(type, settings.get(), reason.data(), reason.size());
  if (handle_ == nullptr) return fail(ErrorCode::invalid_configuration, reason.data());
  static_cast<void>(settings.release());  // it is the client's now
  return success();
}

void KafkaClient::complain(std::string reason) {
  const std::lock_guard lock(mutex_);
  complaint_ = std::move(reason);
}

std::string KafkaClient::take_complaint() {
  const std::lock_guard lock(mutex_);
  return std::exchange(complaint_, {});
}

Error KafkaClient::unanswered(rd_kafka_resp_err_t error) {
  rd_kafka_poll(handle_, 0);  // its complaints
  const std::string complaint = take_complaint();
  return Error(ErrorCode::network,
               "the brokers give no answer: " + std::string(rd_kafka_err2str(error)) +
                   (complaint.empty() ? "" : ": " + complaint));
}

Result<std::int64_t> KafkaClient::ask_offset(const std::string& topic, std::int32_t partition,
                                             std::int64_t which) {
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* const asked =
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  asked->offset = which;
  rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(handle_, list.get(), ask_milliseconds_);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = asked->err;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && asked->offset >= 0) return asked->offset;
  const std::string doing =
      "partition " + std::to_string(partition) + " of the topic \"" + topic + "\"";
  const Error why = kafka_error(error, doing);
  const std::string complaint = take_complaint();
  return fail(complaint.empty() || why.code() == ErrorCode::not_found
                  ? why
                  : Error(why.code(), why.message() + " (" + complaint + ")"));
}

Result<KafkaOwned<const rd_kafka_metadata_t>> KafkaClient::topics() {
  const rd_kafka_metadata_t* asked = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(handle_, 1, nullptr, &asked, ask_milliseconds_);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(unanswered(error));
  return KafkaOwned<const rd_kafka_metadata_t>(asked);
}

Result<> KafkaClient::find_topics(const std::vector<std::string>& topics) {
  TRY(const auto metadata, this->topics());
  return find_among(*metadata, topics);
}

Result<> KafkaClient::find_among(const rd_kafka_metadata_t& metadata,
                                 const std::vector<std::string>& topics) {
  for (const std::string& topic : topics) {
    if (topic.starts_with('^')) continue;  // an expression
    const rd_kafka_metadata_topic_t* const found = find_kafka_topic(metadata, topic);
    if (found == nullptr)
      return fail(ErrorCode::not_found,
                  "there is no topic \"" + topic + "\", or this user may not see it");
    if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fail(kafka_error(found->err, "the topic \"" + topic + "\""));
  }
  return success();
}

Result<KafkaProperties> KafkaClient::topic_settings(const std::string& topic) {
  const KafkaOwned<rd_kafka_ConfigResource_t> wanted(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const KafkaOwned<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle_));
  rd_kafka_ConfigResource_t* all[] = {wanted.get()};
  const KafkaOwned<rd_kafka_AdminOptions_t> how(
      rd_kafka_AdminOptions_new(handle_, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  std::array<char, kKafkaReason> reason{};
  rd_kafka_AdminOptions_set_request_timeout(how.get(), settings_milliseconds_, reason.data(),
                                            reason.size());
  rd_kafka_DescribeConfigs(handle_, all, 1, how.get(), queue.get());
  const KafkaOwned<rd_kafka_event_t> event(
      rd_kafka_queue_poll(queue.get(), settings_milliseconds_ + ask_milliseconds_));
  if (event == nullptr)
    return fail(ErrorCode::timeout, "the topic \"" + topic + "\": the brokers do not answer");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return KafkaProperties();
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** const told = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1 || rd_kafka_ConfigResource_error(told[0]) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return KafkaProperties();
  std::size_t entries = 0;
  const rd_kafka_ConfigEntry_t** const list = rd_kafka_ConfigResource_configs(told[0], &entries);
  KafkaProperties settings;
  for (const rd_kafka_ConfigEntry_t* const entry : std::span(list, entries)) {
    if (const char* const value = rd_kafka_ConfigEntry_value(entry); value != nullptr)
      settings[rd_kafka_ConfigEntry_name(entry)] = value;
  }
  return settings;
}

Result<> KafkaClient::check_retention(const std::string& topic, const KafkaProperties& settings) {
  constexpr long long kHour = 3'600'000;
  const auto setting = [&settings](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  if (setting("cleanup.policy").find("compact") != std::string::npos)
    return fail(ErrorCode::invalid_configuration,
                "the topic \"" + topic +
                    "\" keeps only the last message of each key (cleanup.policy=" +
                    setting("cleanup.policy") + "), so others are lost; use cleanup.policy=delete");
  const std::string age = setting("retention.ms");
  const long long milliseconds = std::atoll(age.c_str());
  if (age.empty() || milliseconds < 0 || milliseconds >= kHour) return success();
  return fail(ErrorCode::invalid_configuration,
              "the topic \"" + topic + "\" keeps messages for " +
                  std::to_string(milliseconds / 1000) +
                  " s only (retention.ms): what comes while handshaked is down for longer is lost; "
                  "keep an hour or more");
}

const rd_kafka_metadata_topic_t* find_kafka_topic(const rd_kafka_metadata_t& metadata,
                                                  const std::string& name) {
  const std::span known(metadata.topics, static_cast<std::size_t>(metadata.topic_cnt));
  const auto found =
      std::find_if(known.begin(), known.end(),
                   [&](const rd_kafka_metadata_topic_t& one) { return name == one.topic; });
  return found == known.end() ? nullptr : &*found;
}

Error kafka_error(rd_kafka_resp_err_t error, const std::string& doing) {
  const auto code = [error] {
    switch (error) {
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: return ErrorCode::permission_denied;
      case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: return ErrorCode::not_found;
      case RD_KAFKA_RESP_ERR__TIMED_OUT:
      case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT: return ErrorCode::timeout;
      default: return ErrorCode::network;  // its leader is being chosen, for example
    }
  };
  return Error(code(), doing + ": " + rd_kafka_err2str(error));
}

}  // namespace handshaked::engine
