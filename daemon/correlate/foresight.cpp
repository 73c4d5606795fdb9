// What is foreseen becomes incidents: no line opens them, and no quiet ends them.
#include <set>

#include "base/digest.h"
#include "correlate/correlator.h"

namespace handshaked::correlate {

void Correlator::foresee(const std::vector<ForeseenFault>& faults, bool is_whole, Time now) {
  if (!watched_since_) watched_since_ = now;
  std::set<std::string> seen;
  for (const ForeseenFault& fault : faults) {
    const Place named{.side = fault.place.side,
                      .peer = {},
                      .name = {},
                      .server = {},
                      .object = fault.key,
                      .scheme = {}};
    const std::string print = fingerprint(fault.rule_id, named);
    seen.insert(print);
    Live* const live = find_or_create(fault, print, now);
    if (live == nullptr) continue;
    Incident& incident = live->incident;
    const std::uint32_t step =
        incident.foreseen ? std::max(incident.foreseen->step, fault.step) : fault.step;
    incident.foreseen = Foreseen{.at = fault.at, .step = step, .fails = fault.fails};
    incident.severity = live->rule_severity = std::max(incident.severity, fault.severity);
    incident.title = fault.title;
    incident.title_zh = fault.title_zh;
    incident.place = fault.place;
    incident.hosts = std::vector<std::string>{fault.host};
    incident.servers =
        fault.servers.size() <= Incident::kMaxServers
            ? fault.servers
            : std::vector<std::string>(fault.servers.begin(),
                                       fault.servers.begin() + Incident::kMaxServers);
    incident.last_seen_at = std::max(incident.last_seen_at, now);
    const bool is_note_new =
        !incident.diagnosis || incident.diagnosis->members != fault.note->members;
    incident.diagnosis = fault.note;
    incident.diagnoses =
        std::max(incident.diagnoses, 1U);  // a date that comes nearer is not another cause
    share_texts(incident);
    join_cause(*live);
    if (incident.status == Status::pending) open(*live, now);
    else
      touch(*live, is_note_new ? IncidentChange::What::diagnosed : IncidentChange::What::changed);
  }
  if (!is_whole) return;
  std::vector<Live*> over;
  for (Live* const live : live_) {
    if (live->incident.foreseen && !seen.contains(live->incident.fingerprint)) over.push_back(live);
  }
  for (Live* const live : over) {
    const Foreseen& foreseen = *live->incident.foreseen;
    const std::string by = foreseen.at ? "replaced" : foreseen.fails ? "probes" : "settled";
    if (live->incident.fleet && live->incident.fleet->affected > 0) {  // on other hosts it goes on
      live->incident.foreseen.reset();
      touch(*live);
    } else {
      resolve(*live, by, now);
    }
  }
}

/// nullptr: it is not to be opened, or there are too many.
Correlator::Live* Correlator::find_or_create(const ForeseenFault& fault, const std::string& print,
                                             Time now) {
  if (Live* const known = live_.find(Fingerprint(print))) return known;
  if (!fault.may_open) return nullptr;
  if (const Live* const ended = reopenable_.find(Fingerprint(print))) {
    if (now - ended->incident.resolved_at.value_or(now) <= options_.reopen_within)
      return &bring_back(print, fault.severity);
  }
  if (live_.size() >= options_.max_incidents) return nullptr;
  Owned owned = std::make_unique<Live>();
  Live& live = *owned;
  Incident& incident = live.incident;
  incident.fingerprint = print;
  incident.id = "inc-" + sha256_hex(print + '\0' + fault.host + '\0' +
                                        std::to_string(now.time_since_epoch().count()),
                                    16);
  if (by_id_.contains(&live)) return nullptr;
  incident.kind = match::Kind::fault;
  incident.rule_id = fault.rule_id;
  incident.likeliest_cause = fault.note->cause;
  incident.likelihood = 1;
  incident.opened_at = incident.run_since = incident.last_seen_at = now;
  by_id_.insert(&live);
  return &live_.insert(std::move(owned));
}

}  // namespace handshaked::correlate
