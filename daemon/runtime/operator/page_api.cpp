#include "runtime/operator/page_api.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/json/json_writer.h"
#include "correlate/incident_title.h"
#include "event/incident_event.h"
#include "parse/time_zone.h"
#include "runtime/operator/operator_json.h"
#include "runtime/operator/status_json.h"
#include "store/incidents.h"
#include "store/notifications.h"
#include "store/outbox.h"
#include "store/rates.h"

namespace handshaked::runtime {
namespace {

using correlate::Incident;
using store::Rates;

constexpr std::size_t kMostResolved = 1000;
constexpr std::size_t kMostDeliveries = 50;
constexpr std::size_t kMostLanes = 200;
constexpr std::size_t kMostEnds = 30;
constexpr std::size_t kMostShownEdges = 200;
constexpr std::size_t kMostSpread = 50;
constexpr std::size_t kSparkParts = 48;
constexpr std::int64_t kDay = 86'400;
constexpr std::string_view kIncidentPath = "/api/incidents/";

std::int64_t seconds_of(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string refusal(std::string_view why) {
  std::string out;
  JsonWriter(out).begin_object().member("error", why).end_object();
  return out;
}

/// What the store keeps of an incident that is over, and would tell of: noise and what passed by
/// itself is not shown.
std::optional<Incident> shown_incident(const std::string& state_json) {
  auto incident = Incident::from_json(state_json);
  if (!incident || incident.value().noise || incident.value().history ||
      incident.value().resolved_by == "passed")
    return std::nullopt;
  return std::move(incident).value();
}

void attach_diagnosis(store::Database& database, Incident& incident) {
  const auto note = store::Notifications(database).find_diagnosis(incident.id);
  if (!note || note.value().empty()) return;
  if (auto read = correlate::diagnosis_note_from_json(note.value()))
    incident.diagnosis = std::make_shared<const correlate::DiagnosisNote>(std::move(read).value());
}

std::vector<Incident> load_resolved(store::Database& database) {
  std::vector<Incident> found;
  const auto rows = store::Incidents(database).list(store::IncidentStatus::resolved, kMostResolved);
  if (!rows) return found;
  for (const store::IncidentRow& row : rows.value()) {
    auto incident = shown_incident(row.state_json);
    if (!incident) continue;
    attach_diagnosis(database, *incident);
    found.push_back(std::move(*incident));
  }
  return found;
}

void write_points(JsonWriter& json, std::string_view name, const Rates::Points& points) {
  json.key(name).begin_array();
  for (const auto& [at, count] : points) json.begin_array().value(at).value(count).end_array();
  json.end_array();
}

}  // namespace

template <class Answer>
void PageApi::ask_store(std::function<Answer(store::Database&)> ask,
                        std::function<void(Answer)> then, const Reply& reply) const {
  const auto task = [ask = std::move(ask), then = std::move(then),
                     on_loop = parts_.on_loop](store::Database& database) {
    auto answer = std::make_shared<Answer>(ask(database));
    on_loop([then, answer] { then(std::move(*answer)); });
  };
  if (!parts_.store.post(task)) reply(503, refusal("the daemon is stopping"));
}

void PageApi::answer(const net::HttpRequest& request, Language language, Reply reply) const {
  if (request.path == "/api/fleet") return fleet(language, std::move(reply));
  if (request.path == "/api/status") return status(std::move(reply));
  if (request.path == "/api/incidents")
    return list(IncidentQuery::read([&](std::string_view name) { return request.parameter(name); },
                                    language),
                std::move(reply));
  if (request.path == "/api/timeline") {
    const std::string text = request.parameter("hours");
    std::int64_t hours = 24;
    std::from_chars(text.data(), text.data() + text.size(), hours);
    return timeline(std::clamp<std::int64_t>(hours, 1, 90 * 24), language, std::move(reply));
  }
  if (request.path.starts_with(kIncidentPath))
    return show(request.path.substr(kIncidentPath.size()), language, std::move(reply));
  reply(404, refusal("there is nothing here"));
}

// ---- the list
// -----------------------------------------------------------------------------------------------------------

std::vector<ListedIncident> PageApi::live(Time now) const {
  std::vector<ListedIncident> rows;
  for (const Incident* const incident : parts_.correlator.incidents())
    if (incident->is_told())
      rows.push_back({incident, !parts_.dispatcher.silencing(*incident, now).empty()});
  return rows;
}

void PageApi::list(const IncidentQuery& query, Reply reply) const {
  const bool wants_resolved =
      query.status == IncidentQuery::Status::resolved || query.status == IncidentQuery::Status::all;
  if (!wants_resolved) return finish_list(query, {}, std::move(reply));
  ask_store<Resolved>(
      load_resolved,
      [this, query, reply](const Resolved& resolved) { finish_list(query, resolved, reply); },
      reply);
}

void PageApi::finish_list(const IncidentQuery& query, const Resolved& resolved, Reply reply) const {
  const Time now = wall_clock_now();
  std::vector<ListedIncident> all = live(now);
  for (const Incident& incident : resolved)
    if (parts_.correlator.find(incident.id.text()) == nullptr) all.push_back({&incident, false});
  const IncidentPage page = find_page(all, query, now);
  // Rows are written before and after the database is asked: what they borrow may be gone then.
  std::vector<std::string> ids, rows;
  for (const ListedIncident& row : page.rows) {
    ids.push_back(row.incident->id);
    append_row(rows.emplace_back(), row, {}, query.language, now);
  }
  std::string head;
  JsonWriter json(head);
  json.begin_object()
      .member("now", parse::format_rfc3339(now))
      .member("total", page.total)
      .key("facets")
      .raw(page.facets_json);
  json.key("incidents");
  using Lines = std::unordered_map<std::string, std::vector<std::uint64_t>>;
  const std::int64_t until = seconds_of(now);
  const auto ask = [ids, until](store::Database& database) {
    auto lines = Rates(database).sparklines(ids, until - kDay, until, kSparkParts);
    return lines ? std::move(lines).value() : Lines();
  };
  const auto then = [head, ids, rows, reply](Lines lines) {
    constexpr std::string_view kEmpty = "[]}";  // the end of a row without a line
    std::string out = head + "[";
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i != 0) out += ',';
      out.append(rows[i], 0, rows[i].size() - kEmpty.size()).push_back('[');
      const std::vector<std::uint64_t>& line = lines[ids[i]];
      for (std::size_t part = 0; part < line.size(); ++part)
        out += (part == 0 ? "" : ",") + std::to_string(line[part]);
      out += "]}";
    }
    reply(200, out + "]}");
  };
  ask_store<Lines>(ask, then, reply);
}

// ---- one incident
// -------------------------------------------------------------------------------------------------------

/// The event data, its life, and who was told; without a closing brace.
std::string PageApi::data_of(const Incident& incident, Language language) const {
  const Time now = wall_clock_now();
  const RuleBase& base = parts_.rules();
  std::string out;
  event::append_incident_data(out, incident, base.find(incident.rule_id), base.knowledge, language,
                              false, parts_.dispatcher.silencing(incident, now), now);
  out.pop_back();
  std::string more;
  JsonWriter json(more);
  json.begin_object().member("now", parse::format_rfc3339(now));
  json.member("command", event::show_command(incident, parts_.command_options));
  write_life(json, incident);
  json.key("told").begin_array();
  for (const notify::ReceiverPolicy& receiver : parts_.dispatcher.router().receivers()) {
    if (const auto told = parts_.dispatcher.told(receiver.name, incident.id.text()))
      json.begin_object()
          .member("receiver", receiver.name)
          .member("at", parse::format_rfc3339(told->told_at))
          .end_object();
  }
  json.end_array();
  return out.append(",").append(more, 1);
}

void PageApi::show(const std::string& id, Language language, Reply reply) const {
  struct Found {
    std::optional<Incident> incident;  ///< when it is not live
    std::string more;                  ///< members of what the store alone knows
  };
  const bool is_live = parts_.correlator.find(id) != nullptr;
  const std::int64_t now = seconds_of(wall_clock_now());
  const auto ask = [id, is_live, now](store::Database& database) {
    Found found;
    if (!is_live) {
      const auto row = store::Incidents(database).find(id);
      if (row && row.value()) {
        auto incident = Incident::from_json(row.value()->state_json);
        if (incident) found.incident = std::move(incident).value();
      }
      if (!found.incident) return found;
      attach_diagnosis(database, *found.incident);
    }
    JsonWriter json(found.more);
    json.begin_object();
    Rates rates(database);
    const auto minutes = rates.of_incident(id, Rates::Step::minute, now - kDay);
    const auto hours = rates.of_incident(id, Rates::Step::hour, now - 90 * kDay);
    write_points(json, "minutes", minutes ? minutes.value() : Rates::Points());
    write_points(json, "hours", hours ? hours.value() : Rates::Points());
    const auto deliveries = store::deliveries_of_incident(database, id, kMostDeliveries);
    std::string rows;
    if (deliveries)
      for (const store::OutboxRow& row : deliveries.value()) append_delivery(rows, row, false);
    json.key("deliveries").raw("[" + rows + "]").end_object();
    return found;
  };
  const auto then = [this, id, language, reply](Found found) {
    const Incident* const live = parts_.correlator.find(id);
    if (live == nullptr && !found.incident) return reply(404, refusal("no such incident exists"));
    std::string out = data_of(live != nullptr ? *live : *found.incident, language);
    reply(200, found.more.empty() ? out + "}" : out.append(",").append(found.more, 1));
  };
  ask_store<Found>(ask, then, reply);
}

// ---- the fleet
// ----------------------------------------------------------------------------------------------------------

namespace {

/// How many edges there are of each state and each version, and the first of them: those that need
/// somebody.
void write_edges(JsonWriter& json, const telemetry::FleetMetrics& fleet) {
  using State = telemetry::EdgeMetrics::State;
  std::map<State, std::size_t> states;
  std::map<std::string, std::size_t> versions;
  for (const telemetry::EdgeMetrics& edge : fleet.edges) {
    ++states[edge.state];
    ++versions[edge.version];
  }
  json.member("total", fleet.edges.size());
  for (const State state : {State::healthy, State::behind, State::silent})
    json.member(telemetry::to_string(state), states[state]);
  json.key("versions").begin_array();
  for (const auto& [version, edges] : versions)
    json.begin_object().member("version", version).member("edges", edges).end_object();
  json.end_array().key("edges").begin_array();
  for (std::size_t i = 0; i < std::min(kMostShownEdges, fleet.edges.size()); ++i) {
    const telemetry::EdgeMetrics& edge = fleet.edges[i];
    json.begin_object()
        .member("host", edge.host)
        .member("version", edge.version)
        .member("state", telemetry::to_string(edge.state));
    json.member("heard_at", parse::format_rfc3339(edge.heard_at)).member("waiting", edge.waiting);
    json.member("lag_seconds", edge.lag_seconds)
        .member("open_faults", edge.open_faults)
        .end_object();
  }
  json.end_array();
}

}  // namespace

void PageApi::fleet(Language language, Reply reply) const {
  parts_.ask_figures([this, language, reply = std::move(reply)](const telemetry::Metrics& figures) {
    struct Spread {
      std::size_t hosts = 0;
      const Incident* incident = nullptr;
    };
    std::vector<Spread> spread;
    for (const Incident* const incident : parts_.correlator.incidents()) {
      if (!incident->is_told()) continue;
      const std::size_t on_edges = parts_.correlator.fleet().affected(incident->fingerprint.text());
      spread.push_back({std::max(on_edges, incident->hosts.get().size()), incident});
    }
    std::stable_sort(spread.begin(), spread.end(),
                     [](const Spread& a, const Spread& b) { return a.hosts > b.hosts; });
    std::string out;
    JsonWriter json(out);
    json.begin_object().member("now", parse::format_rfc3339(figures.now));
    write_edges(json, figures.fleet);
    json.key("incidents").begin_array();
    for (std::size_t i = 0; i < std::min(kMostSpread, spread.size()); ++i) {
      const Incident& incident = *spread[i].incident;
      json.begin_object()
          .member("id", incident.id.text())
          .member("title", correlate::incident_title(incident, language));
      json.member("severity", match::to_string(incident.severity))
          .member("opened_at", parse::format_rfc3339(incident.opened_at));
      json.member("hosts", spread[i].hosts).end_object();
    }
    json.end_array();
    if (!figures.group.name.empty()) json.key("group").raw(group_json(figures.group));
    json.end_object();
    reply(200, out);
  });
}

// ---- the timeline, and how the daemon is
// ----------------------------------------------------------------------------------

void PageApi::timeline(std::int64_t hours, Language language, Reply reply) const {
  struct Found {
    Rates::Points totals;
    Resolved resolved;
  };
  const Time now = wall_clock_now();
  const std::int64_t since = seconds_of(now) - hours * 3600;
  const auto ask = [hours, since](store::Database& database) {
    Found found{.totals = {}, .resolved = load_resolved(database)};
    const bool is_day = hours <= 24;
    auto totals = Rates(database).totals(is_day ? Rates::Step::minute : Rates::Step::hour, since,
                                         is_day ? 1800 : 3600);
    if (totals) found.totals = std::move(totals).value();
    return found;
  };
  const auto then = [this, now, since, language, reply](Found found) {
    std::vector<ListedIncident> rows = live(now);
    for (const Incident& incident : found.resolved) {
      const bool is_within = incident.resolved_at && seconds_of(*incident.resolved_at) >= since;
      if (is_within && parts_.correlator.find(incident.id.text()) == nullptr)
        rows.push_back({&incident, false});
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const ListedIncident& a, const ListedIncident& b) {
                       if (a.incident->severity != b.incident->severity)
                         return a.incident->severity > b.incident->severity;
                       return a.incident->opened_at > b.incident->opened_at;
                     });
    std::string out;
    JsonWriter json(out);
    json.begin_object().member("now", parse::format_rfc3339(now)).member("total", rows.size());
    write_points(json, "failures", found.totals);
    json.key("reloads").begin_array();
    for (const Time at : parts_.reloads())
      if (seconds_of(at) >= since) json.value(parse::format_rfc3339(at));
    json.end_array();
    json.key("ends").begin_array();
    const std::vector<diagnose::CalendarEntry> ends = parts_.ends();
    for (std::size_t i = 0; i < std::min(kMostEnds, ends.size()); ++i)
      json.begin_object()
          .member("at", parse::format_rfc3339(ends[i].at))
          .member("what", ends[i].what.in(language))
          .end_object();
    json.end_array();
    json.key("incidents").begin_array();
    for (std::size_t i = 0; i < std::min(kMostLanes, rows.size()); ++i) {
      const Incident& incident = *rows[i].incident;
      json.begin_object()
          .member("id", incident.id.text())
          .member("title", correlate::incident_title(incident, language));
      json.member("severity", match::to_string(incident.severity))
          .member("opened_at", parse::format_rfc3339(incident.opened_at));
      if (incident.resolved_at && incident.status == correlate::Status::resolved)
        json.member("resolved_at", parse::format_rfc3339(*incident.resolved_at));
      json.end_object();
    }
    json.end_array().end_object();
    reply(200, out);
  };
  ask_store<Found>(ask, then, reply);
}

void PageApi::status(Reply reply) const {
  parts_.ask_figures([this, reply = std::move(reply)](const telemetry::Metrics& figures) {
    const auto silences = parts_.dispatcher.silences().list();
    const auto active =
        std::count_if(silences.begin(), silences.end(),
                      [&figures](const auto& silence) { return silence.is_active(figures.now); });
    std::string out;
    JsonWriter(out).begin_object().member("now", parse::format_rfc3339(figures.now));
    reply(200, out + "," + status_json(figures, static_cast<std::size_t>(active)).substr(1));
  });
}

}  // namespace handshaked::runtime
