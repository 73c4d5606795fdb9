// Edges that report to a centre, as tests of the fleet need them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "correlate/correlator.h"
#include "parse/time_zone.h"
#include "unit/correlate/recognised_line.h"

namespace handshaked::correlate {

using Verdict = Fleet::Verdict;
using What = IncidentChange::What;

inline std::string print_of(unsigned fault) {
  const std::string digits = std::to_string(fault);
  return "v1:" + std::string(8 - digits.size(), '0') + digits + std::string(24, '0');
}

inline receive::EdgeReport heartbeat(const std::string& host, receive::NamedTexts facts = {},
                                     receive::NamedTexts labels = {}) {
  receive::EdgeReport report;
  report.host = host;
  report.version = "0.9.0";
  report.facts = std::move(facts);
  report.labels = std::move(labels);
  report.silent_after = std::chrono::seconds(180);
  return report;
}

struct Told {
  std::string kind = "opened";
  std::uint32_t number = 1;
  unsigned fault = 1;
  std::string incident = {};
  std::uint64_t count = 1;
  double opened = 0, seconds = 0;  ///< by the edge's clock
  std::uint32_t reopens = 0, changes = 0;
};

inline receive::EdgeReport report(const std::string& host, const Told& told,
                                  receive::NamedTexts facts = {}) {
  receive::EdgeReport made = heartbeat(host, std::move(facts));
  receive::EdgeEvent event;
  event.kind = told.kind;
  event.number = told.number;
  event.incident_id = told.incident.empty() ? "inc-0123456789abcdef" : told.incident;
  event.id = event.incident_id + "." + told.kind + "." + std::to_string(told.number);
  event.time = event.last_seen_at = parse::format_rfc3339(at(told.seconds));
  event.opened_at = parse::format_rfc3339(at(told.opened));
  event.is_open = told.kind != "resolved";
  if (!event.is_open) event.resolved_at = event.time;
  event.resolved_by = event.is_open ? "" : "probes";
  event.fingerprint = print_of(told.fault);
  event.severity = "warning";
  event.count = told.count;
  event.reopens = told.kind == "reopened" ? told.number : told.reopens;
  event.changes = told.changes;
  event.hosts = {host};
  event.rule_id = "t/verify-20";
  event.title = "the chain does not verify";
  event.side = "upstream";
  event.peer = "10.0.0." + std::to_string(told.fault) + ":8443";
  made.event = std::move(event);
  return made;
}

struct Centre {
  explicit Centre(CorrelatorOptions how = {.host = "centre"}) : options(std::move(how)) {}
  Centre(const Centre&) = delete;
  const CorrelatorOptions options;
  std::optional<Correlator> kept{std::in_place, options};
  Correlator& correlator = *kept;
  std::map<std::string, int> opened, resolved, reopened;  ///< by incident

  Verdict hear(const receive::EdgeReport& report, double seconds) {
    const Verdict verdict = correlator.absorb(report, nullptr, at(seconds));
    advance(seconds);
    return verdict;
  }
  void advance(double seconds) {
    for (const IncidentChange& change : correlator.advance(at(seconds))) {
      stored_incidents[change.incident->id] = change.incident->to_json();
      if (change.what == What::opened) ++opened[change.incident->id];
      if (change.what == What::resolved) ++resolved[change.incident->id];
      if (change.what == What::reopened) ++reopened[change.incident->id];
    }
    for (auto& [host, state] : correlator.take_changed_edges()) stored_edges[host] = state;
  }
  const Incident* incident(unsigned fault = 1) const {
    return correlator.find_by_fingerprint(print_of(fault));
  }
  /// The hosts that it lists as affected.
  std::set<std::string> open_on(unsigned fault) const {
    std::set<std::string> hosts;
    const Incident* const one = incident(fault);
    if (one == nullptr) return hosts;
    for (const AffectedHost& host : one->fleet->hosts)
      if (!host.until) hosts.insert(host.host);
    return hosts;
  }
  /// As after a restart: what was stored is all there is.
  void restart(double seconds) {
    kept.emplace(options);
    for (const auto& [id, state] : stored_incidents)
      correlator.restore(Incident::from_json(state).value());
    std::vector<Edge> edges;
    for (const auto& [host, state] : stored_edges)
      if (!state.empty()) edges.push_back(edge_from_json(state).value());
    correlator.restore_edges(std::move(edges), at(seconds));
  }
  std::map<std::string, std::string> stored_incidents, stored_edges;
};

/// What edges send, in the order of each incident. What is true in the end is known by
/// construction.
struct EdgeWorld {
  std::mt19937 random;
  std::map<std::pair<std::string, unsigned>, std::vector<receive::EdgeReport>>
      to_send;  ///< by host and the fault that it began as: in order
  explicit EdgeWorld(unsigned seed) : random(seed) {}
  unsigned below(unsigned limit) {
    return std::uniform_int_distribution<unsigned>(0, limit - 1)(random);
  }

  /// The fault that a consequence turns out to be.
  static unsigned cause_of(unsigned fault) { return fault + 10; }

  void make_history(const std::string& host, unsigned fault) {
    std::vector<receive::EdgeReport>& sent = to_send[{host, fault}];
    std::uint32_t updates = 0, diagnoses = 0;
    double seconds = below(1000);
    Told told{.fault = fault,
              .incident = "inc-" + std::string(13, 'a') + std::to_string(100 + fault),
              .opened = seconds,
              .seconds = seconds};
    sent.push_back(report(host, told));
    while (below(5) != 0) {
      told.seconds += below(10) == 0 ? -3000.0 : 1 + below(50);  // its clock is set back
      told.count += below(5);
      if (told.kind == "resolved") {
        told.kind = "reopened";
        told.number = ++told.reopens;
      } else if (told.changes == 0 && below(4) == 0) {
        told.kind = "diagnosed";
        told.number = ++diagnoses;
        told.fault = cause_of(fault);
        told.changes = 1;
        told.count = 1;
      } else if (below(2) == 0) {
        told.kind = "updated";
        told.number = ++updates;
      } else {
        told.kind = "resolved";
        told.number = told.reopens + 1;
      }
      sent.push_back(report(host, told));
    }
  }

  static EdgeWorld make(unsigned seed) {
    EdgeWorld world(seed);
    for (unsigned host = 0, hosts = 1 + world.below(6); host < hosts; ++host)
      for (unsigned fault = 1, faults = 1 + world.below(3); fault <= faults; ++fault)
        world.make_history("proxy-" + std::to_string(host), fault);
    return world;
  }

  /// Sends everything: of each incident in order, but for what is given up and sent again by hand
  /// when later ones have long been there. Acknowledgements are lost: then it is sent again.
  template <class Send>
  void play(const Send& send) {
    std::map<std::pair<std::string, unsigned>, std::size_t> next;
    std::vector<receive::EdgeReport> given_up;
    auto left = to_send;
    while (!left.empty() || !given_up.empty()) {
      if (left.empty() || (!given_up.empty() && below(8) == 0)) {
        const auto chosen = given_up.begin() + below(static_cast<unsigned>(given_up.size()));
        send(*chosen);
        given_up.erase(chosen);
        continue;
      }
      const auto at_chance = std::next(left.begin(), below(static_cast<unsigned>(left.size())));
      const auto& [key, reports] = *at_chance;
      std::size_t& position = next[key];
      if (position > 0 && below(3) == 0) {
        send(reports[below(static_cast<unsigned>(position))]);
        continue;
      }
      if (below(10) == 0) given_up.push_back(reports[position]);
      else send(reports[position]);
      if (++position == reports.size()) left.erase(at_chance);
    }
  }

  /// On which hosts each fault goes on; nowhere: it is over.
  std::map<unsigned, std::set<std::string>> open_in_the_end() const {
    std::map<unsigned, std::set<std::string>> open;
    for (const auto& [key, reports] : to_send) {
      const auto& [host, fault] = key;
      const receive::EdgeEvent& last = *reports.back().event;
      open[fault];
      std::set<std::string>& caused = open[cause_of(fault)];
      if (last.is_open && last.changes == 0) open[fault].insert(host);
      if (last.is_open && last.changes == 1) caused.insert(host);
    }
    return open;
  }
};

}  // namespace handshaked::correlate
