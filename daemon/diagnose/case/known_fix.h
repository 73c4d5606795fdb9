#pragma once

#include <string_view>

#include "diagnose/diagnosis.h"
#include "match/knowledge.h"

namespace handshaked::diagnose {

/// The fix that the knowledge base has under this id for a cause: its texts, owner and rates,
/// nothing tried yet. For a diagnosis that adds what only this host knows: file, line, patch,
/// proof. A fix with nothing but its id when the knowledge base has none. `scheme` decides what
/// {family} becomes.
Fix known_fix(std::string_view cause, std::string_view id, std::string_view scheme,
              const match::Knowledge& knowledge);

}  // namespace handshaked::diagnose
