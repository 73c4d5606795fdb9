// What edges report becomes incidents, like lines in correlator.cpp.
#include <algorithm>

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "correlate/correlator.h"
#include "correlate/texts.h"
#include "parse/time_zone.h"

namespace handshaked::correlate {
namespace {

/// Of a fault that is on many hosts it is not looked anew at all of them each time that something
/// happens on one.
constexpr std::size_t kMany = 64;
constexpr auto kLookAtManyAgain = std::chrono::seconds(10);

constexpr std::string_view kSilentRule = "handshaked/edge-silent";

match::Severity severity_named(std::string_view name) {
  for (const auto severity : {match::Severity::critical, match::Severity::warning}) {
    if (name == match::to_string(severity)) return severity;
  }
  return match::Severity::info;
}

Time time_of(std::string_view text, Time now) {
  const auto time = parse::parse_rfc3339(text);
  return time ? std::min<Time>(time->utc, now) : now;  // a clock that is ahead of ours
}

Place place_of(const receive::EdgeEvent& event) {
  return {.side = parse::side_from_string(event.side).value_or(parse::Side::config),
          .peer = event.peer,
          .name = event.name,
          .server = event.server,
          .object = event.is_looked_at ? std::string() : event.file,
          .scheme = {}};
}

/// The same again when the event comes again. A return is another incident: what was told of the
/// one before would be taken for told of it.
std::string id_of(const receive::EdgeEvent& event, const std::string& host,
                  const std::string& more = {}) {
  std::string from = event.fingerprint + '\0' + host + '\0' + event.incident_id;
  if (event.reopens > 0) from += '\0' + std::to_string(event.reopens);
  if (!more.empty()) from += '\0' + more;
  return "inc-" + sha256_hex(from, 16);
}

void identify(Incident& incident, const receive::EdgeEvent& event, const match::Rule* rule) {
  incident.become(Fingerprint(event.fingerprint));
  incident.kind = match::Kind::fault;  // the edge has waited for what may pass, and left noise out
  incident.rule_id = event.rule_id;
  incident.title = rule != nullptr ? rule->title : event.title;
  incident.title_zh = rule != nullptr          ? rule->title_zh
                      : event.title_zh.empty() ? event.title
                                               : event.title_zh;
  incident.url = rule != nullptr ? rule->url : event.url;
  incident.likeliest_cause = event.cause;
  incident.likelihood = event.confidence;
  incident.place = place_of(event);
}

void add_distinct(Shared<std::vector<std::string>>& into, const std::vector<std::string>& from,
                  std::size_t limit) {
  std::vector<std::string> merged = into.get();
  for (const std::string& text : from) {
    if (merged.size() < limit && std::find(merged.begin(), merged.end(), text) == merged.end())
      merged.push_back(text);
  }
  if (merged.size() != into.size()) into = std::move(merged);
}

/// What there is to say about an edge of which nothing is heard.
std::string silence_members(Language language) {
  const Texts text(texts(), language);
  std::string members;
  JsonWriter json(members);
  json.key("diagnosis").begin_object().member("cause", "edge-silent").member("confidence", 1.0);
  json.member("summary", text("silence.summary"));
  json.key("evidence").begin_array().end_array().end_object();
  json.key("fixes")
      .begin_array()
      .begin_object()
      .member("rank", 1)
      .member("id", "look-at-edge")
      .member("owner", "network");
  json.member("title", text("silence.fix"));
  json.member("how", text("silence.how"));
  json.key("changes")
      .begin_array()
      .end_array()
      .key("commands")
      .begin_array()
      .value("systemctl status handshaked")
      .value("handshaked status");
  json.end_array().member("success_rate", 0).member("evidence_count", 0);
  json.key("proof")
      .begin_object()
      .member("status", "untested")
      .end_object()
      .end_object()
      .end_array();
  json.key("dead_ends").begin_array().end_array();
  return members;
}

std::shared_ptr<const DiagnosisNote> silence_note() {
  auto note = std::make_shared<DiagnosisNote>();
  note->cause = "edge-silent";
  note->confidence = 1;
  note->members = silence_members(Language::en);
  note->members_zh = silence_members(Language::zh);
  return note;
}

}  // namespace

Fleet::Verdict Correlator::absorb(const receive::EdgeReport& report, const match::Rule* rule,
                                  Time now) {
  if (!watched_since_) watched_since_ = now;
  if (report.has_moved && !options_.hears_a_part) {
    receive::EdgeReport without = report;  // the partition that it moved to is ours as well
    without.event.reset();
    without.has_moved = false;
    return absorb(without, nullptr, now);
  }
  const Fleet::Heard heard = fleet_.hear(report, now);
  if (heard.was_silent) note_silence(report.host, false, now);
  if (heard.verdict == Fleet::Verdict::moved) end_merged(heard.left, now);
  else if (!heard.left.empty()) follow_to_cause(heard.left, *report.event, rule, now);
  if (heard.verdict == Fleet::Verdict::taken)
    join(*report.event, rule, report.host, heard.more_lines, now);
  if (heard.described_anew != nullptr) {
    for (const auto& [id, fault] : heard.described_anew->faults) {
      Live* const live = fault.is_open ? live_.find(Fingerprint(fault.fingerprint)) : nullptr;
      if (live == nullptr) continue;
      spread(*live, now);
      touch(*live);
    }
  }
  return heard.verdict;
}

void Correlator::join(const receive::EdgeEvent& event, const match::Rule* rule,
                      const std::string& host, std::uint64_t more_lines, Time now) {
  Live* const live = find_or_create(event, rule, host, now);
  if (live == nullptr) {
    if (event.is_open) counters_.overflow += more_lines;
    return;
  }
  merge(*live, event, more_lines, now);
  spread(*live, now);
  if (!event.is_open) {
    if (!event.fix_verified_at.empty())
      live->incident.fix_verified_at = time_of(event.fix_verified_at, now);
    return end_if_over(*live, event.resolved_by.empty() ? "quiet" : event.resolved_by, now);
  }
  reconsider(*live, now);
  take_diagnosis(*live, event, now);
}

/// nullptr: it is over and was not known, or there are too many.
Correlator::Live* Correlator::find_or_create(const receive::EdgeEvent& event,
                                             const match::Rule* rule, const std::string& host,
                                             Time now) {
  if (Live* const known = live_.find(Fingerprint(event.fingerprint))) return known;
  if (!event.is_open) return nullptr;
  const match::Severity severity = severity_named(event.severity);
  if (const Live* const ended = reopenable_.find(Fingerprint(event.fingerprint))) {
    const Time end = ended->incident.resolved_at.value_or(now);
    if (now - end <= options_.reopen_within) return &bring_back(event.fingerprint, severity);
  }
  if (live_.size() + reopenable_.size() >= options_.max_incidents) forget_reopenable(Time::max());
  if (live_.size() >= options_.max_incidents) return nullptr;
  Owned owned = std::make_unique<Live>();
  Live& live = *owned;
  Incident& incident = live.incident;
  identify(incident, event, rule);
  incident.id = id_of(event, host);
  if (by_id_.contains(&live))
    incident.id = id_of(event, host, event.id);  // one that has become another fault
  if (by_id_.contains(&live)) return nullptr;
  incident.severity = live.rule_severity = severity;
  incident.opened_at = incident.run_since = incident.last_seen_at = time_of(event.opened_at, now);
  by_id_.insert(&live);
  return &live_.insert(std::move(owned));
}

void Correlator::merge(Live& live, const receive::EdgeEvent& event, std::uint64_t more_lines,
                       Time now) {
  Incident& incident = live.incident;
  incident.count += more_lines;
  incident.opened_at = std::min(incident.opened_at, time_of(event.opened_at, now));
  incident.last_seen_at = std::max(incident.last_seen_at, time_of(event.last_seen_at, now));
  if (more_lines > 0) incident.window.add(incident.last_seen_at, more_lines);
  if (event.is_open)
    live.rule_severity = std::max(live.rule_severity, severity_named(event.severity));
  add_distinct(incident.hosts, event.hosts, Incident::kMaxHosts);
  add_distinct(incident.servers, event.servers, Incident::kMaxServers);
  for (const std::string& client : event.clients) incident.clients.add(client);
  std::vector<std::string>& samples = incident.sample_lines.change();
  for (const std::string& line : event.sample_lines) {
    const bool is_known = std::find(samples.begin(), samples.end(), line) != samples.end();
    if (!is_known && samples.size() < Incident::kMaxSamples) samples.push_back(line);
  }
  share_texts(incident);
}

/// One diagnosis speaks for all hosts: the first, until one comes that is proved, or the same cause
/// is seen better.
void Correlator::take_diagnosis(Live& live, const receive::EdgeEvent& event, Time now) {
  if (!event.is_looked_at) return;
  const auto& known = live.incident.diagnosis;
  const bool is_better = known == nullptr || (event.is_proved && !known->proved) ||
                         (event.cause == known->cause && event.is_proved == known->proved &&
                          event.members != known->members);
  if (!is_better) return;
  auto note = std::make_shared<DiagnosisNote>();
  note->cause = event.cause;
  note->confidence = event.confidence;
  note->proved = event.is_proved;
  note->first_fix = note->first_fix_zh = event.first_fix;
  note->directive = event.directive;
  note->file = event.file;
  note->line = event.line;
  note->members = event.members;
  [[maybe_unused]] const auto attached = attach_diagnosis(live.incident.id.text(), std::move(note),
                                                          now);  // it is live, and short enough
}

/// On an edge it has become another fault, which has an incident of its own, here or in another
/// partition.
void Correlator::end_merged(const std::string& left, Time now) {
  Live* const known = live_.find(Fingerprint(left));
  if (known == nullptr) return;
  spread(*known, now);
  end_if_over(*known, "merged", now);
}

/// On the edge a consequence that had come first has found its cause: the incident goes on there as
/// what it is. Here too, if it was on no other host.
void Correlator::follow_to_cause(const std::string& left, const receive::EdgeEvent& event,
                                 const match::Rule* rule, Time now) {
  Live* const known = live_.find(Fingerprint(left));
  if (known == nullptr) return;
  if (fleet_.affected(left) > 0 || live_.contains(Fingerprint(event.fingerprint)))
    return end_merged(left, now);
  Owned owned = live_.take(known->incident.fingerprint);
  turn_into_consequence(owned->incident);
  identify(owned->incident, event, rule);
  share_texts(owned->incident);
  live_.insert(std::move(owned));
}

void Correlator::spread(Live& live, Time now) {
  Incident& incident = live.incident;
  const std::size_t affected = fleet_.affected(incident.fingerprint.text());
  if (incident.fleet && affected > kMany && incident.fleet->affected > kMany) {
    const std::size_t known = incident.fleet->affected;
    const std::size_t change = affected > known ? affected - known : known - affected;
    if (change * 16 < known && now - incident.fleet->taken_at < kLookAtManyAgain) return;
  }
  FleetSpread spread = fleet_.spread_of(incident.fingerprint.text(),
                                        incident.reopened_at.value_or(incident.opened_at));
  spread.taken_at = now;
  incident.fleet = std::move(spread);
}

void Correlator::end_if_over(Live& live, const std::string& by, Time now) {
  const bool goes_on = live.incident.fleet && live.incident.fleet->affected > 0;
  const bool has_lines_of_its_own =
      live.incident.run_count > 0;  // this host follows logs too: their quiet decides
  if (goes_on || has_lines_of_its_own || live.incident.foreseen) return touch(live);
  resolve(live, by, now);
}

// ---- edges that are not heard
// -------------------------------------------------------------------------------------------------

namespace {

Place place_of_silence() {
  return {.side = parse::Side::config,
          .peer = {},
          .name = {},
          .server = {},
          .object = "handshaked",
          .scheme = {}};
}

}  // namespace

std::string fingerprint_of_silence() { return fingerprint(kSilentRule, place_of_silence()); }

/// One incident for all of them: a network that is cut silences many at once.
void Correlator::note_silence(const std::string& host, bool is_silent, Time now) {
  receive::EdgeEvent event;
  event.fingerprint = fingerprint_of_silence();
  if (!options_.tells_silence && fleet_.is_told_elsewhere(host, event.fingerprint, is_silent))
    return;
  const Place place = place_of_silence();
  event.is_open = is_silent;
  event.rule_id = kSilentRule;
  event.title = texts().text(Language::en, "silence.title");
  event.title_zh = texts().text(Language::zh, "silence.title");
  event.severity = match::to_string(match::Severity::warning);
  event.side = parse::to_string(place.side);
  event.file = place.object;
  event.cause = "edge-silent";
  event.confidence = 1;
  event.incident_id = std::to_string(now.time_since_epoch().count());
  event.opened_at = event.last_seen_at = parse::format_rfc3339(now);
  event.hosts = {host};
  if (fleet_.note_own_fault(host, event.fingerprint, is_silent, now) == nullptr) return;
  join(event, nullptr, host, 0, now);
  Live* const live = live_.find(Fingerprint(event.fingerprint));
  if (live != nullptr && !live->incident.diagnosis) [[maybe_unused]]
    const auto attached = attach_diagnosis(live->incident.id.text(), silence_note(), now);
}

void Correlator::look_at_edges(Time now) {
  const auto next = fleet_.next_look();
  if (!next || now < *next) return;
  for (const auto& [host, faults] : fleet_.forget_long_silent(now)) {
    for (const std::string& print : faults) {
      Live* const live = live_.find(Fingerprint(print));
      if (live == nullptr) continue;
      spread(*live, now);
      end_if_over(*live, "quiet", now);
    }
  }
  for (const std::string& host : fleet_.fall_silent(now)) note_silence(host, true, now);
}

void Correlator::restore_edges(std::vector<Edge> edges, Time now) {
  for (Edge& edge : edges) fleet_.restore(std::move(edge), now);
  for (Live* const live : live_) {
    if (!live->incident.fleet) continue;
    live->incident.fleet.reset();
    spread(*live, now);
    plan(*live, quiet_until(live->incident));
  }
}

}  // namespace handshaked::correlate
