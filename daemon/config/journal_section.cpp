#include "config/journal_section.h"

#include <algorithm>

namespace handshaked::config {
namespace {

/// A name that is taken makes room for nobody: positions and counters go by it.
void name_journal(TableReader& table, JournalSource& source, std::vector<std::string>& names) {
  const auto is_taken = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  if (source.name.empty()) {
    source.name = "journal";
    for (int number = 2; is_taken(source.name); ++number) source.name = "journal-" + std::to_string(number);
  } else if (source.name.starts_with('/')) {
    table.complain_about("name", "a name that begins with a slash looks like a file's");
  } else if (is_taken(source.name)) {
    table.complain_about("name", "two sources are named \"" + source.name + "\"; give each a name of its own");
  }
  names.push_back(source.name);
}

}  // namespace

void read_journal(TableReader& table, Config& config) {
  JournalSource source;
  table.text("name", source.name);
  table.texts("units", source.units);
  table.texts("identifiers", source.identifiers);
  table.text("directory", source.directory);
  table.text("time_zone", source.time_zone);
  table.text("host", source.host);
  table.flag("from_start", source.from_start);
  if (source.units.empty() && source.identifiers.empty()) table.complain("a [[journal]] needs units or identifiers");
  name_journal(table, source, config.network_names);
  config.journals.push_back(std::move(source));
}

}  // namespace handshaked::config
