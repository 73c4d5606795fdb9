#include "cli/host/diagnosis_run.h"

#include <map>

#include "cli/document/words.h"
#include "event/incident_event.h"
#include "event/redaction.h"

namespace handshaked::cli {
namespace {

constexpr std::size_t kShownFixes = 4;
constexpr std::size_t kShownDeadEnds = 5;

class DiagnosisDocument {
 public:
  DiagnosisDocument(Document& page, const DiagnosisReport& report, Language language) : page_(page), report_(report), language_(language) {}

  void write() {
    write_headline();
    std::size_t number = 0;
    for (const auto& group : groups()) {
      write_incident(*group.front(), ++number);
      write_others(group);
    }
    if (!report_.probes.empty()) {
      page_.heading(say("Connections made", "所建立的连接"));
      for (const std::string& probe : report_.probes) page_.note(probe);
    }
  }

 private:
  std::string_view say(std::string_view en, std::string_view zh) const { return cli::say(language_, en, zh); }
  std::string text(std::string_view en, std::string_view zh) const { return std::string(say(en, zh)); }

  void write_headline() {
    if (report_.incidents.empty()) {
      if (report_.unreadable.empty()) page_.title(say("handshaked diagnose: no TLS fault found", "handshaked diagnose：没有发现 TLS 故障"));
      else
        page_.title(say("handshaked diagnose: not every log could be read; no TLS fault in the rest",
                        "handshaked diagnose：有日志无法读取；其余日志中没有 TLS 故障"));
      if (report_.healthy > 0) {
        page_.paragraph(counted(language_, report_.healthy, "upstream was looked at and works", "upstreams were looked at and work",
                                "个上游已检查，均正常"));
      }
      return;
    }
    page_.title(text("handshaked diagnose: ", "handshaked diagnose：") +
                counted(language_, report_.incidents.size(), "TLS fault", "TLS faults", "个 TLS 故障"));
  }

  static std::string place_name(const correlate::Place& place) {
    if (!place.peer.empty()) return place.peer;
    if (!place.server.empty()) return place.server;
    return place.object;
  }

  using Group = std::vector<const DiagnosedIncident*>;

  /// Places of one root cause have one key. Without one, those that a patch of their own cures stand alone.
  static std::string group_key(const DiagnosedIncident& one) {
    const diagnose::Diagnosis& diagnosis = one.diagnosis;
    const bool has_patch = !diagnosis.fixes.empty() && !diagnosis.fixes.front().patch.empty();
    return diagnosis.cause + "|" + (!diagnosis.cause_key.empty() ? diagnosis.cause_key : has_patch ? one.incident.id : std::string());
  }

  /// Faults of one root cause stand together once there are many; the first is told in full.
  std::vector<Group> groups() const {
    constexpr std::size_t kFew = 8;
    std::vector<Group> groups;
    std::map<std::string, std::size_t> known;
    for (const DiagnosedIncident& one : report_.incidents) {
      const auto [at, is_new] = known.emplace(group_key(one), groups.size());
      if (is_new || report_.incidents.size() <= kFew) groups.push_back({&one});
      else groups[at->second].push_back(&one);
    }
    return groups;
  }

  void write_others(const Group& group) {
    constexpr std::size_t kNamed = 100;
    if (group.size() < 2) return;
    page_.heading(
        counted(language_, group.size() - 1, "more place with the same cause", "more places with the same cause", "处同样的故障"));
    std::vector<Item> items;
    for (std::size_t i = 1; i < group.size() && i <= kNamed; ++i) {
      const auto& place = group[i]->diagnosis.place;
      items.push_back({.lead = place_name(group[i]->incident.place),
                       .remark = place && !place->file.empty() ? place->file + ":" + std::to_string(place->line) : std::string(),
                       .details = {}});
    }
    page_.list(ListStyle::bullets, items);
    if (group.size() - 1 > kNamed) page_.note(text("and more: --format json lists them all", "其余请见 --format json"));
  }

  void write_incident(const DiagnosedIncident& one, std::size_t number) {
    const correlate::Incident& incident = one.incident;
    page_.fault(incident.severity,
                std::to_string(number) + ". " + std::string(severity_word(language_, incident.severity)) + " " + place_name(incident.place),
                one.diagnosis.summary.in(language_));
    std::vector<Fact> facts;
    facts.push_back({text("Cause", "原因"), one.diagnosis.cause + " (" + percent(one.diagnosis.confidence) + ")"});
    if (const auto& place = one.diagnosis.place) {
      facts.push_back({text("Where", "位置"), place->directive + (place->file.empty() ? "" : ", " + place->file) +
                                                  (place->line == 0 ? "" : ":" + std::to_string(place->line))});
    }
    if (incident.count > 0) {
      facts.push_back({text("Seen", "出现"), counted(language_, incident.count, "time, last at ", "times, last at ", "次，最近于 ") +
                                                 time_words(incident.last_seen_at, std::chrono::seconds(0), true)});
    }
    facts.push_back({text("Incident", "事件"), incident.id});
    page_.facts(facts);
    if (one.diagnosis.is_healthy_now) {
      page_.paragraph(say("It works now: the same verification was repeated, and passed.", "目前正常：已重复同样的验证并通过。"));
    }
    write_evidence(one.diagnosis);
    write_chain(one.diagnosis);
    write_fixes(one.diagnosis);
    write_dead_ends(one.diagnosis);
    if (!incident.sample_lines.empty()) {
      page_.heading(say("A line of it", "样例日志行"));
      page_.verbatim(event::redacted_line(incident.sample_lines.front(), false));
    }
  }

  void write_evidence(const diagnose::Diagnosis& diagnosis) {
    std::vector<Item> items;
    for (const diagnose::Evidence& evidence : diagnosis.evidence) {
      if (evidence.kind != "log" && !evidence.kind.starts_with("chain_"))
        items.push_back({.lead = evidence.text.in(language_), .remark = evidence.kind, .details = {}});
    }
    if (items.empty()) return;
    page_.heading(say("How we know", "依据"));
    page_.list(ListStyle::bullets, items);
  }

  /// Leaf first: the name of each certificate, and what there is to say about it.
  void write_chain(const diagnose::Diagnosis& diagnosis) {
    std::vector<Item> items;
    for (const diagnose::Evidence& evidence : diagnosis.evidence) {
      if (!evidence.kind.starts_with("chain_")) continue;
      const std::string& link = evidence.text.in(language_);
      const std::string mark = evidence.kind == "chain_fault"     ? text("here it breaks", "在此中断")
                               : evidence.kind == "chain_missing" ? text("missing", "缺失")
                               : evidence.kind == "chain_trusted" ? text("trusted", "受信任")
                               : evidence.kind == "chain_unused"  ? text("unused", "未用到")
                                                                  : std::string();
      items.push_back({.lead = link, .remark = mark, .details = {}});
    }
    if (items.empty()) return;
    page_.heading(say("The chain, leaf first", "证书链，从叶子证书开始"));
    page_.list(ListStyle::numbered, items);
  }

  std::string proof_words(const diagnose::Proof& proof) const {
    switch (proof.status) {
      case diagnose::ProofStatus::proved: return text("proved: ", "已证实：") + proof.detail.in(language_);
      case diagnose::ProofStatus::refuted: return text("does not help: ", "已证伪：") + proof.detail.in(language_);
      case diagnose::ProofStatus::untested: return text("not tested: ", "未验证：") + proof.detail.in(language_);
    }
    return {};
  }

  void write_fixes(const diagnose::Diagnosis& diagnosis) {
    if (diagnosis.fixes.empty()) return;
    page_.heading(say("What to do", "处理办法"));
    std::vector<Item> items;
    std::vector<const diagnose::Fix*> shown;
    for (const diagnose::Fix& fix : diagnosis.fixes) {
      if (shown.size() == kShownFixes) break;
      shown.push_back(&fix);
      Item item{
          .lead = fix.title.in(language_), .remark = std::string(owner_words(language_, diagnose::to_string(fix.owner))), .details = {}};
      if (fix.is_unsafe) item.details.push_back({text("Careful", "注意"), text("weakens a protection", "会削弱保护")});
      if (!fix.how.empty()) item.details.push_back({text("How", "做法"), fix.how.in(language_)});
      item.details.push_back({text("Proof", "验证"), proof_words(fix.proof)});
      if (!fix.message.empty()) item.details.push_back({text("Send this", "发送以下内容"), fix.message.in(language_)});
      items.push_back(std::move(item));
    }
    page_.list(ListStyle::numbered, items);
    for (const diagnose::Fix* fix : shown) {
      if (!fix->commands.empty()) {
        page_.note(fix->title.in(language_) + text(": commands", "：命令"));
        for (const std::string& command : fix->commands) page_.verbatim(command);
      }
    }
    if (!shown.front()->patch.empty()) {
      page_.heading(say("Patch for fix 1; apply it with: patch -p1 -d /", "第 1 条的补丁；应用方法：patch -p1 -d /"));
      page_.patch(shown.front()->patch);
    }
  }

  void write_dead_ends(const diagnose::Diagnosis& diagnosis) {
    if (diagnosis.dead_ends.empty()) return;
    page_.heading(say("What not to try", "不要尝试"));
    std::vector<Item> items;
    for (const diagnose::DeadEnd& dead_end : diagnosis.dead_ends) {
      if (items.size() == kShownDeadEnds) break;
      Item item{
          .lead = dead_end.action.in(language_), .remark = dead_end.is_unsafe ? text("unsafe", "不安全") : std::string(), .details = {}};
      item.details.push_back({"", dead_end.why_fails.in(language_)});
      if (dead_end.proof.status == diagnose::ProofStatus::proved) {
        item.details.push_back({text("Proof", "验证"), dead_end.proof.detail.in(language_)});
      }
      items.push_back(std::move(item));
    }
    page_.list(ListStyle::bullets, items);
  }

  Document& page_;
  const DiagnosisReport& report_;
  Language language_;
};

}  // namespace

void write_diagnosis_report(Document& page, const DiagnosisReport& report, Language language) {
  DiagnosisDocument(page, report, language).write();
}

}  // namespace handshaked::cli
