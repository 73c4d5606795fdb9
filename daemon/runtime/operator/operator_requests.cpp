// What operators ask; what they ask about deliveries is in delivery_requests.cpp.
#include "runtime/operator/operator_requests.h"

#include <algorithm>
#include <memory>

#include "base/json/json_writer.h"
#include "event/incident_event.h"
#include "parse/time_zone.h"
#include "runtime/operator/operator_json.h"
#include "runtime/operator/status_json.h"
#include "store/incidents.h"
#include "store/notifications.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

using control::ControlAnswer;
using control::ControlRequest;
using correlate::Incident;

constexpr std::size_t kMostMeant = 10;  // incidents that a beginning of an id can be

ControlAnswer no_such_incident(const std::string& id) {
  return ControlAnswer::refused("not_found", "there is no open incident " + id.substr(0, 64));
}

/// It asks: an id that is not whole can be several.
ControlAnswer several_incidents(const std::string& beginning,
                                const std::vector<const Incident*>& incidents) {
  std::string message = "\"" + beginning.substr(0, 64) + "\" matches several incidents; name one:";
  for (const Incident* const one : incidents) {
    const std::string& where = !one->place.peer.empty() ? one->place.peer : one->place.server.get();
    message += "\n  " + one->id + "  " + std::string(correlate::to_string(one->status)) + "  " +
               where + "  " + one->title.get();
  }
  return ControlAnswer::refused("ambiguous", std::move(message));
}

}  // namespace

std::size_t OperatorRequests::limit_of(const Request& request) {
  constexpr std::size_t kUsualLimit = 50;
  return static_cast<std::size_t>(
      std::clamp<std::uint64_t>(request.number("limit").value_or(kUsualLimit), 1, kMostListed));
}

OperatorRequests::OperatorRequests(correlate::Correlator& correlator,
                                   notify::Dispatcher& dispatcher, store::StoreThread& store,
                                   Daemon daemon)
    : correlator_(correlator), dispatcher_(dispatcher), store_(store), daemon_(std::move(daemon)) {}

void OperatorRequests::take(Request request, Reply reply) {
  const std::string& verb = request.verb;
  if (verb == "status") return status(std::move(reply));
  if (verb == "incidents.list") return list_incidents(request, std::move(reply));
  if (verb == "incidents.page") return page_of_incidents(request, std::move(reply));
  if (verb == "incidents.show") return show_incident(request, std::move(reply));
  if (verb == "incidents.find") return reply(find_by_fingerprint(request));
  if (verb == "incidents.resolve") return reply(resolve_incident(request));
  if (verb == "incidents.note") return reply(note_incident(request));
  if (verb == "silence.add") return add_silence(request, std::move(reply));
  if (verb == "silence.list") return reply(list_silences(request));
  if (verb == "silence.expire") return expire_silence(request, std::move(reply));
  if (verb == "deliveries.list") return list_deliveries(request, std::move(reply));
  if (verb == "deliveries.show") return show_delivery(request, std::move(reply));
  if (verb == "deliveries.retry") return retry_deliveries(request, std::move(reply));
  if (verb == "deliveries.discard") return discard_deliveries(request, std::move(reply));
  if (verb == "receivers.try") return reply(try_receiver(request));
  reply(Answer::refused("unknown_verb", "unknown verb \"" + verb.substr(0, 64) + "\""));
}

void OperatorRequests::ask_store(std::function<Answer(store::Database&)> body, Reply reply) {
  const auto task = [body = std::move(body), reply,
                     on_loop = daemon_.on_loop](store::Database& database) {
    on_loop([reply, answer = body(database)] { reply(answer); });
  };
  if (!store_.post(task))
    reply(Answer::refused("failed", "the database accepts no more requests now"));
}

// ---- status
// -----------------------------------------------------------------------------------------------------------------

void OperatorRequests::status(Reply reply) {
  daemon_.ask_figures([this, reply = std::move(reply)](const telemetry::Metrics& figures) {
    const auto silences = dispatcher_.silences().list();
    const auto active =
        std::count_if(silences.begin(), silences.end(),
                      [&figures](const auto& silence) { return silence.is_active(figures.now); });
    reply(Answer::done(status_json(figures, static_cast<std::size_t>(active))));
  });
}

// ---- incidents
// --------------------------------------------------------------------------------------------------------------

void OperatorRequests::list_incidents(const Request& request, Reply reply) {
  auto matchers = notify::parse_matchers(request.texts("matchers"));
  if (!matchers) return reply(Answer::refused(matchers.error()));
  const std::string wanted = request.text("status");
  const std::size_t limit = limit_of(request);
  const bool with_noise = request.text("noise") == "true";
  const Time now = wall_clock_now();
  const IncidentQuery::Sort sort = sort_named(request.text("sort"));
  std::string rows;
  std::size_t total = 0;
  if (wanted != "resolved") {
    std::vector<ListedIncident> live;
    for (const Incident* const incident : correlator_.incidents()) {
      const bool is_shown = with_noise || incident->is_told();
      if (is_shown && notify::all_match(matchers.value(), *incident))
        live.push_back({incident, false});
    }
    sort_listed(live, sort, now, Language::en);
    total = live.size();
    if (live.size() > limit) live.resize(limit);
    for (const ListedIncident& one : live)
      append_summary(rows, *one.incident, dispatcher_.silencing(*one.incident, now), now);
  }
  if (wanted != "resolved" && wanted != "all") return reply(incident_list(rows, total));
  const auto finish = [rows, total, limit, with_noise, sort, now,
                       matchers = std::move(matchers).value()](store::Database& database) mutable {
    const auto resolved =
        store::Incidents(database).list(store::IncidentStatus::resolved, kMostListed);
    if (!resolved) return ControlAnswer::refused(resolved.error());
    std::vector<Incident> over;
    for (const store::IncidentRow& row : resolved.value()) {
      auto incident = Incident::from_json(row.state_json);
      if (!incident ||
          (!with_noise && (incident.value().noise || incident.value().resolved_by == "passed")))
        continue;
      if (notify::all_match(matchers, incident.value()))
        over.push_back(std::move(incident).value());
    }
    std::vector<ListedIncident> listed;
    for (const Incident& incident : over) listed.push_back({&incident, false});
    sort_listed(listed, sort, now, Language::en);
    const std::size_t room = limit - std::min(limit, total);
    total += listed.size();
    if (listed.size() > room) listed.resize(room);
    for (const ListedIncident& one : listed) append_summary(rows, *one.incident, {}, now);
    return incident_list(rows, total);
  };
  ask_store(finish, std::move(reply));
}

void OperatorRequests::page_of_incidents(const Request& request, Reply reply) {
  const Language language = request.text("lang") == "zh" ? Language::zh : Language::en;
  const auto query = IncidentQuery::read(
      [&request](std::string_view name) { return request.text(name); }, language);
  daemon_.ask_page(query, [reply = std::move(reply)](unsigned status, std::string json) {
    reply(status == 200 ? Answer::done(std::move(json))
                        : Answer::refused("failed", "the daemon is stopping"));
  });
}

std::string OperatorRequests::incident_json(const Incident& incident, Language language) const {
  const Time now = wall_clock_now();
  const RuleBase& base = daemon_.rules();
  std::string out;
  event::append_incident_data(out, incident, base.find(incident.rule_id), base.knowledge, language,
                              true, dispatcher_.silencing(incident, now), now);
  out.pop_back();
  std::string more;
  JsonWriter json(more);
  json.begin_object()
      .member("daemon_host", daemon_.host)
      .member("command", event::show_command(incident, daemon_.command_options));
  write_life(json, incident);
  json.key("told").begin_array();
  for (const notify::ReceiverPolicy& receiver : dispatcher_.router().receivers()) {
    const auto told = dispatcher_.told(receiver.name, incident.id.text());
    if (!told) continue;
    json.begin_object()
        .member("receiver", receiver.name)
        .member("at", parse::format_rfc3339(told->told_at));
    json.member("count", told->count).end_object();
  }
  json.end_array().end_object();
  return out.append(",").append(std::string_view(more).substr(1));
}

std::vector<const Incident*> OperatorRequests::live_named(const std::string& beginning) const {
  if (const Incident* const exact = correlator_.find(beginning)) return {exact};
  std::vector<const Incident*> named;
  for (const Incident* const incident : correlator_.incidents()) {
    const bool is_meant =
        incident->id.starts_with(beginning) || incident->fingerprint.starts_with(beginning);
    if (is_meant && named.size() < kMostMeant) named.push_back(incident);
  }
  return named;
}

void OperatorRequests::show_incident(const Request& request, Reply reply) {
  const std::string beginning = correlate::named_incident(request.text("id"));
  if (beginning.empty()) return reply(Answer::refused("invalid", "name an incident"));
  const Language language = request.text("lang") == "zh" ? Language::zh : Language::en;
  if (const Incident* const live = correlator_.find(beginning))
    return reply(Answer::done(incident_json(*live, language)));
  std::vector<Incident> live;
  for (const Incident* const incident : live_named(beginning)) live.push_back(*incident);
  show_stored(beginning, std::move(live), language, std::move(reply));
}

/// What is over stands in the database alone, and so does its diagnosis.
void OperatorRequests::show_stored(const std::string& beginning, std::vector<Incident> live,
                                   Language language, Reply reply) {
  const auto meant = std::make_shared<std::vector<Incident>>(std::move(live));
  const auto find = [beginning, meant](store::Database& database) {
    const auto rows = store::Incidents(database).find_named(beginning, kMostMeant);
    if (!rows) return ControlAnswer::refused(rows.error());
    for (const store::IncidentRow& row : rows.value()) {
      const bool is_live = std::any_of(meant->begin(), meant->end(),
                                       [&](const Incident& known) { return known.id == row.id; });
      auto incident = is_live ? Result<Incident>(fail(ErrorCode::not_found, row.id))
                              : Incident::from_json(row.state_json);
      if (!incident) continue;
      const auto note = store::Notifications(database).find_diagnosis(row.id);
      if (note && !note.value().empty()) {
        if (auto read = correlate::diagnosis_note_from_json(note.value()))
          incident.value().diagnosis =
              std::make_shared<const correlate::DiagnosisNote>(std::move(read).value());
      }
      meant->push_back(std::move(incident).value());
    }
    return ControlAnswer::done("{}");
  };
  ask_store(
      find, [this, beginning, meant, language, reply = std::move(reply)](ControlAnswer answer) {
        if (!answer.is_ok) return reply(std::move(answer));
        if (meant->empty())
          return reply(
              Answer::refused("not_found", "no incident is called " + beginning.substr(0, 64)));
        if (meant->size() == 1) return reply(Answer::done(incident_json(meant->front(), language)));
        std::vector<const Incident*> several;
        for (const Incident& one : *meant) several.push_back(&one);
        reply(several_incidents(beginning, several));
      });
}

Result<std::string> OperatorRequests::the_live_incident(const Request& request,
                                                        Answer& refusal) const {
  const std::string beginning = correlate::named_incident(request.text("id"));
  const auto meant = beginning.empty() ? std::vector<const Incident*>() : live_named(beginning);
  if (meant.size() == 1) return meant.front()->id;
  refusal =
      meant.empty() ? no_such_incident(request.text("id")) : several_incidents(beginning, meant);
  return fail(ErrorCode::not_found, refusal.message);
}

ControlAnswer OperatorRequests::find_by_fingerprint(const Request& request) const {
  const Incident* const live = correlator_.find_by_fingerprint(request.text("fingerprint"));
  if (live == nullptr) return Answer::refused("not_found", "no live incident has this fingerprint");
  const Time now = wall_clock_now();
  std::string rows;
  append_summary(rows, *live, dispatcher_.silencing(*live, now), now);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("incident").raw(rows).key("told").begin_array();
  for (const notify::ReceiverPolicy& receiver : dispatcher_.router().receivers()) {
    if (dispatcher_.told(receiver.name, live->id.text())) json.value(receiver.name);
  }
  json.end_array().end_object();
  return Answer::done(std::move(out));
}

ControlAnswer OperatorRequests::resolve_incident(const Request& request) {
  Answer refusal;
  const auto named = the_live_incident(request, refusal);
  if (!named) return refusal;
  const std::string& id = named.value();
  correlator_.resolve_by_hand(id, request.peer.name, request.text("note"), wall_clock_now());
  telemetry::log_info(
      request.peer.name + " resolved " + id,
      {.id = telemetry::message_id::operator_act, .incident = id, .is_record = true});
  daemon_.incidents_changed();
  return Answer::done("{\"id\":\"" + id + "\",\"status\":\"resolved\"}");
}

ControlAnswer OperatorRequests::note_incident(const Request& request) {
  const std::string text = request.text("text");
  if (text.empty()) return Answer::refused("invalid", "the note is empty");
  Answer refusal;
  const auto named = the_live_incident(request, refusal);
  if (!named) return refusal;
  const std::string& id = named.value();
  correlator_.add_note(id, {.at = wall_clock_now(), .author = request.peer.name, .text = text});
  daemon_.incidents_changed();
  return Answer::done("{\"id\":\"" + id + "\"}");
}

// ---- silences
// ---------------------------------------------------------------------------------------------------------------

void OperatorRequests::add_silence(const Request& request, Reply reply) {
  const Time now = wall_clock_now();
  auto matchers = notify::parse_matchers(request.texts("matchers"));
  if (!matchers) return reply(Answer::refused(matchers.error()));
  const auto moment = [&](const char* name) -> std::optional<Time> {
    const auto parsed = parse::parse_rfc3339(request.text(name));
    return parsed ? std::optional(parsed->utc) : std::nullopt;
  };
  notify::Silence silence;
  silence.matchers = std::move(matchers).value();
  silence.starts_at = moment("from").value_or(now);
  const auto seconds = request.number("seconds");
  constexpr std::uint64_t kLongest = std::uint64_t{10} * 366 * 86400;
  if (seconds && *seconds <= kLongest)
    silence.ends_at = silence.starts_at + std::chrono::seconds(*seconds);
  else silence.ends_at = moment("until").value_or(Time{});
  silence.comment = request.text("comment");
  silence.created_by = request.peer.name;
  auto added = dispatcher_.change_silences().add(std::move(silence), now);
  if (!added) return reply(Answer::refused(added.error()));
  telemetry::log_info(request.peer.name + " added " + added.value().id,
                      {.id = telemetry::message_id::operator_act, .is_record = true});
  daemon_.incidents_changed();
  keep_silence(added.value(), std::move(reply));
}

void OperatorRequests::keep_silence(const notify::Silence& silence, Reply reply) {
  const store::SilenceRow row{
      .id = silence.id, .ends_at = silence.ends_at, .state_json = notify::to_json(silence)};
  std::string shown;
  append_silence(shown, silence, wall_clock_now());
  const auto keep = [row, shown](store::Database& database) {
    const auto saved = store::Notifications(database).save_silence(row);
    return saved ? ControlAnswer::done(shown) : ControlAnswer::refused(saved.error());
  };
  ask_store(keep, std::move(reply));
}

ControlAnswer OperatorRequests::list_silences(const Request& request) const {
  const Time now = wall_clock_now();
  const bool all = request.text("all") == "true";
  std::string rows;
  for (const notify::Silence& silence : dispatcher_.silences().list()) {
    if (all || silence.ends_at > now) append_silence(rows, silence, now);
  }
  std::string windows;
  JsonWriter json(windows);
  json.begin_array();
  for (const notify::MaintenanceWindow& window : dispatcher_.maintenance()) {
    json.begin_object()
        .member("name", window.name)
        .member("active", window.is_active(now))
        .array("matchers", texts_of(window.matchers));
    if (const auto next = window.next_change(now))
      json.member("changes_at", parse::format_rfc3339(*next));
    json.end_object();
  }
  json.end_array();
  return Answer::done("{\"silences\":[" + rows + "],\"maintenance\":" + windows + "}");
}

void OperatorRequests::expire_silence(const Request& request, Reply reply) {
  const std::string id = request.text("id");
  const auto expired = dispatcher_.change_silences().expire(id, wall_clock_now());
  if (!expired)
    return reply(Answer::refused("not_found", "no silence " + id.substr(0, 64) + " is in force"));
  telemetry::log_info(request.peer.name + " expired " + id,
                      {.id = telemetry::message_id::operator_act, .is_record = true});
  daemon_.incidents_changed();
  keep_silence(*expired, std::move(reply));
}

}  // namespace handshaked::runtime
