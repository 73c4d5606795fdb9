#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "notify/matcher.h"

namespace handshaked::notify {

/// "Be quiet about this for a while": by an operator's hand, with an end.
struct Silence {
  std::string id;  ///< "sil-" and 8 hexadecimal digits
  std::vector<Matcher> matchers;
  Time starts_at{}, ends_at{};
  Time created_at{};
  std::string created_by, comment;

  bool is_active(Time now) const { return starts_at <= now && now < ends_at; }
};

/// JSON for the store, and back.
std::string to_json(const Silence& silence);
Result<Silence> silence_from_json(std::string_view json);

/// All silences that are not over. Bounded. Pure: time is an argument. Not shared between threads.
class SilenceBook {
 public:
  static constexpr std::size_t kMost = 1000;
  static constexpr auto kLongest = std::chrono::days(366);

  /// A silence from the store.
  void restore(Silence silence);
  /// Gives it an id. Fails with invalid_input for one that matches everything, has ended already or
  /// is too long; with limit_exceeded when there are too many.
  Result<Silence> add(Silence silence, Time now);
  /// Ends it at once; nullopt when there is none of this id, or it is over.
  std::optional<Silence> expire(std::string_view id, Time now);

  /// The ids of those that silence `incident` now.
  std::vector<std::string> silencing(const correlate::Incident& incident, Time now) const;
  /// When the next one begins or ends.
  std::optional<Time> next_change(Time now) const;
  /// By id, those that are over included until the next forget().
  std::vector<Silence> list() const;
  /// Drops what ended before `now`.
  void forget_ended(Time now);

 private:
  std::map<std::string, Silence, std::less<>> silences_;
  std::uint64_t added_ = 0;
};

}  // namespace handshaked::notify
