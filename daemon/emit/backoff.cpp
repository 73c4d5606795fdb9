#include "emit/backoff.h"

#include <algorithm>

namespace handshaked::emit {

std::chrono::milliseconds backoff_limit(const BackoffPolicy& policy, unsigned failed_attempts) {
  auto limit = policy.first_limit;
  for (unsigned failure = 1; failure < failed_attempts && limit < policy.last_limit; ++failure) limit *= 2;
  return std::min(limit, policy.last_limit);
}

std::optional<Time> next_attempt_time(const BackoffPolicy& policy, Time now, Time queued_at, unsigned failed_attempts, double jitter,
                                      std::optional<std::chrono::seconds> retry_after) {
  if (now - queued_at >= policy.give_up_after) return std::nullopt;
  const auto limit = std::chrono::duration_cast<Duration>(backoff_limit(policy, failed_attempts));
  auto delay = Duration(static_cast<Duration::rep>(static_cast<double>(limit.count()) * std::clamp(jitter, 0.0, 1.0)));
  if (retry_after) delay = std::max(delay, std::chrono::duration_cast<Duration>(*retry_after));
  return now + delay;
}

}  // namespace handshaked::emit
