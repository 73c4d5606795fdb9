#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "receive/memory_budget.h"

namespace handshaked::receive {

/// Who is sending, over all listeners: gives each sender a share of the memory, whatever the number
/// of its connections. Thread-safe.
class Senders {
 public:
  explicit Senders(std::size_t memory_bytes)
      : budget_(std::make_shared<MemoryBudget>(memory_bytes)) {}

  /// `network`: net::Peer::network. A sender is remembered as long as something is held for it.
  std::shared_ptr<SenderMemory> memory_of(const std::string& network) {
    const std::lock_guard lock(mutex_);
    if (memories_.size() >= sweep_at_) {
      std::erase_if(memories_, [](const auto& entry) { return entry.second.expired(); });
      sweep_at_ = 2 * memories_.size() + kSweepAt;
    }
    std::weak_ptr<SenderMemory>& known = memories_[network];
    std::shared_ptr<SenderMemory> memory = known.lock();
    if (memory == nullptr) known = memory = std::make_shared<SenderMemory>(budget_);
    return memory;
  }

 private:
  static constexpr std::size_t kSweepAt = 64;
  std::shared_ptr<MemoryBudget> budget_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<SenderMemory>> memories_;
  std::size_t sweep_at_ = kSweepAt;
};

/// How many connections each sender has at one listener. Thread-safe.
class ConnectionCounts {
 public:
  /// False when `network` has `most` already.
  bool try_add(const std::string& network, std::size_t most) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[network];
    if (count >= most) return false;
    ++count;
    return true;
  }
  /// Who has more than `network` would have with one more, and most of all; empty when nobody has.
  std::string greedier_than(const std::string& network) {
    const std::lock_guard lock(mutex_);
    const auto own = counts_.find(network);
    std::size_t most = (own == counts_.end() ? 0 : own->second) + 1;
    std::string greediest;
    for (const auto& [other, count] : counts_) {
      if (count > most) {
        most = count;
        greediest = other;
      }
    }
    return greediest;
  }
  void remove(const std::string& network) {
    const std::lock_guard lock(mutex_);
    const auto it = counts_.find(network);
    if (it != counts_.end() && --it->second == 0) counts_.erase(it);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::size_t> counts_;
};

}  // namespace handshaked::receive
