#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace handshaked::diagnose {

/// How something is renewed, as far as it was seen here.
struct RenewalRhythm {
  std::size_t renewals = 0;  ///< seen
  Duration every{};          ///< the longest time between two issues
  Time due{};                ///< when the next was to be expected
  /// Later than this is late: a tenth of the rhythm, at most three days.
  Time late_from{};
};

/// Learns from each certificate (revocation list, stapled answer) that takes the place of another
/// one when the next is due. By its own dates, so it does not matter when somebody looked. A value
/// that the store keeps as text; bounded.
class RenewalBook {
 public:
  static constexpr std::size_t kMostSlots =
      4096;  ///< those that were not seen for longest are forgotten first
  static constexpr std::size_t kKeptIssues = 5;
  static constexpr std::size_t kEnough = 2;  ///< renewals, to call it a rhythm

  /// What is in this slot now, and when it was issued.
  void note(const std::string& slot, const std::string& subject, Time issued_at, Time now);
  /// nullopt: it was not renewed often enough.
  std::optional<RenewalRhythm> rhythm(std::string_view slot) const;

  std::string to_json() const;
  static Result<RenewalBook> from_json(std::string_view json);
  std::size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    std::string subject;       ///< what is in it
    std::vector<Time> issued;  ///< of the last ones, oldest first
    Time seen_at{};
  };
  void forget_oldest();
  std::map<std::string, Slot, std::less<>> slots_;
};

}  // namespace handshaked::diagnose
