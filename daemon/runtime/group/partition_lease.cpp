#include "runtime/group/partition_lease.h"

#include <functional>
#include <sstream>
#include <utility>

namespace handshaked::runtime {

std::string LeaseHolder::text() const {
  return "v1 " + (worker.empty() ? "-" : worker) + " " + (token.empty() ? "-" : token) + " " +
         std::to_string(since.time_since_epoch().count());
}

std::optional<LeaseHolder> LeaseHolder::parse(const std::string& text) {
  std::istringstream words(text);
  std::string version;
  LeaseHolder holder;
  Duration::rep since = 0;
  if (!(words >> version >> holder.worker >> holder.token >> since) || version != "v1")
    return std::nullopt;
  holder.since = Time(Duration(since));
  if (holder.worker == "-") holder.worker = holder.token = "";
  return holder;
}

PartitionLease::PartitionLease(engine::GroupEngine& engine, Options options)
    : engine_(engine), options_(std::move(options)) {}

Result<std::optional<std::uint32_t>> PartitionLease::try_take(Clock::time_point now, Time wall) {
  // Each worker begins elsewhere, so that they meet less often.
  const auto first =
      static_cast<std::uint32_t>(std::hash<std::string>()(options_.token) % options_.partitions);
  for (std::uint32_t i = 0; i < options_.partitions; ++i) {
    const std::uint32_t partition = (first + i) % options_.partitions;
    TRY(const bool is_taken, try_one(partition, now, wall));
    if (is_taken) return partition_ = partition;
  }
  return std::optional<std::uint32_t>();
}

Result<bool> PartitionLease::try_one(std::uint32_t partition, Clock::time_point now, Time wall) {
  const std::string name = "owner." + std::to_string(partition);
  TRY(const auto value, engine_.value(name));
  if (value) {
    const auto holder = LeaseHolder::parse(value->text);
    if (holder && holder->token == options_.token) {  // an attempt of ours that was not answered
      revision_ = value->revision;
      text_ = value->text;
      return true;
    }
    Seen& seen = seen_[partition];
    if (seen.revision != value->revision) seen = {.revision = value->revision, .since = now};
    const bool is_free = holder && holder->worker.empty();
    if (!is_free && now - seen.since < options_.length) return false;
  }
  text_ = LeaseHolder{.worker = options_.worker, .token = options_.token, .since = wall}.text();
  TRY(const auto revision, engine_.put(name, text_, value ? value->revision : 0));
  if (!revision) return false;
  revision_ = *revision;
  was_owned_ = value.has_value();
  return true;
}

Result<bool> PartitionLease::renew() {
  TRY(const auto revision, engine_.put(key(), text_, revision_));
  if (revision) {
    revision_ = *revision;
    return true;
  }
  TRY(const auto value,
      engine_.value(key()));  // one of ours may have gone through without an answer
  const auto holder = value ? LeaseHolder::parse(value->text) : std::nullopt;
  if (!holder || holder->token != options_.token) return false;
  revision_ = value->revision;
  return true;
}

Result<> PartitionLease::release() {
  if (!partition_) return success();
  TRY(engine_.put(key(), LeaseHolder{.worker = {}, .token = {}, .since = wall_clock_now()}.text(),
                  revision_));
  partition_.reset();
  return success();
}

}  // namespace handshaked::runtime
