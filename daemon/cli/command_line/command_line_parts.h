#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "cli/command_line/completion.h"
#include "cli/host/doctor_verb.h"
#include "cli/host/fix_verb.h"
#include "cli/operator/operator_verbs.h"
#include "cli/preflight/preflight_verb.h"
#include "cli/rules/rules_verb.h"

namespace CLI {
class App;
}

namespace handshaked::cli {

// The parts of the command line, compiled apart because CLI11 is slow to compile. Each lives as
// long as the App to which it adds its verbs.

/// What looks after this host's nginx: `fix`, `doctor`.
class HostCommandLine {
 public:
  explicit HostCommandLine(CLI::App& app);
  ~HostCommandLine();

  /// What was asked for, after parsing; nullopt when it was another verb.
  std::optional<std::variant<FixVerbOptions, DoctorOptions>> parsed() const;

 private:
  struct Verbs;
  std::unique_ptr<Verbs> verbs_;
};

/// What talks to the running daemon: `status`, `incidents`, `silence`, `deliveries`.
class OperatorCommandLine {
 public:
  explicit OperatorCommandLine(CLI::App& app);
  ~OperatorCommandLine();

  /// What was asked for, after parsing; nullopt when it was another verb.
  std::optional<OperatorOptions> parsed() const;

 private:
  struct Verbs;
  std::unique_ptr<Verbs> verbs_;
};

/// `preflight`.
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

/// What shows and changes the knowledge base: the verbs of `rules`.
class RulesCommandLine {
 public:
  explicit RulesCommandLine(CLI::App& app);
  ~RulesCommandLine();

  /// What was asked for, after parsing; nullopt when it was another verb.
  std::optional<RulesOptions> parsed() const;

 private:
  struct Verbs;
  std::unique_ptr<Verbs> verbs_;
};

/// The definition of the command line, as shells have to know it. Choices are the words of an
/// option's help that it takes.
CompletedVerb completed_command_line(const CLI::App& app);

}  // namespace handshaked::cli
