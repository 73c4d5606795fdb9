#include "emit/rate_limit.h"

#include <algorithm>

namespace handshaked::emit {

std::size_t RateLimit::used(Time now) const {
  // A time in the future is of a clock that was set back since: it does not count, or the receiver might wait for days.
  return static_cast<std::size_t>(std::count_if(sent_.begin(), sent_.end(), [now](Time at) { return at <= now && now - at < kWindow; }));
}

bool RateLimit::is_pacing(Time now) const { return is_limited() && used(now) >= (limit_ + 1) / 2; }

Time RateLimit::next_at(Time now) const {
  if (!is_limited() || !is_pacing(now)) return now;
  Time next = sent_.back() + std::chrono::duration_cast<Duration>(kWindow) / static_cast<Duration::rep>(limit_);
  if (used(now) >= limit_) next = std::max(next, sent_.front() + kWindow);
  return std::min(next, now + kWindow);
}

void RateLimit::record(Time now) {
  if (!is_limited()) return;
  sent_.push_back(now);
  if (sent_.size() > limit_) sent_.pop_front();
}

}  // namespace handshaked::emit
