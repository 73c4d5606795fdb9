#include <algorithm>
#include <cstdio>

#include "cli/command_line/exit_code.h"
#include "cli/document/json_layout.h"
#include "cli/document/text_file.h"
#include "cli/explain/explanation.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"
#include "cli/rules/coverage_table.h"
#include "cli/rules/public_entry.h"
#include "cli/rules/rules_archive.h"
#include "cli/rules/rules_site.h"
#include "cli/rules/rules_verb.h"
#include "cli/texts.h"

namespace handshaked::cli {
namespace {

namespace fs = std::filesystem;

std::vector<const match::Rule*> by_id(const match::RuleSet& rules) {
  std::vector<const match::Rule*> list;
  for (const match::Rule& rule : rules.rules()) list.push_back(&rule);
  std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  return list;
}

std::string all_entries(const KnowledgeBase& base) {
  std::string list;
  for (const match::Rule* const rule : by_id(*base.rules))
    list += (list.empty() ? "[" : ",") + public_entry(*rule, base.knowledge);
  return laid_out(list.empty() ? "[]" : list + "]");
}

std::string markdown_of(const match::Rule& rule, const KnowledgeBase& base, Language language) {
  const auto zone = parse::TimeZone::named("UTC");
  const auto page = make_page(
      {.format = PageFormat::markdown, .language = language, .width = 80, .colour = false});
  write_explanation(*page, explain(rule.id, base, zone.value()), base, language);
  return page->finish();
}

Result<> write_entries(const KnowledgeBase& base, const fs::path& directory) {
  for (const match::Rule* const rule : by_id(*base.rules)) {
    TRY(write_text_file(directory / (page_name(rule->id) + ".json"),
                        laid_out(public_entry(*rule, base.knowledge))));
  }
  return success();
}

Result<> write_markdown(const KnowledgeBase& base, const fs::path& directory) {
  for (const Language language : {Language::en, Language::zh}) {
    const std::string folder(to_string(language));
    std::string index = "# " + rules_texts().text(language, "export.index") + "\n\n";
    for (const match::Rule* const rule : by_id(*base.rules)) {
      TRY(write_text_file(directory / folder / (page_name(rule->id) + ".md"),
                          markdown_of(*rule, base, language)));
      index += "- [" + rule->id + "](" + page_name(rule->id) + ".md)\n";
    }
    TRY(write_text_file(directory / folder / "README.md", index));
  }
  return success();
}

Result<> export_all(const RulesExportOptions& options, const KnowledgeBase& base) {
  const std::string& target = options.target_directory;
  switch (options.format) {
    case RulesExportFormat::json:
      return target.empty() ? write_text_file("-", all_entries(base)) : write_entries(base, target);
    case RulesExportFormat::markdown: {
      if (!target.empty()) return write_markdown(base, target);
      std::string text;
      for (const match::Rule* const rule : by_id(*base.rules))
        text += markdown_of(*rule, base, Language::en) + "\n";
      return write_text_file("-", text);
    }
    case RulesExportFormat::archive: {
      TRY(const std::string archive, archive_of_rules(base.directory));
      return write_text_file(
          target.empty() ? fs::path("-") : fs::path(target) / "handshaked-rules.json", archive);
    }
    case RulesExportFormat::html: return write_rules_site(base, target);
    case RulesExportFormat::coverage:
      return write_text_file(target.empty() ? fs::path("-") : fs::path(target) / "COVERAGE.md",
                             coverage_table(*base.rules));
  }
  return success();
}

}  // namespace

int run_rules_export(const RulesExportOptions& options) {
  if (options.format == RulesExportFormat::html && options.target_directory.empty()) {
    std::fprintf(stderr, "handshaked: a site is many files: name the directory to write it to\n");
    return kExitUsage;
  }
  const auto base =
      require_knowledge_base(options.rules_directory, KnowledgeDepth::rules_and_texts);
  if (!base) return kExitConfiguration;
  if (const auto written = export_all(options, *base); !written) {
    complain_about(written.error());
    return kExitInternal;
  }
  return kExitDone;
}

}  // namespace handshaked::cli
