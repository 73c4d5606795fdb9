#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace handshaked::nginx {

/// One file of a configuration, kept as it was read, so that a patch can be made from byte offsets.
struct SourceFile {
  std::string path;
  std::string text;
};

/// Where the text of a configuration comes from. The only part of this folder that knows about
/// disks.
class ConfigurationFiles {
 public:
  virtual ~ConfigurationFiles() = default;
  /// The whole file. Fails with not_found, permission_denied, io, and with limit_exceeded above
  /// `most_bytes`.
  virtual Result<std::string> read(const std::string& path, std::size_t most_bytes) const = 0;
  /// The files that match a glob pattern, in the order of their bytes, as glob(3) gives them to
  /// nginx. None is no error.
  virtual std::vector<std::string> glob(const std::string& pattern) const = 0;
  /// The path without symbolic links, "." and "..": two names of one file become equal. As far as
  /// it exists; else the rest as it is.
  virtual std::string real_path(const std::string& path) const;
};

/// The disk of this host. Only regular files are opened: a pipe or a device never blocks us.
class DiskFiles final : public ConfigurationFiles {
 public:
  Result<std::string> read(const std::string& path, std::size_t most_bytes) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  std::string real_path(const std::string& path) const override;
};

/// Files in memory, by path.
class MemoryFiles : public ConfigurationFiles {
 public:
  void add(std::string path, std::string text) {
    files_.insert_or_assign(std::move(path), std::move(text));
  }
  bool holds(const std::string& path) const { return files_.contains(path); }
  bool empty() const { return files_.empty(); }
  Result<std::string> read(const std::string& path, std::size_t most_bytes) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;

 private:
  std::map<std::string, std::string> files_;
};

/// What `nginx -T` prints: "# configuration file /path:" and the file's bytes, for every file that
/// was read.
struct ConfigurationDump {
  std::string main_path;  ///< the first file: nginx.conf
  MemoryFiles files;
};

/// Takes a dump apart; text before the first header ("nginx: the configuration file … syntax is
/// ok") is skipped. A header inside a file's own text is told apart only by a path that is not
/// absolute or was there before. Fails with invalid_input without a header.
Result<ConfigurationDump> read_dump(std::string_view dump);

}  // namespace handshaked::nginx
