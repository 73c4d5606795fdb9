#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/text/shell_word.h"  // in the commands of fixes
#include "diagnose/case/surroundings.h"
#include "diagnose/diagnosis.h"
#include "diagnose/patch/configuration_patch.h"
#include "diagnose/symptom.h"
#include "match/knowledge.h"

namespace handshaked::diagnose {

/// One incident that this host's own configuration and files decide: a listener of ours, or a load
/// that nginx refused. Collects the diagnosis while it is found. Borrows symptom, surroundings
/// (which must have a configuration) and knowledge. One thread.
class LocalCase {
 public:
  LocalCase(const Symptom& symptom, const Surroundings& surroundings,
            const match::Knowledge& knowledge);

  const Symptom& symptom() const { return symptom_; }
  const Surroundings& surroundings() const { return surroundings_; }
  const match::Knowledge& knowledge() const { return knowledge_; }
  const nginx::Configuration& configuration() const { return surroundings_.nginx->configuration; }
  const nginx::ConfigurationFiles& files() const { return *surroundings_.files; }
  const CaStore& ca_store() const { return *surroundings_.ca_store; }
  Time now() const { return surroundings_.now; }
  bool is_late() const { return std::chrono::steady_clock::now() >= surroundings_.deadline; }
  ConfigurationPatch new_patch() const { return {configuration(), files()}; }

  /// The cause, its summary (the knowledge base's meaning when `summary` is empty), and how sure
  /// that is.
  void conclude(std::string cause, double confidence, Text summary = {});
  void add_evidence(std::string kind, Text text) {
    diagnosis.evidence.push_back({std::move(kind), std::move(text)});
  }
  void set_place(const nginx::Directive& directive);

  /// The knowledge base's fix of that id for the concluded cause.
  Fix known(std::string_view id) const;
  /// Adds a fix with its changes and its diff, tried with `nginx -t`: for a fault of loading that
  /// is the proof, for others a refusal refutes. When the text cannot be changed that way, the fix
  /// goes in without patch and says why.
  void propose(Fix fix, const Result<ConfigurationPatch>& patch);
  void propose(Fix fix) { diagnosis.fixes.push_back(std::move(fix)); }
  void add_dead_end(DeadEnd dead_end) { diagnosis.dead_ends.push_back(std::move(dead_end)); }

  /// What the knowledge base says beyond that, untested; the finished diagnosis.
  Diagnosis finish();

  Diagnosis diagnosis;

 private:
  const Symptom& symptom_;
  const Surroundings& surroundings_;
  const match::Knowledge& knowledge_;
};

/// The command that makes nginx take a change.
inline constexpr const char* kReload = "nginx -t && nginx -s reload";

/// "file:line".
std::string where(const nginx::Directive& directive);
/// "2026-11-19 08:15 UTC".
std::string minute_text(Time time);

}  // namespace handshaked::diagnose
