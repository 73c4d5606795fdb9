#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace handshaked {

/// A queue between threads that never grows beyond its bound: push() waits while it is full, so
/// that the producer slows down and its log file is the buffer. One consumer, which never waits: it
/// is woken through `wake`.
template <class T>
class BoundedQueue {
 public:
  /// `wake` is called, on the producer's thread, whenever the queue was empty and is not any more.
  BoundedQueue(std::size_t capacity, std::function<void()> wake)
      : capacity_(capacity), wake_(std::move(wake)) {}

  /// False, and the item is dropped, once closed.
  bool push(T item) {
    bool was_empty = false;
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return items_.size() < capacity_ || closed_; });
      if (closed_) return false;
      was_empty = items_.empty();
      items_.push_back(std::move(item));
    }
    if (was_empty) wake_();
    return true;
  }

  /// For producers that must not wait: takes `item` if there is room, else leaves it as it is. Once
  /// closed it is taken and dropped.
  bool try_push(T& item) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return true;
      if (items_.size() >= capacity_) return false;
      was_empty = items_.empty();
      items_.push_back(std::move(item));
    }
    if (was_empty) wake_();
    return true;
  }

  std::optional<T> try_pop() {
    std::optional<T> item;
    {
      const std::lock_guard lock(mutex_);
      if (items_.empty()) return item;
      item.emplace(std::move(items_.front()));
      items_.pop_front();
    }
    room_.notify_one();
    return item;
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }
  std::size_t capacity() const { return capacity_; }

  /// Lets waiting producers go; what is in the queue can still be taken.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    room_.notify_all();
  }

 private:
  const std::size_t capacity_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace handshaked
