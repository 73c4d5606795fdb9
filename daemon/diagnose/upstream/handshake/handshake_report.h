#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/upstream/handshake/handshake_widening.h"
#include "diagnose/upstream/upstream_case.h"
#include "diagnose/upstream/verification/repair_search.h"

namespace handshaked::diagnose {

/// The diagnosis of one handshake while it is being written: what was seen becomes evidence,
/// changes are judged and become fixes with their proof, and the knowledge base fills in the rest.
/// One thread; borrows the case.
class HandshakeReport {
 public:
  explicit HandshakeReport(UpstreamCase& upstream);

  UpstreamCase& upstream() { return upstream_; }
  const UpstreamView& view() const { return upstream_.view(); }
  const UpstreamVerdict& now() const { return upstream_.now(); }
  const Symptom& symptom() const { return upstream_.symptom(); }
  /// What nginx's own settings came to; nullptr when nobody could look.
  const ProbeResult* seen() const;
  /// "127.0.0.1:8443" of the configuration or the line.
  std::string peer() const;
  /// For find_widening(): looks at this peer. Peers that do not answer are not waited for as long
  /// again.
  MakeHandshake looking() const;

  Diagnosis& diagnosis() { return diagnosis_; }
  void conclude(std::string cause, double confidence);
  void note(std::string kind, Text text);

  /// The knowledge base's fix `id` of `cause`, made concrete: `patch`, when `written` says that it
  /// could be written, is judged as nginx would. When the handshake succeeds then and the
  /// certificate does not, what cures that is added. `how` replaces the general text. Returns what
  /// nginx would do with it.
  UpstreamVerdict propose(std::string_view cause, std::string_view id, const Result<>& written,
                          const ConfigurationPatch& patch, const Text& how);
  /// The same with a proof that the caller has made itself: for changes that judge() cannot follow
  /// (no TLS afterwards, another member).
  void propose_with(std::string_view cause, std::string_view id, const ConfigurationPatch& patch,
                    const Text& how, Proof proof);
  /// A fix that somebody else has to make, or a person: no patch. `message` is what to send to
  /// them.
  Fix& advise(std::string_view cause, std::string_view id, const Text& how, const Text& message);

  /// Adds the texts of the knowledge base, tries the dead ends, ranks, and gives the diagnosis
  /// away.
  Diagnosis finish();

  /// "proved by a handshake with the patched configuration: …, OpenSSL …".
  Proof proof_of(const UpstreamVerdict& verdict) const;

 private:
  /// A second fault behind the first: what cures the verification on top of a patch that has cured
  /// the handshake.
  std::optional<RepairedState> repaired_further(const ConfigurationPatch& patch,
                                                const UpstreamVerdict& verdict);

  UpstreamCase& upstream_;
  Diagnosis diagnosis_;
};

/// Tries the dead ends of a diagnosis that can be tried: those that pass without taking a
/// protection away are no dead ends and go.
void try_dead_ends(UpstreamCase& upstream, Diagnosis& diagnosis);

}  // namespace handshaked::diagnose
