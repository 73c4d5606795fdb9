#pragma once

#include <string>
#include <vector>

namespace handshaked::cli {

/// One option, flag or argument, as a shell has to know it.
struct CompletedOption {
  std::vector<std::string>
      names;          ///< "-o", "--output"; none: an argument that is known by its place
  std::string what;   ///< the help's words
  std::string value;  ///< "FILE", "DIR", "HOST:PORT"; empty: a flag
  std::vector<std::string> choices;  ///< the only values; empty: any
  bool is_repeatable = false;
};

/// A verb with what may follow it; the program itself is one without a name above it.
struct CompletedVerb {
  std::string name;
  std::string what;
  std::vector<CompletedOption> options;
  std::vector<CompletedVerb> verbs;
};

enum class Shell { bash, zsh, fish };

/// The script that teaches a shell to complete `program`. Values named FILE, DIR and PATH are
/// completed from the file system.
std::string completion_script(const CompletedVerb& program, Shell shell);

/// `handshaked completion SHELL`, its script already made.
struct CompletionOptions {
  std::string script;
};
int run_completion(const CompletionOptions& options);

}  // namespace handshaked::cli
