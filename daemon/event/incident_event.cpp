#include "event/incident_event.h"

#include <algorithm>
#include <functional>

#include "base/json/json_writer.h"
#include "base/text/number_text.h"
#include "correlate/incident_title.h"
#include "correlate/present_rate.h"
#include "correlate/quiet.h"
#include "correlate/severity.h"
#include "event/redaction.h"
#include "event/texts.h"
#include "parse/time_zone.h"

namespace handshaked::event {
namespace {

using correlate::Incident;

constexpr std::string_view kDigest = "sha256 ";
constexpr std::size_t kShownDigits = 12;

std::string listed(const std::vector<std::string>& values, std::size_t longest, const Texts& text) {
  std::string list;
  for (const std::string& value : values)
    list = list.empty() ? value.substr(0, longest)
                        : text("difference.next_value",
                               {{"list", list}, {"value", value.substr(0, longest)}});
  return list;
}

/// "on 5 of 40 hosts", "over on 2 of 40 hosts".
std::string spread_text(const correlate::FleetSpread& fleet, const Texts& text) {
  const bool is_over = fleet.affected == 0;
  const std::size_t count = is_over ? fleet.ended : fleet.affected;
  const std::string hosts = std::to_string(fleet.edges);
  if (count != fleet.edges)
    return text(is_over ? "spread.over_on_some" : "spread.some",
                {{"count", std::to_string(count)}, {"hosts", hosts}});
  if (count == 1) return text(is_over ? "spread.over_on_one" : "spread.one");
  return text(is_over ? "spread.over_on_all" : "spread.all", {{"hosts", hosts}});
}

/// "OpenSSL: 3.0.15 on the affected hosts, 3.0.17 on the others".
std::string difference_text(const correlate::FactDifference& difference, const Texts& text) {
  if (difference.fact == "nginx_loaded_at")
    return text("difference.loaded",
                {{"affected", difference.affected.front()}, {"others", difference.others.front()}});
  const bool is_digest = difference.fact.starts_with(kDigest);
  const std::size_t longest = is_digest ? kShownDigits : std::string::npos;
  const std::string fact =
      is_digest ? text("difference.digest", {{"file", difference.fact.substr(kDigest.size())}})
      : difference.fact == "openssl" ? "OpenSSL"
                                     : difference.fact;
  return text("difference.fact", {{"fact", fact},
                                  {"affected", listed(difference.affected, longest, text)},
                                  {"others", listed(difference.others, longest, text)}});
}

void write_incident(JsonWriter& json, const Incident& incident, Language language,
                    bool show_clients, const std::vector<std::string>& silenced_by, Time now) {
  json.key("incident")
      .begin_object()
      .member("id", incident.id.text())
      .member("fingerprint", incident.fingerprint.text());
  if (!incident.earlier_fingerprints.empty())
    json.array("earlier_fingerprints", incident.earlier_fingerprints);
  json.member("title", correlate::incident_title(incident, language));
  json.optional_member("parent_id", incident.parent_id);
  json.member("status",
              to_string(incident.status == correlate::Status::pending ? correlate::Status::open
                                                                      : incident.status));
  json.member("severity", match::to_string(incident.severity));
  json.member("opened_at", parse::format_rfc3339(incident.opened_at))
      .member("last_seen_at", parse::format_rfc3339(incident.last_seen_at));
  if (incident.resolved_at)
    json.member("resolved_at", parse::format_rfc3339(*incident.resolved_at))
        .member("resolved_by", incident.resolved_by)
        .member("seen_good", incident.fix_verified_at.has_value());
  if (incident.fix_verified_at)
    json.member("fix_verified_at", parse::format_rfc3339(*incident.fix_verified_at));
  if (incident.probe_failed_at)
    json.member("probe_failed_at", parse::format_rfc3339(*incident.probe_failed_at));
  if (correlate::is_quiet_failing(incident)) json.member("quiet_still_failing", true);
  if (incident.foreseen && incident.foreseen->at)
    json.key("will_break")
        .begin_object()
        .member("at", parse::format_rfc3339(*incident.foreseen->at))
        .end_object();
  json.member("flapping", incident.flapping)
      .member("reopens", incident.reopens)
      .member("noise", incident.noise);
  if (incident.late) json.member("late", true);
  json.array("silenced_by", silenced_by);
  json.member("count", incident.count)
      .member("rate_per_minute", correlate::present_rate(incident, now));
  json.array("hosts", incident.hosts).array("servers", incident.servers);
  json.key("clients")
      .begin_object()
      .member("distinct", correlate::distinct_clients(incident))
      .key("sample")
      .begin_array();
  for (const std::string& client : incident.clients.sample())
    json.value(show_clients ? client : masked_address(client));
  json.end_array().end_object();
  json.key("sample_lines").begin_array();
  for (const std::string& line : incident.sample_lines.all())
    json.value(redacted_line(line, show_clients));
  json.end_array();
  json.key("consequences").begin_array();
  for (const correlate::Consequence& consequence : incident.consequences) {
    json.begin_object()
        .member("rule", consequence.rule_id)
        .member("title", consequence.title)
        .member("count", consequence.count);
    json.member("last_seen_at", parse::format_rfc3339(consequence.last_seen_at)).end_object();
  }
  json.end_array().end_object();
}

/// On which hosts of a fleet it is.
void write_fleet(JsonWriter& json, const correlate::FleetSpread& fleet, Language language) {
  json.key("fleet")
      .begin_object()
      .member("edges", fleet.edges)
      .member("affected", fleet.affected)
      .member("ended", fleet.ended);
  json.member("summary", spread_text(fleet, Texts(texts(), language))).key("hosts").begin_array();
  for (const correlate::AffectedHost& host : fleet.hosts) {
    json.begin_object()
        .member("host", host.host)
        .member("since", parse::format_rfc3339(host.since));
    if (host.until) json.member("until", parse::format_rfc3339(*host.until));
    json.member("count", host.count).optional_member("cause", host.cause).end_object();
  }
  json.end_array().key("differences").begin_array();
  for (const correlate::FactDifference& difference : fleet.differences) {
    json.begin_object()
        .member("fact", difference.fact)
        .array("affected", difference.affected)
        .array("others", difference.others);
    json.member("text", difference_text(difference, Texts(texts(), language))).end_object();
  }
  json.end_array().array("labels", fleet.labels).end_object();
}

void write_place(JsonWriter& json, const Incident& incident) {
  const correlate::Place& place = incident.place;
  json.key("place").begin_object().member("side", parse::to_string(place.side));
  json.optional_member("peer", place.peer)
      .optional_member("name", place.name)
      .optional_member("server", place.server);
  if (const auto& note = incident.diagnosis; note && !note->file.empty()) {
    json.optional_member("directive", note->directive).member("file", note->file);
    if (note->line != 0) json.member("line", note->line);
  } else {
    json.optional_member("file", place.object);
  }
  json.end_object();
}

/// The key of a text that depends on nothing but the rule, the family of directives and the
/// language. The text of the rule counts: a changed rule keeps its id.
std::string memo_key(std::string_view what, const match::Rule& rule, std::string_view scheme,
                     Language language) {
  std::string key(what);
  key.append(language == Language::zh ? " zh " : " en ")
      .append(match::directive_family(scheme))
      .append(" ")
      .append(rule.id);
  return key.append(" ").append(std::to_string(std::hash<std::string_view>{}(rule.json)));
}

match::AdviceFacts advice_facts_of(const Incident& incident, const match::Rule* rule) {
  match::AdviceFacts facts = correlate::advice_facts(incident.place);
  if (rule != nullptr) facts.scheme = match::directives_of(*rule, incident.place.scheme);
  return facts;
}

std::string diagnosis_summary(const Incident& incident, const match::Rule* rule,
                              const match::AdviceFacts& facts, const match::Knowledge& knowledge,
                              Language language) {
  const auto make = [&]() -> std::string {
    std::string summary;
    if (const auto cause = knowledge.about_cause(incident.likeliest_cause, language))
      summary = cause->meaning;
    if (summary.empty() && rule != nullptr)
      summary = match::Knowledge::about_rule(*rule, language).root_cause;
    return summary;
  };
  if (rule == nullptr) return match::filled_in(make(), facts, language);
  const auto made = knowledge.memo().find_or_make(
      memo_key("summary of " + incident.likeliest_cause.get(), *rule, facts.scheme, language),
      make);
  return match::filled_in(*made, facts, language);
}

/// Without a look at the configuration and the peer there are only candidates: said so, and nothing
/// is proved.
void write_diagnosis(JsonWriter& json, const Incident& incident, const match::Rule* rule,
                     const match::AdviceFacts& facts, const match::Knowledge& knowledge,
                     Language language) {
  json.key("diagnosis")
      .begin_object()
      .member("cause", incident.likeliest_cause)
      .member("confidence", incident.likelihood);
  json.member("basis", "line");
  json.member("summary", diagnosis_summary(incident, rule, facts, knowledge, language))
      .key("evidence")
      .begin_array();
  const std::string& title = language == Language::zh ? incident.title_zh : incident.title;
  json.begin_object()
      .member("kind", "log")
      .member("text", match::filled_in(title, facts, language))
      .end_object();
  // The line alone cannot tell candidates apart; where nginx runs, its configuration and the peer
  // can.
  json.begin_object().member("kind", "next").member("text", texts().text(language, "line.next"));
  json.end_object();
  json.end_array().key("candidates").begin_array();
  if (rule != nullptr) {
    for (const match::CandidateCause& candidate : rule->causes) {
      json.begin_object()
          .member("cause", candidate.cause)
          .member("likelihood", candidate.likelihood);
      const std::string& tell_apart = language == Language::zh && !candidate.tell_apart_zh.empty()
                                          ? candidate.tell_apart_zh
                                          : candidate.tell_apart;
      json.optional_member("tell_apart", match::filled_in(tell_apart, facts, language));
      json.end_object();
    }
  }
  json.end_array().end_object();
}

void write_untested(JsonWriter& json, Language language) {
  json.key("proof").begin_object().member("status", "untested");
  json.member("detail", texts().text(language, "line.untested"));
  json.end_object();
}

/// The members "fixes" and "dead_ends".
std::string advice_members(const match::Advice& advice, Language language) {
  std::string members;
  JsonWriter json(members);
  json.key("fixes").begin_array();
  int rank = 0;
  for (const match::Workaround& fix : advice.workarounds) {
    ++rank;
    json.begin_object()
        .member("rank", rank)
        .member("id", fix.id.empty() ? "fix-" + std::to_string(rank) : fix.id);
    json.member("owner", fix.owner.empty() ? "proxy" : fix.owner)
        .member("title", fix.action)
        .member("how", fix.how);
    json.optional_member("condition", fix.condition)
        .key("changes")
        .begin_array()
        .end_array()
        .key("commands")
        .begin_array()
        .end_array();
    json.member("success_rate", fix.success_rate).member("evidence_count", fix.evidence_count);
    write_untested(json, language);
    json.end_object();
  }
  json.end_array().key("dead_ends").begin_array();
  for (const match::DeadEnd& dead_end : advice.dead_ends) {
    json.begin_object().member("action", dead_end.action).member("why_fails", dead_end.why_fails);
    json.member("fail_rate", dead_end.fail_rate).member("unsafe", dead_end.unsafe);
    write_untested(json, language);
    json.end_object();
  }
  json.end_array();
  return members;
}

/// Twenty kilobytes that thousands of incidents have in common: made once, and read for each place.
void append_advice(std::string& out, const match::Rule* rule, const match::AdviceFacts& facts,
                   const match::Knowledge& knowledge, Language language) {
  if (rule == nullptr) {
    out.append(advice_members({}, language));
    return;
  }
  const auto make = [&] {
    return advice_members(knowledge.about_line(*rule, facts.scheme, language), language);
  };
  out.append(match::filled_in(
      *knowledge.memo().find_or_make(memo_key("advice", *rule, facts.scheme, language), make),
      facts, language));
}

/// What happened, before the title: "[warning] ", "[again, critical] ".
std::string mark_of(EventKind kind, match::Severity severity, const Texts& text) {
  const std::string level = text(severity == match::Severity::critical  ? "level.critical"
                                 : severity == match::Severity::warning ? "level.warning"
                                                                        : "level.info",
                                 {{"mark", std::string(correlate::severity_mark(severity))}});
  switch (kind) {
    case EventKind::resolved: return text("mark.resolved");
    case EventKind::reopened: return text("mark.reopened", {{"level", level}});
    case EventKind::diagnosed: return text("mark.diagnosed", {{"level", level}});
    case EventKind::updated: return text("mark.updated", {{"level", level}});
    case EventKind::opened: break;
  }
  return text("mark.opened", {{"level", level}});
}

std::string summary_of(EventKind kind, const Incident& incident, bool is_correction,
                       Language language) {
  const Texts text(texts(), language);
  std::string summary =
      mark_of(kind, incident.severity, text) + correlate::incident_title(incident, language);
  if (incident.fleet)
    summary = text("summary.spread",
                   {{"title", summary}, {"spread", spread_text(*incident.fleet, text)}});
  if (incident.foreseen) return summary;  // no line tells of it
  const bool is_one = incident.count == 1;
  const char* const key = correlate::is_quiet_failing(incident)
                              ? (is_one ? "summary.quiet_line" : "summary.quiet_lines")
                              : (is_one ? "summary.line" : "summary.lines");
  summary = text(key, {{"title", summary}, {"count", std::to_string(incident.count)}});
  return is_correction ? text("summary.corrected", {{"summary", summary}}) : summary;
}

/// What a receiver gets that takes names and values: most important first, empty ones left out.
std::vector<std::pair<std::string, std::string>> facts_of(const Incident& incident,
                                                          Language language, Time now,
                                                          std::string_view command_options) {
  std::vector<std::pair<std::string, std::string>> facts;
  const auto fact = [&facts](const char* name, std::string_view value) {
    if (!value.empty()) facts.emplace_back(name, value);
  };
  fact("rule", incident.rule_id);
  fact("severity", match::to_string(incident.severity));
  fact("side", parse::to_string(incident.place.side));
  fact("peer", incident.place.peer);
  fact("server", incident.place.server.get());
  fact("file", incident.place.object.get());
  fact("title", correlate::incident_title(incident, language));
  fact("cause", incident.cause());
  if (!incident.cause().empty())
    fact("confidence",
         percent(incident.diagnosis ? incident.diagnosis->confidence : incident.likelihood));
  if (incident.diagnosis && incident.status != correlate::Status::resolved) {
    const correlate::DiagnosisNote& note = *incident.diagnosis;
    fact("fix", language == Language::zh && !note.first_fix_zh.empty() ? note.first_fix_zh
                                                                       : note.first_fix);
    if (!note.first_fix.empty()) fact("command", show_command(incident, command_options));
  }
  fact("count", std::to_string(incident.count));
  if (incident.status == correlate::Status::open)
    fact("rate", rate_text(correlate::present_rate(incident, now)));
  if (incident.foreseen && incident.foreseen->at)
    fact("will_break", parse::format_rfc3339(*incident.foreseen->at));
  if (incident.fleet) {
    fact("fleet", spread_text(*incident.fleet, Texts(texts(), language)));
    for (const correlate::FactDifference& difference : incident.fleet->differences)
      fact("differs", difference_text(difference, Texts(texts(), language)));
  }
  return facts;
}

}  // namespace

std::string show_command(const Incident& incident, std::string_view command_options) {
  // What no line tells of, no line can be diagnosed for.
  const bool has_lines = !incident.rule_id.get().starts_with("handshaked/");
  std::string command =
      (has_lines ? "handshaked fix show " : "handshaked incidents show ") + incident.id;
  return command_options.empty() || incident.fleet ? command
                                                   : command.append(" ").append(command_options);
}

void append_incident_data(std::string& out, const Incident& incident, const match::Rule* rule,
                          const match::Knowledge& knowledge, Language language, bool show_clients,
                          const std::vector<std::string>& silenced_by, std::optional<Time> now) {
  const match::AdviceFacts facts = advice_facts_of(incident, rule);
  JsonWriter json(out);
  json.begin_object();
  write_incident(json, incident, language, show_clients, silenced_by,
                 now.value_or(incident.last_seen_at));
  const std::string& title =
      language == Language::zh && !incident.title_zh.empty() ? incident.title_zh : incident.title;
  json.key("rule").begin_object().member("id", incident.rule_id);
  json.member("title", match::filled_in(title, facts, language))
      .optional_member("url", incident.url)
      .end_object();
  write_place(json, incident);
  if (incident.fleet) write_fleet(json, *incident.fleet, language);
  if (incident.diagnosis) {
    out.append(",").append(incident.diagnosis->members_in(language));
  } else {
    write_diagnosis(json, incident, rule, facts, knowledge, language);
    out.push_back(',');
    append_advice(out, rule, facts, knowledge, language);
  }
  json.end_object();
}

RemediationEvent make_event(EventKind kind, const Incident& incident, const match::Rule* rule,
                            const match::Knowledge& knowledge, Time now,
                            const EventOptions& options) {
  RemediationEvent event;
  event.event_id =
      incident.id + "." + std::string(to_string(kind)) + "." + std::to_string(options.number);
  event.event_type = "io.handshaked.incident." + std::string(to_string(kind));
  event.incident_id = incident.id;
  event.severity = match::to_string(incident.severity);
  event.time = now;
  event.summary = summary_of(kind, incident, options.is_correction, options.language);
  event.data = facts_of(incident, options.language, now, options.command_options);
  JsonWriter json(event.body);
  json.begin_object()
      .member("specversion", "1.0")
      .member("id", event.event_id)
      .member("type", event.event_type);
  json.member("source", "//" + options.host + "/handshaked")
      .member("subject", incident.id.text())
      .member("time", parse::format_rfc3339(now));
  json.member("datacontenttype", "application/json")
      .member("dataschema", "https://handshaked.io/schema/incident-1.json");
  json.key("data");
  std::string data;
  append_incident_data(data, incident, rule, knowledge, options.language, options.show_clients,
                       options.silenced_by, now);
  constexpr std::string_view kBegin = "{\"incident\":{";
  std::string ways;
  JsonWriter(ways)
      .begin_object()
      .optional_member("page", options.page)
      .member("command", show_command(incident, options.command_options));
  data.insert(kBegin.size(), ways.substr(1) + ",");
  if (!options.group_json.empty()) {
    data.pop_back();
    data.append(",\"group\":").append(options.group_json).push_back('}');
  }
  if (options.is_correction) {
    data.pop_back();
    data.append(",\"corrected\":true}");
  }
  json.raw(data).end_object();
  return event;
}

}  // namespace handshaked::event
