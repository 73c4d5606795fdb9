#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "correlate/incident.h"

namespace handshaked::notify {

/// What routes, silences and groups can ask of an incident.
enum class Label : std::uint8_t {
  incident,  ///< its id
  severity,  ///< critical, warning, info
  side,      ///< upstream, client, config, ocsp
  rule,      ///< the rule's id
  cause,     ///< the diagnosed cause, else the likeliest of the line
  server,    ///< nginx's server name or listener; an incident may have several
  upstream,  ///< the peer: host and port, or the name of a group
  name,      ///< the name that a certificate was checked against
  host,      ///< the host that runs nginx; an incident may have several
  file,      ///< the file or directive that a configuration fault names
  label,     ///< "site=fra": what an affected host is labelled with by its own configuration; several
};

std::string_view to_string(Label label);
std::optional<Label> label_from_string(std::string_view name);
/// All names, for messages and completion.
std::span<const std::string_view> label_names();

/// The values of one label; empty when the incident has none. They stand in the incident, or in `room` where it has no such text.
std::vector<std::string_view> values_of(const correlate::Incident& incident, Label label, std::string& room);

}  // namespace handshaked::notify
