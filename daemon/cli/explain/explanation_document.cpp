#include <algorithm>

#include "cli/document/words.h"
#include "cli/explain/explanation.h"
#include "cli/knowledge/advice_section.h"
#include "cli/rules/checks/rule_relations.h"
#include "parse/context.h"

namespace handshaked::cli {
namespace {

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& item : list) text += (text.empty() ? "" : ", ") + item;
  return text;
}

class ExplanationDocument {
 public:
  ExplanationDocument(Document& page, const Explanation& explanation, const KnowledgeBase& base, Language language)
      : page_(page), explanation_(explanation), base_(base), language_(language) {}

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
  std::string_view say(std::string_view en, std::string_view zh) const { return cli::say(language_, en, zh); }
  std::string text(std::string_view en, std::string_view zh) const { return std::string(say(en, zh)); }
  const std::string& title_of(const match::Rule& rule) const {
    return language_ == Language::zh && !rule.title_zh.empty() ? rule.title_zh : rule.title;
  }

  // --- a line ------------------------------------------------------------------------------------------------------------

  void write_line(const LineExamination& line) {
    if (line.winner() != nullptr) page_.title(line.winner()->id);
    else page_.title(say("No rule knows this line", "没有规则认识这一行"));
    page_.heading(say("How the line is read", "这一行的解析"));
    page_.facts(record_facts(line));
    if (!line.tls().errors[0].whole.empty() && line.tls().error_count > 1) {
      page_.note(say("Several OpenSSL errors: the last one that is not a mere wrapper is the diagnosis.",
                     "有多个 OpenSSL 错误：以最后一个非包装性的错误为准。"));
    }
    write_trials(line);
    write_trust(line);
    if (explanation_.forecast) write_forecast(*explanation_.forecast);
    if (line.winner() != nullptr) {
      write_rule(*line.winner(), explanation_.facts(), false);
    } else {
      page_.paragraph(say(
          "Nothing more can be said about it. If it is about TLS, please report the line: every TLS message of nginx should have a rule.",
          "无法给出更多信息。如果它与 TLS 有关，请反馈这一行：nginx 的每条 TLS 消息都应有对应规则。"));
    }
  }

  static void add(std::vector<Fact>& facts, std::string name, std::string_view value) {
    if (parse::has(value)) facts.push_back({std::move(name), value.empty() ? "\"\"" : std::string(value)});
  }
  template <class T>
  static void add_number(std::vector<Fact>& facts, std::string name, const std::optional<T>& value) {
    if (value) facts.push_back({std::move(name), std::to_string(*value)});
  }

  /// The names are those of `match`'s JSON, so that both can be compared.
  std::vector<Fact> record_facts(const LineExamination& line) const {
    const parse::ErrorRecord& record = line.record();
    const parse::TlsDetail& tls = line.tls();
    std::vector<Fact> facts;
    if (line.time()) facts.push_back({"time", time_words(line.time()->utc, line.time()->offset, true)});
    if (record.level != parse::Level::none) add(facts, "level", parse::to_string(record.level));
    add_number(facts, "pid", record.pid);
    add_number(facts, "tid", record.tid);
    add_number(facts, "connection", record.connection);
    add(facts, "message", record.message);
    if (!record.action.empty()) add(facts, "action", record.action);
    if (!parse::says_only_failed(record)) {
      facts.push_back({"side", std::string(parse::to_string(line.side())) + " (" + std::string(side_words(language_, line.side())) + ")"});
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
    if (record.truncated)
      facts.push_back({"truncated", text("yes: nginx cut the line, what is missing is unknown", "是：nginx 截断了这一行，缺失的字段未知")});
    add_number(facts, "verify_code", tls.verify_code);
    add(facts, "verify_text", tls.verify_text);
    for (std::size_t i = 0; i < tls.error_count; ++i) facts.push_back({"openssl_errors", std::string(tls.errors[i].whole)});
    if (tls.decisive != nullptr && tls.error_count > 1) add(facts, "reason", tls.decisive->reason);
    add_number(facts, "alert", tls.alert);
    add(facts, "name", tls.name);
    return facts;
  }

  void write_trials(const LineExamination& line) {
    page_.heading(say("Which rule wins", "哪条规则胜出"));
    if (line.record().level == parse::Level::debug) {
      page_.paragraph(say("Lines of level debug are never matched.", "debug 级别的日志从不匹配。"));
      return;
    }
    if (line.trials().empty()) {
      page_.paragraph(say("No rule's regex matches the beginning of the message.", "没有规则的正则能从消息开头匹配。"));
      return;
    }
    page_.note(
        say("Every rule whose regex matches the message, in order of precedence: the more literal bytes a regex requires, the earlier. "
            "The first whose constraints hold wins.",
            "所有正则命中的规则，按优先级排列：正则要求的字面字节越多越靠前；第一条约束全部满足的规则胜出。"));
    std::vector<Item> items;
    bool has_won = false;
    for (const RuleTrial& trial : line.trials()) {
      Item item{.lead = trial.rule->id, .remark = std::to_string(trial.specificity) + text(" literal bytes", " 个字面字节"), .details = {}};
      if (trial.rule->imported) item.remark += text("; imported, yields to any rule of ours", "；外部导入，让位于自有规则");
      if (trial.wins) item.details.push_back({"", text("wins", "胜出")});
      for (const UnmetConstraint& unmet : trial.unmet) {
        item.details.push_back({"", text("loses: it requires ", "落选：要求 ") + unmet.name + " " + unmet.wanted +
                                        text("; the line has ", "；该行是 ") + (unmet.found.empty() ? text("none", "无") : unmet.found)});
      }
      if (!trial.wins && trial.unmet.empty() && has_won) item.details.push_back({"", text("loses: less specific", "落选：不够具体")});
      has_won = has_won || trial.wins;
      items.push_back(std::move(item));
    }
    page_.list(ListStyle::numbered, items);
  }

  std::string doubt_words(Doubt doubt) const {
    switch (doubt) {
      case Doubt::no_header:
        return text("it lacks nginx's line header: it was pasted, or another program wrote it",
                    "缺少 nginx 行首：可能是粘贴的，或由别的程序写出");
      case Doubt::ambiguous:
        return text("a quoted value in the message holds a context of its own: a stranger may have written client, server and upstream",
                    "消息中的引号内容自带上下文：client、server、upstream 可能是外人写的");
      case Doubt::foreign_tail:
        return text("it ends in another record's context: a stranger may have written its beginning",
                    "行尾是另一条记录的上下文：开头可能是外人写的");
      case Doubt::needs_configuration:
        return text("the line alone does not show that TLS is concerned; the configuration must confirm it",
                    "仅凭这一行看不出与 TLS 有关，需由配置确认");
      case Doubt::imported: return text("the rule is an imported entry", "该规则是外部导入的条目");
      case Doubt::provenance: return text("a stranger could have written it", "可能出自外人之手");
    }
    return {};
  }

  void write_trust(const LineExamination& line) {
    if (line.winner() == nullptr) return;
    page_.heading(say("Would it notify?", "会发通知吗？"));
    if (line.forged()) {
      page_.paragraph(say("No: the line is a stranger's text inside another record.", "不会：这一行是外人夹带在另一条记录里的内容。"));
      return;
    }
    if (!line.trusted()) {
      std::string why;
      for (const Doubt doubt : line.doubts()) why += (why.empty() ? "" : text("; ", "；")) + doubt_words(doubt);
      page_.paragraph(text("No, it is recognised but not trusted: ", "不会，已识别但不可信：") + why + text(".", "。"));
      return;
    }
    page_.paragraph(when_words(*line.winner()));
    if (const std::string notification = line.notification(language_); !notification.empty()) page_.verbatim(notification);
    page_.facts({{text("fingerprint", "指纹"), line.fingerprint()}});
  }

  void write_forecast(const NotificationForecast& forecast) {
    page_.heading(say("Who would be notified?", "会通知谁？"));
    std::string now;
    for (const std::string& id : forecast.silenced_by) now += (now.empty() ? "" : ", ") + id;
    if (!now.empty()) page_.paragraph(text("Nobody for now: it is silenced by ", "目前不会通知任何人，已被静默：") + now + text(".", "。"));
    if (!forecast.live_incident.empty()) {
      std::string heard;
      for (const std::string& name : forecast.told) heard += (heard.empty() ? "" : ", ") + name;
      page_.paragraph(text("It would join ", "它会并入 ") + forecast.live_incident +
                      text(", which is open; already notified: ", "（未恢复）；已通知：") + (heard.empty() ? text("nobody", "无") : heard) +
                      text(".", "。"));
    }
    if (forecast.targets.empty()) page_.paragraph(say("Nobody: its route names no receiver.", "没有人：所属路由未列出接收方。"));
    std::vector<Fact> facts;
    for (const NotificationForecast::RouteTarget& target : forecast.targets) facts.push_back({target.receiver, target_words(target)});
    if (!facts.empty()) page_.facts(facts);
    if (!forecast.daemon_answers)
      page_.paragraph(say("No running daemon answered: silences and open incidents were not looked at.",
                          "没有正在运行的守护进程应答：未查看静默和现有事件。"));
  }

  std::string target_words(const NotificationForecast::RouteTarget& target) const {
    std::string words = target.route.empty() ? text("no route matches: every receiver is notified", "无匹配路由：通知所有接收方")
                                             : text("by the route \"", "经路由 \"") + target.route + "\"";
    words += text("; after ", "；等待 ") + duration_words(language_, target.wait);
    words += target.group_by.empty() ? text(", alone", "，单独通知")
                                     : text(", together with all of the same ", "，与相同者合并：") + target.group_by;
    if (target.repeat) words += text("; again every ", "；每隔以下时间重复：") + duration_words(language_, *target.repeat);
    if (!target.send_resolved) words += text("; its resolution is not announced", "；恢复时不通知");
    if (target.messages_per_minute > 0)
      words += text("; more than ", "；每分钟超过 ") + std::to_string(target.messages_per_minute) +
               text(" a minute become a digest", " 条时合并为摘要");
    return words;
  }

  std::string when_words(const match::Rule& rule) const {
    if (rule.noise)
      return text("No: it is normally noise of scanners and impatient clients. It is counted.",
                  "不会：通常是扫描器或提前断开的客户端造成的噪声，只计数。");
    switch (rule.kind) {
      case match::Kind::consequence:
        return text("It joins the fault that it follows from. Where there is none it opens an incident of its own:",
                    "它会并入引发它的故障；若没有这样的故障，则自成事件：");
      case match::Kind::transport:
        return text("Only when it persists (by default five lines over two minutes): backends restart. Then:",
                    "只有持续出现才会（默认两分钟内五行），因为后端会重启。届时：");
      case match::Kind::fault: break;
    }
    if (rule.severity == match::Severity::critical)
      return text("Yes, at once; all lines of this fault at this place are one incident:",
                  "会，立即发出；同一位置的同一故障合并为一个事件：");
    return text("Yes, after ten seconds (group_wait); all lines of this fault at this place are one incident:",
                "会，十秒（group_wait）后发出；同一位置的同一故障合并为一个事件：");
  }

  // --- a rule ------------------------------------------------------------------------------------------------------------

  void write_rule(const match::Rule& rule, const match::AdviceFacts& facts, bool as_title) {
    if (as_title) page_.title(rule.id);
    page_.fault(rule.severity,
                std::string(severity_word(language_, rule.severity)) + (rule.noise ? text("  noise", "  噪声") : std::string()),
                title_of(rule));
    page_.facts(rule_facts(rule));
    const LineAdvice advice = advice_about(rule, facts, base_.knowledge, language_);
    if (!advice.root_cause.empty()) {
      page_.heading(say("What it means", "含义"));
      page_.paragraph(advice.root_cause);
    }
    write_advice(page_, advice, {}, language_);
    write_relations(rule, as_title);
  }

  std::vector<Fact> rule_facts(const match::Rule& rule) const {
    std::vector<Fact> facts;
    facts.push_back({text("side", "位置"), std::string(side_words(language_, rule.side))});
    facts.push_back({text("kind", "类型"), kind_words(rule.kind)});
    facts.push_back({text("regex", "正则"), rule.regex});
    if (!rule.actions.empty()) facts.push_back({text("actions", "动作"), joined(rule.actions)});
    if (!rule.upstream_schemes.empty()) facts.push_back({text("schemes", "协议"), joined(rule.upstream_schemes)});
    if (!rule.url.empty()) facts.push_back({text("documentation", "文档"), rule.url});
    facts.push_back({text("file", "文件"), rule.file + ":" + std::to_string(rule.line)});
    return facts;
  }

  std::string kind_words(match::Kind kind) const {
    switch (kind) {
      case match::Kind::fault: return text("fault: opens an incident at its first line", "故障：第一行就开启事件");
      case match::Kind::transport: return text("transport: opens an incident only when it persists", "传输类：持续出现才开启事件");
      case match::Kind::consequence: return text("consequence: joins the fault that it follows from", "后果：并入引发它的故障");
    }
    return {};
  }

  void write_relations(const match::Rule& rule, bool with_sample) {
    const RuleRelations relations = relations_of(rule, language_);
    if (!relations.leads_to.empty()) {
      page_.heading(say("Leads to", "会引发"));
      page_.paragraph(joined(relations.leads_to));
    }
    if (!relations.confused_with.empty()) {
      page_.heading(say("Easily confused with", "容易混淆"));
      std::vector<Item> items;
      for (const auto& other : relations.confused_with)
        items.push_back({.lead = other.id, .remark = {}, .details = {{"", other.distinction}}});
      page_.list(ListStyle::bullets, items);
    }
    if (with_sample && !relations.sample_lines.empty()) {
      page_.heading(say("A line of it", "样例日志行"));
      page_.verbatim(relations.sample_lines.front());
    }
  }

  // --- a cause, a code ---------------------------------------------------------------------------------------------------

  void write_cause() {
    const std::string& cause = explanation_.question.text;
    const auto about = base_.knowledge.about_cause(cause, language_);
    if (!about) return;
    page_.title(cause);
    page_.paragraph(match::filled_in(about->meaning, {}, language_));
    if (!about->root_cause.empty()) {
      page_.heading(say("Why it happens", "成因"));
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
    page_.heading(say("Lines in which it shows", "会出现在这些日志行中"));
    std::vector<Item> items;
    for (const match::Rule* rule : explanation_.rules) {
      double likelihood = 0;
      for (const auto& candidate : rule->causes) {
        if (candidate.cause == cause) likelihood = candidate.likelihood;
      }
      items.push_back({.lead = rule->id, .remark = percent(likelihood), .details = {{"", title_of(*rule)}}});
    }
    page_.list(ListStyle::bullets, items);
  }

  void write_code(const CodeMeaning& code) {
    page_.title(code.text.empty() ? code.name : code.name + ": " + code.text);
    std::vector<Fact> facts;
    if (!code.detail.empty()) facts.push_back({"OpenSSL", code.detail});
    if (code.text.empty()) facts.push_back({"OpenSSL", text("does not know this number", "不认识这个编号")});
    page_.facts(facts);
    if (explanation_.question.kind == Question::Kind::alert) {
      page_.note(
          say("An alert in a log was always received: the other side of the connection refused. So it matters on which side the line was "
              "written.",
              "日志中的告警总是“收到”的：拒绝连接的是对端。因此要看这一行写在哪一侧。"));
    }
    if (code.rules.empty()) {
      page_.paragraph(say("No rule covers it.", "没有规则与它有关。"));
      return;
    }
    if (code.only_general_rules) {
      page_.paragraph(say("No rule covers this particular number; these catch all that have none of their own.",
                          "没有专门针对该编号的规则；以下规则兜底。"));
    }
    const bool alone = code.rules.size() == 1;
    for (const match::Rule* rule : code.rules) {
      page_.fault(rule->severity, rule->id + "  (" + std::string(side_words(language_, rule->side)) + ")", title_of(*rule));
      const LineAdvice advice = advice_about(*rule, {}, base_.knowledge, language_);
      if (!advice.root_cause.empty()) page_.paragraph(advice.root_cause);
      const std::size_t hidden = write_advice(page_, advice, alone ? AdviceLimits{} : kBestAdvice, language_);
      if (hidden == 0) continue;
      page_.note(text("More about it (", "更多内容（另有 ") + std::to_string(hidden) +
                 text(" more cures and dead ends):", " 条处理办法与误区）："));
      page_.verbatim("handshaked explain " + rule->id);
    }
  }

  Document& page_;
  const Explanation& explanation_;
  const KnowledgeBase& base_;
  Language language_;
};

}  // namespace

void write_explanation(Document& page, const Explanation& explanation, const KnowledgeBase& base, Language language) {
  ExplanationDocument(page, explanation, base, language).write();
}

}  // namespace handshaked::cli
