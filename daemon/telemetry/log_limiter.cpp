#include "telemetry/log_limiter.h"

#include <utility>

#include "base/text/utf8.h"

namespace handshaked::telemetry {
namespace {

constexpr std::size_t kLongestExample = 200;  // bytes of a message that was held back

}  // namespace

bool LogLimiter::may_say(std::string_view message_class, int level, std::string_view text,
                         Time now) {
  Class& known = class_of(message_class, now);
  // What was held back waits for take_held(): it is never forgotten by a new interval.
  if (now - known.begun >= options_.interval && known.held.count == 0)
    known = {.begun = now, .said = 0, .held = {}};
  if (known.held.count == 0 && known.said < options_.burst) {
    ++known.said;
    return true;
  }
  known.held.level = level;
  known.held.text = utf8_prefix(text, kLongestExample);
  ++known.held.count;
  return false;
}

std::vector<LogLimiter::Held> LogLimiter::take_held(Time now, bool all) {
  std::vector<Held> held;
  for (auto at = classes_.begin(); at != classes_.end();) {
    const bool is_over = all || now - at->second.begun >= options_.interval;
    if (is_over && at->second.held.count > 0) held.push_back(std::move(at->second.held));
    at = is_over ? classes_.erase(at) : std::next(at);
  }
  return held;
}

LogLimiter::Class& LogLimiter::class_of(std::string_view message_class, Time now) {
  const Class fresh{.begun = now, .said = 0, .held = {}};
  if (const auto known = classes_.find(message_class); known != classes_.end())
    return known->second;
  const bool is_full = classes_.size() >= options_.most_classes;
  return classes_.emplace(is_full ? std::string() : std::string(message_class), fresh)
      .first->second;
}

}  // namespace handshaked::telemetry
