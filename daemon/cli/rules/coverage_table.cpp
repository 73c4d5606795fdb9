#include "cli/rules/coverage_table.h"

#include <simdjson.h>

#include <map>
#include <set>

#include "base/text/utf8.h"
#include "cli/rules/checks/rule_contest.h"
#include "parse/nginx_error_parser.h"

namespace handshaked::cli {
namespace {

struct Coverage {
  std::set<std::string> rules;
  std::set<std::string> origins;        ///< of lines that a program wrote
  std::set<std::string> built_origins;  ///< of lines that were put together from its source
  std::string sample;  ///< what one of them says: message and action, a written one if there is any
  bool sample_is_built = true;
};

/// The message and the action of a line, short enough for a table; nothing in it ends the cell or
/// the code.
std::string sample_cell(const std::string& line) {
  constexpr std::size_t kLongest = 160;
  parse::NginxErrorParser parser;
  std::string_view text = parser.parse(std::string_view(line).substr(0, line.find('\n'))).text;
  const bool is_cut = text.size() > kLongest;
  text = utf8_prefix(text, kLongest);
  std::string cell = "`";
  for (const char c : text)
    cell += c == '|' ? '/' : c == '`' ? '\'' : static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return cell + (is_cut ? "…`" : "`");
}

std::vector<std::string> situations_of(const match::Rule& rule) {
  std::vector<std::string> situations;
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(rule.json)["situations"].get(list) != simdjson::SUCCESS) return situations;
  for (const simdjson::dom::element item : list) {
    if (std::string_view name; item.get(name) == simdjson::SUCCESS) situations.emplace_back(name);
  }
  return situations;
}

std::string cell(const std::set<std::string>& values) {
  std::string text;
  for (const std::string& value : values) {
    text += text.empty() ? "" : "; ";
    for (const char c : value) text += c == '|' ? std::string("\\|") : std::string(1, c);
  }
  return text;
}

}  // namespace

std::string coverage_table(const match::RuleSet& rules) {
  std::map<std::string, Coverage> table;
  std::size_t shown_by_real_lines = 0;
  for (const match::Rule& rule : rules.rules()) {
    for (const std::string& situation : situations_of(rule)) {
      Coverage& coverage = table[situation];
      coverage.rules.insert("`" + rule.id + "`");
      for (const RuleSample& sample : lines_of(rule, "samples")) {
        const bool is_built = sample.origin.starts_with("built");
        (is_built ? coverage.built_origins : coverage.origins).insert(sample.origin);
        if (coverage.sample.empty() || (coverage.sample_is_built && !is_built)) {
          coverage.sample = sample_cell(sample.line);
          coverage.sample_is_built = is_built;
        }
      }
    }
  }
  std::string rows;
  for (const auto& [situation, coverage] : table) {
    shown_by_real_lines += coverage.origins.empty() ? 0U : 1U;
    rows += "| `" + situation + "` | " + cell(coverage.rules) + " | " + coverage.sample + " | " +
            (coverage.origins.empty() ? cell(coverage.built_origins) : cell(coverage.origins)) +
            " |\n";
  }
  return "## Coverage\n\nWritten by `handshaked rules export --format coverage`; a test checks "
         "that it is current.\n\n" +
         std::to_string(table.size()) + " situations, " + std::to_string(shown_by_real_lines) +
         " of them with lines that a real nginx wrote. \"built\": the line was put together from "
         "nginx's source.\n\n" +
         "| situation | rules | a line | lines from |\n| --- | --- | --- | --- |\n" + rows;
}

}  // namespace handshaked::cli
