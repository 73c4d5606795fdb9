/* librdkafka for the portable program, in place of -lrdkafka: the host's own, loaded when it is asked for the first time. Its interface has had one name,
 * librdkafka.so.1, in every release since 2016. rd_kafka_version() is 0 where there is none; then nothing else here is called (daemon/engine/kafka/kafka_source.cpp). */
#include <dlfcn.h>
#include <stdlib.h>

#include <librdkafka/rdkafka.h>

static void* kafka_function(const char* name) {
  static void* library;
  if (library == NULL) library = dlopen("librdkafka.so.1", RTLD_NOW | RTLD_LOCAL);
  return library == NULL ? NULL : dlsym(library, name);
}

int rd_kafka_version(void) {
  int (*const function)(void) = kafka_function("rd_kafka_version");
  return function == NULL ? 0 : function();
}

/* parameters as they are declared, and as they are handed on */
#define FORWARD(result, name, parameters, arguments)              \
  result name parameters {                                        \
    result(*const function) parameters = kafka_function(#name);   \
    if (function == NULL) abort();                                \
    return function arguments;                                    \
  }
#define FORWARD_ONLY(name, parameters, arguments)                 \
  void name parameters {                                          \
    void(*const function) parameters = kafka_function(#name);     \
    if (function == NULL) abort();                                \
    function arguments;                                           \
  }

typedef rd_kafka_topic_partition_list_t List;
typedef rd_kafka_resp_err_t Error;
typedef void (*ErrorCallback)(rd_kafka_t*, int, const char*, void*);
typedef void (*LogCallback)(const rd_kafka_t*, int, const char*, const char*);
typedef void (*RebalanceCallback)(rd_kafka_t*, Error, List*, void*);

FORWARD(rd_kafka_conf_t*, rd_kafka_conf_new, (void), ())
FORWARD_ONLY(rd_kafka_conf_destroy, (rd_kafka_conf_t* conf), (conf))
FORWARD(rd_kafka_conf_res_t, rd_kafka_conf_set, (rd_kafka_conf_t* conf, const char* name, const char* value, char* reason, size_t size), (conf, name, value, reason, size))
FORWARD_ONLY(rd_kafka_conf_set_opaque, (rd_kafka_conf_t* conf, void* opaque), (conf, opaque))
FORWARD_ONLY(rd_kafka_conf_set_error_cb, (rd_kafka_conf_t* conf, ErrorCallback callback), (conf, callback))
FORWARD_ONLY(rd_kafka_conf_set_log_cb, (rd_kafka_conf_t* conf, LogCallback callback), (conf, callback))
FORWARD_ONLY(rd_kafka_conf_set_rebalance_cb, (rd_kafka_conf_t* conf, RebalanceCallback callback), (conf, callback))
FORWARD(rd_kafka_t*, rd_kafka_new, (rd_kafka_type_t type, rd_kafka_conf_t* conf, char* reason, size_t size), (type, conf, reason, size))
FORWARD_ONLY(rd_kafka_destroy_flags, (rd_kafka_t* client, int flags), (client, flags))
FORWARD(int, rd_kafka_poll, (rd_kafka_t* client, int milliseconds), (client, milliseconds))
FORWARD(Error, rd_kafka_poll_set_consumer, (rd_kafka_t* client), (client))
FORWARD(Error, rd_kafka_subscribe, (rd_kafka_t* client, const List* topics), (client, topics))
FORWARD(rd_kafka_message_t*, rd_kafka_consumer_poll, (rd_kafka_t* client, int milliseconds), (client, milliseconds))
FORWARD(Error, rd_kafka_consumer_close, (rd_kafka_t* client), (client))
FORWARD(Error, rd_kafka_assign, (rd_kafka_t* client, const List* partitions), (client, partitions))
FORWARD(Error, rd_kafka_committed, (rd_kafka_t* client, List* partitions, int milliseconds), (client, partitions, milliseconds))
FORWARD(Error, rd_kafka_commit, (rd_kafka_t* client, const List* offsets, int is_async), (client, offsets, is_async))
FORWARD(Error, rd_kafka_query_watermark_offsets, (rd_kafka_t* client, const char* topic, int32_t partition, int64_t* low, int64_t* high, int milliseconds),
        (client, topic, partition, low, high, milliseconds))
FORWARD(Error, rd_kafka_get_watermark_offsets, (rd_kafka_t* client, const char* topic, int32_t partition, int64_t* low, int64_t* high),
        (client, topic, partition, low, high))
FORWARD(Error, rd_kafka_metadata, (rd_kafka_t* client, int all, rd_kafka_topic_t* only, const struct rd_kafka_metadata** metadata, int milliseconds),
        (client, all, only, metadata, milliseconds))
FORWARD_ONLY(rd_kafka_metadata_destroy, (const struct rd_kafka_metadata* metadata), (metadata))
FORWARD(Error, rd_kafka_fatal_error, (rd_kafka_t* client, char* reason, size_t size), (client, reason, size))
FORWARD(const char*, rd_kafka_err2str, (Error error), (error))
FORWARD_ONLY(rd_kafka_message_destroy, (rd_kafka_message_t* message), (message))
FORWARD(const char*, rd_kafka_message_errstr, (const rd_kafka_message_t* message), (message))
FORWARD(const char*, rd_kafka_topic_name, (const rd_kafka_topic_t* topic), (topic))
FORWARD(List*, rd_kafka_topic_partition_list_new, (int size), (size))
FORWARD_ONLY(rd_kafka_topic_partition_list_destroy, (List* list), (list))
FORWARD(rd_kafka_topic_partition_t*, rd_kafka_topic_partition_list_add, (List* list, const char* topic, int32_t partition), (list, topic, partition))

/* For publishing: produceva is there since 1.5, and kafka_publisher.cpp asks rd_kafka_version(). */
FORWARD(rd_kafka_error_t*, rd_kafka_produceva, (rd_kafka_t* client, const rd_kafka_vu_t* parts, size_t count), (client, parts, count))
FORWARD(rd_kafka_headers_t*, rd_kafka_headers_new, (size_t count), (count))
FORWARD(Error, rd_kafka_header_add, (rd_kafka_headers_t* headers, const char* name, ssize_t name_size, const void* value, ssize_t size),
        (headers, name, name_size, value, size))
FORWARD_ONLY(rd_kafka_headers_destroy, (rd_kafka_headers_t* headers), (headers))
FORWARD(Error, rd_kafka_error_code, (const rd_kafka_error_t* error), (error))
FORWARD_ONLY(rd_kafka_error_destroy, (rd_kafka_error_t* error), (error))

/* For groups of workers. DeleteRecords is there since 1.6, the rest of the administration since 1.0: kafka_records.cpp asks rd_kafka_version(). */
typedef rd_kafka_AdminOptions_t HowAdmin;
typedef rd_kafka_ConfigResource_t Resource;
typedef rd_kafka_event_t Event;
typedef rd_kafka_queue_t Queue;
typedef void (*DeliveryCallback)(rd_kafka_t*, const rd_kafka_message_t*, void*);

FORWARD_ONLY(rd_kafka_conf_set_dr_msg_cb, (rd_kafka_conf_t* conf, DeliveryCallback callback), (conf, callback))
FORWARD(rd_kafka_topic_t*, rd_kafka_topic_new, (rd_kafka_t* client, const char* name, rd_kafka_topic_conf_t* conf), (client, name, conf))
FORWARD_ONLY(rd_kafka_topic_destroy, (rd_kafka_topic_t* topic), (topic))
FORWARD(int, rd_kafka_produce,
        (rd_kafka_topic_t* topic, int32_t partition, int flags, void* bytes, size_t size, const void* key, size_t key_size, void* opaque),
        (topic, partition, flags, bytes, size, key, key_size, opaque))
FORWARD(Error, rd_kafka_last_error, (void), ())
FORWARD(int, rd_kafka_consume_start, (rd_kafka_topic_t* topic, int32_t partition, int64_t offset), (topic, partition, offset))
FORWARD(int, rd_kafka_consume_stop, (rd_kafka_topic_t* topic, int32_t partition), (topic, partition))
FORWARD(rd_kafka_message_t*, rd_kafka_consume, (rd_kafka_topic_t* topic, int32_t partition, int milliseconds), (topic, partition, milliseconds))
FORWARD(int64_t, rd_kafka_message_timestamp, (const rd_kafka_message_t* message, rd_kafka_timestamp_type_t* type), (message, type))
FORWARD(Error, rd_kafka_offsets_for_times, (rd_kafka_t* client, List* offsets, int milliseconds), (client, offsets, milliseconds))
FORWARD(Queue*, rd_kafka_queue_new, (rd_kafka_t* client), (client))
FORWARD(Event*, rd_kafka_queue_poll, (Queue* queue, int milliseconds), (queue, milliseconds))
FORWARD_ONLY(rd_kafka_queue_destroy, (Queue* queue), (queue))
FORWARD(Error, rd_kafka_event_error, (Event* event), (event))
FORWARD_ONLY(rd_kafka_event_destroy, (Event* event), (event))
FORWARD(HowAdmin*, rd_kafka_AdminOptions_new, (rd_kafka_t* client, rd_kafka_admin_op_t what), (client, what))
FORWARD_ONLY(rd_kafka_AdminOptions_destroy, (HowAdmin* how), (how))
FORWARD(Error, rd_kafka_AdminOptions_set_request_timeout, (HowAdmin* how, int milliseconds, char* reason, size_t size), (how, milliseconds, reason, size))
FORWARD(Error, rd_kafka_AdminOptions_set_operation_timeout, (HowAdmin* how, int milliseconds, char* reason, size_t size), (how, milliseconds, reason, size))
FORWARD(rd_kafka_NewTopic_t*, rd_kafka_NewTopic_new, (const char* name, int partitions, int copies, char* reason, size_t size),
        (name, partitions, copies, reason, size))
FORWARD_ONLY(rd_kafka_NewTopic_destroy, (rd_kafka_NewTopic_t* topic), (topic))
FORWARD(Error, rd_kafka_NewTopic_set_config, (rd_kafka_NewTopic_t* topic, const char* name, const char* value), (topic, name, value))
FORWARD_ONLY(rd_kafka_CreateTopics, (rd_kafka_t* client, rd_kafka_NewTopic_t** topics, size_t count, const HowAdmin* how, Queue* queue),
             (client, topics, count, how, queue))
FORWARD(const rd_kafka_CreateTopics_result_t*, rd_kafka_event_CreateTopics_result, (Event* event), (event))
FORWARD(const rd_kafka_topic_result_t**, rd_kafka_CreateTopics_result_topics, (const rd_kafka_CreateTopics_result_t* result, size_t* count), (result, count))
FORWARD(Error, rd_kafka_topic_result_error, (const rd_kafka_topic_result_t* result), (result))
FORWARD(Resource*, rd_kafka_ConfigResource_new, (rd_kafka_ResourceType_t type, const char* name), (type, name))
FORWARD_ONLY(rd_kafka_ConfigResource_destroy, (Resource* resource), (resource))
FORWARD(Error, rd_kafka_ConfigResource_error, (const Resource* resource), (resource))
FORWARD(const rd_kafka_ConfigEntry_t**, rd_kafka_ConfigResource_configs, (const Resource* resource, size_t* count), (resource, count))
FORWARD(const char*, rd_kafka_ConfigEntry_name, (const rd_kafka_ConfigEntry_t* entry), (entry))
FORWARD(const char*, rd_kafka_ConfigEntry_value, (const rd_kafka_ConfigEntry_t* entry), (entry))
FORWARD_ONLY(rd_kafka_DescribeConfigs, (rd_kafka_t* client, Resource** resources, size_t count, const HowAdmin* how, Queue* queue),
             (client, resources, count, how, queue))
FORWARD(const rd_kafka_DescribeConfigs_result_t*, rd_kafka_event_DescribeConfigs_result, (Event* event), (event))
FORWARD(const Resource**, rd_kafka_DescribeConfigs_result_resources, (const rd_kafka_DescribeConfigs_result_t* result, size_t* count), (result, count))
FORWARD(rd_kafka_DeleteRecords_t*, rd_kafka_DeleteRecords_new, (const List* offsets), (offsets))
FORWARD_ONLY(rd_kafka_DeleteRecords_destroy, (rd_kafka_DeleteRecords_t* records), (records))
FORWARD_ONLY(rd_kafka_DeleteRecords, (rd_kafka_t* client, rd_kafka_DeleteRecords_t** records, size_t count, const HowAdmin* how, Queue* queue),
             (client, records, count, how, queue))
FORWARD(const rd_kafka_DeleteRecords_result_t*, rd_kafka_event_DeleteRecords_result, (Event* event), (event))
FORWARD(const List*, rd_kafka_DeleteRecords_result_offsets, (const rd_kafka_DeleteRecords_result_t* result), (result))
