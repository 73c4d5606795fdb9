#include "cli/host/diagnosis_run.h"

#include <map>

#include "cli/document/words.h"
#include "cli/host/fix_document.h"
#include "cli/texts.h"
#include "event/incident_event.h"
#include "event/redaction.h"

namespace handshaked::cli {
namespace {

constexpr std::size_t kShownFixes = 4;
constexpr std::size_t kShownDeadEnds = 5;

class DiagnosisDocument {
 public:
  DiagnosisDocument(Document& page, const DiagnosisReport& report, Language language)
      : page_(page), report_(report), language_(language), say_(host_texts(), language) {}

  void write() {
    write_headline();
    std::size_t number = 0;
    for (const auto& group : groups()) {
      write_incident(*group.front(), ++number);
      write_others(group);
    }
    if (!report_.probes.empty()) {
      page_.heading(say_("diagnosis.probes"));
      for (const std::string& probe : report_.probes) page_.note(probe);
    }
  }

 private:
  void write_headline() {
    if (report_.incidents.empty()) {
      page_.title(say_(report_.unreadable.empty() ? "diagnosis.clean" : "diagnosis.unread"));
      if (report_.healthy > 0)
        page_.paragraph(
            counted(say_, report_.healthy, "diagnosis.healthy_one", "diagnosis.healthy_many"));
      return;
    }
    page_.title(counted(say_, report_.incidents.size(), "diagnosis.fault", "diagnosis.faults"));
  }

  static std::string place_name(const correlate::Place& place) {
    if (!place.peer.empty()) return place.peer;
    if (!place.server.empty()) return place.server;
    return place.object;
  }

  using Group = std::vector<const DiagnosedIncident*>;

  /// Places of one root cause have one key. Without one, those that a patch of their own cures
  /// stand alone.
  static std::string group_key(const DiagnosedIncident& one) {
    const diagnose::Diagnosis& diagnosis = one.diagnosis;
    const bool has_patch = !diagnosis.fixes.empty() && !diagnosis.fixes.front().patch.empty();
    return diagnosis.cause + "|" +
           (!diagnosis.cause_key.empty() ? diagnosis.cause_key
            : has_patch                  ? one.incident.id
                                         : std::string());
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
        counted(say_, group.size() - 1, "diagnosis.same_cause_one", "diagnosis.same_cause_many"));
    std::vector<Item> items;
    for (std::size_t i = 1; i < group.size() && i <= kNamed; ++i) {
      const auto& place = group[i]->diagnosis.place;
      items.push_back({.lead = place_name(group[i]->incident.place),
                       .remark = place && !place->file.empty()
                                     ? place->file + ":" + std::to_string(place->line)
                                     : std::string(),
                       .details = {}});
    }
    page_.list(ListStyle::bullets, items);
    if (group.size() - 1 > kNamed) page_.note(say_("diagnosis.hidden"));
  }

  void write_incident(const DiagnosedIncident& one, std::size_t number) {
    const correlate::Incident& incident = one.incident;
    page_.fault(incident.severity,
                std::to_string(number) + ". " + severity_word(language_, incident.severity) + " " +
                    place_name(incident.place),
                one.diagnosis.summary.in(language_));
    std::vector<Fact> facts;
    facts.push_back({say_("diagnosis.cause"),
                     one.diagnosis.cause + " (" + percent(one.diagnosis.confidence) + ")"});
    if (const auto& place = one.diagnosis.place) {
      facts.push_back({say_("diagnosis.where"),
                       place->directive + (place->file.empty() ? "" : ", " + place->file) +
                           (place->line == 0 ? "" : ":" + std::to_string(place->line))});
    }
    if (incident.count > 0) {
      facts.push_back(
          {say_("diagnosis.seen"),
           say_(incident.count == 1 ? "diagnosis.seen_once" : "diagnosis.seen_often",
                {{"count", with_separators(incident.count)},
                 {"time", time_words(incident.last_seen_at, std::chrono::seconds(0), true)}})});
    }
    facts.push_back({say_("diagnosis.incident"), incident.id});
    page_.facts(facts);
    if (one.diagnosis.is_healthy_now) page_.paragraph(say_("diagnosis.works_now"));
    write_evidence(one.diagnosis);
    write_chain(one.diagnosis);
    write_fixes(one.diagnosis);
    write_dead_ends(one.diagnosis);
    if (!incident.sample_lines.empty()) {
      page_.heading(say_("diagnosis.sample"));
      page_.verbatim(event::redacted_line(incident.sample_lines.front(), false));
    }
  }

  void write_evidence(const diagnose::Diagnosis& diagnosis) {
    std::vector<Item> items;
    for (const diagnose::Evidence& evidence : diagnosis.evidence) {
      if (evidence.kind != "log" && !evidence.kind.starts_with("chain_"))
        items.push_back(
            {.lead = evidence.text.in(language_), .remark = evidence.kind, .details = {}});
    }
    if (items.empty()) return;
    page_.heading(say_("diagnosis.evidence"));
    page_.list(ListStyle::bullets, items);
  }

  /// Leaf first: the name of each certificate, and what there is to say about it.
  void write_chain(const diagnose::Diagnosis& diagnosis) {
    std::vector<Item> items;
    for (const diagnose::Evidence& evidence : diagnosis.evidence) {
      if (!evidence.kind.starts_with("chain_")) continue;
      const std::string& link = evidence.text.in(language_);
      const std::string mark = evidence.kind == "chain_fault"     ? say_("chain.fault")
                               : evidence.kind == "chain_missing" ? say_("chain.missing")
                               : evidence.kind == "chain_trusted" ? say_("chain.trusted")
                               : evidence.kind == "chain_unused"  ? say_("chain.unused")
                                                                  : std::string();
      items.push_back({.lead = link, .remark = mark, .details = {}});
    }
    if (items.empty()) return;
    page_.heading(say_("chain.heading"));
    page_.list(ListStyle::numbered, items);
  }

  void write_fixes(const diagnose::Diagnosis& diagnosis) {
    if (diagnosis.fixes.empty()) return;
    page_.heading(say_("diagnosis.fixes"));
    std::vector<Item> items;
    std::vector<const diagnose::Fix*> shown;
    for (const diagnose::Fix& fix : diagnosis.fixes) {
      if (shown.size() == kShownFixes) break;
      shown.push_back(&fix);
      items.push_back(
          fix_item(fix, owner_words(language_, diagnose::to_string(fix.owner)), language_));
    }
    page_.list(ListStyle::numbered, items);
    for (const diagnose::Fix* fix : shown) {
      if (!fix->commands.empty()) {
        page_.note(say_("diagnosis.commands", {{"fix", fix->title.in(language_)}}));
        for (const std::string& command : fix->commands) page_.verbatim(command);
      }
    }
    if (!shown.front()->patch.empty()) {
      page_.heading(say_("diagnosis.patch"));
      page_.patch(shown.front()->patch);
    }
  }

  void write_dead_ends(const diagnose::Diagnosis& diagnosis) {
    if (diagnosis.dead_ends.empty()) return;
    page_.heading(say_("diagnosis.dead_ends"));
    std::vector<Item> items;
    for (const diagnose::DeadEnd& dead_end : diagnosis.dead_ends) {
      if (items.size() == kShownDeadEnds) break;
      Item item{.lead = dead_end.action.in(language_),
                .remark = dead_end.is_unsafe ? say_("diagnosis.unsafe") : std::string(),
                .details = {}};
      item.details.push_back({"", dead_end.why_fails.in(language_)});
      if (dead_end.proof.status == diagnose::ProofStatus::proved) {
        item.details.push_back({say_("fix.proof"), dead_end.proof.detail.in(language_)});
      }
      items.push_back(std::move(item));
    }
    page_.list(ListStyle::bullets, items);
  }

  Document& page_;
  const DiagnosisReport& report_;
  Language language_;
  Texts say_;
};

}  // namespace

void write_diagnosis_report(Document& page, const DiagnosisReport& report, Language language) {
  DiagnosisDocument(page, report, language).write();
}

}  // namespace handshaked::cli
