#include "cli/log/match_verb.h"

#include <algorithm>

#include "analysis.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/terminal.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"
#include "cli/log/match_line.h"

namespace handshaked::cli {
namespace {

class PrintingHandler : public FailureHandler {
 public:
  PrintingHandler(const std::string& file, const match::RuleSet& rules, Output& output, bool line_buffered)
      : writer_(file, rules), output_(output), line_buffered_(line_buffered) {}

  void on_failure(const match::RecognisedLine& failure) override {
    writer_.append(output_.buffer(), failure);
    if (line_buffered_) static_cast<void>(output_.flush());  // the flush at the end reports a failure
    else output_.pass_on();
  }

 private:
  MatchLineWriter writer_;
  Output& output_;
  bool line_buffered_;
};

void print_literals(const match::LiteralGate& gate, Output& output) {
  for (const auto& list : {gate.needles(), gate.prefixes()}) {
    for (const std::string& literal : list) output.buffer().append(literal).push_back('\n');
  }
}

}  // namespace

int run_match(const MatchOptions& options) {
  auto zone = parse::TimeZone::named(options.time_zone);
  if (!zone) {
    complain_about(zone.error());
    return kExitUsage;
  }
  const auto base = require_knowledge_base(options.rules_directory, KnowledgeDepth::rules);
  if (!base) return kExitConfiguration;

  Output output = Output::standard();
  bool matched = options.print_literals, failed = false;
  if (options.print_literals) print_literals(base->rules->gate(), output);
  for (const std::string& file : options.files) {
    if (options.print_literals) break;
    LineAnalysis analysis(base->rules, zone.value());
    analysis.count_lines_from_start();
    PrintingHandler handler(file, *base->rules, output, options.line_buffered);
    // Whoever watches wants to see what there is when the log pauses.
    const bool is_watched = output.is_terminal() || (file == "-" && standard_input_is_live());
    const auto read = read_log(file, analysis, handler, [&](const ingest::LineBlock&, const ingest::BlockReader&) {
      if (is_watched) static_cast<void>(output.flush());
      return !output.reader_is_gone() && !output.failed();
    });
    if (!read) complain_about(read.error());
    failed = failed || !read;
    matched = matched || analysis.counters().matched > 0;
    if (output.reader_is_gone() || output.failed()) break;
  }
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return matched ? kExitDone : failed ? kExitUsage : kExitNothing;
}

}  // namespace handshaked::cli
