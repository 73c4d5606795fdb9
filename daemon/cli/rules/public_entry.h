#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "match/knowledge.h"
#include "match/rule.h"

namespace handshaked::cli {

/// A rule as one public entry (flat shape): its file, with the workarounds and dead ends of its
/// causes beside its own, likeliest first, each action once, and directives of the family that its
/// lines are about. Compact JSON; fields that we do not know stay.
std::string public_entry(const match::Rule& rule, const match::Knowledge& knowledge);

/// A public entry of either shape in our form, and what is doubtful about it.
struct ImportedEntry {
  std::string id;
  std::string json;  ///< compact; empty when the entry cannot be used at all
  std::vector<std::string> warnings;
};

/// Reads one entry or an array of them. The nested shape ("error", "verdict", "transition_graph")
/// is flattened. Nothing is lost: members that have no place in our form are kept as they are. An
/// entry stays without "side", so that it goes on being searched for anywhere in a message and
/// never opens an incident, until somebody has read it and adds one. `name` stands in warnings.
std::vector<ImportedEntry> import_entries(std::string_view json, const std::string& name);

/// Lines of ordinary programs, none of which a rule about nginx's TLS should match.
const std::vector<std::string_view>& lines_of_other_programs();

}  // namespace handshaked::cli
