#include "emit/http_outcome.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "net/receiver_url.h"

namespace handshaked::emit {
namespace {

std::optional<int> whole_number(std::string_view digits) {
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty() ||
      digits.front() == '-')
    return std::nullopt;
  return number;
}

std::optional<unsigned> month_number(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<unsigned>(found - kNames.begin()) + 1;
}

// "Sun, 06 Nov 1994 08:49:37 GMT": every field has its fixed place.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT")
    return std::nullopt;
  if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto day = whole_number(text.substr(5, 2));
  const auto month = month_number(text.substr(8, 3));
  const auto year = whole_number(text.substr(12, 4));
  const auto hour = whole_number(text.substr(17, 2));
  const auto minute = whole_number(text.substr(20, 2));
  const auto second = whole_number(text.substr(23, 2));
  if (!day || !month || !year || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

DeliveryOutcome outcome(DeliveryOutcome::Kind kind, std::string reason) {
  return {kind, std::nullopt, std::move(reason)};
}

// Where to, as far as it may be told: the path of a webhook is a secret, and so may be the path it
// redirects to.
std::string redirect_reason(const net::HttpResponse& response) {
  const std::string begin = "HTTP " + std::to_string(response.status) + ": redirects to ";
  const auto target = net::parse_receiver_url(response.header("location"));
  return begin + (target ? target.value().origin() : "another path") +
         "; redirects are not followed, correct the URL";
}

DeliveryOutcome later(const net::HttpResponse& response, Time now) {
  auto result = outcome(DeliveryOutcome::Kind::retry, "HTTP " + std::to_string(response.status));
  result.retry_after = parse_retry_after(response.header("retry-after"), now);
  return result;
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, Time now) {
  using std::chrono::seconds;
  if (is_digits(value)) {
    const auto number = whole_number(value);  // nothing: more digits than an int has
    return number ? std::min(seconds(*number), kLongestRetryAfter) : kLongestRetryAfter;
  }
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<seconds>(*date - now), seconds(0), kLongestRetryAfter);
}

DeliveryOutcome outcome_of(const Result<net::HttpResponse>& exchange, Time now) {
  using Kind = DeliveryOutcome::Kind;
  if (!exchange) {
    const bool is_hopeless = exchange.error().code() == ErrorCode::invalid_configuration;
    return outcome(is_hopeless ? Kind::rejected : Kind::retry, exchange.error().message());
  }
  const net::HttpResponse& response = exchange.value();
  const unsigned status = response.status;
  if (status / 100 == 2) return outcome(Kind::delivered, "");
  if (status / 100 == 3) return outcome(Kind::rejected, redirect_reason(response));
  if (status == 410) return outcome(Kind::gone, "HTTP 410: the receiver wants no more events");
  if (status == 408 || status == 425 || status == 429 || status / 100 == 5)
    return later(response, now);
  return outcome(Kind::rejected, "HTTP " + std::to_string(status));
}

}  // namespace handshaked::emit
