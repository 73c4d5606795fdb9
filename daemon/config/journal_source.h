#pragma once

#include <string>
#include <vector>

namespace handshaked::config {

/// [[journal]]: the systemd journal of this host, or journal files of others.
struct JournalSource {
  std::string name;
  std::vector<std::string> units{"nginx.service"};  ///< whose entries are read; a name of the journal's field _SYSTEMD_UNIT
  std::vector<std::string> identifiers;             ///< of containers and other programs: SYSLOG_IDENTIFIER. Whoever may log can take any
  std::string directory;                            ///< empty: this host's journal
  std::string time_zone = "local";
  std::string host;         ///< of entries that name none
  bool from_start = false;  ///< what is there at the first start, too

  bool operator==(const JournalSource&) const = default;
};

}  // namespace handshaked::config
