#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/words.h"
#include "cli/knowledge/rules_location.h"
#include "cli/log/log_reading.h"
#include "cli/rules/checks/rules_lint.h"
#include "cli/rules/rules_verb.h"

namespace handshaked::cli {

int run_rules_lint(const RulesLintOptions& options) {
  const std::string directory = find_rules(options.rules_directory);
  const LintReport report = lint_rules(directory);
  Output output = Output::standard();
  for (const match::RuleProblem& problem : report.problems) output.buffer() += visible_text(problem.message()) + "\n";
  output.buffer() += counted(report.rules, "rule", "rules") + ", " + counted(report.causes, "cause", "causes") + ": " +
                     (report.problems.empty() ? "no problems" : counted(report.problems.size(), "problem", "problems")) + "\n";
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return report.problems.empty() ? kExitDone : kExitNothing;
}

}  // namespace handshaked::cli
