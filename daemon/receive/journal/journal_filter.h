#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::receive {

/// Whose journal entries are read. A unit is what systemd itself says about the writer (_SYSTEMD_UNIT); an identifier is what the
/// writer says about itself, so any local user can write under it.
struct JournalFilter {
  std::vector<std::string> units{"nginx.service"};
  std::vector<std::string> identifiers;

  bool accepts(std::string_view unit, std::string_view identifier) const {
    return std::find(units.begin(), units.end(), unit) != units.end() ||
           std::find(identifiers.begin(), identifiers.end(), identifier) != identifiers.end();
  }
};

}  // namespace handshaked::receive
