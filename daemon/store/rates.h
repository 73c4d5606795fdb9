#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"

namespace handshaked::store {

class Database;

/// How often incidents were seen, as it is kept: by the minute, and by the hour. A view of the
/// Database, which it borrows and whose thread it keeps to. Times are seconds since 1970 UTC; what
/// is not there is nought.
class Rates {
 public:
  enum class Step : std::int64_t { minute = 60, hour = 3600 };
  using Points = std::vector<std::pair<std::int64_t, std::uint64_t>>;  ///< begin and count, by time

  /// How many lines of an incident came in one minute, or in a part of it.
  struct Row {
    std::string incident_id;
    std::int64_t minute = 0;  ///< since 1970 UTC
    std::uint64_t count = 0;
  };

  explicit Rates(Database& database) : database_(database) {}

  /// In a transaction of its own: what is there of a minute grows. For rows whose incidents are
  /// committed; others are left out.
  Result<> record(const std::vector<Row>& rows);

  Result<Points> of_incident(const std::string& incident_id, Step step, std::int64_t since);
  /// The counts of each incident in `parts` equal parts of the time from `since` to `until`, from
  /// its minutes.
  Result<std::unordered_map<std::string, std::vector<std::uint64_t>>> sparklines(
      const std::vector<std::string>& incident_ids, std::int64_t since, std::int64_t until,
      std::size_t parts);
  /// Of all incidents together, in spans of `bucket` seconds.
  Result<Points> totals(Step step, std::int64_t since, std::int64_t bucket);

 private:
  Database& database_;
};

}  // namespace handshaked::store
