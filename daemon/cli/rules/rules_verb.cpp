#include "cli/rules/rules_verb.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/json/json_writer.h"
#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/terminal.h"
#include "cli/document/text_layout.h"
#include "cli/explain/explanation.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"

namespace handshaked::cli {
namespace {

int written(Output& output, int exit_code) {
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return exit_code;
}

std::vector<const match::Rule*> listed_rules(const RulesListOptions& options,
                                             const match::RuleSet& rules) {
  std::vector<const match::Rule*> list;
  for (const match::Rule& rule : rules.rules()) {
    if (!options.side || rule.side == *options.side) list.push_back(&rule);
  }
  std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  return list;
}

std::string list_json(const std::vector<const match::Rule*>& list) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const match::Rule* const rule : list) {
    json.begin_object()
        .member("id", rule->id)
        .member("side", parse::to_string(rule->side))
        .member("kind", match::to_string(rule->kind));
    json.member("severity", match::to_string(rule->severity))
        .member("noise", rule->noise)
        .member("imported", rule->imported);
    json.member("signature", rule->title)
        .optional_member("signature_zh", rule->title_zh)
        .key("causes")
        .begin_array();
    for (const match::CandidateCause& candidate : rule->causes) json.value(candidate.cause);
    json.end_array().optional_member("official_doc_url", rule->url).end_object();
  }
  json.end_array();
  return out + "\n";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size()) + 2, ' ');
  return out;
}

/// `width`: of the terminal, if it goes to one.
std::string list_text(const std::vector<const match::Rule*>& list, Language language,
                      std::optional<std::size_t> width) {
  std::size_t widest = 0;
  for (const match::Rule* const rule : list) widest = std::max(widest, rule->id.size());
  std::string out;
  for (const match::Rule* const rule : list) {
    const std::string& title =
        language == Language::zh && !rule->title_zh.empty() ? rule->title_zh : rule->title;
    const std::string before = padded(rule->id, widest) + padded(parse::to_string(rule->side), 8) +
                               padded(rule->noise ? "noise" : match::to_string(rule->severity), 8);
    const std::string words = visible_text(title);
    const bool is_cut = width && *width > before.size();  // an id never is
    out += before + (is_cut ? cut_to_width(words, *width - before.size()) : words) + "\n";
  }
  return out;
}

}  // namespace

int run_rules_list(const RulesListOptions& options) {
  const auto base = require_knowledge_base(options.rules_directory, KnowledgeDepth::rules);
  if (!base) return kExitConfiguration;
  const auto list = listed_rules(options, *base->rules);
  Output output = Output::standard();
  output.buffer() = options.json ? list_json(list)
                                 : list_text(list, options.language, terminal_width(STDOUT_FILENO));
  return written(output, list.empty() ? kExitNothing : kExitDone);
}

int run_rules_show(const RulesShowOptions& options) {
  const auto base =
      require_knowledge_base(options.rules_directory, KnowledgeDepth::rules_and_texts);
  if (!base) return kExitConfiguration;
  const auto zone = parse::TimeZone::named("UTC");
  const Explanation explanation = explain(options.id, *base, zone.value());
  if (explanation.question.kind != Question::Kind::rule) {
    std::fprintf(stderr, "handshaked: no rule is called \"%s\"\n",
                 visible_text(options.id).c_str());
    for (const std::string& name : explanation.question.similar)
      std::fprintf(stderr, "  %s\n", name.c_str());
    return kExitNothing;
  }
  Output output = Output::standard();
  if (options.json) {
    output.buffer() = explanation.question.rule->json + "\n";
  } else {
    const auto page =
        make_page(page_options_for(STDOUT_FILENO, PageFormat::text, options.language));
    write_explanation(*page, explanation, *base, options.language);
    output.buffer() = page->finish();
  }
  return written(output, kExitDone);
}

namespace {

int run(const RulesListOptions& options) { return run_rules_list(options); }
int run(const RulesShowOptions& options) { return run_rules_show(options); }
int run(const RulesLintOptions& options) { return run_rules_lint(options); }
int run(const RulesTestOptions& options) { return run_rules_test(options); }
int run(const RulesImportOptions& options) { return run_rules_import(options); }
int run(const RulesExportOptions& options) { return run_rules_export(options); }
int run(const RulesReportOptions& options) { return run_rules_report(options); }
int run(const RulesUpdateOptions& options) { return run_rules_update(options); }

}  // namespace

int run_rules(const RulesOptions& options) {
  return std::visit([](const auto& chosen) { return run(chosen); }, options);
}

}  // namespace handshaked::cli
