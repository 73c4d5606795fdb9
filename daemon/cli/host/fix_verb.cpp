#include "cli/host/fix_verb.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>

#include "base/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/host/diagnosis_run.h"
#include "cli/host/fix_application.h"
#include "cli/host/fix_document.h"
#include "cli/host/nginx_surroundings.h"
#include "cli/log/log_reading.h"
#include "diagnose/upstream/upstream_survey.h"

namespace handshaked::cli {
namespace {

using diagnose::Fix;
using Action = FixVerbOptions::Action;

constexpr auto kTimeLimit = std::chrono::seconds(28);
constexpr auto kSurveyTime = std::chrono::seconds(15);
constexpr std::size_t kMostSurveyed = 64;

void say_error(const std::string& text) { std::fprintf(stderr, "handshaked: %s\n", visible_text(text).c_str()); }

/// The places that work, by their key, with what people call them.
std::map<std::string, std::string> working_upstreams(const diagnose::NginxAtHand& nginx, const KnowledgeBase& base) {
  std::map<std::string, std::string> working;
  std::vector<std::string> problems;
  const diagnose::CaStore ca_store;  // nothing is to be proposed
  if (!nginx.read) return working;
  const auto around = NginxSurroundings::create(nginx, ca_store, {}, true, std::chrono::steady_clock::now() + kSurveyTime);
  if (!around) return working;
  std::size_t left_out = 0;
  for (const auto& one : diagnose::survey_upstreams(around.value()->surroundings(), base.knowledge, kMostSurveyed, left_out)) {
    if (one.verdict && one.verdict->passes()) working.emplace(one.key, one.target);
  }
  return working;
}

class FixVerb {
 public:
  FixVerb(const FixVerbOptions& options, const KnowledgeBase& base, const parse::TimeZone& zone)
      : options_(options), base_(base), zone_(zone) {}

  int run() {
    auto read = diagnose::read_nginx(options_.nginx);
    if (!read || !read.value().read) {
      say_error(read ? "there is no nginx configuration here; give --nginx-conf FILE" : read.error().message());
      return kExitUsage;
    }
    nginx_ = std::move(read).value();
    find_logs();
    DiagnosisReport report = diagnose_incident(nginx_);
    const DiagnosedIncident* const incident = find_incident(report);
    if (incident == nullptr) return kExitUsage;
    incident_ = incident->incident.id;
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
  void find_logs() {
    logs_ = options_.logs;
    if (!logs_.empty()) return;
    for (const nginx::ErrorLog& log : nginx::error_logs(nginx_.read->configuration, nginx_.installation)) {
      std::error_code ignored;
      const bool is_file = log.kind == nginx::ErrorLog::Kind::file && std::filesystem::exists(log.path, ignored);
      if (is_file && std::find(logs_.begin(), logs_.end(), log.path) == logs_.end()) logs_.push_back(log.path);
    }
  }

  DiagnosisReport diagnose_incident(const diagnose::NginxAtHand& nginx) const {
    DiagnosisOrder order;
    order.logs = logs_;
    order.only = incident_.empty() ? options_.incident : incident_;
    order.ca_stores = options_.ca_stores;
    order.may_probe = !options_.no_probe;
    order.deadline = std::chrono::steady_clock::now() + kTimeLimit;
    return run_diagnosis(order, base_, zone_, nginx);
  }

  const DiagnosedIncident* find_incident(const DiagnosisReport& report) const {
    for (const std::string& remark : report.remarks) say_error(remark);
    if (report.incidents.size() == 1) return &report.incidents.front();
    if (logs_.empty()) {
      say_error("nginx's configuration names no error log that is there; give --log FILE");
    } else if (report.incidents.empty()) {
      say_error("no incident \"" + options_.incident + "\" in " + logs_.front() + (logs_.size() > 1 ? " and the other logs" : "") +
                "; handshaked diagnose --log " + logs_.front() + " lists them");
    } else {
      say_error("\"" + options_.incident + "\" can be several incidents:");
      for (const DiagnosedIncident& one : report.incidents) say_error("  " + one.incident.id + "  " + one.diagnosis.summary.en);
    }
    return nullptr;
  }

  const Fix* choose_fix(const DiagnosedIncident& incident) {
    const std::vector<Fix>& fixes = incident.diagnosis.fixes;
    if (fixes.empty()) {
      say_error(incident.diagnosis.is_healthy_now ? "there is nothing to fix: it works now"
                                                  : "no fix is known: " + incident.diagnosis.summary.en);
      return nullptr;
    }
    std::size_t rank = 0;
    std::from_chars(options_.fix.data(), options_.fix.data() + options_.fix.size(), rank);
    for (std::size_t i = 0; i < fixes.size(); ++i) {
      const bool is_asked_for =
          options_.fix.empty() ? !fixes[i].patch.empty() && !fixes[i].is_unsafe : fixes[i].id == options_.fix || rank == i + 1;
      if (!is_asked_for) continue;
      rank_ = i + 1;
      return &fixes[i];
    }
    if (options_.fix.empty()) {
      rank_ = 1;
      return &fixes.front();
    }
    say_error("the incident has no fix \"" + options_.fix + "\"");
    return nullptr;
  }

  std::string reason_to_refuse(const Fix& fix) const {
    if (fix.patch.empty()) return "this fix is no patch: what it says is for people to do";
    if (fix.is_unsafe && !options_.allow_unsafe) return "this fix weakens a protection; --allow-unsafe applies it all the same";
    if (fix.proof.status == diagnose::ProofStatus::refuted) return "this fix was tried and does not help: " + fix.proof.detail.en;
    if (nginx_.program.empty()) return "no nginx is installed here that could test the configuration";
    return {};
  }

  std::string shown(const Fix& fix) const {
    return options_.json ? fix_json(incident_, rank_, fix, options_.language) : fix_text(incident_, rank_, fix, options_.language);
  }

  FixOptions fix_options() const {
    FixOptions options;
    if (!options_.backup_directory.empty()) options.backup_root = std::filesystem::absolute(options_.backup_directory).string();
    options.reload_time = std::chrono::seconds(options_.reload_seconds);
    for (const char c : incident_) options.name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ? c : '_';
    return options;
  }

  int report(const FixReport& report, const Fix& fix, bool was_applied) const {
    write(options_.json ? fix_report_json(incident_, report, fix, options_.language)
                        : fix_report_text(report, fix, was_applied, options_.language));
    if (report.outcome == FixOutcome::broken) return kExitInternal;
    return report.outcome == FixOutcome::applied || report.outcome == FixOutcome::unverified ? kExitDone : kExitNothing;
  }

  int try_it(const Fix& fix) const { return report(try_fix(nginx_, fix, fix_options()), fix, false); }

  int apply(const Fix& fix) const {
    const auto before = options_.no_probe ? std::map<std::string, std::string>{} : working_upstreams(nginx_, base_);
    return report(apply_fix(nginx_, fix, fix_options(), [&] { return verify(before); }), fix, true);
  }

  /// Reads everything anew, as nginx has it now.
  Verification verify(const std::map<std::string, std::string>& worked_before) const {
    using Answer = Verification::Answer;
    const auto now = diagnose::read_nginx(options_.nginx);
    if (!now || !now.value().read) return {Answer::fails, {"the configuration cannot be read any more", "无法再读取配置"}};
    if (!options_.no_probe) {
      const auto working = working_upstreams(now.value(), base_);
      for (const auto& [key, name] : worked_before) {
        if (!working.contains(key)) return {Answer::fails, {name + " worked before, and does not now", name + " 之前正常，现在不正常"}};
      }
    }
    const DiagnosisReport report = diagnose_incident(now.value());
    if (report.incidents.empty()) return {Answer::unknown, {"the incident is not in the log any more", "日志中已没有该事件"}};
    const diagnose::Diagnosis& diagnosis = report.incidents.front().diagnosis;
    if (diagnosis.is_healthy_now) return {Answer::works, {"the verification was repeated, and passed", "已重复验证并通过"}};
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
  const KnowledgeBase& base_;
  const parse::TimeZone& zone_;
  diagnose::NginxAtHand nginx_;
  std::vector<std::string> logs_;
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
  const auto base = require_knowledge_base(options.rules_directory, KnowledgeDepth::rules_and_texts);
  if (!base) return kExitConfiguration;
  return FixVerb(options, *base, zone.value()).run();
}

}  // namespace handshaked::cli
