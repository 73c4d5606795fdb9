#include "config/sections/sections.h"

#include <unistd.h>

#include <array>
#include <functional>

namespace handshaked::config {
namespace {

constexpr std::string_view kNameLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
constexpr std::size_t kLongestName = 64;

bool is_name(std::string_view name, std::string_view more = {}) {
  return !name.empty() && name.size() <= kLongestName &&
         name.find_first_not_of(std::string(kNameLetters) + std::string(more)) ==
             std::string_view::npos;
}

std::string host_word() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 && is_name(name.data(), ".")
             ? std::string(name.data())
             : std::string();
}

}  // namespace

void read_group(TableReader& table, Group& group) {
  table.text("name", group.name);
  table.count("partitions", group.partitions, 1, kMostPartitions);
  table.text("worker", group.worker);
  table.duration("lease", group.lease);
  table.count("replicas", group.replicas, 1, 5);
  table.text("topic", group.topic);
  if (!is_name(group.name)) {
    table.complain_about("name",
                         "the name of a group consists of letters, digits, - and _, at most " +
                             std::to_string(kLongestName));
    group.name = "invalid";
  }
  if (!table.has("partitions"))
    table.complain(
        "partitions is missing: how many parts the lines are split into, by host, "
        "or what edges report, by fault");
  if (group.worker.empty()) group.worker = host_word();
  if (!is_name(group.worker, "."))
    table.complain_about(
        "worker", "the name of a worker consists of letters, digits, dots, - and _, at most " +
                      std::to_string(kLongestName));
  if (!group.topic.empty() && !is_name(group.topic, "."))
    table.complain_about(
        "topic", "the name of a topic consists of letters, digits, dots, - and _, at most " +
                     std::to_string(kLongestName));
  if (group.lease < std::chrono::seconds(1) || group.lease > std::chrono::minutes(10))
    table.complain_about("lease", "lease must be from 1s to 10m");
}

namespace {

using Complain = std::function<void(const std::string&)>;

void check_nats(const NatsSource& source, const Group& group, const Complain& complain) {
  if (!group.topic.empty()) complain("topic is for groups on Kafka, and this one is on NATS");
  const std::string_view subject = source.subject;
  const std::size_t at = subject.find(kPartitionWord);
  const bool is_word = at != std::string_view::npos && (at == 0 || subject[at - 1] == '.');
  const std::size_t end = is_word ? at + std::string_view(kPartitionWord).size() : 0;
  if (!is_word || (end < subject.size() && subject[end] != '.') ||
      subject.find(kPartitionWord, end) != std::string_view::npos ||
      subject.substr(0, at).find_first_of("*>") != std::string_view::npos)
    complain(
        "the subject of [[nats]] must have the word {partition}, once, with no wildcard before it: "
        "\"nginx.lines.{partition}.>\"");
  if (source.consumer != NatsSource().consumer)
    complain("consumer in [[nats]] cannot be chosen: each partition has its own");
}

void check_kafka(const KafkaSource& source, const Group& group, const Complain& complain) {
  if (source.topics.size() != 1 || source.topics.front().starts_with('^'))
    complain(
        "topics of [[kafka]] must name one topic, of which each worker reads a partition: topics = "
        "[\"nginx-errors\"]");
  else if (source.topics.front() == group_topic(group))
    complain("topic must be another than that of the lines");
  if (source.group != KafkaSource().group)
    complain("group in [[kafka]] cannot be chosen: it is the name of the group");
}

}  // namespace

void check_group(const Config& config, const std::string& file,
                 std::vector<ConfigProblem>& problems) {
  if (config.group.name.empty()) return;
  const auto complain = [&](const std::string& reason) {
    problems.push_back({file, 0, 0, "[group]: " + reason});
  };
  if (config.nats.size() + config.kafka.size() != 1 || config.network_names.size() != 1 ||
      !config.files.empty())
    return complain(
        "a worker reads the lines of its partition, and nothing else: it needs one section "
        "[[nats]] or [[kafka]], and no other "
        "source");
  if (config.kafka.empty()) check_nats(config.nats.front(), config.group, complain);
  else check_kafka(config.kafka.front(), config.group, complain);
}

std::string group_topic(const Group& group) {
  return group.topic.empty() ? "handshaked-" + group.name : group.topic;
}

std::string partition_name(const Group& group, std::uint32_t partition) {
  return group.name + "-" + std::to_string(partition);
}

std::string subject_of_partition(std::string subject, std::string_view partition) {
  const std::size_t at = subject.find(kPartitionWord);
  if (at == std::string::npos) return subject;
  return subject.replace(at, std::string_view(kPartitionWord).size(), partition);
}

std::vector<std::string> subjects_of(const Receiver& receiver) {
  std::vector<std::string> subjects;
  for (std::uint32_t partition = 0; partition < receiver.partitions; ++partition)
    subjects.push_back(subject_of_partition(receiver.subject, std::to_string(partition)));
  return subjects;
}

std::string subjects_of_all(const Config& config) {
  return subject_of_partition(config.nats.front().subject, "*");
}

void become_partition(Config& config, std::uint32_t partition) {
  const std::string name = partition_name(config.group, partition);
  config.host = name;
  config.group.partition = partition;
  EngineSource& engine =
      config.kafka.empty() ? config.nats.front().engine : config.kafka.front().engine;
  engine.name += "-" + std::to_string(partition);  // of what is saved, and of what ids derive from
  config.network_names = {engine.name};
  if (config.kafka.empty()) {
    NatsSource& source = config.nats.front();
    source.subject = subject_of_partition(source.subject, std::to_string(partition));
    source.consumer = name;
  } else {
    config.kafka.front().partition = static_cast<std::int32_t>(partition);
    config.kafka.front().group = config.group.name;
  }
  config.diagnosis.enabled = config.diagnosis.watch = config.calendar.enabled = false;
}

}  // namespace handshaked::config
