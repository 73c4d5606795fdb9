#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "analysis.h"
#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/words.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"
#include "cli/rules/checks/line_forms.h"
#include "cli/rules/checks/rule_contest.h"
#include "cli/rules/rules_verb.h"

namespace handshaked::cli {
namespace {

struct Failure {
  const match::Rule* rule;
  std::string what, line;
};

struct Report {
  std::uint64_t samples = 0, forms = 0, near_misses = 0;
  std::vector<Failure> failures;
};

class WinnerHandler : public FailureHandler {
 public:
  void on_failure(const match::RecognisedLine& failure) override {
    winners.push_back(&failure.rule);
    is_trusted = failure.trusted;
  }
  std::vector<const match::Rule*> winners;
  bool is_trusted = false;
};

/// Tests rules one after another; one a thread.
class RuleTester {
 public:
  explicit RuleTester(const std::shared_ptr<const match::RuleSet>& rules)
      : rules_(rules), contest_(rules) {}

  void test(const match::Rule& rule, Report& report) {
    for (const RuleSample& sample : lines_of(rule, "samples")) {
      ++report.samples;
      const match::Rule* const winner = contest_.judge(sample.line).winner;
      if (winner != &rule) {
        report.failures.push_back(
            {&rule,
             winner == nullptr ? "does not match its sample" : "loses its sample to " + winner->id,
             sample.line});
      } else {
        test_forms(rule, sample.line, report);
      }
    }
    for (const RuleSample& miss : lines_of(rule, "near_misses")) {
      ++report.near_misses;
      if (contest_.judge(miss.line).winner == &rule)
        report.failures.push_back({&rule, "matches its near miss", miss.line});
    }
  }

 private:
  /// The whole way of a line, prefilter included, in every form in which it may reach us; and
  /// whether it is trusted.
  void test_forms(const match::Rule& rule, const std::string& line, Report& report) {
    if (line.find('\n') != std::string::npos)
      return;  // a record with a stranger's line feed is no single line of a log
    bool is_trusted_in_log = false;
    for (const LineForm& form : forms_of(line)) {
      ++report.forms;
      LineAnalysis analysis(rules_, parse::TimeZone::named("UTC").value());
      WinnerHandler handler;
      const std::string block = form.text + "\n";
      analysis.consume({.bytes = block, .before = kBefore, .offset = {}}, handler);
      if (handler.winners.size() != 1 || handler.winners.front() != &rule) {
        report.failures.push_back(
            {&rule,
             "is not found " + std::string(form.name) +
                 (handler.winners.empty() ? "" : ", but " + handler.winners.front()->id),
             form.text});
        continue;
      }
      if (form.name == "in a log") is_trusted_in_log = handler.is_trusted;
      if (handler.is_trusted && !(form.has_header && is_trusted_in_log)) {
        report.failures.push_back(
            {&rule,
             (handler.is_trusted ? "is trusted " : "is not trusted ") + std::string(form.name),
             form.text});
      }
    }
  }

  static constexpr std::string_view kBefore =
      "2026/11/21 02:58:14 [notice] 9#9: start worker processes\n";
  std::shared_ptr<const match::RuleSet> rules_;
  RuleContest contest_;
};

Report test_all(const std::shared_ptr<const match::RuleSet>& rules) {
  const std::size_t count = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
  std::vector<Report> reports(count);
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (Report& report : reports) {
    threads.emplace_back([&rules, &report, &next] {
      RuleTester tester(rules);
      for (std::size_t i = next++; i < rules->rules().size(); i = next++)
        tester.test(rules->rules()[i], report);
    });
  }
  threads.clear();
  Report whole;
  for (Report& report : reports) {
    whole.samples += report.samples;
    whole.forms += report.forms;
    whole.near_misses += report.near_misses;
    whole.failures.insert(whole.failures.end(), std::make_move_iterator(report.failures.begin()),
                          std::make_move_iterator(report.failures.end()));
  }
  std::stable_sort(whole.failures.begin(), whole.failures.end(),
                   [](const Failure& a, const Failure& b) { return a.rule->id < b.rule->id; });
  return whole;
}

}  // namespace

int run_rules_test(const RulesTestOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const auto base = require_knowledge_base(options.rules_directory, KnowledgeDepth::rules);
  if (!base) return kExitConfiguration;
  const Report report = test_all(base->rules);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);

  Output output = Output::standard();
  std::string& out = output.buffer();
  for (const Failure& failure : report.failures) {
    out += "FAILED  " + failure.rule->id + " " + failure.what + "\n        " + failure.rule->file +
           ":" + std::to_string(failure.rule->line) + "\n        " + visible_text(failure.line) +
           "\n";
  }
  out += counted(base->rules->rules().size(), "rule", "rules") + ", " +
         counted(report.samples, "sample", "samples") + " in " +
         counted(report.forms, "form", "forms") + ", " +
         counted(report.near_misses, "near miss", "near misses") + ": " +
         (report.failures.empty() ? "all passed"
                                  : counted(report.failures.size(), "failure", "failures")) +
         " in " + std::to_string(took.count()) + " ms\n";
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return report.failures.empty() ? kExitDone : kExitNothing;
}

}  // namespace handshaked::cli
