#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "emit/notifier.h"
#include "net/http/http_response_parser.h"

namespace handshaked::emit {

/// Receivers that ask for more are not believed: an event that is a day old helps nobody.
inline constexpr std::chrono::seconds kLongestRetryAfter{3600};

/// The header Retry-After: seconds, or a date as HTTP writes it today (RFC 9110, IMF-fixdate). At
/// least 0, at most kLongestRetryAfter; nothing if it cannot be read.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, Time now);

/// What an exchange means for the event, by status alone: 2xx delivered; 410 gone; 408, 425, 429,
/// 5xx and every failure to get an answer retry; everything else rejected, redirects too. Receivers
/// that hide refusals in a 200 look into the body themselves.
DeliveryOutcome outcome_of(const Result<net::HttpResponse>& exchange, Time now);

}  // namespace handshaked::emit
