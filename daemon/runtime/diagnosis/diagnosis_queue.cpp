#include "runtime/diagnosis/diagnosis_queue.h"

#include <algorithm>
#include <utility>

namespace handshaked::runtime {

void DiagnosisQueue::add(const std::string& incident, const std::string& rule,
                         const std::string& place) {
  if (waiting_.empty()) begun_.clear();
  waiting_.try_emplace(incident, Kin{.rule = rule, .place = rule + '\n' + place});
}

std::optional<std::string> DiagnosisQueue::take() {
  using Begun = std::pair<std::size_t, std::size_t>;
  const auto begun = [this](const std::string& whose) {
    const auto found = begun_.find(whose);
    return found == begun_.end() ? std::size_t{0} : found->second;
  };
  std::optional<Begun> least;
  std::vector<std::string_view> equals;
  for (const auto& [incident, kin] : waiting_) {
    const Begun its{begun(kin.rule), begun(kin.place)};
    if (least && *least < its) continue;
    if (!least || its < *least) equals.clear();
    least = its;
    equals.push_back(incident);
  }
  if (equals.empty()) return std::nullopt;
  std::sort(equals.begin(), equals.end());  // no order of a hash table in it
  std::string chosen(equals[random_() % equals.size()]);
  const auto kin = waiting_.extract(chosen);
  ++begun_[kin.mapped().rule];
  ++begun_[kin.mapped().place];
  return chosen;
}

}  // namespace handshaked::runtime
