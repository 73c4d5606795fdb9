#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"

namespace handshaked::receive {

/// How much memory all network connections may hold together for what is under way. Thread-safe.
///
/// A sender may hold as much as is still free: one alone half of all, two a third each, and so on.
/// So whoever comes next finds room, however many others take what they can.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit_bytes) : limit_(limit_bytes) {}

  std::size_t limit() const { return limit_; }
  std::size_t held() const { return held_; }
  /// What one sender can have when nobody else holds anything: a request that needs more can never
  /// be taken.
  std::size_t most_for_one() const { return limit_ / 2; }

 private:
  friend class SenderMemory;

  bool try_take(std::atomic<std::size_t>& of_sender, std::size_t bytes) {
    if (bytes > limit_) return false;
    const std::size_t own = of_sender.fetch_add(bytes) + bytes;
    const std::size_t all = held_.fetch_add(bytes) + bytes;
    if (all <= limit_ && own <= limit_ - all) return true;
    give_back(of_sender, bytes);
    return false;
  }
  void give_back(std::atomic<std::size_t>& of_sender, std::size_t bytes) {
    held_ -= bytes;
    of_sender -= bytes;
  }

  const std::size_t limit_;
  std::atomic<std::size_t> held_ = 0;
};

/// What one sender, on all of its connections, holds of the budget. Thread-safe.
class SenderMemory {
 public:
  explicit SenderMemory(std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {}
  SenderMemory(const SenderMemory&) = delete;
  SenderMemory& operator=(const SenderMemory&) = delete;

  bool try_take(std::size_t bytes) { return budget_->try_take(held_, bytes); }
  void give_back(std::size_t bytes) { budget_->give_back(held_, bytes); }
  const MemoryBudget& budget() const { return *budget_; }

 private:
  std::shared_ptr<MemoryBudget> budget_;
  std::atomic<std::size_t> held_ = 0;
};

/// What one buffer, request or batch holds; given back when it goes. Taken before the memory is
/// allocated. Without a sender everything is granted: for what is read from this host.
class Reservation {
 public:
  explicit Reservation(std::shared_ptr<SenderMemory> memory) : memory_(std::move(memory)) {}
  ~Reservation() { shrink_to(0); }
  Reservation(Reservation&& other) noexcept
      : memory_(std::move(other.memory_)), held_(std::exchange(other.held_, 0)) {}
  Reservation& operator=(Reservation&&) = delete;

  /// Makes it at least `bytes` in all. False when that is too much at the moment: it stays as it
  /// was, and the sender has to come again.
  [[nodiscard]] bool grow_to(std::size_t bytes) {
    if (bytes <= held_) return true;
    if (memory_ != nullptr && !memory_->try_take(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }
  void shrink_to(std::size_t bytes) {
    if (bytes >= held_) return;
    if (memory_ != nullptr) memory_->give_back(held_ - bytes);
    held_ = bytes;
  }
  std::size_t held() const { return held_; }

  /// Why `bytes` were not granted: limit_exceeded when they never will be, else cancelled, to be
  /// tried again.
  Error refusal(std::size_t bytes) const {
    if (memory_ != nullptr && bytes > memory_->budget().most_for_one())
      return {ErrorCode::limit_exceeded,
              "it needs more than the " + std::to_string(memory_->budget().most_for_one() >> 20) +
                  " MiB of memory that one sender may use"};
    return {ErrorCode::cancelled, "its sender's share of the memory is in use; come again"};
  }

 private:
  std::shared_ptr<SenderMemory> memory_;
  std::size_t held_ = 0;
};

}  // namespace handshaked::receive
