#include <algorithm>

#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/case/load_trial.h"
#include "diagnose/diagnoser.h"
#include "diagnose/listener/stapling_diagnosis.h"
#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

/// The file that the line is about. One path may stand in several directives: the role that the
/// message tells is preferred.
std::optional<ConfiguredFile> file_in_line(const LocalCase& local, const LoadError& error) {
  const std::vector<ConfiguredFile> files =
      configured_files(local.configuration(), error.subject());
  if (files.empty()) return std::nullopt;
  const auto is_told = [&](const ConfiguredFile& file) {
    if (error.head.starts_with("cannot load certificate key") ||
        error.head.find("PrivateKey") != std::string::npos)
      return file.role == FileRole::key;
    if (error.head.starts_with("cannot load certificate") ||
        error.head.starts_with("SSL_CTX_use_certificate"))
      return file.role == FileRole::certificate;
    if (error.head.find("verify_locations") != std::string::npos ||
        error.head.starts_with("X509_STORE_add_cert"))
      return file.role == FileRole::trust;
    return true;
  };
  const auto found = std::find_if(files.begin(), files.end(), is_told);
  return found == files.end() ? files.front() : *found;
}

/// The line that the message names, when nothing better is known.
void set_place_of_line(LocalCase& local, const LoadError& error) {
  if (!error.file.empty() && !local.diagnosis.place)
    local.diagnosis.place = GoverningPlace{std::string(error.subject()), error.file, error.line};
}

}  // namespace

Diagnosis diagnose_configuration(const Symptom& symptom, const Surroundings& surroundings,
                                 const match::Knowledge& knowledge) {
  LocalCase local(symptom, surroundings, knowledge);
  const LoadError error = parse_load_error(symptom.message);
  if (diagnose_ignored_stapling(local, error)) return local.finish();
  if (!diagnose_missing_directive(local, error) && !diagnose_swallowed_line(local, error) &&
      !diagnose_value(local, error) && !diagnose_directive(local, error)) {
    if (const auto file = file_in_line(local, error)) diagnose_load_of_file(local, error, *file);
  }
  if (local.diagnosis.cause.empty()) {
    Diagnosis candidates = candidate_diagnosis(symptom, knowledge);
    candidates.evidence = std::move(local.diagnosis.evidence);
    candidates.place = std::move(local.diagnosis.place);
    local.diagnosis = std::move(candidates);
  }
  set_place_of_line(local, error);
  const LoadVerdict now = load_now(surroundings);
  if (now.was_tried && now.is_accepted) {
    local.diagnosis.is_healthy_now = true;
    local.add_evidence("configuration", load_text("load.repaired"));
  } else if (now.was_tried) {
    local.add_evidence("configuration",
                       load_text("load.complaint_now", {{"time", minute_text(surroundings.now)},
                                                        {"complaint", now.complaint}}));
  }
  return local.finish();
}

}  // namespace handshaked::diagnose
