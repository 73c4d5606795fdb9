#pragma once

#include <memory>
#include <optional>

#include "cli/preflight/preflight_verb.h"

namespace CLI {
class App;
}

namespace handshaked::cli {

/// The part of the command line that is `preflight`. Lives as long as the App to which it adds its verb.
class PreflightCommandLine {
 public:
  explicit PreflightCommandLine(CLI::App& app);
  ~PreflightCommandLine();

  /// What was asked for, after parsing; nullopt when it was another verb.
  std::optional<PreflightOptions> parsed() const;

 private:
  struct Verb;
  std::unique_ptr<Verb> verb_;
};

}  // namespace handshaked::cli
