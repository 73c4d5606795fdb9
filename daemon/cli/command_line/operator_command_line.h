#pragma once

#include <memory>
#include <optional>

#include "cli/operator/operator_verbs.h"

namespace CLI {
class App;
}

namespace handshaked::cli {

/// The part of the command line that talks to the running daemon: `status`, `incidents`, `silence`, `deliveries`. Lives as long
/// as the App to which it adds its verbs.
class OperatorCommandLine {
 public:
  explicit OperatorCommandLine(CLI::App& app);
  ~OperatorCommandLine();

  /// What was asked for, after parsing; nullopt when it was a verb of somebody else's.
  std::optional<OperatorOptions> parsed() const;

 private:
  struct Verbs;
  std::unique_ptr<Verbs> verbs_;
};

}  // namespace handshaked::cli
