#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace handshaked::receive {

/// Names and values, sorted by name: facts about an edge ("nginx", "openssl", "sha256
/// /etc/ssl/ca.pem"), or its labels ("site").
using NamedTexts = std::vector<std::pair<std::string, std::string>>;

/// What happened to one incident of an edge, as its CloudEvent says. Times are RFC 3339, by the
/// edge's clock.
struct EdgeEvent {
  std::string id;    ///< of the event: "inc-1f0c6f5d7a0b9e33.opened.1"
  std::string kind;  ///< the last word of its type: "opened", "reopened", "diagnosed", "updated",
                     ///< "resolved"
  std::uint32_t number = 0;  ///< the last part of its id: grows with each event of its kind
  std::string time;

  std::string incident_id, fingerprint, severity;
  bool is_open = true;
  std::string opened_at, last_seen_at, resolved_at, resolved_by, fix_verified_at;
  std::uint64_t count = 0;
  // How far the incident had come by then.
  std::uint32_t reopens = 0;  ///< how often it had come back
  std::uint32_t changes = 0;  ///< how often it had turned out to be another fault
  std::vector<std::string> hosts, servers, clients, sample_lines;
  std::string rule_id, title, title_zh, url;
  std::string side, peer, name, server, file, directive;
  std::uint32_t line = 0;

  // The diagnosis. Without a look at the edge's configuration and the peer only `cause` and
  // `confidence`, of the line alone.
  std::string cause;
  double confidence = 0;
  bool is_looked_at = false;
  bool is_proved = false;
  std::string first_fix;
  std::string members;  ///< JSON: "diagnosis", "fixes" and "dead_ends" without braces around them
};

/// One message of an edge: who it is and how it is; and one of its events, or none (a heartbeat).
struct EdgeReport {
  std::string host, version;
  bool describes = true;  ///< false: only who it is; what was known of it holds
  NamedTexts facts, labels;
  std::uint64_t waiting = 0;               ///< events in its outbox
  std::uint64_t lag_seconds = 0;           ///< how long the oldest of them has waited
  std::chrono::seconds silent_after{180};  ///< as the source is configured
  std::optional<EdgeEvent> event;
  /// The incident of the event is another fault by now, of which another partition hears: here it
  /// is over.
  bool has_moved = false;
  std::uint32_t partitions = 1;  ///< among which the edge divides its events, by fingerprint
};

/// The version of the message; a sender of a later one is asked to wait until this program is as
/// new.
inline constexpr std::int64_t kEdgeMessageVersion = 1;
/// A message may be so long.
inline constexpr std::size_t kEdgeMessageLimit = std::size_t{1} << 20;

/// Reads a message. Fails with invalid_input for what is none, in words for whoever runs the edge;
/// with cancelled for one of a later version. Texts are cut to what is kept of them; lists too.
Result<EdgeReport> read_edge_report(std::string_view body);
/// Whose it is says what carried the message, the key of Kafka or the subject of NATS, and not the
/// message. Fails where that is no name.
Result<> name_edge(EdgeReport& report, std::string_view key);

}  // namespace handshaked::receive
