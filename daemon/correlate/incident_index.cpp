#include "correlate/incident_index.h"

namespace handshaked::correlate {

void IncidentIndex::remember(const Incident& incident) {
  put(by_server_, incident.place.server, incident.fingerprint);
  put(by_peer_, incident.place.peer, incident.fingerprint);
}

void IncidentIndex::forget(const Incident& incident) {
  drop(by_peer_, incident.place.peer, incident.fingerprint);
  drop(by_server_, incident.place.server, incident.fingerprint);
  for (const std::string& server : incident.servers) drop(by_server_, server, incident.fingerprint);
}

void IncidentIndex::put(Map& map, const std::string& name, const std::string& fingerprint) {
  if (name.empty()) return;
  if (const auto known = map.find(name); known != map.end()) known->second = fingerprint;
  else if (map.size() < kMost) map.emplace(name, fingerprint);
}

void IncidentIndex::drop(Map& map, const std::string& name, const std::string& fingerprint) {
  if (const auto known = map.find(name); known != map.end() && known->second == fingerprint)
    map.erase(known);
}

std::string_view IncidentIndex::get(const Map& map, const std::string& name) {
  const auto known = map.find(name);
  return name.empty() || known == map.end() ? std::string_view() : std::string_view(known->second);
}

}  // namespace handshaked::correlate
