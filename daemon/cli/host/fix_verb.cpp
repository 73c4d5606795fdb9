#include "cli/host/fix_verb.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>

#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/host/fix_application.h"
#include "cli/host/fix_document.h"
#include "cli/host/fix_record.h"
#include "cli/host/named_incident.h"
#include "cli/host/nginx_surroundings.h"
#include "cli/log/log_reading.h"
#include "cli/texts.h"
#include "correlate/incident_key.h"
#include "diagnose/upstream/upstream_survey.h"
#include "parse/time_zone.h"

namespace handshaked::cli {
namespace {

using diagnose::Fix;
using Action = FixVerbOptions::Action;

constexpr auto kTimeLimit = std::chrono::seconds(28);
constexpr auto kSurveyTime = std::chrono::seconds(15);
constexpr std::size_t kMostSurveyed = 64;

void say_error(const std::string& text) {
  std::fprintf(stderr, "handshaked: %s\n", visible_text(text).c_str());
}

/// The places that work, by their key, with what people call them.
std::map<std::string, std::string> working_upstreams(const diagnose::NginxAtHand& nginx,
                                                     const KnowledgeBase& base) {
  std::map<std::string, std::string> working;
  std::vector<std::string> problems;
  const diagnose::CaStore ca_store;  // nothing is to be proposed
  if (!nginx.read) return working;
  const auto around = NginxSurroundings::create(nginx, ca_store, {}, true,
                                                std::chrono::steady_clock::now() + kSurveyTime);
  if (!around) return working;
  std::size_t left_out = 0;
  for (const auto& one : diagnose::survey_upstreams(around.value()->surroundings(), base.knowledge,
                                                    kMostSurveyed, left_out)) {
    if (one.verdict && one.verdict->passes()) working.emplace(one.key, one.target);
  }
  return working;
}

class FixVerb {
 public:
  FixVerb(const FixVerbOptions& options, const KnowledgeBase& base, const parse::TimeZone& zone)
      : options_(options),
        settings_(diagnosis_settings(options.daemon)),
        place_(nginx_place(options.nginx, settings_)),
        base_(base),
        zone_(zone),
        named_(options.incident, options.logs, options.daemon) {}

  int run() {
    auto read = diagnose::read_nginx(place_);
    if (!read || !read.value().read) {
      say_error(read ? "no nginx configuration was found; name it with --nginx-conf FILE"
                     : read.error().message());
      return kExitUsage;
    }
    nginx_ = std::move(read).value();
    if (options_.action == Action::undo) return undo();
    const DiagnosisReport report = diagnose_incident(nginx_);
    for (const std::string& remark : report.remarks) say_error(remark);
    if (report.why_not) {
      complain_about(*report.why_not);
      return kExitInternal;
    }
    if (!report.unreadable.empty()) return kExitUsage;  // what was named, and could not be read
    if (report.incidents.size() != 1) {
      named_.complain(report);
      return kExitUsage;
    }
    const DiagnosedIncident* const incident = &report.incidents.front();
    incident_ = incident->incident.id;
    if (options_.action == Action::apply && options_.fix.empty() &&
        is_applied_already(incident->diagnosis))
      return kExitDone;
    const Fix* const fix = choose_fix(*incident);
    if (fix == nullptr) return kExitUsage;
    if (options_.action == Action::show) return write(shown(*fix)) ? kExitDone : kExitInternal;
    if (const std::string reason = reason_to_refuse(*fix); !reason.empty()) {
      say_error(reason);
      write(shown(*fix));
      return kExitNothing;
    }
    return options_.action == Action::try_it ? try_it(*fix) : apply(*fix);
  }

 private:
  DiagnosisReport diagnose_incident(const diagnose::NginxAtHand& nginx) {
    DiagnosisOrder order;
    order.ca_stores = options_.ca_stores.empty() ? settings_.ca_stores : options_.ca_stores;
    order.allow = settings_.allow;
    order.may_probe = !options_.no_probe;
    order.deadline = std::chrono::steady_clock::now() + kTimeLimit;
    return named_.diagnose(order, base_, zone_, nginx);
  }

  /// What is taken when none is named: the first patch that is safe, else the first of all.
  static std::size_t first_choice(const std::vector<Fix>& fixes) {
    const auto safe = std::find_if(fixes.begin(), fixes.end(), [](const Fix& fix) {
      return !fix.patch.empty() && !fix.is_unsafe;
    });
    return safe == fixes.end() ? 0 : static_cast<std::size_t>(safe - fixes.begin());
  }

  const Fix* choose_fix(const DiagnosedIncident& incident) {
    const std::vector<Fix>& fixes = incident.diagnosis.fixes;
    if (fixes.empty()) {
      say_error(incident.diagnosis.is_healthy_now
                    ? "there is nothing to fix: it works now"
                    : "no fix is known: " + incident.diagnosis.summary.en +
                          " To see what is known: handshaked explain " +
                          incident.incident.rule_id.get());
      return nullptr;
    }
    std::size_t rank = options_.fix.empty() ? first_choice(fixes) + 1 : 0;
    std::from_chars(options_.fix.data(), options_.fix.data() + options_.fix.size(), rank);
    for (std::size_t i = 0; i < fixes.size(); ++i) {
      if (fixes[i].id != options_.fix && rank != i + 1) continue;
      rank_ = i + 1;
      return &fixes[i];
    }
    say_error("the incident has no fix \"" + options_.fix + "\"");
    return nullptr;
  }

  std::string reason_to_refuse(const Fix& fix) const {
    if (fix.patch.empty() && fix.owner == diagnose::Owner::proxy)
      return "this fix has no patch: follow its steps by hand, then run handshaked diagnose " +
             incident_;
    if (fix.patch.empty())
      return "this fix cannot be made on this host: send its message to whoever runs the " +
             owner_noun(fix.owner);
    if (fix.is_unsafe && !options_.allow_unsafe)
      return "this fix weakens protection; --allow-unsafe applies it anyway";
    if (fix.proof.status == diagnose::ProofStatus::refuted)
      return "this fix was tried and does not help: " + fix.proof.detail.en;
    if (nginx_.program.empty())
      return "no nginx is installed here that could test the configuration";
    return {};
  }

  static std::string owner_noun(diagnose::Owner owner) {
    return owner == diagnose::Owner::ca ? "CA" : std::string(to_string(owner));
  }

  std::string backup_root() const {
    return options_.backup_directory.empty()
               ? FixOptions().backup_root
               : std::filesystem::absolute(options_.backup_directory).string();
  }

  static std::string moment(const std::optional<Time>& time, const Texts& say) {
    return time ? parse::format_rfc3339(*time) : say("fix.unknown_time");
  }

  /// What was applied may be in place, and another fault behind it: then the fix of that one is
  /// what is asked for.
  bool is_applied_already(const diagnose::Diagnosis& diagnosis) const {
    const auto record = last_applied(backup_root(), incident_);
    if (!record || record->incident != incident_ || !record->is_in_place()) return false;
    const std::vector<Fix>& fixes = diagnosis.fixes;
    const bool is_chosen = !fixes.empty() && fixes[first_choice(fixes)].id == record->fix;
    if (!diagnosis.is_healthy_now && !is_chosen) return false;
    const Texts say(host_texts(), options_.language);
    if (options_.json) {
      write("{\"incident\":\"" + incident_ + "\",\"outcome\":\"already_applied\",\"record\":" +
            to_json(*record).substr(0, to_json(*record).size() - 1) + "}\n");
    } else {
      write(visible_text(record->title) + "\n" +
            say(record->verified_at ? "fix.verified_before" : "fix.applied_before",
                {{"time",
                  moment(record->verified_at ? record->verified_at : record->applied_at, say)},
                 {"incident", incident_}}) +
            "\n");
    }
    return true;
  }

  /// What worked before the fix and works now has to work afterwards; the fault itself comes back,
  /// that is what was asked for.
  int undo() {
    const std::string named = correlate::named_incident(options_.incident);
    const auto record = last_applied(backup_root(), named);
    if (!record) {
      say_error(named.empty() ? "no applied fix was found in " + backup_root()
                              : "no fix of \"" + named + "\" is applied, as far as " +
                                    backup_root() + " tells");
      return kExitUsage;
    }
    if (nginx_.program.empty()) {
      say_error("no nginx is installed here that could test the configuration");
      return kExitNothing;
    }
    incident_ = record->incident;
    Fix fix;
    fix.id = record->fix;
    fix.title = in_both_languages("fix.put_back", {{"title", record->title}});
    auto working =
        options_.no_probe ? std::map<std::string, std::string>{} : working_upstreams(nginx_, base_);
    std::erase_if(working, [&](const auto& one) {
      return std::find(record->worked_before.begin(), record->worked_before.end(), one.first) ==
             record->worked_before.end();
    });
    return report(undo_fix(nginx_, *record, fix_options(), [&] { return verify_undone(working); }),
                  fix);
  }

  Verification verify_undone(const std::map<std::string, std::string>& working) {
    using Answer = Verification::Answer;
    const auto now = diagnose::read_nginx(place_);
    if (!now || !now.value().read) return {Answer::fails, in_both_languages("detail.unreadable")};
    if (options_.no_probe) return {Answer::unknown, in_both_languages("detail.no_probe")};
    const auto still = working_upstreams(now.value(), base_);
    for (const auto& [key, name] : working) {
      if (!still.contains(key))
        return {Answer::fails, in_both_languages("detail.worked_before_fix", {{"upstream", name}})};
    }
    return {Answer::works,
            in_both_languages("detail.still_works", {{"count", std::to_string(working.size())}})};
  }

  std::string shown(const Fix& fix) const {
    return options_.json ? fix_json(incident_, rank_, fix, options_.language)
                         : fix_text(incident_, rank_, fix, options_.language);
  }

  FixOptions fix_options() const {
    FixOptions options;
    options.backup_root = backup_root();
    options.reload_time = std::chrono::seconds(options_.reload_seconds);
    for (const char c : incident_)
      options.name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ? c : '_';
    return options;
  }

  int report(const FixReport& report, const Fix& fix) const {
    write(options_.json ? fix_report_json(incident_, report, fix, options_.language)
                        : fix_report_text(report, fix, options_.language));
    if (report.outcome == FixOutcome::broken) return kExitInternal;
    return report.outcome == FixOutcome::applied || report.outcome == FixOutcome::unverified
               ? kExitDone
               : kExitNothing;
  }

  int try_it(const Fix& fix) const { return report(try_fix(nginx_, fix, fix_options()), fix); }

  int apply(const Fix& fix) {
    const auto before =
        options_.no_probe ? std::map<std::string, std::string>{} : working_upstreams(nginx_, base_);
    FixOptions options = fix_options();
    for (const auto& [key, name] : before) options.worked_before.push_back(key);
    return report(apply_fix(nginx_, fix, options, [&] { return verify(before); }), fix);
  }

  /// Reads everything anew, as nginx has it now.
  Verification verify(const std::map<std::string, std::string>& worked_before) {
    using Answer = Verification::Answer;
    const auto now = diagnose::read_nginx(place_);
    if (!now || !now.value().read) return {Answer::fails, in_both_languages("detail.unreadable")};
    if (!options_.no_probe) {
      const auto working = working_upstreams(now.value(), base_);
      for (const auto& [key, name] : worked_before) {
        if (!working.contains(key))
          return {Answer::fails, in_both_languages("detail.worked_before", {{"upstream", name}})};
      }
    }
    const DiagnosisReport report = diagnose_incident(now.value());
    if (report.why_not)
      return {Answer::unknown, {report.why_not->message(), report.why_not->message()}};
    if (report.incidents.empty()) return {Answer::unknown, in_both_languages("detail.not_in_log")};
    const diagnose::Diagnosis& diagnosis = report.incidents.front().diagnosis;
    if (diagnosis.is_healthy_now) return {Answer::works, in_both_languages("detail.repeated")};
    // Without probes, and for what only a client can show, nobody knows.
    const bool was_seen = !options_.no_probe && !diagnosis.would_log.empty();
    return {was_seen ? Answer::fails : Answer::unknown, diagnosis.summary};
  }

  bool write(const std::string& text) const {
    Output output = Output::standard();
    output.buffer() = text;
    const auto flushed = output.flush();
    if (!flushed) complain_about(flushed.error());
    return static_cast<bool>(flushed);
  }

  const FixVerbOptions& options_;
  const DiagnosisSettings settings_;
  const diagnose::NginxPlace place_;
  const KnowledgeBase& base_;
  const parse::TimeZone& zone_;
  diagnose::NginxAtHand nginx_;
  NamedIncident named_;
  std::string incident_;
  std::size_t rank_ = 0;
};

}  // namespace

int run_fix(const FixVerbOptions& options) {
  const auto zone = parse::TimeZone::named(options.time_zone);
  if (!zone) {
    complain_about(zone.error());
    return kExitUsage;
  }
  if (std::find(options.logs.begin(), options.logs.end(), "-") != options.logs.end()) {
    say_error("fix reads the log twice: give a file");
    return kExitUsage;
  }
  const auto base =
      require_knowledge_base(options.rules_directory, KnowledgeDepth::rules_and_texts);
  if (!base) return kExitConfiguration;
  return FixVerb(options, *base, zone.value()).run();
}

}  // namespace handshaked::cli
