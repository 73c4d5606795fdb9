#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "event/remediation_event.h"

namespace handshaked::store {

using event::DeliveryId;

/// How far a source has been read: everything before `cursor` is accounted for in the same commit
/// or an earlier one. `cursor` is opaque bytes of the source's own making.
struct PositionRow {
  std::string source;
  std::string cursor;
};

enum class IncidentStatus { open, resolved };

/// An incident as it is kept. `state_json` holds whatever the correlator needs to go on after a
/// restart; the columns beside it are what the store itself selects and sorts by.
struct IncidentRow {
  std::string id;
  std::string fingerprint;
  IncidentStatus status = IncidentStatus::open;
  std::string severity;
  Time opened_at{};
  Time last_seen_at{};
  std::optional<Time> resolved_at = std::nullopt;
  std::string state_json;
};

/// One event for one receiver, to be queued. Queued once per (event_id, receiver), however often it
/// is submitted. An empty `incident_id` belongs to no incident: such a delivery waits for no other.
struct NewDelivery {
  std::string receiver;
  std::string event_id;
  std::string event_type;
  std::string incident_id;
  Time created_at{};
  Time not_before{};  ///< do not send earlier
  std::string body;   ///< what the row keeps
  std::shared_ptr<const event::RemediationEvent> event =
      nullptr;  ///< the same as an object, for whoever sends it at once
};

/// What became of one of the deliveries of a commit: told after the commit, for those that were not
/// queued before.
struct QueuedRow {
  std::size_t index = 0;  ///< in Commit::deliveries
  DeliveryId id;
  bool is_ready = false;  ///< false: it waits for an earlier one of its incident
};

/// What one receiver was told of one incident; `state_json` is notify's. Empty: nothing is to be
/// kept any more.
struct ToldRow {
  std::string receiver;
  std::string incident_id;
  std::string state_json;
};

/// What a diagnosis found out about an incident; the latest wins.
struct DiagnosisRow {
  std::string incident_id;
  std::string note_json;  ///< empty: what there was does not hold any more
};

/// What becomes durable together or not at all: a crash then re-reads lines, and never loses or
/// double-counts them. Later rows of the same source or incident win over earlier ones.
struct Commit {
  std::vector<PositionRow> positions = {};
  std::vector<IncidentRow> incidents = {};
  std::vector<NewDelivery> deliveries = {};
  std::vector<ToldRow> told = {};
  std::vector<DiagnosisRow> diagnoses = {};

  bool empty() const {
    return positions.empty() && incidents.empty() && deliveries.empty() && told.empty() &&
           diagnoses.empty();
  }
};

}  // namespace handshaked::store
