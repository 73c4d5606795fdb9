#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/words.h"
#include "cli/knowledge/rules_location.h"
#include "cli/log/log_reading.h"
#include "cli/rules/checks/entry_texts.h"
#include "cli/rules/checks/rule_contest.h"
#include "cli/rules/checks/rule_relations.h"
#include "cli/rules/rules_verb.h"
#include "match/json_place.h"
#include "match/json_schema.h"
#include "match/knowledge.h"
#include "match/rule_set.h"

namespace handshaked::cli {
namespace {

namespace fs = std::filesystem;

struct LintReport {
  std::vector<match::RuleProblem> problems;  ///< by file and line
  std::size_t rules = 0, causes = 0;
};

std::optional<std::string> read_text(const fs::path& file) {
  simdjson::padded_string text;
  if (simdjson::padded_string::load(file.string()).get(text) != simdjson::SUCCESS)
    return std::nullopt;
  return std::string(std::string_view(text));
}

std::vector<fs::path> json_files(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".json") files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Everything that can be found wrong with a knowledge base without running it on logs: schema,
/// regexes, samples and who wins them, translations, names of rules and causes that do not exist,
/// links. Entries in one of the public shapes are judged mildly: they cannot fit our schema.
class Lint {
 public:
  explicit Lint(const std::string& directory) : directory_(directory) {}

  LintReport run() {
    match::LoadedRules loaded = match::load_rules(directory_);
    report_.problems = std::move(loaded.problems);
    knowledge_ = match::Knowledge::load(directory_, report_.problems);
    rules_ = std::make_shared<const match::RuleSet>(std::move(loaded.rules));
    report_.rules = rules_->rules().size();
    report_.causes = knowledge_.causes().size();
    check_files();
    check_regexes();
    check_names();
    check_contests();
    std::stable_sort(report_.problems.begin(), report_.problems.end(),
                     [](const auto& a, const auto& b) {
                       return std::tie(a.file, a.line) < std::tie(b.file, b.line);
                     });
    return std::move(report_);
  }

 private:
  void add(const match::Rule& rule, std::string reason) {
    report_.problems.push_back({rule.file, rule.line, rule.id + ": " + std::move(reason)});
  }

  // --- each file by itself
  // --------------------------------------------------------------------------------------------

  std::optional<match::JsonSchema> schema(const std::string& name) {
    for (const fs::path& place : {fs::path(directory_), fs::path(find_rules(""))}) {
      const fs::path file = place / "schema" / name;
      const auto text = read_text(file);
      if (!text) continue;
      auto schema = match::JsonSchema::parse(*text);
      if (schema) return std::move(schema.value());
      report_.problems.push_back({file.string(), 0, schema.error().message()});
      return std::nullopt;
    }
    report_.problems.push_back(
        {directory_, 0, "schema/" + name + " is missing: the files cannot be checked"});
    return std::nullopt;
  }

  void check_files() {
    const auto rule_schema = schema("rule.schema.json");
    const auto cause_schema = schema("cause.schema.json");
    std::error_code error;
    const std::vector<fs::path> files = fs::is_directory(directory_, error)
                                            ? json_files(directory_)
                                            : std::vector<fs::path>{directory_};
    for (const fs::path& file : files) check_file(file, rule_schema ? &*rule_schema : nullptr);
    for (const fs::path& file : json_files(fs::path(directory_) / "causes"))
      check_file(file, cause_schema ? &*cause_schema : nullptr);
  }

  void check_file(const fs::path& file, const match::JsonSchema* schema) {
    const auto text = read_text(file);
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (!text || parser.parse(*text).get(root) != simdjson::SUCCESS)
      return;  // reported by the loader
    simdjson::dom::array entries;
    if (root.get(entries) != simdjson::SUCCESS) {
      check_entry(file, *text, root, "", schema);
      return;
    }
    std::size_t index = 0;
    for (const simdjson::dom::element entry : entries)
      check_entry(file, *text, entry, "/" + std::to_string(index++), schema);
  }

  void check_entry(const fs::path& file, const std::string& text, simdjson::dom::element entry,
                   const std::string& pointer, const match::JsonSchema* schema) {
    if (entry["side"].error() != simdjson::SUCCESS && entry["cause"].error() != simdjson::SUCCESS)
      return;  // a public entry, dropped in as it is
    const std::string json = simdjson::minify(entry);
    const auto add_at = [&](const std::string& below, const std::string& reason) {
      const std::string name = below.empty() ? "" : below.substr(1) + ": ";
      report_.problems.push_back(
          {file.string(), match::line_of_pointer(text, pointer + below), name + reason});
    };
    if (schema != nullptr) {
      for (const auto& violation : schema->violations(json))
        add_at(violation.pointer, violation.reason);
    }
    for (const EntryComplaint& complaint : complaints_about_texts(json))
      add_at(complaint.pointer, complaint.reason);
  }

  // --- regexes
  // --------------------------------------------------------------------------------------------------------

  void check_regexes() {
    for (const std::string& refused : rules_->compile_all())
      report_.problems.push_back({refused, 0, "RE2 refuses the regex"});
    for (const match::Rule& rule : rules_->rules()) {
      if (!rule.imported && rule.regex.starts_with(".*"))
        add(rule, "the regex begins with .*, so that text of strangers can match");
      // A gate of this rule alone: open when nothing in the regex can be searched for. The set of
      // all rules has taken what it knew of it.
      match::Rule alone = rule;
      alone.literals = match::regex_literals(rule.regex);
      if (match::RuleSet({std::move(alone)}).gate().is_open())
        add(rule,
            "the regex requires no text that could be searched for: every line of every log would "
            "be looked at");
    }
  }

  // --- names
  // ----------------------------------------------------------------------------------------------------------

  void check_names() {
    std::set<std::string, std::less<>> ids;
    for (const match::Rule& rule : rules_->rules()) ids.insert(rule.id);
    std::set<std::string, std::less<>> used;
    for (const match::Rule& rule : rules_->rules()) {
      for (const match::CandidateCause& candidate : rule.causes) {
        used.insert(candidate.cause);
        if (report_.causes != 0 && !knowledge_.has_cause(candidate.cause))
          add(rule, "causes/" + candidate.cause + ".json is missing");
      }
      const RuleRelations relations = relations_of(rule, Language::en);
      for (const std::string& id : relations.leads_to) {
        if (!ids.contains(id)) add(rule, "leads_to names " + id + ", which does not exist");
      }
      for (const RuleRelations::Confusion& confusion : relations.confused_with) {
        if (!ids.contains(confusion.id))
          add(rule, "confused_with names " + confusion.id + ", which does not exist");
      }
    }
    for (const std::string& cause : knowledge_.causes()) {
      if (!used.contains(cause) && !is_without_line(cause))
        report_.problems.push_back({(fs::path(directory_) / "causes" / (cause + ".json")).string(),
                                    0, "no rule has this cause"});
    }
  }

  /// A cause that is there to be asked for, and says so.
  bool is_without_line(const std::string& cause) const {
    simdjson::dom::parser parser;
    bool without = false;
    const std::string_view json = knowledge_.json_of_cause(cause);
    return parser.parse(json.data(), json.size())["without_line"].get(without) ==
               simdjson::SUCCESS &&
           without;
  }

  // --- who wins
  // -------------------------------------------------------------------------------------------------------

  void check_contests() {
    RuleContest contest(rules_);
    for (const match::Rule& rule : rules_->rules()) {
      const auto samples = lines_of(rule, "samples");
      bool wins = false;
      std::string winner;
      std::set<std::string> equals;
      for (const RuleSample& sample : samples) {
        const RuleContest::Verdict verdict = contest.judge(sample.line);
        wins = wins || verdict.winner == &rule;
        if (verdict.winner != nullptr && verdict.winner != &rule) winner = verdict.winner->id;
        if (verdict.winner == &rule && verdict.equal != nullptr) equals.insert(verdict.equal->id);
      }
      for (const std::string& other : equals)
        add(rule, "is exactly as specific as " + other + " on a sample: only the alphabet decides");
      if (!samples.empty() && !wins)
        add(rule, winner.empty() ? "is unreachable: it matches none of its samples"
                                 : "is shadowed: " + winner + " wins its samples");
    }
  }

  std::string directory_;
  LintReport report_;
  match::Knowledge knowledge_;
  std::shared_ptr<const match::RuleSet> rules_;
};

}  // namespace

int run_rules_lint(const RulesLintOptions& options) {
  const LintReport report = Lint(find_rules(options.rules_directory)).run();
  Output output = Output::standard();
  for (const match::RuleProblem& problem : report.problems)
    output.buffer() += visible_text(problem.message()) + "\n";
  output.buffer() +=
      counted(report.rules, "rule", "rules") + ", " + counted(report.causes, "cause", "causes") +
      ": " +
      (report.problems.empty() ? "no problems"
                               : counted(report.problems.size(), "problem", "problems")) +
      "\n";
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return report.problems.empty() ? kExitDone : kExitNothing;
}

}  // namespace handshaked::cli
