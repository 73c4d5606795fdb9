#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/language.h"

namespace handshaked::correlate {

/// What a diagnosis found out about one incident, as far as its life and its notifications depend
/// on it. Immutable once attached: incidents and events share it. The texts are opaque here: they
/// go into events as they are.
struct DiagnosisNote {
  std::string cause;      ///< slug, a file in rules/causes/
  double confidence = 0;  ///< 0 to 1
  /// What is the same for all incidents of one root cause on this installation ("expired|SHA-256 of
  /// the CA", "trust file|its path"). The oldest open incident with an equal key becomes the parent
  /// of the others. Empty: joins nothing.
  std::string cause_key;
  bool proved = false;  ///< the first fix was tried and passed

  /// The first fix in one line, for summaries and lists; may be empty.
  std::string first_fix, first_fix_zh;
  /// Where nginx's configuration governs the fault; empty and 0 when it is not known.
  std::string directive, file;
  std::uint32_t line = 0;

  /// Members of the event data in JSON, without the braces around them, as
  /// event::diagnosis_members() makes them:
  /// `"place":{…},"diagnosis":{…},"fixes":[…],"dead_ends":[…]`, redacted already, one text a
  /// language. At most kMaxText bytes each; longer ones are refused.
  std::string members, members_zh;
  static constexpr std::size_t kMaxText = 64 * 1024;

  const std::string& members_in(Language language) const {
    return language == Language::zh && !members_zh.empty() ? members_zh : members;
  }
};

/// One round of probes of all peers of an incident's place, under nginx's own settings.
struct ProbeRound {
  Time at{};  ///< when it began: lines after it are fresh
  bool every_peer_passed = false;
  bool every_peer_failed = false;  ///< nothing of the group is usable: critical
};

}  // namespace handshaked::correlate
