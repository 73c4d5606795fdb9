#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "correlate/client_sketch.h"
#include "correlate/failure_window.h"
#include "correlate/incident_key.h"
#include "match/rule.h"

namespace handshaked::correlate {

enum class Status : std::uint8_t {
  pending,  ///< seen, but not yet an incident: a transport fault that may pass by itself
  open,
  resolved,
};
std::string_view to_string(Status status);

/// What followed from the fault and was joined to it.
struct Consequence {
  std::string rule_id;
  std::string title;
  std::uint64_t count = 0;
  Time last_seen_at{};
};

/// All matches of one fault at one place. A value: the correlator owns the live ones, the store keeps their text.
/// Bounded: lists are cut, clients are estimated.
struct Incident {
  static constexpr std::size_t kMaxSamples = 3;
  static constexpr std::size_t kMaxHosts = 64;
  static constexpr std::size_t kMaxServers = 32;

  std::string id;  ///< "inc-" and 16 hexadecimal digits: from the fingerprint and where it opened
  std::string fingerprint;
  std::string parent_id;
  Status status = Status::pending;
  match::Severity severity = match::Severity::info;
  match::Kind kind = match::Kind::fault;
  bool noise = false;  ///< normally scanners: recorded, never notified

  std::string rule_id, title, title_zh, url;
  std::string likeliest_cause;
  double likelihood = 0;
  Place place;

  Time opened_at{}, last_seen_at{};
  std::optional<Time> resolved_at;
  std::string resolved_by;  ///< "quiet": no line for long, by the fault's own rhythm; "passed": it never opened

  std::uint64_t count = 0;
  FailureWindow window;
  ClientSketch clients;
  std::vector<std::string> hosts, servers, sample_lines;
  std::vector<Consequence> consequences;

  std::optional<Time> notify_at;    ///< when the first notification is due
  std::optional<Time> notified_at;  ///< when it was handed to the outbox
  std::uint32_t events = 0;         ///< how many events it has had: part of their ids

  /// JSON for the store, and back. A text of a later version than we know is refused.
  std::string to_json() const;
  static Result<Incident> from_json(std::string_view json);
};

}  // namespace handshaked::correlate
