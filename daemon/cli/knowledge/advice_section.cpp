#include "cli/knowledge/advice_section.h"

#include <algorithm>
#include <map>
#include <set>

#include "cli/document/words.h"
#include "cli/texts.h"

namespace handshaked::cli {
namespace {

void gather(LineAdvice& into, const std::string& cause, match::Advice from,
            const match::AdviceFacts& facts, Language language, std::set<std::string>& known) {
  for (match::Workaround& workaround : from.workarounds) {
    if (!known.insert(workaround.action).second) continue;
    match::fill_in(workaround, facts, language);
    if (match::names_missing_directive(workaround.action, facts.scheme) ||
        match::names_missing_directive(workaround.how, facts.scheme))
      continue;
    into.workarounds.push_back({cause, std::move(workaround)});
  }
  for (match::DeadEnd& dead_end : from.dead_ends) {
    if (!known.insert(dead_end.action).second) continue;
    match::fill_in(dead_end, facts, language);
    if (match::names_missing_directive(dead_end.action, facts.scheme)) continue;
    into.dead_ends.push_back({cause, std::move(dead_end)});
  }
}

void append_part(std::string& remark, std::string_view part, const Texts& say) {
  if (part.empty()) return;
  remark = remark.empty() ? std::string(part)
                          : say("remark.next", {{"remarks", remark}, {"remark", part}});
}

/// A rate is a prior: it comes with what it rests on.
std::string rate_words(double rate, long evidence, const Texts& say) {
  return say(evidence <= 0   ? "remark.helps"
             : evidence == 1 ? "remark.helps_in_case"
                             : "remark.helps_in_cases",
             {{"percent", percent(rate)},
              {"count", with_separators(static_cast<std::uint64_t>(evidence))}});
}

std::vector<Item> candidate_items(const LineAdvice& advice, std::size_t limit, const Texts& say) {
  std::vector<Item> items;
  for (const CandidateAdvice& candidate : advice.candidates) {
    if (items.size() == limit) break;
    Item item{
        .lead = percent(candidate.likelihood) + " " + candidate.cause, .remark = {}, .details = {}};
    if (!candidate.meaning.empty()) item.details.push_back({"", candidate.meaning});
    if (!candidate.tell_apart.empty())
      item.details.push_back({say("detail.tell_apart"), candidate.tell_apart});
    items.push_back(std::move(item));
  }
  return items;
}

Item workaround_item(const CauseWorkaround& entry, bool name_cause, Language language) {
  const Texts say(knowledge_texts(), language);
  const match::Workaround& workaround = entry.workaround;
  Item item{.lead = workaround.action, .remark = {}, .details = {}};
  if (name_cause && !entry.cause.empty())
    append_part(item.remark, say("remark.if_cause", {{"cause", entry.cause}}), say);
  append_part(item.remark, owner_words(language, workaround.owner), say);
  if (workaround.success_rate > 0)
    append_part(item.remark, rate_words(workaround.success_rate, workaround.evidence_count, say),
                say);
  if (!workaround.condition.empty())
    item.details.push_back({say("detail.when"), workaround.condition});
  if (!workaround.how.empty()) item.details.push_back({say("detail.how"), workaround.how});
  return item;
}

std::vector<Item> workaround_items(const LineAdvice& advice, const AdviceLimits& limits,
                                   Language language) {
  std::vector<Item> items;
  std::map<std::string, std::size_t> of_cause;
  for (const CauseWorkaround& entry : advice.workarounds) {
    if (items.size() == limits.workarounds) break;
    if (++of_cause[entry.cause] > limits.workarounds_per_cause) continue;
    items.push_back(workaround_item(entry, advice.candidates.size() > 1, language));
  }
  return items;
}

std::vector<Item> dead_end_items(const LineAdvice& advice, std::size_t limit, const Texts& say) {
  std::vector<CauseDeadEnd> entries = advice.dead_ends;
  // What seems to work because a protection is off does the most harm: warn of it first.
  std::stable_partition(entries.begin(), entries.end(),
                        [](const CauseDeadEnd& entry) { return entry.dead_end.unsafe; });
  std::vector<Item> items;
  for (const CauseDeadEnd& entry : entries) {
    if (items.size() == limit) break;
    const match::DeadEnd& dead_end = entry.dead_end;
    Item item{.lead = dead_end.action, .remark = {}, .details = {}};
    if (dead_end.unsafe) append_part(item.remark, say("remark.unsafe"), say);
    else if (dead_end.fail_rate > 0)  // what is unsafe makes the line go away
      append_part(item.remark, say("remark.fails", {{"percent", percent(dead_end.fail_rate)}}),
                  say);
    if (!dead_end.condition.empty())
      item.details.push_back({say("detail.when"), dead_end.condition});
    if (!dead_end.why_fails.empty())
      item.details.push_back({say("detail.why"), dead_end.why_fails});
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

LineAdvice advice_about(const match::Rule& rule, const match::AdviceFacts& place,
                        const match::Knowledge& knowledge, Language language) {
  match::AdviceFacts facts = place;
  facts.scheme = match::directives_of(rule, place.scheme);
  match::Advice own = match::Knowledge::about_rule(rule, language);
  LineAdvice advice{.root_cause = match::filled_in(own.root_cause, facts, language),
                    .candidates = {},
                    .workarounds = {},
                    .dead_ends = {}};
  std::set<std::string> known;
  for (const match::CandidateCause& candidate : rule.causes) {
    const std::string& apart = language == Language::zh && !candidate.tell_apart_zh.empty()
                                   ? candidate.tell_apart_zh
                                   : candidate.tell_apart;
    CandidateAdvice words{.cause = candidate.cause,
                          .likelihood = candidate.likelihood,
                          .meaning = {},
                          .tell_apart = match::filled_in(apart, facts, language)};
    if (auto cause = knowledge.about_cause(candidate.cause, language)) {
      words.meaning = match::filled_in(cause->meaning, facts, language);
      gather(advice, candidate.cause, std::move(*cause), facts, language, known);
    }
    advice.candidates.push_back(std::move(words));
  }
  gather(advice, "", std::move(own), facts, language, known);
  return advice;
}

std::size_t write_advice(Document& page, const LineAdvice& advice, const AdviceLimits& limits,
                         Language language) {
  const Texts say(knowledge_texts(), language);
  if (!advice.candidates.empty()) {
    page.heading(say("causes.heading"));
    page.note(say(advice.candidates.size() > 1 ? "causes.candidates" : "causes.candidate"));
    page.list(ListStyle::bullets, candidate_items(advice, limits.candidates, say));
    if (advice.candidates.size() > limits.candidates)
      page.note(counted(say, advice.candidates.size() - limits.candidates, "causes.more_one",
                        "causes.more_many"));
  }
  const std::vector<Item> workarounds = workaround_items(advice, limits, language);
  if (!workarounds.empty()) {
    page.heading(say("advice.workarounds"));
    page.list(ListStyle::numbered, workarounds);
  }
  const std::vector<Item> dead_ends = dead_end_items(advice, limits.dead_ends, say);
  if (!dead_ends.empty()) {
    page.heading(say("advice.dead_ends"));
    page.list(ListStyle::bullets, dead_ends);
  }
  return advice.workarounds.size() - workarounds.size() + advice.dead_ends.size() -
         dead_ends.size();
}

}  // namespace handshaked::cli
