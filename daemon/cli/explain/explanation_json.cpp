#include "base/json/json_writer.h"
#include "cli/explain/explanation.h"
#include "cli/knowledge/advice_section.h"
#include "cli/log/match_line.h"
#include "cli/rules/checks/rule_relations.h"
#include "parse/context.h"

namespace handshaked::cli {
namespace {

std::string_view kind_name(Question::Kind kind) {
  switch (kind) {
    case Question::Kind::line: return "line";
    case Question::Kind::rule: return "rule";
    case Question::Kind::cause: return "cause";
    case Question::Kind::verify_code: return "verify_code";
    case Question::Kind::alert: return "alert";
    case Question::Kind::openssl_error: return "openssl_error";
    case Question::Kind::unknown: return "unknown";
  }
  return {};
}

std::string_view doubt_name(Doubt doubt) {
  switch (doubt) {
    case Doubt::no_header: return "no_header";
    case Doubt::ambiguous: return "ambiguous";
    case Doubt::foreign_tail: return "foreign_tail";
    case Doubt::needs_configuration: return "needs_configuration";
    case Doubt::imported: return "imported";
    case Doubt::provenance: return "provenance";
  }
  return {};
}

void write_trials(JsonWriter& json, const LineExamination& line) {
  json.key("trials").begin_array();
  for (const RuleTrial& trial : line.trials()) {
    json.begin_object()
        .member("rule", trial.rule->id)
        .member("specificity", trial.specificity)
        .member("imported", trial.rule->imported);
    json.member("wins", trial.wins).key("unmet").begin_array();
    for (const UnmetConstraint& unmet : trial.unmet) {
      json.begin_object()
          .member("constraint", unmet.name)
          .member("wanted", unmet.wanted)
          .member("found", unmet.found)
          .end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

void write_line(JsonWriter& json, const LineExamination& line, Language language) {
  // The two members come as ready text, each with a comma before it.
  std::string members;
  append_record_member(
      members, line.record(),
      line.time() ? ",\"time\":\"" + parse::format_rfc3339(*line.time()) + "\"" : std::string());
  append_tls_member(members, line.tls());
  json.key("line").begin_object();
  if (!parse::says_only_failed(line.record())) json.member("side", parse::to_string(line.side()));
  json.member("forged", line.forged())
      .member("trusted", line.trusted())
      .key("doubts")
      .begin_array();
  for (const Doubt doubt : line.doubts()) json.value(doubt_name(doubt));
  json.end_array();
  write_trials(json, line);
  json.optional_member("fingerprint", line.fingerprint())
      .optional_member("notification",
                       line.trusted() ? line.notification(language) : std::string());
  json.raw(std::string_view(members).substr(1)).end_object();  // raw() puts the comma
}

void write_forecast(JsonWriter& json, const NotificationForecast& forecast) {
  json.key("forecast")
      .begin_object()
      .array("silenced_by", forecast.silenced_by)
      .member("daemon_answers", forecast.daemon_answers);
  json.optional_member("live_incident", forecast.live_incident)
      .array("told", forecast.told)
      .key("legs")
      .begin_array();
  const auto seconds = [](Duration duration) {
    return std::chrono::duration<double>(duration).count();
  };
  for (const NotificationForecast::RouteTarget& target : forecast.targets) {
    json.begin_object()
        .member("receiver", target.receiver)
        .optional_member("route", target.route)
        .optional_member("group_by", target.group_by);
    json.member("wait_seconds", seconds(target.wait)).member("send_resolved", target.send_resolved);
    if (target.repeat) json.member("repeat_seconds", seconds(*target.repeat));
    if (target.messages_per_minute > 0)
      json.member("messages_per_minute", target.messages_per_minute);
    json.end_object();
  }
  json.end_array().end_object();
}

void write_advice(JsonWriter& json, const LineAdvice& advice) {
  json.key("fixes").begin_array();
  int rank = 0;
  for (const CauseWorkaround& entry : advice.workarounds) {
    json.begin_object()
        .member("rank", ++rank)
        .optional_member("cause", entry.cause)
        .optional_member("id", entry.workaround.id);
    json.optional_member("owner", entry.workaround.owner)
        .member("title", entry.workaround.action)
        .member("how", entry.workaround.how);
    json.optional_member("condition", entry.workaround.condition)
        .member("success_rate", entry.workaround.success_rate);
    json.member("evidence_count", entry.workaround.evidence_count)
        .array("sources", entry.workaround.sources)
        .end_object();
  }
  json.end_array().key("dead_ends").begin_array();
  for (const CauseDeadEnd& entry : advice.dead_ends) {
    json.begin_object()
        .optional_member("cause", entry.cause)
        .member("action", entry.dead_end.action)
        .member("why_fails", entry.dead_end.why_fails);
    json.optional_member("condition", entry.dead_end.condition)
        .member("fail_rate", entry.dead_end.fail_rate)
        .member("unsafe", entry.dead_end.unsafe);
    json.array("sources", entry.dead_end.sources).end_object();
  }
  json.end_array();
}

void write_rule(JsonWriter& json, const match::Rule& rule, const match::AdviceFacts& facts,
                const KnowledgeBase& base, Language language) {
  const LineAdvice advice = advice_about(rule, facts, base.knowledge, language);
  json.begin_object().member("id", rule.id);
  json.member("title",
              language == Language::zh && !rule.title_zh.empty() ? rule.title_zh : rule.title)
      .optional_member("url", rule.url);
  json.member("side", parse::to_string(rule.side))
      .member("kind", match::to_string(rule.kind))
      .member("severity", match::to_string(rule.severity));
  json.member("noise", rule.noise)
      .member("imported", rule.imported)
      .member("needs_configuration", rule.needs_configuration);
  json.member("regex", rule.regex).key("contexts").begin_array();
  for (const parse::Side side : rule.contexts) json.value(parse::to_string(side));
  json.end_array()
      .array("actions", rule.actions)
      .array("upstream_schemes", rule.upstream_schemes)
      .array("request_prefix", rule.request_prefixes);
  json.member("file", rule.file)
      .member("line", rule.line)
      .member("root_cause", advice.root_cause)
      .key("causes")
      .begin_array();
  for (const CandidateAdvice& candidate : advice.candidates) {
    json.begin_object().member("cause", candidate.cause).member("likelihood", candidate.likelihood);
    json.optional_member("meaning", candidate.meaning)
        .optional_member("tell_apart", candidate.tell_apart)
        .end_object();
  }
  json.end_array();
  write_advice(json, advice);
  const RuleRelations relations = relations_of(rule, language);
  json.array("leads_to", relations.leads_to).key("confused_with").begin_array();
  for (const auto& other : relations.confused_with)
    json.begin_object()
        .member("id", other.id)
        .member("distinction", other.distinction)
        .end_object();
  json.end_array().end_object();
}

void write_cause(JsonWriter& json, const std::string& cause, const KnowledgeBase& base,
                 Language language) {
  const auto about = base.knowledge.about_cause(cause, language);
  if (!about) return;
  json.key("cause")
      .begin_object()
      .member("cause", cause)
      .member("meaning", match::filled_in(about->meaning, {}, language));
  json.optional_member("owner", about->owner)
      .member("root_cause", match::filled_in(about->root_cause, {}, language))
      .end_object();
}

}  // namespace

std::string explanation_json(const Explanation& explanation, const KnowledgeBase& base,
                             Language language) {
  std::string out;
  JsonWriter json(out);
  const Question& question = explanation.question;
  json.begin_object().member("kind", kind_name(question.kind)).member("input", question.text);
  if (explanation.line) write_line(json, *explanation.line, language);
  if (explanation.forecast) write_forecast(json, *explanation.forecast);
  if (explanation.code) {
    json.key("code")
        .begin_object()
        .member("name", explanation.code->name)
        .optional_member("text", explanation.code->text);
    json.optional_member("detail", explanation.code->detail)
        .member("only_general_rules", explanation.code->only_general_rules)
        .end_object();
  }
  if (question.kind == Question::Kind::cause) write_cause(json, question.text, base, language);
  json.key("rules").begin_array();
  for (const match::Rule* rule : explanation.rules)
    write_rule(json, *rule, explanation.facts(), base, language);
  json.end_array();
  if (question.kind == Question::Kind::unknown) json.array("similar", question.similar);
  json.end_object();
  return out + "\n";
}

}  // namespace handshaked::cli
