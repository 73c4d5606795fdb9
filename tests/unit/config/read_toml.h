#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "config/config_file.h"

// Short ways to read a configuration out of a test's text.
namespace handshaked::config {

inline LoadedConfig read(std::string_view toml) {
  LoadedConfig loaded;
  read_config(toml, "test.toml", loaded);
  return loaded;
}

/// The only problem that `toml` has.
inline std::string problem(std::string_view toml) {
  const LoadedConfig loaded = read(toml);
  EXPECT_EQ(loaded.problems.size(), 1U) << toml;
  return loaded.problems.empty() ? "" : loaded.problems.front().message();
}

}  // namespace handshaked::config
