#include "notify/label.h"

#include <algorithm>
#include <array>

namespace handshaked::notify {
namespace {

/// In the order of the enumeration.
constexpr std::array<std::string_view, 11> kNames = {"incident", "severity", "side", "rule", "cause", "server",
                                                     "upstream", "name",     "host", "file", "label"};

std::vector<std::string_view> one(std::string_view value) { return value.empty() ? std::vector<std::string_view>{} : std::vector{value}; }

}  // namespace

std::string_view to_string(Label label) { return kNames[static_cast<std::size_t>(label)]; }

std::optional<Label> label_from_string(std::string_view name) {
  const auto it = std::find(kNames.begin(), kNames.end(), name);
  if (it == kNames.end()) return std::nullopt;
  return static_cast<Label>(it - kNames.begin());
}

std::span<const std::string_view> label_names() { return kNames; }

std::vector<std::string_view> values_of(const correlate::Incident& incident, Label label, std::string& room) {
  switch (label) {
    case Label::incident: return one(room = incident.id.text());
    case Label::severity: return one(match::to_string(incident.severity));
    case Label::side: return one(parse::to_string(incident.place.side));
    case Label::rule: return one(incident.rule_id);
    case Label::cause: return one(incident.cause());
    case Label::upstream: return one(incident.place.peer);
    case Label::name: return one(incident.place.name);
    case Label::file:
      return one(incident.diagnosis && !incident.diagnosis->file.empty() ? incident.diagnosis->file : incident.place.object.get());
    case Label::host: return {incident.hosts.begin(), incident.hosts.end()};
    case Label::label:
      if (!incident.fleet) return {};
      return {incident.fleet->labels.begin(), incident.fleet->labels.end()};
    case Label::server: {
      std::vector<std::string_view> servers{incident.servers.begin(), incident.servers.end()};
      if (servers.empty()) servers = one(incident.place.server);
      return servers;
    }
  }
  return {};
}

}  // namespace handshaked::notify
