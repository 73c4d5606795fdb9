#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "diagnose/diagnosis.h"
#include "diagnose/patch/unified_diff.h"
#include "nginx/configuration/configuration.h"

namespace handshaked::diagnose {

/// A change to nginx's configuration and to the PEM files beside it, not yet made: edits are
/// collected against the text that was read, can be looked at as if they had been made (files()),
/// and come out as a unified diff. Keeps the style of the file it touches: indentation, quoting,
/// blanks in front of comments, line ends (also CRLF), a missing line feed at the end. Borrows the
/// Configuration and the files. A value type: copy it to try a second change on top. Not shared
/// between threads.
class ConfigurationPatch {
 public:
  ConfigurationPatch(const nginx::Configuration& configuration,
                     const nginx::ConfigurationFiles& files);
  ConfigurationPatch(const ConfigurationPatch& other);
  ConfigurationPatch(ConfigurationPatch&&) noexcept;
  ConfigurationPatch& operator=(ConfigurationPatch other) noexcept;
  ~ConfigurationPatch();

  /// Makes the directive stand in the block itself: replaces the arguments of the block's own one
  /// (the last, when there are several), else adds a line behind the block's last directive of the
  /// same family ("proxy_ssl_", "ssl_"), else behind its `*_pass`, else behind its last simple
  /// directive. What an earlier call set is set anew. One that an `include` brings into the block
  /// is changed in the included file. Arguments are quoted where nginx needs it. Fails when the
  /// text cannot be changed (no block, Lua, an edit that overlaps an earlier one).
  Result<> set_directive(const nginx::Directive& block, std::string_view name,
                         std::span<const std::string> arguments);
  /// Adds one more, whatever is there: for directives that may be repeated.
  Result<> add_directive(const nginx::Directive& block, std::string_view name,
                         std::span<const std::string> arguments);
  /// Replaces one argument of a directive where it stands.
  Result<> replace_argument(const nginx::Directive& directive, std::size_t index,
                            std::string_view value);
  Result<> append_argument(const nginx::Directive& directive, std::string_view value);
  /// Takes the whole directive out, with its line when nothing else stands on it.
  Result<> remove(const nginx::Directive& directive);

  /// Appends blocks of PEM to a text file (read through `files`), each with a comment line above;
  /// begins a new line first when the last one has no end. Symbolic links are followed: the patch
  /// names the real file. Fails for a file that is not text.
  Result<> append_pem(const std::string& path, std::string_view pem, std::string_view comment = {});
  Result<> replace_file(const std::string& path, std::string text);
  /// Where no file is yet. Fails when there is one.
  Result<> create_file(const std::string& path, std::string text);

  bool is_empty() const;
  /// The files as they would be: for reading the configuration again, and the PEM files. Borrows
  /// from this patch.
  const nginx::ConfigurationFiles& files() const;
  /// Reads the patched configuration as nginx would.
  Result<nginx::Configuration> reread() const;
  /// The same without the blocks that decide nothing about `inner`: other servers and locations,
  /// and modules. What is changed in one of them is read all the same.
  Result<nginx::Configuration> reread_around(const nginx::Directive& inner) const;
  /// `reread`, of the patched configuration, stands where `original` stood.
  bool is_same_place(const nginx::Directive& original, const nginx::Directive& reread) const;
  /// With "a/etc/nginx/nginx.conf" and "b/…": for `patch -p1 -d /`; real paths, since patch(1)
  /// refuses symbolic links. Fails (invalid_input) when a file is not text that a diff can hold.
  Result<std::string> unified_diff() const;
  std::vector<Change> changes() const;
  /// The new text of every file that differs, by its real path.
  std::map<std::string, std::string> changed_files() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The patch, or why its last change could not be made.
inline Result<ConfigurationPatch> changed_patch(const ConfigurationPatch& patch,
                                                const Result<>& change) {
  return change ? Result<ConfigurationPatch>(patch) : Result<ConfigurationPatch>(change.error());
}

}  // namespace handshaked::diagnose
