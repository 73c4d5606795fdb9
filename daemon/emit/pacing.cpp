#include "emit/pacing.h"

#include <algorithm>

namespace handshaked::emit {

std::chrono::milliseconds backoff_limit(const BackoffPolicy& policy, unsigned failed_attempts) {
  auto limit = policy.first_limit;
  for (unsigned failure = 1; failure < failed_attempts && limit < policy.last_limit; ++failure)
    limit *= 2;
  return std::min(limit, policy.last_limit);
}

std::optional<Time> next_attempt_time(const BackoffPolicy& policy, Time now, Time queued_at,
                                      unsigned failed_attempts, double jitter,
                                      std::optional<std::chrono::seconds> retry_after) {
  if (now - queued_at >= policy.give_up_after) return std::nullopt;
  const auto limit = std::chrono::duration_cast<Duration>(backoff_limit(policy, failed_attempts));
  auto delay = Duration(static_cast<Duration::rep>(static_cast<double>(limit.count()) *
                                                   std::clamp(jitter, 0.0, 1.0)));
  if (retry_after) delay = std::max(delay, std::chrono::duration_cast<Duration>(*retry_after));
  return now + delay;
}

std::size_t RateLimit::used(Time now) const {
  // A time in the future is of a clock that was set back since: it does not count, or the receiver
  // might wait for days.
  return static_cast<std::size_t>(std::count_if(
      sent_.begin(), sent_.end(), [now](Time at) { return at <= now && now - at < kWindow; }));
}

bool RateLimit::is_pacing(Time now) const { return is_limited() && used(now) >= (limit_ + 1) / 2; }

Time RateLimit::next_at(Time now) const {
  if (!is_limited() || !is_pacing(now)) return now;
  Time next = sent_.back() +
              std::chrono::duration_cast<Duration>(kWindow) / static_cast<Duration::rep>(limit_);
  if (used(now) >= limit_) next = std::max(next, sent_.front() + kWindow);
  return std::min(next, now + kWindow);
}

void RateLimit::record(Time now) {
  if (!is_limited()) return;
  sent_.push_back(now);
  if (sent_.size() > limit_) sent_.pop_front();
}

}  // namespace handshaked::emit
