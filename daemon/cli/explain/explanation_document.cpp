#include <algorithm>

#include "base/text/joined.h"
#include "cli/document/words.h"
#include "cli/explain/explanation.h"
#include "cli/knowledge/advice_section.h"
#include "cli/rules/checks/rule_relations.h"
#include "cli/texts.h"
#include "parse/context.h"

namespace handshaked::cli {
namespace {

class ExplanationDocument {
 public:
  ExplanationDocument(Document& page, const Explanation& explanation, const KnowledgeBase& base,
                      Language language)
      : page_(page),
        explanation_(explanation),
        base_(base),
        language_(language),
        say_(explain_texts(), language) {}

  void write() {
    switch (explanation_.question.kind) {
      case Question::Kind::line: write_line(*explanation_.line); break;
      case Question::Kind::rule: write_rule(*explanation_.question.rule, {}, true); break;
      case Question::Kind::cause: write_cause(); break;
      case Question::Kind::verify_code:
      case Question::Kind::alert:
      case Question::Kind::openssl_error: write_code(*explanation_.code); break;
      case Question::Kind::unknown: break;
    }
  }

 private:
  const std::string& title_of(const match::Rule& rule) const {
    return language_ == Language::zh && !rule.title_zh.empty() ? rule.title_zh : rule.title;
  }

  // --- a line
  // ------------------------------------------------------------------------------------------------------------

  void write_line(const LineExamination& line) {
    if (line.winner() != nullptr) page_.title(line.winner()->id);
    else page_.title(say_("line.unknown"));
    page_.heading(say_("line.reading"));
    page_.facts(record_facts(line));
    if (!line.tls().errors[0].whole.empty() && line.tls().error_count > 1) {
      page_.note(say_("line.several_errors"));
    }
    write_trials(line);
    write_trust(line);
    if (explanation_.forecast) write_forecast(*explanation_.forecast);
    if (line.winner() != nullptr) {
      write_rule(*line.winner(), explanation_.facts(), false);
    } else {
      page_.paragraph(say_("line.unknown_why"));
    }
  }

  static void add(std::vector<Fact>& facts, std::string name, std::string_view value) {
    if (parse::has(value))
      facts.push_back({std::move(name), value.empty() ? "\"\"" : std::string(value)});
  }
  template <class T>
  static void add_number(std::vector<Fact>& facts, std::string name,
                         const std::optional<T>& value) {
    if (value) facts.push_back({std::move(name), std::to_string(*value)});
  }

  /// The names are those of `match`'s JSON, so that both can be compared.
  std::vector<Fact> record_facts(const LineExamination& line) const {
    const parse::ErrorRecord& record = line.record();
    const parse::TlsDetail& tls = line.tls();
    std::vector<Fact> facts;
    if (line.time())
      facts.push_back({"time", time_words(line.time()->utc, line.time()->offset, true)});
    if (record.level != parse::Level::none) add(facts, "level", parse::to_string(record.level));
    add_number(facts, "pid", record.pid);
    add_number(facts, "tid", record.tid);
    add_number(facts, "connection", record.connection);
    add(facts, "message", record.message);
    if (!record.action.empty()) add(facts, "action", record.action);
    if (!parse::says_only_failed(record)) {
      facts.push_back({"side", std::string(parse::to_string(line.side())) + " (" +
                                   side_words(language_, line.side()) + ")"});
    }
    add(facts, "client", record.client);
    add(facts, "server", record.server);
    add(facts, "request", record.request);
    add(facts, "subrequest", record.subrequest);
    add(facts, "upstream", record.upstream);
    if (parse::has(record.upstream)) add(facts, "peer", parse::upstream_peer(record));
    add(facts, "host", record.host);
    add(facts, "referrer", record.referrer);
    add(facts, "login", record.login);
    add(facts, "responder", record.responder);
    add(facts, "certificate", record.certificate);
    if (record.truncated) facts.push_back({"truncated", say_("line.truncated")});
    add_number(facts, "verify_code", tls.verify_code);
    add(facts, "verify_text", tls.verify_text);
    for (std::size_t i = 0; i < tls.error_count; ++i)
      facts.push_back({"openssl_errors", std::string(tls.errors[i].whole)});
    if (tls.decisive != nullptr && tls.error_count > 1) add(facts, "reason", tls.decisive->reason);
    add_number(facts, "alert", tls.alert);
    add(facts, "name", tls.name);
    return facts;
  }

  void write_trials(const LineExamination& line) {
    page_.heading(say_("trial.heading"));
    if (line.record().level == parse::Level::debug) {
      page_.paragraph(say_("trial.debug"));
      return;
    }
    if (line.trials().empty()) {
      page_.paragraph(say_("trial.none"));
      return;
    }
    page_.note(say_("trial.order"));
    std::vector<Item> items;
    bool has_won = false;
    for (const RuleTrial& trial : line.trials()) {
      const std::string_view literal =
          trial.rule->imported ? "trial.literal_imported" : "trial.literal";
      Item item{.lead = trial.rule->id,
                .remark = say_(literal, {{"count", std::to_string(trial.specificity)}}),
                .details = {}};
      if (trial.wins) item.details.push_back({"", say_("trial.wins")});
      for (const UnmetConstraint& unmet : trial.unmet) {
        item.details.push_back(
            {"", say_(unmet.found.empty() ? "trial.unmet_none" : "trial.unmet",
                      {{"name", unmet.name}, {"wanted", unmet.wanted}, {"found", unmet.found}})});
      }
      if (!trial.wins && trial.unmet.empty() && has_won)
        item.details.push_back({"", say_("trial.less_specific")});
      has_won = has_won || trial.wins;
      items.push_back(std::move(item));
    }
    page_.list(ListStyle::numbered, items);
  }

  std::string doubt_words(Doubt doubt) const {
    switch (doubt) {
      case Doubt::no_header: return say_("doubt.no_header");
      case Doubt::ambiguous: return say_("doubt.ambiguous");
      case Doubt::foreign_tail: return say_("doubt.foreign_tail");
      case Doubt::needs_configuration: return say_("doubt.needs_configuration");
      case Doubt::imported: return say_("doubt.imported");
      case Doubt::provenance: return say_("doubt.provenance");
    }
    return {};
  }

  void write_trust(const LineExamination& line) {
    if (line.winner() == nullptr) return;
    page_.heading(say_("trust.heading"));
    if (line.forged()) {
      page_.paragraph(say_("trust.forged"));
      return;
    }
    if (!line.trusted()) {
      std::string why;
      for (const Doubt doubt : line.doubts())
        why = why.empty()
                  ? doubt_words(doubt)
                  : say_("trust.next_reason", {{"reasons", why}, {"reason", doubt_words(doubt)}});
      page_.paragraph(say_("trust.untrusted", {{"reasons", why}}));
      return;
    }
    page_.paragraph(when_words(*line.winner()));
    if (const std::string notification = line.notification(language_); !notification.empty())
      page_.verbatim(notification);
    page_.facts({{say_("trust.fingerprint"), line.fingerprint()}});
  }

  void write_forecast(const NotificationForecast& forecast) {
    page_.heading(say_("told.heading"));
    if (!forecast.silenced_by.empty())
      page_.paragraph(say_("told.silenced", {{"silences", joined(forecast.silenced_by)}}));
    if (!forecast.live_incident.empty()) {
      page_.paragraph(
          say_(forecast.told.empty() ? "told.joins_untold" : "told.joins",
               {{"incident", forecast.live_incident}, {"receivers", joined(forecast.told)}}));
    }
    if (forecast.targets.empty()) page_.paragraph(say_("told.nobody"));
    std::vector<Fact> facts;
    for (const NotificationForecast::RouteTarget& target : forecast.targets)
      facts.push_back({target.receiver, target_words(target)});
    if (!facts.empty()) page_.facts(facts);
    if (!forecast.daemon_answers) page_.paragraph(say_("told.no_daemon"));
  }

  std::string target_words(const NotificationForecast::RouteTarget& target) const {
    const std::string route = target.route.empty()
                                  ? say_("target.every_receiver")
                                  : say_("target.by_route", {{"route", target.route}});
    std::string words = say_(target.group_by.empty() ? "target.alone" : "target.together",
                             {{"route", route},
                              {"wait", duration_words(language_, target.wait)},
                              {"label", target.group_by}});
    if (target.repeat)
      words = say_("target.again",
                   {{"before", words}, {"interval", duration_words(language_, *target.repeat)}});
    if (!target.send_resolved) words = say_("target.not_resolved", {{"before", words}});
    if (target.messages_per_minute > 0)
      words = say_("target.digest",
                   {{"before", words}, {"count", std::to_string(target.messages_per_minute)}});
    return words;
  }

  std::string when_words(const match::Rule& rule) const {
    if (rule.noise) return say_("trust.noise");
    switch (rule.kind) {
      case match::Kind::consequence: return say_("trust.consequence");
      case match::Kind::transport: return say_("trust.transport");
      case match::Kind::fault: break;
    }
    return say_(rule.severity == match::Severity::critical ? "trust.at_once" : "trust.after_wait");
  }

  // --- a rule
  // ------------------------------------------------------------------------------------------------------------

  void write_rule(const match::Rule& rule, const match::AdviceFacts& facts, bool as_title) {
    if (as_title) page_.title(rule.id);
    const std::string severity = severity_word(language_, rule.severity);
    page_.fault(rule.severity, rule.noise ? say_("rule.noise", {{"severity", severity}}) : severity,
                title_of(rule));
    page_.facts(rule_facts(rule));
    const LineAdvice advice = advice_about(rule, facts, base_.knowledge, language_);
    if (!advice.root_cause.empty()) {
      page_.heading(say_("rule.meaning"));
      page_.paragraph(advice.root_cause);
    }
    write_advice(page_, advice, {}, language_);
    write_relations(rule, as_title);
  }

  std::vector<Fact> rule_facts(const match::Rule& rule) const {
    std::vector<Fact> facts;
    facts.push_back({say_("rule.side"), side_words(language_, rule.side)});
    facts.push_back({say_("rule.kind"), kind_words(rule.kind)});
    facts.push_back({say_("rule.regex"), rule.regex});
    if (!rule.actions.empty()) facts.push_back({say_("rule.actions"), joined(rule.actions)});
    if (!rule.upstream_schemes.empty())
      facts.push_back({say_("rule.schemes"), joined(rule.upstream_schemes)});
    if (!rule.url.empty()) facts.push_back({say_("rule.documentation"), rule.url});
    facts.push_back({say_("rule.file"), rule.file + ":" + std::to_string(rule.line)});
    return facts;
  }

  std::string kind_words(match::Kind kind) const {
    switch (kind) {
      case match::Kind::fault: return say_("kind.fault");
      case match::Kind::transport: return say_("kind.transport");
      case match::Kind::consequence: return say_("kind.consequence");
    }
    return {};
  }

  void write_relations(const match::Rule& rule, bool with_sample) {
    const RuleRelations relations = relations_of(rule, language_);
    if (!relations.leads_to.empty()) {
      page_.heading(say_("rule.leads_to"));
      page_.paragraph(joined(relations.leads_to));
    }
    if (!relations.confused_with.empty()) {
      page_.heading(say_("rule.confused_with"));
      std::vector<Item> items;
      for (const auto& other : relations.confused_with)
        items.push_back({.lead = other.id, .remark = {}, .details = {{"", other.distinction}}});
      page_.list(ListStyle::bullets, items);
    }
    if (with_sample && !relations.sample_lines.empty()) {
      page_.heading(say_("rule.sample"));
      page_.verbatim(relations.sample_lines.front());
    }
  }

  // --- a cause, a code
  // ---------------------------------------------------------------------------------------------------

  void write_cause() {
    const std::string& cause = explanation_.question.text;
    const auto about = base_.knowledge.about_cause(cause, language_);
    if (!about) return;
    page_.title(cause);
    page_.paragraph(match::filled_in(about->meaning, {}, language_));
    if (!about->root_cause.empty()) {
      page_.heading(say_("cause.why"));
      page_.paragraph(match::filled_in(about->root_cause, {}, language_));
    }
    LineAdvice advice;
    for (const match::Workaround& workaround : about->workarounds) {
      match::Workaround filled = workaround;
      match::fill_in(filled, {}, language_);
      advice.workarounds.push_back({"", std::move(filled)});
    }
    for (const match::DeadEnd& dead_end : about->dead_ends) {
      match::DeadEnd filled = dead_end;
      match::fill_in(filled, {}, language_);
      advice.dead_ends.push_back({"", std::move(filled)});
    }
    write_advice(page_, advice, {}, language_);
    if (explanation_.rules.empty()) return;
    page_.heading(say_("cause.lines"));
    std::vector<Item> items;
    for (const match::Rule* rule : explanation_.rules) {
      double likelihood = 0;
      for (const auto& candidate : rule->causes) {
        if (candidate.cause == cause) likelihood = candidate.likelihood;
      }
      items.push_back(
          {.lead = rule->id, .remark = percent(likelihood), .details = {{"", title_of(*rule)}}});
    }
    page_.list(ListStyle::bullets, items);
  }

  void write_code(const CodeMeaning& code) {
    page_.title(code.text.empty() ? code.name : code.name + ": " + code.text);
    std::vector<Fact> facts;
    if (!code.detail.empty()) facts.push_back({"OpenSSL", code.detail});
    if (code.text.empty()) facts.push_back({"OpenSSL", say_("code.unknown")});
    page_.facts(facts);
    if (explanation_.question.kind == Question::Kind::alert) page_.note(say_("code.alert"));
    if (code.rules.empty()) {
      page_.paragraph(say_("code.no_rule"));
      return;
    }
    if (code.only_general_rules) page_.paragraph(say_("code.general_rules"));
    const bool alone = code.rules.size() == 1;
    for (const match::Rule* rule : code.rules) {
      page_.fault(rule->severity, rule->id + "  (" + side_words(language_, rule->side) + ")",
                  title_of(*rule));
      const LineAdvice advice = advice_about(*rule, {}, base_.knowledge, language_);
      if (!advice.root_cause.empty()) page_.paragraph(advice.root_cause);
      const std::size_t hidden =
          write_advice(page_, advice, alone ? AdviceLimits{} : kBestAdvice, language_);
      if (hidden == 0) continue;
      page_.note(say_("code.more", {{"count", std::to_string(hidden)}}));
      page_.verbatim("handshaked explain " + rule->id);
    }
  }

  Document& page_;
  const Explanation& explanation_;
  const KnowledgeBase& base_;
  Language language_;
  Texts say_;
};

}  // namespace

void write_explanation(Document& page, const Explanation& explanation, const KnowledgeBase& base,
                       Language language) {
  ExplanationDocument(page, explanation, base, language).write();
}

}  // namespace handshaked::cli
