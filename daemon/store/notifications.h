#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/commit.h"

namespace handshaked::store {

class Database;

/// A silence as it is kept; `state_json` is notify's.
struct SilenceRow {
  std::string id;
  Time ends_at{};
  std::string state_json;
};

/// What notification has to remember beside the incidents: what each receiver was told, diagnoses,
/// silences. Told states and diagnoses are written through Database::apply, and go with their
/// incident. A view of the Database, which it borrows and whose thread it keeps to.
class Notifications {
 public:
  explicit Notifications(Database& database) : database_(database) {}

  /// All told states: of incidents that are open, or whose end somebody has to hear of.
  Result<std::vector<ToldRow>> load_told();
  /// The same, one by one.
  Result<> visit_told(const std::function<void(const ToldRow&)>& visit);
  /// Diagnoses of open incidents, and of those in load_told().
  Result<std::vector<DiagnosisRow>> load_diagnoses();
  Result<std::string> find_diagnosis(const std::string& incident_id);  ///< empty: there is none

  Result<std::vector<SilenceRow>> load_silences();
  Result<> save_silence(const SilenceRow& row);
  /// Those that ended before `before` go.
  Result<> forget_silences(Time before);

 private:
  Database& database_;
};

}  // namespace handshaked::store
