#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/language.h"
#include "correlate/incident.h"
#include "event/remediation_event.h"
#include "match/knowledge.h"

namespace handshaked::event {

/// Appends what DESIGN calls event data: incident, rule, place, diagnosis, fixes, dead ends. `rule`
/// may be nullptr (it left the rule set): then there is no advice. Redacted: query strings are cut
/// from sample lines, clients are whole only with `show_clients`. What a look at configuration and
/// peer found is the incident's note; without one the line alone speaks. Its rate is that of `now`;
/// without, of when it was last seen.
void append_incident_data(std::string& out, const correlate::Incident& incident,
                          const match::Rule* rule, const match::Knowledge& knowledge,
                          Language language, bool show_clients = false,
                          const std::vector<std::string>& silenced_by = {},
                          std::optional<Time> now = std::nullopt);

/// What shows it on the daemon's host: "handshaked fix show inc-…", then `command_options`, without
/// which the command does not find the daemon. What an edge reports has its own configuration.
std::string show_command(const correlate::Incident& incident, std::string_view command_options);

struct EventOptions {
  std::string host;  ///< CloudEvents `source`
  Language language = Language::en;
  bool show_clients = false;
  std::uint32_t number = 1;  ///< of this kind of event of this incident: part of its id
  std::string group_json =
      {};  ///< JSON of the data member "group": the company in which it is told; empty: none
  std::vector<std::string> silenced_by = {};
  std::string page = {};  ///< where the incident can be looked at; empty: nowhere
  std::string command_options =
      {};  ///< "-c FILE": what commands need to find the daemon; empty: nothing
  bool is_correction =
      false;  ///< of `diagnosed`: an earlier diagnosis, which was told, does not hold
};
/// CloudEvents 1.0, structured mode, with the summary and the facts for receivers that want less.
RemediationEvent make_event(EventKind kind, const correlate::Incident& incident,
                            const match::Rule* rule, const match::Knowledge& knowledge, Time now,
                            const EventOptions& options);

/// A log line as it may be shown to others: query strings, fragments of URLs and client addresses
/// cut.
std::string redacted_line(std::string_view line, bool show_clients);

}  // namespace handshaked::event
