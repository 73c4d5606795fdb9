#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "cli/doctor_verb.h"
#include "cli/fix_verb.h"

namespace CLI {
class App;
}

namespace handshaked::cli {

/// The part of the command line that looks after this host's nginx: `fix`, `doctor`. Lives as long as the App to which it adds its verbs.
class UpkeepCommandLine {
 public:
  explicit UpkeepCommandLine(CLI::App& app);
  ~UpkeepCommandLine();

  /// What was asked for, after parsing; nullopt when it was a verb of somebody else's.
  std::optional<std::variant<FixVerbOptions, DoctorOptions>> parsed() const;

 private:
  struct Verbs;
  std::unique_ptr<Verbs> verbs_;
};

}  // namespace handshaked::cli
