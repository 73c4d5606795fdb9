#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/configuration/configuration_file.h"
#include "nginx/configuration/configuration_lexer.h"

namespace handshaked::nginx {

/// One directive as it stands in a file. Included directives stand in their block right behind
/// their `include`, so that a block reads as nginx sees it; `file` says where each comes from. A
/// snippet included twice is there twice. Lives as long as its Configuration and never moves.
struct Directive {
  std::string name;
  std::vector<Word> arguments;
  const SourceFile* file = nullptr;
  std::uint32_t line = 0;    ///< of the name, from 1
  std::uint32_t column = 0;  ///< of the name, bytes from 1
  ByteSpan raw;              ///< from the name to behind the ';' or the closing '}'
  ByteSpan name_raw;
  bool has_block = false;
  bool is_lua = false;  ///< the block is Lua: `body` says where, `block` is empty
  ByteSpan body;        ///< with a block: from behind '{' to the '}'
  std::list<Directive> block;
  const Directive* parent =
      nullptr;  ///< the directive whose block this stands in; nullptr: the main level
  const Directive* included_by =
      nullptr;  ///< the `include` that brought this file in; nullptr: the main file

  /// "argument(0)" is what follows the name; empty when there is none.
  std::string_view argument(std::size_t index) const;
  bool is(std::string_view wanted) const { return name == wanted; }
  /// Every directive of that name that stands directly in the block, in nginx's order.
  std::span<const Directive* const> find(std::string_view wanted) const;
  const Directive* find_first(std::string_view wanted) const;

  std::vector<const Directive*>
      by_name;  ///< the block, sorted by name, then order; what find() searches
};

/// What nginx would refuse, or what could not be read. Never stops the rest.
struct ConfigurationProblem {
  std::string file;
  std::uint32_t line = 0;  ///< from 1; 0: the file as a whole
  std::string reason;

  std::string message() const;  ///< "/etc/nginx/nginx.conf:12: unexpected "}""
};

struct ConfigurationLimits {
  std::size_t file_bytes = 16u << 20;
  std::size_t total_bytes = 64u << 20;
  std::size_t includes = 50'000;  ///< files read, repetitions counted
  std::size_t include_depth = 32;
  std::size_t block_depth = 64;
  std::size_t words = 3'000'000;
  std::size_t problems = 2'000;
};

/// Which file is a relative path of a directive relative to? (ngx_conf_full_name)
enum class PathBase : std::uint8_t {
  configuration,  ///< the directory of nginx.conf: include, every *certificate*, *crl,
                  ///< *password_file, *dhparam, *ticket_key
  prefix,         ///< `-p` or the built-in prefix: error_log, access_log, pid, root
};

struct ConfigurationOptions {
  /// `-p` or --prefix; empty: the directory of nginx.conf. Ends in '/' or not.
  std::string prefix;
  ConfigurationLimits limits;
  /// Asked about every block: how many bytes from behind its '{' to behind its '}' need not be
  /// read; 0: read it. What is left out stands there as an empty block. Empty: everything is read.
  std::function<std::size_t(const Directive& block)> left_out{};
};

/// A configuration as nginx reads it: one tree of directives, the text of its files, and everything
/// that is wrong with it. Immutable once read; may be shared by threads. Reading is synchronous:
/// time and memory are bounded by the limits.
class Configuration {
 public:
  /// Reads nginx.conf at `path` and what it includes. A relative path is relative to the prefix, as
  /// with `-c`, or to the working directory when no prefix is given. Fails only when that first
  /// file cannot be read.
  static Result<Configuration> load(const std::string& path, const ConfigurationFiles& files,
                                    const ConfigurationOptions& options = {});
  static Result<Configuration> load(const std::string& path,
                                    const ConfigurationOptions& options = {});
  /// The same from the output of `nginx -T`. The prefix is not in it.
  static Result<Configuration> from_dump(std::string_view dump,
                                         const ConfigurationOptions& options = {});

  Configuration(Configuration&&) = default;
  Configuration& operator=(Configuration&&) = default;

  /// The main level: a directive without a name whose block is everything.
  const Directive& root() const { return *root_; }
  const std::vector<ConfigurationProblem>& problems() const { return problems_; }
  const std::vector<std::unique_ptr<const SourceFile>>& files() const { return files_; }
  const SourceFile* file(std::string_view path) const;
  std::size_t directive_count() const { return directive_count_; }

  const std::string& main_path() const { return main_path_; }
  const std::string& configuration_prefix() const {
    return configuration_prefix_;
  }                                                      ///< ends in '/'
  const std::string& prefix() const { return prefix_; }  ///< ends in '/'
  /// The absolute path that nginx would open for a name in a directive.
  std::string full_path(std::string_view name, PathBase base) const;

 private:
  friend class ConfigurationReader;
  Configuration() = default;

  std::unique_ptr<Directive> root_;
  std::vector<std::unique_ptr<const SourceFile>> files_;
  std::vector<ConfigurationProblem> problems_;
  std::size_t directive_count_ = 0;
  std::string main_path_, configuration_prefix_, prefix_;
};

/// The raw text of a directive or of a part of it, from its file.
std::string_view raw_text(const Directive& directive, ByteSpan span);

/// The http, stream or mail block (or any other of the main level) that holds the directive;
/// nullptr at the main level.
const Directive* top_block(const Directive& directive);

}  // namespace handshaked::nginx
