#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "nginx/configuration/configuration.h"

namespace handshaked::nginx {

/// Builds a Configuration: one use, one thread. Recursion is bounded by the limits on include and
/// block depth.
class ConfigurationReader {
 public:
  ConfigurationReader(const ConfigurationFiles& files, const ConfigurationOptions& options)
      : source_(files), limits_(options.limits), left_out_(options.left_out) {}

  Result<Configuration> read(const std::string& path, const std::string& prefix);

 private:
  struct OpenFile;

  /// True when it ended at the '}' of the parent's own block.
  bool read_statements(OpenFile& file, Directive& parent, std::size_t depth);
  void read_block(OpenFile& file, Directive& directive, std::size_t depth);
  void read_include(const Directive& include, Directive& parent, std::size_t depth);
  void read_included_file(const Directive& include, const std::string& path, Directive& parent,
                          std::size_t depth);
  static Directive make_directive(const OpenFile& file, Statement& statement);
  Result<const SourceFile*> source_file(const std::string& path);
  void take_problems(OpenFile& file);
  static void index_block(Directive& directive);
  void report(const std::string& file, std::uint32_t line, std::string reason);

  const ConfigurationFiles& source_;
  const ConfigurationLimits limits_;
  const std::function<std::size_t(const Directive& block)>& left_out_;
  Configuration configuration_;
  std::unordered_map<std::string, const SourceFile*> by_path_;
  std::vector<std::string> open_paths_;
  std::size_t total_bytes_ = 0, includes_ = 0, words_ = 0;
  bool is_full_ = false;
};

}  // namespace handshaked::nginx
