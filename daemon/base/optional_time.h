#pragma once

#include <optional>

#include "base/clock.h"

namespace handshaked {

/// std::optional<Time> in half the room, for what there is a hundred thousand of. The earliest time
/// there is stands for none.
class OptionalTime {
 public:
  OptionalTime() = default;
  OptionalTime(Time time) : time_(time) {}
  OptionalTime(std::nullopt_t) {}
  OptionalTime(const std::optional<Time>& time) : time_(time.value_or(Time::min())) {}

  bool has_value() const { return time_ != Time::min(); }
  explicit operator bool() const { return has_value(); }
  operator std::optional<Time>() const {
    return has_value() ? std::optional<Time>(time_) : std::nullopt;
  }
  const Time& operator*() const { return time_; }
  const Time* operator->() const { return &time_; }
  Time value() const { return time_; }
  Time value_or(Time other) const { return has_value() ? time_ : other; }
  void reset() { time_ = Time::min(); }
  friend bool operator==(const OptionalTime&, const OptionalTime&) = default;
  friend bool operator==(const OptionalTime& left, Time right) {
    return left.has_value() && left.time_ == right;
  }

 private:
  Time time_ = Time::min();
};

}  // namespace handshaked
