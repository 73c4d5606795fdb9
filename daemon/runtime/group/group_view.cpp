#include "runtime/group/group_view.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "runtime/group/partition_lease.h"

namespace handshaked::runtime {
namespace {

constexpr std::string_view kWorkerPrefix = "worker.";
/// As an edge that is silent: its host is not there any more.
constexpr auto kForgottenAfter = std::chrono::days(7);

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// "v1 3 0.4.0", or "v1 - 0.4.0": it waits.
std::optional<telemetry::GroupMetrics::Worker> read_worker(const std::string& key,
                                                           const std::string& text) {
  telemetry::GroupMetrics::Worker worker{.name = key.substr(kWorkerPrefix.size()), .version = {}};
  std::istringstream words(text);
  std::string format, partition;
  if (!(words >> format >> partition >> worker.version) || format != "v1") return std::nullopt;
  if (partition != "-")
    worker.partition = static_cast<std::uint32_t>(std::strtoul(partition.c_str(), nullptr, 10));
  return worker;
}

}  // namespace

std::string group_settings(const config::Config& config) {
  const std::string begin = "v1\npartitions " + std::to_string(config.group.partitions) + "\n";
  const auto carries = [](bool edges) { return edges ? "\ncarries edges\n" : "\ncarries lines\n"; };
  if (!config.kafka.empty())
    return begin + "topic " + config.kafka.front().topics.front() +
           carries(config.kafka.front().carries_edges);
  const config::NatsSource& source = config.nats.front();
  return begin + "stream " + source.stream + "\nsubject " + source.subject +
         carries(source.carries_edges);
}

Result<> check_group_settings(engine::GroupEngine& engine, const config::Config& config) {
  TRY(const auto value, engine.value(kGroupSettings));
  if (!value)
    return fail(ErrorCode::not_found, "the group \"" + config.group.name +
                                          "\" was not set up: call handshaked group setup once");
  const std::string ours = group_settings(config);
  if (value->text == ours) return success();
  std::string differences;
  const std::vector<std::string> theirs = lines_of(value->text), mine = lines_of(ours);
  for (std::size_t i = 0; i < std::max(theirs.size(), mine.size()); ++i) {
    const std::string was = i < theirs.size() ? theirs[i] : "nothing",
                      is = i < mine.size() ? mine[i] : "nothing";
    if (was != is)
      differences +=
          (differences.empty() ? "\"" : ", \"") + was + "\" there and \"" + is + "\" here";
  }
  return fail(ErrorCode::invalid_configuration,
              "the group \"" + config.group.name + "\" was set up with other settings (" +
                  differences + "): use the same in all workers, or give this group another name");
}

std::string worker_key(const std::string& worker) { return std::string(kWorkerPrefix) + worker; }

std::string worker_text(std::optional<std::uint32_t> partition) {
  return "v1 " + (partition ? std::to_string(*partition) : "-") + " " + HANDSHAKED_VERSION;
}

Result<telemetry::GroupMetrics> look_at_group(engine::GroupEngine& engine,
                                              const config::Config& config, Time now) {
  telemetry::GroupMetrics group{.name = config.group.name};
  const auto is_old = [&](Time at) { return now - at > config.group.lease; };
  for (std::uint32_t number = 0; number < config.group.partitions; ++number) {
    telemetry::GroupMetrics::Partition& partition = group.partitions.emplace_back();
    TRY(const auto value, engine.value("owner." + std::to_string(number)));
    if (const auto holder = value ? LeaseHolder::parse(value->text) : std::nullopt;
        holder && !holder->worker.empty()) {
      partition.owner = holder->worker;
      partition.since = holder->since;
      partition.is_stale = is_old(value->written_at);
    }
    // Who owns what is worth telling even where the engine cannot say how much is unread: a leader
    // of the lines that is away would hold up each question for seconds.
    if (!group.trouble.empty()) continue;
    if (const auto waiting = engine.waiting(number)) partition.waiting = waiting.value();
    else group.trouble = waiting.error().message();
  }
  TRY(const auto keys, engine.keys(std::string(kWorkerPrefix)));
  for (const std::string& key : keys) {
    TRY(const auto value, engine.value(key));
    auto worker = value ? read_worker(key, value->text) : std::nullopt;
    if (!worker || now - value->written_at > kForgottenAfter) continue;  // it has left
    worker->heard_at = value->written_at;
    worker->is_silent = is_old(value->written_at);
    group.workers.push_back(std::move(*worker));
  }
  std::sort(group.workers.begin(), group.workers.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return group;
}

}  // namespace handshaked::runtime
