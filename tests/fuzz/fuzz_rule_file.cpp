// Any bytes as a file of the knowledge base: problems have a line, and the rules that are left can
// be compiled and asked.
#include "base/text/line_count.h"
#include "fuzz_input.h"
#include "match/knowledge.h"
#include "match/rule_file.h"
#include "match/rule_set.h"
#include "parse/nginx_error_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 16)) return 0;
  const std::string_view text = fuzz::text_of(data, size);
  match::LoadedRules loaded;
  match::read_rules(text, "fuzzed.json", loaded);
  fuzz::promise(!loaded.rules.empty() || !loaded.problems.empty() ||
                    text.find_first_not_of(" \t\r\n[],") == std::string_view::npos,
                "a file gives rules or problems");
  for (const match::RuleProblem& problem : loaded.problems) {
    fuzz::promise(problem.file == "fuzzed.json" && !problem.reason.empty(),
                  "a problem says where and what");
    fuzz::promise(problem.line <= count_lines(text) + 1, "the line of a problem is in the file");
  }
  for (const match::Rule& rule : loaded.rules) {
    fuzz::promise(!rule.id.empty() && !rule.regex.empty(), "a rule has an id and a regex");
    for (const Language language : {Language::en, Language::zh})
      match::Knowledge::about_rule(rule, language);
  }
  if (loaded.rules.empty() || loaded.rules.size() > 8) return 0;
  auto rules = std::make_shared<const match::RuleSet>(std::move(loaded.rules));
  if (!rules->compile_all().empty()) return 0;
  match::Matcher matcher(rules);
  parse::NginxErrorParser parser;
  for (const match::Rule& rule : rules->rules()) {
    const std::string line =
        "2026/11/21 02:58:15 [error] 9#9: *1 " + rule.title + ", client: 192.0.2.1, server: x";
    matcher.match(parser.parse(line));
  }
  return 0;
}
