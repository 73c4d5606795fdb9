#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/preflight/preflight_verb.h"
#include "diagnose/preflight/forecast.h"
#include "diagnose/preflight/planned_change.h"
#include "diagnose/preflight/preflight.h"

namespace handshaked::cli {

/// Where files lie: of the configuration that is proposed, and of the one in use.
struct PreflightRoots {
  std::vector<diagnose::RootedFiles::Root> proposed, in_use;  ///< in_use empty: the same
};

/// The configurations that a preflight is about, made one after the other: a fleet does not fit
/// into memory at once. Any thread may ask.
class PreflightHosts {
 public:
  /// Finds the configuration that the options name, and the one in use beside it where two are
  /// compared; `change` is told which. Fails, with one sentence, where there is none.
  static Result<PreflightHosts> find(const PreflightOptions& options, PreflightRoots roots,
                                     diagnose::PlannedChange& change);

  std::size_t size() const { return options_->dumps.empty() ? 1 : options_->dumps.size(); }
  bool are_dumps() const { return !options_->dumps.empty(); }
  /// Fails where a file cannot be read, or is no dump.
  Result<diagnose::PreflightHost> read(std::size_t index,
                                       const diagnose::PlannedChange& change) const;

  const nginx::Installation& installation() const { return installation_; }
  /// Where a file of nginx's lies in this checkout; the path itself without a root.
  std::string source_of(const std::string& path) const;

 private:
  struct Place {
    std::string path, prefix;
  };
  PreflightHosts() = default;
  Result<> find_in_use();
  Result<diagnose::PreflightHost> read_dump(const std::string& dump,
                                            const diagnose::PlannedChange& change) const;
  std::shared_ptr<const nginx::ConfigurationFiles> files_of_dump(const std::string& host) const;

  const PreflightOptions* options_ = nullptr;
  PreflightRoots roots_;
  nginx::Installation installation_;
  Place proposed_, in_use_;
};

/// Looks ahead at every configuration, several at a time. Fails with one sentence when one of them
/// cannot be read, or no configuration reads a file of the change. Blocks until the time limit of
/// the options at most; what it did not reach is `cannot tell`.
Result<diagnose::PreflightReport> run_preflight_on(const PreflightHosts& hosts,
                                                   const PreflightOptions& options,
                                                   const diagnose::PlannedChange& change,
                                                   const KnowledgeBase& base, Time now);

}  // namespace handshaked::cli
