#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/network_source.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// Reads the keys that all listening sources share, `section` being the name of the table and of its first source without a
/// name. `names`: of the sources before it. `has_token`: the source asks senders for a secret, which lets it listen beyond
/// loopback as an `allow` list, client certificates and `open_to_all` do.
void read_network_source(TableReader& table, std::string_view section, NetworkSource& source, std::vector<std::string>& names,
                         bool has_token = false);

/// Gives a source that says no name its section's, with a number behind it where that is taken. No two have one name: positions and
/// counters go by it. `names`: of the sources before it; it joins them.
void name_source(TableReader& table, std::string_view section, std::string& name, std::vector<std::string>& names);

}  // namespace handshaked::config
