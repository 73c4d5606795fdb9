#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

struct LoadedConfig {
  Config config;
  std::vector<ConfigProblem> problems;  ///< every one; a configuration with any is not to be used
};

/// The default place.
inline constexpr std::string_view kDefaultFile = "/etc/handshaked/handshaked.toml";

/// Reads FILE and then `conf.d/*.toml` beside it, in the order of their names. A drop-in adds
/// sources and receivers, and overrides single values. A missing default file is no problem: then
/// the built-in configuration holds (nginx's usual logs, events to syslog). Unknown and duplicate
/// keys, wrong types and values are problems with line and column.
LoadedConfig load_config(const std::string& file, bool file_must_exist);
/// The one that an operator named with --config; empty: the default one, if it exists.
LoadedConfig load_named_config(const std::string& named);

/// The same for text, without drop-ins.
void read_config(std::string_view toml, const std::string& file, LoadedConfig& loaded);

}  // namespace handshaked::config
