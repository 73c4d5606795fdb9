#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "base/check.h"
#include "receive/memory_budget.h"

namespace handshaked::receive {

/// Bytes that arrive at one end and are taken at the other, always in one piece, charged to their
/// sender. Behind the last one stand kPadding bytes that may be read (simdjson asks for that).
/// Views are valid until the next reserve(), append() or room().
class ByteWindow {
 public:
  static constexpr std::size_t kPadding = 64;

  explicit ByteWindow(std::shared_ptr<SenderMemory> memory = nullptr)
      : reservation_(std::move(memory)) {}

  std::string_view view() const { return {bytes_.get() + begin_, size()}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  /// Makes room for `size` more bytes. False when the sender may not hold so much at the moment.
  [[nodiscard]] bool reserve(std::size_t size) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ + size + kPadding <= capacity_) return true;
    const std::size_t needed = this->size() + size + kPadding;
    // Moved only where as much was consumed as is moved: what comes in small pieces is not copied
    // again and again.
    if (needed > capacity_ || begin_ < this->size()) return grow(needed);
    move_to(bytes_.get());
    return true;
  }
  /// Why reserve(size) was refused.
  Error refusal(std::size_t size) const { return reservation_.refusal(this->size() + size); }
  /// It will never have to hold more: it does not grow beyond that.
  void expect_at_most(std::size_t bytes) { most_ = bytes + kPadding; }
  /// After reserve(); without a sender it reserves by itself.
  void append(std::string_view bytes) {
    const std::span<char> into = room(bytes.size());
    bytes.copy(into.data(), bytes.size());
    fill(bytes.size());
  }
  /// Room for `size` bytes, of which the first that fill() names count. After reserve(), as
  /// append().
  std::span<char> room(std::size_t size) {
    CHECK(reserve(size));
    return {bytes_.get() + end_, size};
  }
  void fill(std::size_t size) { end_ += size; }
  /// The first `size` bytes are done with.
  void consume(std::size_t size) { begin_ += size; }
  /// Holds nothing more, memory included.
  void release() {
    bytes_.reset();
    begin_ = end_ = capacity_ = 0;
    reservation_.shrink_to(0);
  }

 private:
  void move_to(char* into) {
    const std::size_t count = size();
    if (count > 0) std::memmove(into, bytes_.get() + begin_, count);
    begin_ = 0;
    end_ = count;
  }
  bool grow(std::size_t needed) {
    // Doubled, so that what comes in small pieces is not copied each time; while it is copied, both
    // are held. Where the sender may not hold so much, a little more than is needed: by the piece
    // it would be copied again and again.
    std::size_t capacity = 0;
    bool has_room = false;
    for (const std::size_t more : {capacity_, capacity_ / 4, capacity_ / 16, std::size_t{0}}) {
      capacity = std::max(needed, std::min(capacity_ + more, most_));
      has_room = reservation_.grow_to(capacity_ + capacity);
      if (has_room) break;
    }
    if (!has_room) return false;
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    move_to(bytes.get());
    bytes_ = std::move(bytes);
    capacity_ = capacity;
    reservation_.shrink_to(capacity);
    return true;
  }

  Reservation reservation_;
  std::unique_ptr<char[]> bytes_;  // [begin_, end_) counts
  std::size_t capacity_ = 0;
  std::size_t most_ = static_cast<std::size_t>(-1);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace handshaked::receive
