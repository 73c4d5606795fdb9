#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "engine/group_engine.h"

namespace handshaked::runtime {

/// Which worker should have which partition: a key "owner.N" each, changed only from the revision
/// that was read. Whoever sees a key unchanged for the length of a lease, by its own clock, may
/// take it; clocks are never compared. If two believe that they have one, the partition's log tells
/// them apart (partition_log.h). One thread at a time.
class PartitionLease {
 public:
  using Clock = std::chrono::steady_clock;
  struct Options {
    std::uint32_t partitions = 1;
    std::string worker, token;
    std::chrono::milliseconds length{10'000};
  };

  PartitionLease(engine::GroupEngine& engine, Options options);

  /// Looks at every partition once, and takes at most one: its number.
  Result<std::optional<std::uint32_t>> try_take(Clock::time_point now, Time wall);
  /// Some worker had it before we took it.
  bool was_owned() const { return was_owned_; }
  /// False: another worker has it by now.
  Result<bool> renew();
  /// The next worker need not wait.
  Result<> release();

 private:
  struct Seen {
    std::uint64_t revision = 0;
    Clock::time_point since{};
  };

  Result<bool> try_one(std::uint32_t partition, Clock::time_point now, Time wall);
  std::string key() const { return "owner." + std::to_string(*partition_); }

  engine::GroupEngine& engine_;
  const Options options_;
  std::map<std::uint32_t, Seen> seen_;
  std::optional<std::uint32_t> partition_;
  bool was_owned_ = false;
  std::uint64_t revision_ = 0;
  std::string text_;  ///< of our key
};

/// What stands at such a key.
struct LeaseHolder {
  std::string worker, token;  ///< empty: nobody has it
  Time since{};               ///< by the worker's clock

  std::string text() const;
  /// Nothing for what text() never gives.
  static std::optional<LeaseHolder> parse(const std::string& text);
};

}  // namespace handshaked::runtime
