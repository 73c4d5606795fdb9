#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "correlate/incident.h"

namespace handshaked::correlate {

/// Which upstream fault was seen last at this peer, or behind this server? How causes and
/// consequences find each other. Bounded: beyond kMost names of a kind nothing new is learnt, but
/// what is known stays up to date.
class IncidentIndex {
 public:
  static constexpr std::size_t kMost = 8192;

  void remember(const Incident& incident);
  void remember_server(const std::string& server, const std::string& fingerprint) {
    put(by_server_, server, fingerprint);
  }
  void forget(const Incident& incident);
  /// The fingerprint; empty when nothing is known.
  std::string_view at_peer(const std::string& peer) const { return get(by_peer_, peer); }
  std::string_view at_server(const std::string& server) const { return get(by_server_, server); }

 private:
  using Map = std::unordered_map<std::string, std::string>;
  static void put(Map& map, const std::string& name, const std::string& fingerprint);
  static void drop(Map& map, const std::string& name, const std::string& fingerprint);
  static std::string_view get(const Map& map, const std::string& name);
  Map by_peer_, by_server_;
};

}  // namespace handshaked::correlate
