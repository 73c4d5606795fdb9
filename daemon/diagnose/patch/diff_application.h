#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "nginx/configuration/configuration_file.h"

namespace handshaked::diagnose {

/// What a diff makes of one file.
struct DiffedFile {
  bool is_new = false;
  std::string before, after;
};

/// Applies a unified diff as unified_diff() writes it, by absolute path: strictly, without fuzz or
/// offset. Files are read through `files`. Nothing is written. invalid_input when it is no such
/// diff, or does not fit the files as they are now: which file and line.
Result<std::map<std::string, DiffedFile>> apply_unified_diff(
    std::string_view diff, const nginx::ConfigurationFiles& files);

}  // namespace handshaked::diagnose
