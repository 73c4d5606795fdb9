#include "diagnose/case/candidate_diagnosis.h"

#include <algorithm>

#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

Owner owner_named(std::string_view name) {
  if (name == "upstream") return Owner::upstream;
  if (name == "client") return Owner::client;
  if (name == "ca") return Owner::ca;
  if (name == "network") return Owner::network;
  return Owner::proxy;
}

Text with_family(const std::string& en, const std::string& zh, std::string_view scheme) {
  return {.en = match::with_family(en, scheme), .zh = match::with_family(zh, scheme)};
}

template <typename Item>
const std::string& at_or_empty(const std::vector<Item>& items, std::size_t index,
                               std::string Item::*member) {
  static const std::string kEmpty;
  return index < items.size() ? items[index].*member : kEmpty;
}

}  // namespace

std::string_view directives_of(const Symptom& symptom) {
  return symptom.side == parse::Side::client ? match::kListenerDirectives
                                             : std::string_view(symptom.scheme);
}

Text meaning_of(std::string_view cause, std::string_view scheme,
                const match::Knowledge& knowledge) {
  const auto en = knowledge.about_cause(cause, Language::en);
  if (!en) return {};
  const auto zh = knowledge.about_cause(cause, Language::zh);
  return with_family(en->meaning, zh ? zh->meaning : std::string(), scheme);
}

void add_known_advice(Diagnosis& diagnosis, std::string_view cause, std::string_view scheme,
                      const match::Knowledge& knowledge, const Text& why_untested) {
  const auto en = knowledge.about_cause(cause, Language::en);
  if (!en) return;
  const match::Advice zh = knowledge.about_cause(cause, Language::zh).value_or(match::Advice{});
  for (std::size_t i = 0; i < en->workarounds.size(); ++i) {
    const match::Workaround& known = en->workarounds[i];
    if (match::names_missing_directive(known.action, scheme)) continue;
    const std::string id =
        known.id.empty() ? std::string(cause) + "-" + std::to_string(i + 1) : known.id;
    if (std::any_of(diagnosis.fixes.begin(), diagnosis.fixes.end(),
                    [&](const Fix& fix) { return fix.id == id; }))
      continue;
    Fix fix;
    fix.id = id;
    fix.owner = owner_named(known.owner.empty() ? en->owner : known.owner);
    fix.title = with_family(known.action,
                            at_or_empty(zh.workarounds, i, &match::Workaround::action), scheme);
    fix.how =
        with_family(known.how, at_or_empty(zh.workarounds, i, &match::Workaround::how), scheme);
    fix.success_rate = known.success_rate;
    fix.evidence_count = known.evidence_count;
    fix.proof.detail = why_untested;
    diagnosis.fixes.push_back(std::move(fix));
  }
  for (std::size_t i = 0; i < en->dead_ends.size(); ++i) {
    const match::DeadEnd& known = en->dead_ends[i];
    if (match::names_missing_directive(known.action, scheme)) continue;
    DeadEnd dead_end;
    dead_end.id = std::string(cause) + "-dead-" + std::to_string(i + 1);
    dead_end.action =
        with_family(known.action, at_or_empty(zh.dead_ends, i, &match::DeadEnd::action), scheme);
    if (std::any_of(diagnosis.dead_ends.begin(), diagnosis.dead_ends.end(),
                    [&](const DeadEnd& other) { return other.action.en == dead_end.action.en; })) {
      continue;
    }
    dead_end.why_fails = with_family(
        known.why_fails, at_or_empty(zh.dead_ends, i, &match::DeadEnd::why_fails), scheme);
    dead_end.fail_rate = known.fail_rate;
    dead_end.is_unsafe = known.unsafe;
    dead_end.proof.detail = why_untested;
    diagnosis.dead_ends.push_back(std::move(dead_end));
  }
}

Diagnosis candidate_diagnosis(const Symptom& symptom, const match::Knowledge& knowledge) {
  static const Text kFromTheLine = diagnosis_text("proof.from_line");
  Diagnosis diagnosis;
  diagnosis.evidence.push_back(
      {.kind = "log", .text = {.en = symptom.message, .zh = symptom.message}});
  if (symptom.candidates.empty()) return diagnosis;
  diagnosis.cause = symptom.candidates.front().cause;
  diagnosis.confidence = symptom.candidates.front().likelihood;
  diagnosis.summary = meaning_of(diagnosis.cause, directives_of(symptom), knowledge);
  for (const match::CandidateCause& candidate : symptom.candidates) {
    const std::size_t warned = diagnosis.dead_ends.size();
    add_known_advice(diagnosis, candidate.cause, directives_of(symptom), knowledge, kFromTheLine);
    // What is in vain when another cause is the true one may be the cure for this one; what is
    // unsafe is so for all.
    if (candidate.cause == diagnosis.cause) continue;
    diagnosis.dead_ends.erase(
        std::remove_if(diagnosis.dead_ends.begin() + static_cast<std::ptrdiff_t>(warned),
                       diagnosis.dead_ends.end(),
                       [](const DeadEnd& one) { return !one.is_unsafe; }),
        diagnosis.dead_ends.end());
  }
  return diagnosis;
}

}  // namespace handshaked::diagnose
