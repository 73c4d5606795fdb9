#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "cli/host/doctor_verb.h"
#include "cli/host/fix_verb.h"

namespace CLI {
class App;
}

namespace handshaked::cli {

/// The part of the command line that looks after this host's nginx: `fix`, `doctor`. Lives as long as the App to which it adds its verbs.
class HostCommandLine {
 public:
  explicit HostCommandLine(CLI::App& app);
  ~HostCommandLine();

  /// What was asked for, after parsing; nullopt when it was a verb of somebody else's.
  std::optional<std::variant<FixVerbOptions, DoctorOptions>> parsed() const;

 private:
  struct Verbs;
  std::unique_ptr<Verbs> verbs_;
};

}  // namespace handshaked::cli
