#include "emit/circuit_breaker.h"

#include <algorithm>

namespace handshaked::emit {

CircuitBreaker::State CircuitBreaker::state(Time now) const {
  if (rest_.count() == 0) return State::closed;
  // A clock that was set back must not prolong the rest: no rest is longer than the policy's last
  // one.
  if (now < rests_until_ && rests_until_ - now <= policy_.last_rest) return State::open;
  return State::probing;
}

std::size_t CircuitBreaker::allowance(Time now, std::size_t concurrency) const {
  switch (state(now)) {
    case State::closed: return concurrency;
    case State::open: return 0;
    case State::probing: return std::min<std::size_t>(1, concurrency);
  }
  return 0;
}

void CircuitBreaker::record_answer() {
  failures_in_row_ = 0;
  rest_ = std::chrono::milliseconds(0);
}

void CircuitBreaker::record_failure(Time now, double jitter) {
  ++failures_in_row_;
  if (failures_in_row_ < policy_.failures_to_open) return;
  // Sends that were under way when it opened fail late; they do not lengthen the rest.
  if (state(now) == State::open) return;
  rest_ = rest_.count() == 0 ? policy_.first_rest : std::min(rest_ * 2, policy_.last_rest);
  const auto whole = std::chrono::duration_cast<Duration>(rest_);
  const auto saved = static_cast<Duration::rep>(static_cast<double>(whole.count()) * 0.25 *
                                                std::clamp(jitter, 0.0, 1.0));
  rests_until_ = now + whole - Duration(saved);
}

void CircuitBreaker::end_rest(Time now) {
  if (rest_.count() != 0) rests_until_ = std::min(rests_until_, now);
}

void CircuitBreaker::restore(Rest rest) {
  rest_ = std::min(rest.length, policy_.last_rest);
  rests_until_ = rest.until;
  failures_in_row_ = rest_.count() == 0 ? 0 : policy_.failures_to_open;
}

std::string_view to_string(CircuitBreaker::State state) {
  switch (state) {
    case CircuitBreaker::State::closed: return "closed";
    case CircuitBreaker::State::open: return "open";
    case CircuitBreaker::State::probing: return "probing";
  }
  return "closed";
}

}  // namespace handshaked::emit
