#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace handshaked::runtime {

/// Incidents that wait for their diagnosis, in an order that finds each cause of a storm soon: of
/// the rule that was begun least the place that was begun least, and of equals any one, since a
/// storm comes in the order of its causes. Pure. Not shared between threads.
class DiagnosisQueue {
 public:
  /// `place`: incidents that may have one cause because they are judged by the same part of the
  /// configuration. Again: nothing.
  void add(const std::string& incident, const std::string& rule, const std::string& place);
  void remove(const std::string& incident) { waiting_.erase(incident); }
  void clear() { waiting_.clear(); }

  /// The next one, which waits no more.
  std::optional<std::string> take();

  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Kin {
    std::string rule, place;
  };
  std::unordered_map<std::string, Kin> waiting_;  ///< by incident
  std::map<std::string, std::size_t, std::less<>>
      begun_;                ///< by rule, and by rule and place, since it was empty last
  std::minstd_rand random_;  ///< seeded alike each time: a storm that is repeated is told alike
};

}  // namespace handshaked::runtime
