#include "cli/log/scan_report.h"

#include <algorithm>
#include <unordered_map>

#include "base/json/json_writer.h"
#include "event/incident_event.h"

namespace handshaked::cli {
namespace {

void write_log(JsonWriter& json, const ScannedLog& log) {
  json.begin_object()
      .member("file", log.name)
      .member("bytes", log.bytes)
      .member("lines", log.lines)
      .member("matched", log.matched);
  if (log.first_time) json.member("first_time", parse::format_rfc3339(*log.first_time));
  if (log.last_time) json.member("last_time", parse::format_rfc3339(*log.last_time));
  json.member("looks_like_nginx", log.looks_like_nginx)
      .optional_member("error", log.error)
      .end_object();
}

void write_summary(JsonWriter& json, const ScanResult& result, std::size_t shown) {
  const auto noise = static_cast<std::uint64_t>(
      std::count_if(result.incidents.begin(), result.incidents.end(),
                    [](const auto& incident) { return incident.noise; }));
  json.key("summary").begin_object().key("files").begin_array();
  for (const ScannedLog& log : result.logs) write_log(json, log);
  json.end_array()
      .member("lines", result.lines())
      .member("bytes", result.bytes())
      .member("matched", result.matched);
  json.member("untrusted", result.untrusted)
      .member("forged", result.forged)
      .member("overflow", result.overflow);
  json.member("overlong", result.overlong);
  json.key("incidents")
      .begin_object()
      .member("total", result.incidents.size())
      .member("shown", shown);
  for (const auto severity :
       {match::Severity::critical, match::Severity::warning, match::Severity::info}) {
    json.member(match::to_string(severity), result.count_of(severity));
  }
  json.member("noise", noise).end_object().end_object();
}

}  // namespace

void write_scan_json(std::string& out, const ScanResult& result, const KnowledgeBase& base,
                     Language language, std::size_t top, const std::function<bool()>& pass_on) {
  std::unordered_map<std::string_view, const match::Rule*> rules;
  for (const match::Rule& rule : base.rules->rules()) rules.emplace(rule.id, &rule);
  out += "{\"incidents\":[";
  std::size_t shown = 0;
  for (const correlate::Incident& incident : result.incidents) {
    if (shown == top) break;
    if (shown++ != 0) out += ",\n";
    const auto rule = rules.find(incident.rule_id);
    event::append_incident_data(out, incident, rule == rules.end() ? nullptr : rule->second,
                                base.knowledge, language, false, {}, result.ended_at());
    if (!pass_on()) return;
  }
  out += "],\n";
  std::string summary;
  JsonWriter json(summary);
  write_summary(json, result, shown);
  out.append(summary).append("}\n");
}

}  // namespace handshaked::cli
