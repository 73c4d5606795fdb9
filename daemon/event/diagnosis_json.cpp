#include "event/diagnosis_json.h"

#include <algorithm>
#include <cmath>

#include "base/json/json_writer.h"

namespace handshaked::event {
namespace {

using diagnose::Diagnosis;

double rounded(double share) { return std::round(share * 1000) / 1000; }

void write_proof(JsonWriter& json, const diagnose::Proof& proof, Language language) {
  json.key("proof").begin_object().member("status", diagnose::to_string(proof.status));
  json.optional_member("method", diagnose::to_string(proof.method))
      .member("detail", proof.detail.in(language))
      .end_object();
}

void write_diagnosis(JsonWriter& json, const Diagnosis& diagnosis, const match::Rule* rule,
                     Language language) {
  json.key("diagnosis")
      .begin_object()
      .member("cause", diagnosis.cause)
      .member("confidence", rounded(diagnosis.confidence));
  json.member("basis", "investigation");
  json.member("summary", diagnosis.summary.in(language)).key("evidence").begin_array();
  for (const diagnose::Evidence& evidence : diagnosis.evidence) {
    json.begin_object()
        .member("kind", evidence.kind)
        .member("text", evidence.text.in(language))
        .end_object();
  }
  json.end_array();
  if (!diagnosis.also.empty()) json.array("also", diagnosis.also);
  json.member("healthy_now", diagnosis.is_healthy_now).key("candidates").begin_array();
  if (rule != nullptr) {
    for (const match::CandidateCause& candidate : rule->causes) {
      json.begin_object()
          .member("cause", candidate.cause)
          .member("likelihood", candidate.likelihood)
          .end_object();
    }
  }
  json.end_array().end_object();
}

void write_fix(JsonWriter& json, const diagnose::Fix& fix, int rank, Language language) {
  json.begin_object()
      .member("rank", rank)
      .member("id", fix.id)
      .member("owner", diagnose::to_string(fix.owner));
  json.member("title", fix.title.in(language))
      .member("how", fix.how.in(language))
      .key("changes")
      .begin_array();
  for (const diagnose::Change& change : fix.changes) {
    json.begin_object().member("file", change.file);
    if (change.line != 0) json.member("line", change.line);
    json.optional_member("directive", change.directive)
        .optional_member("before", change.before)
        .optional_member("after", change.after);
    json.end_object();
  }
  json.end_array().optional_member("patch", fix.patch).array("commands", fix.commands);
  json.optional_member("message", fix.message.in(language));
  if (fix.is_unsafe) json.member("unsafe", true);
  json.member("success_rate", fix.success_rate).member("evidence_count", fix.evidence_count);
  write_proof(json, fix.proof, language);
  json.end_object();
}

void write_dead_end(JsonWriter& json, const diagnose::DeadEnd& dead_end, Language language) {
  json.begin_object()
      .member("action", dead_end.action.in(language))
      .member("why_fails", dead_end.why_fails.in(language));
  json.member("fail_rate", dead_end.fail_rate).member("unsafe", dead_end.is_unsafe);
  write_proof(json, dead_end.proof, language);
  json.end_object();
}

}  // namespace

std::string diagnosis_members(const Diagnosis& diagnosis, const match::Rule* rule,
                              Language language) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_diagnosis(json, diagnosis, rule, language);
  json.key("fixes").begin_array();
  int rank = 0;
  for (const diagnose::Fix& fix : diagnosis.fixes) write_fix(json, fix, ++rank, language);
  json.end_array().key("dead_ends").begin_array();
  for (const diagnose::DeadEnd& dead_end : diagnosis.dead_ends)
    write_dead_end(json, dead_end, language);
  json.end_array().end_object();
  return out.substr(1, out.size() - 2);
}

std::shared_ptr<const correlate::DiagnosisNote> diagnosis_note(Diagnosis diagnosis,
                                                               const match::Rule* rule,
                                                               std::size_t most_bytes) {
  auto note = std::make_shared<correlate::DiagnosisNote>();
  note->cause = diagnosis.cause;
  note->confidence = diagnosis.confidence;
  note->cause_key = diagnosis.cause_key;
  if (!diagnosis.fixes.empty()) {
    const diagnose::Fix& first = diagnosis.fixes.front();
    note->proved = first.proof.status == diagnose::ProofStatus::proved;
    note->first_fix = first.title.en;
    note->first_fix_zh = first.title.zh;
  }
  if (diagnosis.place) {
    note->directive = diagnosis.place->directive;
    note->file = diagnosis.place->file;
    note->line = diagnosis.place->line;
  }
  while (true) {
    note->members = diagnosis_members(diagnosis, rule, Language::en);
    note->members_zh = diagnosis_members(diagnosis, rule, Language::zh);
    if (std::max(note->members.size(), note->members_zh.size()) <= most_bytes) return note;
    if (diagnosis.dead_ends.size() > 2) diagnosis.dead_ends.pop_back();
    else if (diagnosis.fixes.size() > 1) diagnosis.fixes.pop_back();
    else if (!diagnosis.evidence.empty()) diagnosis.evidence.pop_back();
    else if (!diagnosis.fixes.empty() && !diagnosis.fixes.front().patch.empty())
      diagnosis.fixes.front().patch.clear();
    else return note;
  }
}

}  // namespace handshaked::event
