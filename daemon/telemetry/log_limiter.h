#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::telemetry {

/// Lets a class of messages through until there are too many of them in one interval, and counts
/// the rest. Not thread-safe.
class LogLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Options {
    std::uint64_t burst = 20;           ///< of one class in one interval
    std::chrono::seconds interval{30};  ///< begins with the first message of a class
    std::size_t most_classes = 1024;    ///< what is more shares one class
  };

  /// What was held back of one class.
  struct Held {
    int level = 0;     ///< of the last message
    std::string text;  ///< the last one
    std::uint64_t count = 0;
  };

  LogLimiter() : LogLimiter(Options()) {}
  explicit LogLimiter(Options options) : options_(options) {}

  /// May this be said? If not it is counted. `level` means something to the caller alone.
  bool may_say(std::string_view message_class, int level, std::string_view text, Time now);
  /// Of classes whose interval is over, or of `all`; they begin anew.
  std::vector<Held> take_held(Time now, bool all = false);

 private:
  struct Class {
    Time begun;
    std::uint64_t said = 0;
    Held held;
  };

  Class& class_of(std::string_view message_class, Time now);

  Options options_;
  std::map<std::string, Class, std::less<>> classes_;
};

}  // namespace handshaked::telemetry
