#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "correlate/correlator.h"
#include "store/rates.h"

namespace handshaked::runtime {

/// Counts the lines of each incident by the minute in which they were written, for the store. Live
/// lines count as written now; what was written before the daemon came counts in its own time. It
/// holds what was not handed over yet: few numbers, often; many, once a minute or when they are too
/// many. Loop thread only.
class RateBook {
 public:
  /// What a reader found, after the correlator has taken it in.
  void note(const correlate::FailureBatch& batch, const correlate::Correlator& correlator);
  /// What edges report: only how often in all is known.
  void note(const std::vector<correlate::IncidentChange>& changes, Time now);
  /// What is due to be kept; the rest of a minute that is handed over now may follow.
  std::vector<store::Rates::Row> take(Time now);
  /// When take() has something again, if nothing is noted meanwhile.
  std::optional<Time> next_due() const;

 private:
  using Minutes = std::vector<std::pair<std::int64_t, std::uint64_t>>;  ///< and lines; by incident
                                                                        ///< few at a time

  void count(const std::string& incident_id, Time at, std::uint64_t lines);
  Duration patience() const;

  std::unordered_map<std::string, Minutes> pending_;
  std::size_t rows_ = 0;  ///< in pending_
  Time taken_at_{};
  std::unordered_map<std::string, std::uint64_t>
      reported_;  ///< of live incidents of edges: lines that were noted
};

}  // namespace handshaked::runtime
