#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/optional_time.h"

namespace handshaked::correlate {

/// A host on which a fault is, or was. Times as its own daemon tells them.
struct AffectedHost {
  std::string host;
  std::string cause;  ///< as found out there; empty: the line alone
  Time since{};
  OptionalTime until;  ///< empty: it goes on
  std::uint64_t count = 0;
};

/// A fact in which every affected host differs from every other one: an OpenSSL, the bytes of a CA
/// bundle, when nginx was reloaded last.
struct FactDifference {
  std::string fact;
  std::vector<std::string> affected, others;  ///< at most kMostValues
};

/// On which hosts of a fleet one fault is, and what tells them from the others. A value, bounded.
struct FleetSpread {
  static constexpr std::size_t kMostHosts = 64;
  static constexpr std::size_t kMostDifferences = 8;
  static constexpr std::size_t kMostValues = 4;
  static constexpr std::size_t kMostLabels = 64;

  std::size_t edges = 0;            ///< all that report to us
  std::size_t affected = 0;         ///< on so many it goes on
  std::size_t ended = 0;            ///< on so many it is over
  Time taken_at{};                  ///< when this was so
  std::vector<AffectedHost> hosts;  ///< where it goes on first, then by since when
  std::vector<FactDifference> differences;
  std::vector<std::string> labels;  ///< "site=fra", of affected hosts
};

}  // namespace handshaked::correlate
