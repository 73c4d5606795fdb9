#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nginx/configuration/configuration_file.h"

namespace handshaked::diagnose {

/// Files of another place than nginx's own: a checkout, or what was collected from a host. What
/// nginx finds under `prefix` lies in `directory`; the longest prefix counts, and what lies under
/// none is not there. Immutable.
class RootedFiles final : public nginx::ConfigurationFiles {
 public:
  struct Root {
    std::string prefix;     ///< absolute, without a '/' at its end; empty: everything
    std::string directory;  ///< as the operator wrote it
  };
  /// No roots: the disk as it is.
  explicit RootedFiles(std::vector<Root> roots);

  Result<std::string> read(const std::string& path, std::size_t most_bytes) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  std::string real_path(const std::string& path) const override;

  /// Where a file of nginx's really lies here: "nginx/conf.d/a.conf" for
  /// "/etc/nginx/conf.d/a.conf". Empty: under no root.
  std::string here(const std::string& path) const;
  /// The other way round: what nginx calls a file of this place. The path itself when it lies in no
  /// directory of a root.
  std::string there(const std::string& path) const;

 private:
  std::vector<Root> roots_;  ///< the longest prefix first
  nginx::DiskFiles disk_;
};

/// Files as they will be: the planned ones from memory, all others from below.
class PlannedFiles final : public nginx::ConfigurationFiles {
 public:
  explicit PlannedFiles(const nginx::ConfigurationFiles& below) : below_(below) {}
  explicit PlannedFiles(std::shared_ptr<const nginx::ConfigurationFiles> below)
      : kept_(std::move(below)), below_(*kept_) {}
  /// Known by its real path from then on, whether it is there now or not.
  void put(const std::string& path, std::string text);
  bool is_planned(const std::string& path) const;

  Result<std::string> read(const std::string& path, std::size_t most_bytes) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  std::string real_path(const std::string& path) const override { return below_.real_path(path); }

 private:
  std::shared_ptr<const nginx::ConfigurationFiles> kept_;  ///< null: borrowed
  const nginx::ConfigurationFiles& below_;
  std::map<std::string, std::string> planned_;  ///< by real path
};

/// The output of `nginx -T` over the files beside it: what the dump holds counts.
class DumpedFiles final : public nginx::ConfigurationFiles {
 public:
  DumpedFiles(nginx::MemoryFiles dump, std::shared_ptr<const nginx::ConfigurationFiles> below)
      : dump_(std::move(dump)), below_(std::move(below)) {}

  Result<std::string> read(const std::string& path, std::size_t most_bytes) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  std::string real_path(const std::string& path) const override;

 private:
  nginx::MemoryFiles dump_;
  std::shared_ptr<const nginx::ConfigurationFiles> below_;
};

}  // namespace handshaked::diagnose
