#include <algorithm>
#include <set>

#include "diagnose/case/configured_file.h"
#include "diagnose/case/load_time.h"
#include "diagnose/case/load_trial.h"
#include "diagnose/doctor/checkup_parts.h"
#include "diagnose/texts.h"
#include "diagnose/tls/security_policy.h"
#include "diagnose/tls/tls_library.h"

namespace handshaked::diagnose {
namespace {

using match::Severity;

void check_verification(const Surroundings& surroundings, Doctor& checkup) {
  for (const nginx::PassTarget& target : surroundings.nginx->passes.targets()) {
    if (!target.is_tls || target.settings.verify.is_on()) continue;
    const nginx::Directive& pass = *target.pass;
    const std::string directive(target.settings.verify.directive);
    const nginx::EffectiveValue& verify = target.settings.verify;
    const std::string family = directive.substr(0, directive.find("verify"));
    checkup.findings.push_back(
        {"verification-off", Severity::warning,
         verify.is_default()
             ? doctor_text("verification.off_by_default",
                           {{"upstream", pass.argument(0)}, {"directive", directive}})
             : doctor_text("verification.off",
                           {{"upstream", pass.argument(0)},
                            {"directive", directive},
                            {"place", verify.file() + ":" + std::to_string(verify.line())}}),
         doctor_text("verification.set", {{"family", family}}), pass.file->path, pass.line});
  }
}

void check_changed_files(const Surroundings& surroundings, Time loaded_at, Doctor& checkup) {
  std::set<std::string> paths;
  for (const auto& file : surroundings.nginx->configuration.files()) paths.insert(file->path);
  for (const ConfiguredFile& file : configured_files(surroundings.nginx->configuration)) {
    if (!file.is_dynamic) paths.insert(file.path);
  }
  for (const std::string& path : paths) {
    const auto times = file_times(path);
    if (!times ||
        load_state(*times, load_time_until(loaded_at), surroundings.now) != LoadState::not_loaded)
      continue;
    checkup.findings.push_back({"changed-since-load", Severity::warning,
                                doctor_text("loaded.file_changed", {{"file", path}}),
                                doctor_text("loaded.reload"), path, 0});
  }
}

}  // namespace

void check_configuration(const Surroundings& surroundings, Doctor& checkup) {
  const LoadVerdict loads = load_now(surroundings);
  if (loads.was_tried && !loads.is_accepted) {
    checkup.findings.push_back({"refused-by-nginx", Severity::critical,
                                doctor_text("loaded.would_fail", {{"complaint", loads.complaint}}),
                                doctor_text("loaded.correct"),
                                surroundings.nginx->configuration.main_path(), 0});
  }
  if (!loads.was_tried) checkup.unseen.push_back(doctor_text("unseen.load_test"));
  for (const nginx::ConfigurationProblem& problem : surroundings.nginx->configuration.problems()) {
    checkup.findings.push_back({"configuration-problem",
                                loads.is_accepted ? Severity::info : Severity::critical,
                                {problem.reason, problem.reason},
                                {},
                                problem.file,
                                problem.line});
  }
  check_verification(surroundings, checkup);
}

void check_running(const Surroundings& surroundings, const DoctorOptions& options,
                   Doctor& checkup) {
  if (options.running == nullptr || surroundings.is_dump) {
    checkup.unseen.push_back(doctor_text("unseen.loaded"));
    return;
  }
  const std::string process = std::to_string(options.running->master);
  if (options.running->is_program_replaced || options.running->is_openssl_replaced) {
    checkup.findings.push_back({"program-replaced",
                                Severity::warning,
                                doctor_text("loaded.old_program", {{"process", process}}),
                                doctor_text("loaded.restart"),
                                {},
                                0});
  }
  if (surroundings.nginx_loaded_at)
    check_changed_files(surroundings, *surroundings.nginx_loaded_at, checkup);
}

void check_library(const Surroundings& surroundings, Doctor& checkup) {
  const auto ours = security_policy("");
  const std::string& theirs = surroundings.installation.openssl_running;
  if (!ours || theirs.empty() || theirs == ours.value().openssl_version) return;
  const bool matters = !is_same_series(theirs, ours.value().openssl_version);
  checkup.findings.push_back(
      {"openssl-differs",
       matters ? Severity::warning : Severity::info,
       doctor_text(matters ? "library.other_series" : "library.other_patch_level",
                   {{"theirs", theirs}, {"ours", ours.value().openssl_version}}),
       {},
       {},
       0});
}

}  // namespace handshaked::diagnose
