#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/kafka/kafka_options.h"

namespace handshaked::engine {

/// Gives back what the library has made.
struct KafkaFree {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(rd_kafka_conf_t* settings) const { rd_kafka_conf_destroy(settings); }
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_DeleteRecords_t* records) const {
    rd_kafka_DeleteRecords_destroy(records);
  }
  void operator()(rd_kafka_ConfigResource_t* resource) const {
    rd_kafka_ConfigResource_destroy(resource);
  }
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
};
template <class T>
using KafkaOwned = std::unique_ptr<T, KafkaFree>;
using KafkaPartitionList = KafkaOwned<rd_kafka_topic_partition_list_t>;

inline constexpr std::size_t kKafkaReason = 512;  ///< a buffer for the library's words

/// A producer or a consumer, with the last thing that librdkafka complained about on any of its
/// threads.
class KafkaClient {
 public:
  struct Callbacks {
    void (*rebalanced)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*,
                       void*) = nullptr;
    void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr;
    void* owner =
        nullptr;  ///< owner() of the client that the callbacks are given as the last argument
  };

  KafkaClient() = default;
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  /// `usual` holds what the operator's properties may change, `always` what they may not. Connects
  /// to nobody yet. Fails with invalid_configuration, without what is said of a value: that may be
  /// a secret.
  Result<> open(rd_kafka_type_t type, const KafkaOptions& options, const KafkaProperties& usual,
                const KafkaProperties& always, Callbacks callbacks);

  rd_kafka_t* handle() const { return handle_; }
  void* owner() const { return callbacks_.owner; }
  /// Of one question to the brokers, as the library's functions take it.
  int ask_milliseconds() const { return ask_milliseconds_; }
  void leave_group_at_end(bool does) { leaves_group_ = does; }
  void complain(std::string reason);
  std::string take_complaint();
  /// "the brokers give no answer: …", with what was complained about.
  Error unanswered(rd_kafka_resp_err_t error);

  /// Of the first message that a partition has (RD_KAFKA_OFFSET_BEGINNING), or of the next that it
  /// will have (RD_KAFKA_OFFSET_END), as its leader says now. rd_kafka_query_watermark_offsets()
  /// of 2.0 asks the same, and does not return while the brokers are away.
  Result<std::int64_t> ask_offset(const std::string& topic, std::int32_t partition,
                                  std::int64_t which);
  /// All topics that this user may see.
  Result<KafkaOwned<const rd_kafka_metadata_t>> topics();
  /// What brokers say of a topic ("retention.ms"); empty where they do not tell this user.
  Result<KafkaProperties> topic_settings(const std::string& topic);
  /// Does it keep each message for an hour or more, and all of a key? In words for the operator;
  /// where nobody tells, it does.
  static Result<> check_retention(const std::string& topic, const KafkaProperties& settings);
  /// Are these topics there? In words for the operator.
  Result<> find_topics(const std::vector<std::string>& topics);
  /// The same of what topics() has told.
  static Result<> find_among(const rd_kafka_metadata_t& metadata,
                             const std::vector<std::string>& topics);

 private:
  rd_kafka_t* handle_ = nullptr;
  Callbacks callbacks_;
  bool leaves_group_ = false;
  int ask_milliseconds_ = 0, settings_milliseconds_ = 0;
  std::mutex mutex_;  // guards complaint_
  std::string complaint_;
};

/// Of these topics the one of that name; null where it is not among them.
const rd_kafka_metadata_topic_t* find_kafka_topic(const rd_kafka_metadata_t& metadata,
                                                  const std::string& name);
/// "doing: what the library says", with the code that fits.
Error kafka_error(rd_kafka_resp_err_t error, const std::string& doing);

}  // namespace handshaked::engine
