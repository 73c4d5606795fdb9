#include "runtime/diagnosis/fix_rates.h"

#include <algorithm>

#include "nginx/configuration/configuration_file.h"

namespace handshaked::runtime {
namespace {

constexpr std::size_t kMaxFileBytes = 16U << 20;

/// What stands in the file where the change was to be made.
bool is_in_place(const diagnose::Change& change) {
  if (change.after.empty()) return false;
  const auto text = nginx::DiskFiles().read(change.file, kMaxFileBytes);
  if (!text) return false;
  const bool was_there = !change.before.empty() && change.before != change.after &&
                         text.value().find(change.before) != std::string::npos;
  return !was_there && text.value().find(change.after) != std::string::npos;
}

}  // namespace

void FixRates::count(const std::string& cause, const std::string& fix_id, Outcome outcome) {
  Outcome& sum = outcomes_[{cause, fix_id}];
  sum.worked += outcome.worked;
  sum.failed += outcome.failed;
}

void FixRates::update(diagnose::Diagnosis& diagnosis) const {
  for (diagnose::Fix& fix : diagnosis.fixes) {
    const auto seen = outcomes_.find({diagnosis.cause, fix.id});
    if (seen == outcomes_.end()) continue;
    const auto worked = static_cast<double>(seen->second.worked);
    const auto failed = static_cast<double>(seen->second.failed);
    const double weight =
        std::clamp(static_cast<double>(fix.evidence_count), kLeastPriorWeight, kPriorWeight);
    fix.success_rate = (fix.success_rate * weight + worked) / (weight + worked + failed);
    fix.evidence_count += static_cast<long>(seen->second.worked + seen->second.failed);
  }
}

const diagnose::Fix* fix_that_was_made(const diagnose::Diagnosis& diagnosis) {
  const auto made =
      std::find_if(diagnosis.fixes.begin(), diagnosis.fixes.end(), [](const diagnose::Fix& fix) {
        return !fix.changes.empty() &&
               std::all_of(fix.changes.begin(), fix.changes.end(), is_in_place);
      });
  return made == diagnosis.fixes.end() ? nullptr : &*made;
}

}  // namespace handshaked::runtime
