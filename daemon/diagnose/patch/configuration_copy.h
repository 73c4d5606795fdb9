#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "nginx/configuration/configuration.h"

namespace handshaked::diagnose {

/// A configuration copied to a directory of its own, which goes with it. Readable by us alone. Not
/// copied; one thread.
class ConfigurationCopy {
 public:
  /// `changed`: texts by real path; those that the configuration includes are in `configuration`
  /// already. io when it cannot be written.
  static Result<ConfigurationCopy> create(const nginx::Configuration& configuration,
                                          const nginx::ConfigurationFiles& files,
                                          const std::map<std::string, std::string>& changed);
  ConfigurationCopy(ConfigurationCopy&& other) noexcept;
  ConfigurationCopy& operator=(ConfigurationCopy&&) = delete;
  ~ConfigurationCopy();

  const std::string& main_path() const { return main_path_; }
  const std::string& pid_path() const { return pid_path_; }
  bool sets_pid() const { return sets_pid_; }
  /// A text that names files of the copy, with the names of the real ones.
  std::string with_real_paths(std::string text) const;

 private:
  ConfigurationCopy() = default;
  std::string directory_, main_path_, pid_path_;
  bool sets_pid_ = false;
  std::vector<std::pair<std::string, std::string>>
      real_paths_;  ///< of each copy, longest copies first
};

}  // namespace handshaked::diagnose
