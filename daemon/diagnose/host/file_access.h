#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "diagnose/case/text.h"

namespace handshaked::diagnose {

/// Who wants to read: a user with all groups that it is in.
struct Reader {
  std::string name;
  uid_t user = 0;
  std::vector<gid_t> groups;  ///< the primary one among them
};

/// This process.
Reader this_process();
/// A user of the system, with the groups of the user database and those named beside
/// (SupplementaryGroups= of a service). nullopt: there is no such user.
std::optional<Reader> reader_named(const std::string& user,
                                   const std::vector<std::string>& more_groups);

/// Why a reader cannot read a file, as far as owner, group and mode tell; nothing when it can, or
/// when there is no such file. Access control lists and the sandbox of a service are not seen:
/// `is_sure` is false where the file or a directory above it has a list.
struct AccessProblem {
  std::string at;  ///< the file, or the directory above it that may not be searched
  Text text;    ///< "/var/log/nginx belongs to root:adm, mode 0750: handshaked may not search it"
  Text remedy;  ///< "add handshaked to the group adm (usermod -aG adm handshaked) and restart it"
  bool is_sure = true;
};
std::optional<AccessProblem> access_problem(const std::string& path, const Reader& reader);

}  // namespace handshaked::diagnose
