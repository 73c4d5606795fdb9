#include "diagnose/case/local_case.h"

#include <ctime>
#include <utility>

#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/case/known_fix.h"
#include "diagnose/case/load_trial.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {

LocalCase::LocalCase(const Symptom& symptom, const Surroundings& surroundings,
                     const match::Knowledge& knowledge)
    : symptom_(symptom), surroundings_(surroundings), knowledge_(knowledge) {
  if (!symptom.message.empty()) add_evidence("log", {symptom.message, symptom.message});
}

void LocalCase::conclude(std::string cause, double confidence, Text summary) {
  diagnosis.summary =
      summary.empty() ? meaning_of(cause, directives_of(symptom_), knowledge_) : std::move(summary);
  diagnosis.cause = std::move(cause);
  diagnosis.confidence = confidence;
}

void LocalCase::set_place(const nginx::Directive& directive) {
  diagnosis.place = GoverningPlace{
      directive.name, directive.file ? directive.file->path : std::string(), directive.line};
}

Fix LocalCase::known(std::string_view id) const {
  return known_fix(diagnosis.cause, id, symptom_.scheme, knowledge_);
}

void LocalCase::propose(Fix fix, const Result<ConfigurationPatch>& patch) {
  if (!patch) {
    fix.proof.detail =
        diagnosis_text("proof.text_unchangeable", {{"why", patch.error().message()}});
    return propose(std::move(fix));
  }
  const auto diff = patch.value().unified_diff();
  if (!diff) {
    fix.proof.detail = diagnosis_text("proof.not_in_a_diff", {{"why", diff.error().message()}});
    return propose(std::move(fix));
  }
  fix.changes = patch.value().changes();
  fix.patch = diff.value();
  fix.proof = prove_by_load(patch.value(), surroundings_, std::move(fix.proof),
                            symptom_.side == parse::Side::config);
  if (fix.proof.status == ProofStatus::refuted) {  // what was tried in vain is no patch to hand out
    fix.changes.clear();
    fix.patch.clear();
  }
  propose(std::move(fix));
}

Diagnosis LocalCase::finish() {
  static const Text kNotTried = diagnosis_text("proof.from_knowledge");
  add_known_advice(diagnosis, diagnosis.cause, directives_of(symptom_), knowledge_, kNotTried);
  return std::move(diagnosis);
}

std::string where(const nginx::Directive& directive) {
  return (directive.file ? directive.file->path : std::string("?")) + ":" +
         std::to_string(directive.line);
}

std::string minute_text(Time time) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
  return {text, size};
}

}  // namespace handshaked::diagnose
