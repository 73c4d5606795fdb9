#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/diagnosis.h"
#include "event/remediation_event.h"

namespace handshaked::format {

using diagnose::ProofStatus;

struct NotifiedFix {
  std::string id = {}, owner = {}, title = {}, how = {}, patch = {}, message = {};
  std::vector<std::string> commands = {};
  ProofStatus proof = ProofStatus::untested;
  std::string proof_method = {};
  bool is_unsafe = false;
};

struct NotifiedDeadEnd {
  std::string action, why_fails;
  ProofStatus proof = ProofStatus::untested;
  bool is_unsafe = false;
  std::string proof_detail = {};
};

/// One of several causes that a line alone leaves open.
struct NotifiedCandidate {
  std::string cause;
  double likelihood = 0;
};

/// One event inside of a digest, or one incident of a group.
struct DigestItem {
  std::string kind, incident_id, severity, summary;
  std::optional<double> rate_per_minute = {};
  std::int64_t count = 0;
  std::string opened_at = {};
};

/// What an event says, taken out of its JSON for those formats that say it in other words. Every
/// text may come from a log and is as hostile as that: to be cleaned and escaped by whoever writes
/// it down. What an event lacks is empty here: events of other versions, and of diagnoses that are
/// not there yet, are read all the same.
struct Notification {
  std::string event_id;
  std::string kind;  ///< "opened", "updated", "diagnosed", "resolved", "reopened"; "digest"
  std::string source, time;
  std::string subject;  ///< by which receivers join what belongs together: of a group the incident
                        ///< that was told first
  std::string incident_id, fingerprint, status,
      severity;         ///< of the incident that the data is about
  std::string title;    ///< what is wrong and where, in one line
  std::string page;     ///< where the incident can be looked at; empty: nobody said
  std::string command;  ///< that shows it on its host; empty: an older event, which did not say
  std::string opened_at, last_seen_at, resolved_at, resolved_by;
  bool is_flapping = false;
  std::int64_t reopens = 0;
  std::int64_t count = 0;
  double rate_per_minute = 0;
  std::int64_t distinct_clients = 0;
  std::vector<std::string> hosts, servers, sample_lines;
  std::string rule_id, rule_title, rule_url;
  std::string side, peer, name, server, directive, file;
  std::int64_t line = 0;  ///< 0: unknown
  std::string cause, diagnosis_summary;
  bool is_correction = false;     ///< what was told of the cause before does not hold
  bool is_seen_good = true;       ///< of a resolved one: false when nothing was tried
  bool is_quiet_failing = false;  ///< no line for long, and probes still fail
  std::optional<double> confidence;
  bool is_from_line_alone =
      false;  ///< nobody looked at configuration and peer: there are only candidates
  std::vector<NotifiedCandidate> candidates;  ///< likeliest first
  std::vector<NotifiedFix> fixes;
  std::vector<NotifiedDeadEnd> dead_ends;
  std::string summary;            ///< one line for people
  std::vector<DigestItem> items;  ///< of a digest; of a group, if it is of more than one incident
  std::int64_t items_left_out = 0;

  /// The cause is one of several, or no more than likely: it is not to be told like a fact.
  bool is_cause_open() const;
  bool is_resolved() const {
    return kind == "resolved" || (kind != "digest" && status == "resolved");
  }
  /// The first fix that was proved; else the first that is not refuted; nullptr if there is none.
  const NotifiedFix* best_fix() const;
};

/// A body that is no JSON gives what the event itself knows: id, type, severity and summary.
Notification read_notification(const event::RemediationEvent& event);

}  // namespace handshaked::format
