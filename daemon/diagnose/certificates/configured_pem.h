#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "diagnose/certificates/pem_bundle.h"
#include "nginx/configuration/configuration.h"

namespace handshaked::diagnose {

/// The content of a PEM file as the configuration's files have it: from the disk, or as a patch
/// would leave it. Fails as ConfigurationFiles::read does.
Result<PemBundle> read_configured_pem(const nginx::ConfigurationFiles& files,
                                      const std::string& path);

/// The directory of a path, with its '/'.
std::string directory_of(std::string_view path);

/// The files that stand in the directories of these paths, each once, in order, without the paths
/// themselves; at most `most`.
std::vector<std::string> files_beside(const nginx::ConfigurationFiles& files,
                                      const std::vector<std::string>& paths,
                                      std::size_t most = 256);

}  // namespace handshaked::diagnose
