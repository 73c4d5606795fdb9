#include "config/sections/sections.h"

namespace handshaked::config {
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
  name_source(table, "journal", source.name, config.network_names);
  config.journals.push_back(std::move(source));
}

}  // namespace handshaked::config
