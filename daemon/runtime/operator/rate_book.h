#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "correlate/correlator.h"
#include "store/rates.h"

namespace handshaked::runtime {

/// Counts the lines of each incident by the minute, for the store: while lines come it looks at what has changed only. It holds a number
/// for each live incident. Loop thread only.
class RateBook {
 public:
  void note(const std::vector<correlate::IncidentChange>& changes, Time now);
  /// What came in the minutes that are over by `now`; empty within the same minute.
  std::vector<store::Rates::Row> take(Time now);

 private:
  struct Counted {
    std::uint64_t before = 0;  ///< lines until the minute began
    std::uint64_t now = 0;
  };
  std::unordered_map<std::string, Counted> counts_;  ///< of live incidents that were seen since the start
  std::int64_t minute_ = 0;                          ///< under way
};

}  // namespace handshaked::runtime
