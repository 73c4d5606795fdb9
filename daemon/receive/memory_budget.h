#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace handshaked::receive {

/// How much memory all network connections may hold together for requests under way. Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit_bytes) : limit_(limit_bytes) {}

  /// False when it would be too much: tell the sender to come again.
  bool try_take(std::size_t bytes) {
    if (held_.fetch_add(bytes) + bytes <= limit_) return true;
    held_.fetch_sub(bytes);
    return false;
  }
  void give_back(std::size_t bytes) { held_.fetch_sub(bytes); }
  std::size_t held() const { return held_; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> held_ = 0;
};

/// What one request holds of the budget; given back when it ends.
class Reservation {
 public:
  explicit Reservation(MemoryBudget& budget) : budget_(budget) {}
  ~Reservation() { budget_.give_back(held_); }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  /// Makes it `bytes` in all, if there is room.
  bool grow_to(std::size_t bytes) {
    if (bytes <= held_) return true;
    if (!budget_.try_take(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }
  std::size_t held() const { return held_; }

 private:
  MemoryBudget& budget_;
  std::size_t held_ = 0;
};

}  // namespace handshaked::receive
