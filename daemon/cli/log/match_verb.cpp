#include "cli/log/match_verb.h"

#include <algorithm>

#include "analysis.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/terminal.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"
#include "cli/log/match_line.h"
#include "cli/log/threaded_reading.h"

namespace handshaked::cli {
namespace {

/// Appends to a text.
class WritingHandler : public FailureHandler {
 public:
  WritingHandler(const std::string& file, const match::RuleSet& rules) : writer_(file, rules) {}
  void write_to(std::string& text) { text_ = &text; }
  void on_failure(const match::RecognisedLine& failure) override {
    writer_.append(*text_, failure);
  }

 private:
  MatchLineWriter writer_;
  std::string* text_ = nullptr;
};

/// Appends to the output, and passes it on.
class PrintingHandler : public FailureHandler {
 public:
  PrintingHandler(const std::string& file, const match::RuleSet& rules, Output& output,
                  bool line_buffered)
      : writer_(file, rules), output_(output), line_buffered_(line_buffered) {}

  void on_failure(const match::RecognisedLine& failure) override {
    writer_.append(output_.buffer(), failure);
    if (line_buffered_)
      static_cast<void>(output_.flush());  // the flush at the end reports a failure
    else output_.pass_on();
  }

 private:
  MatchLineWriter writer_;
  Output& output_;
  bool line_buffered_;
};

class Match {
 public:
  Match(const MatchOptions& options, const KnowledgeBase& base, const parse::TimeZone& zone,
        Output& output)
      : options_(options), base_(base), zone_(zone), output_(output) {}

  /// Prints what is recognised in one log; `matched` is set when there was something.
  Result<> read(const std::string& file, bool& matched) {
    // Whoever watches wants to see what there is when the log pauses.
    is_watched_ = output_.is_terminal() || (file == "-" && standard_input_is_live());
    const unsigned threads = options_.line_buffered ? 1 : useful_threads(file, options_.jobs);
    return threads > 1 ? read_on_threads(file, threads, matched) : read_here(file, matched);
  }

 private:
  Result<> read_here(const std::string& file, bool& matched) {
    LineAnalysis analysis(base_.rules, zone_);
    analysis.count_lines_from_start();
    PrintingHandler handler(file, *base_.rules, output_, options_.line_buffered);
    auto read =
        read_log(file, analysis, handler,
                 [&](const ingest::LineBlock&, const ingest::BlockReader&) { return goes_on(); });
    matched = matched || analysis.counters().matched > 0;
    return read;
  }

  Result<> read_on_threads(const std::string& file, unsigned threads, bool& matched) {
    struct Stages {
      LineAnalysis analysis;
      WritingHandler handler;
    };
    std::vector<ThreadedReading<std::string>::Analyse> analysts;
    for (unsigned i = 0; i < threads; ++i) {
      const std::shared_ptr<Stages> own(
          new Stages{.analysis = {base_.rules, zone_}, .handler = {file, *base_.rules}});
      analysts.push_back(
          [own](const ingest::LineBlock& block, const BlockPlace& place, std::string& text) {
            own->analysis.begin_behind_lines(place.lines_before);
            own->handler.write_to(text);
            own->analysis.consume(block, own->handler);
          });
    }
    ThreadedReading<std::string> reading(std::move(analysts));
    return reading.read(file, [&](const ingest::LineBlock&, const BlockPlace&, std::string& text) {
      matched = matched || !text.empty();
      output_.write(text);
      text.clear();
      return goes_on();
    });
  }

  bool goes_on() {
    if (is_watched_) static_cast<void>(output_.flush());
    return !output_.reader_is_gone() && !output_.failed();
  }

  const MatchOptions& options_;
  const KnowledgeBase& base_;
  const parse::TimeZone& zone_;
  Output& output_;
  bool is_watched_ = false;
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
  Match match(options, *base, zone.value(), output);
  for (const std::string& file : options.files) {
    if (options.print_literals) break;
    const auto read = match.read(file, matched);
    if (!read) complain_about(read.error());
    failed = failed || !read;
    if (output.reader_is_gone() || output.failed()) break;
  }
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return failed ? kExitUsage : matched ? kExitDone : kExitNothing;  // as grep does it
}

}  // namespace handshaked::cli
