#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/language.h"
#include "correlate/incident.h"
#include "match/knowledge.h"

namespace handshaked::emit {

/// What happened to an incident; the last word of a CloudEvents type.
enum class EventKind { opened, updated, diagnosed, resolved, reopened };
std::string_view to_string(EventKind kind);

/// An event as it leaves the host: CloudEvents 1.0, structured mode. `body` is the whole JSON.
struct RemediationEvent {
  std::string id;    ///< stable over retries and restarts: incident id, kind and number
  std::string type;  ///< "io.handshaked.incident.opened"
  std::string incident_id;
  std::string severity;
  Time time{};
  std::string summary;  ///< one line for people
  std::string body;
};

/// Appends what DESIGN calls event data: incident, rule, place, diagnosis, fixes, dead ends. `rule` may be nullptr (it left
/// the rule set): then there is no advice. Redacted: query strings are cut from sample lines, clients are whole only with
/// `show_clients`. What a look at configuration and peer found is the incident's note; without one the line alone speaks.
void append_incident_data(std::string& out, const correlate::Incident& incident, const match::Rule* rule, const match::Knowledge& knowledge,
                          Language language, bool show_clients = false, const std::vector<std::string>& silenced_by = {});

struct EventOptions {
  std::string host;  ///< CloudEvents `source`
  Language language = Language::en;
  bool show_clients = false;
  std::uint32_t number = 1;     ///< of this kind of event of this incident: part of its id
  std::string group_json = {};  ///< JSON of the data member "group": the company in which it is told; empty: none
  std::vector<std::string> silenced_by = {};
  bool is_correction = false;  ///< of `diagnosed`: an earlier diagnosis, which was told, does not hold
};
RemediationEvent make_event(EventKind kind, const correlate::Incident& incident, const match::Rule* rule, const match::Knowledge& knowledge,
                            Time now, const EventOptions& options);

/// A log line as it may be shown to others: query strings, fragments of URLs and client addresses cut.
std::string redacted_line(std::string_view line, bool show_clients);

}  // namespace handshaked::emit
