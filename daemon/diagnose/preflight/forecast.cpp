#include "diagnose/preflight/forecast.h"

#include <algorithm>

namespace handshaked::diagnose {

std::string_view to_string(Outlook outlook) {
  switch (outlook) {
    case Outlook::unaffected: return "unaffected";
    case Outlook::works: return "still_works";
    case Outlook::cured: return "cured";
    case Outlook::weakens: return "weakens";
    case Outlook::broken_already: return "broken_already";
    case Outlook::cannot_tell: return "cannot_tell";
    case Outlook::breaks: return "breaks";
  }
  return "cannot_tell";
}

std::string_view to_string(Rollout rollout) {
  switch (rollout) {
    case Rollout::first: return "before_the_change";
    case Rollout::together: return "with_the_change";
    case Rollout::elsewhere: return "by_others_before_the_change";
  }
  return "with_the_change";
}

std::size_t PreflightReport::count(Outlook outlook) const {
  if (outlook == Outlook::unaffected) return unaffected;
  return static_cast<std::size_t>(
      std::count_if(places.begin(), places.end(),
                    [outlook](const Forecast& one) { return one.outlook == outlook; }));
}

bool PreflightReport::has(Outlook outlook) const { return count(outlook) > 0; }

}  // namespace handshaked::diagnose
