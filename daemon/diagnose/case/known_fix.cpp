#include "diagnose/case/known_fix.h"

#include <algorithm>
#include <utility>

#include "diagnose/case/candidate_diagnosis.h"

namespace handshaked::diagnose {

Fix known_fix(std::string_view cause, std::string_view id, std::string_view scheme,
              const match::Knowledge& knowledge) {
  Diagnosis advice;
  add_known_advice(advice, cause, scheme, knowledge, {});
  const auto found = std::find_if(advice.fixes.begin(), advice.fixes.end(),
                                  [&](const Fix& fix) { return fix.id == id; });
  if (found != advice.fixes.end()) return std::move(*found);
  Fix fix;
  fix.id = id;
  return fix;
}

}  // namespace handshaked::diagnose
