// A piece of log through the whole analysis with the rules that ship: gate, parser, matcher, TLS
// detail, provenance.
#include <memory>
#include <string>

#include "analysis.h"
#include "base/text/line_count.h"
#include "fuzz_input.h"
#include "parse/openssl_error.h"
#include "parse/record_batch.h"
#include "shipped_rules.h"

namespace handshaked {
namespace {

using fuzz::is_inside;
using fuzz::promise;

/// Checks everything that a failure says against the log that it came from.
class CheckedFailures : public FailureHandler {
 public:
  CheckedFailures(std::string_view log, bool has_line_numbers)
      : log_(log), has_line_numbers_(has_line_numbers) {}

  void on_failure(const match::RecognisedLine& failure) override {
    const std::size_t offset = static_cast<std::size_t>(failure.offset.value);
    promise(offset < log_.size(), "the offset lies in the log");
    // Of a record that was wrapped, the line is the joined one; of a batch, one of its records.
    const std::string_view there = log_.substr(offset, failure.line.size());
    const bool is_of_batch =
        there != failure.line &&
        parse::may_be_batch(log_.substr(offset, log_.find('\n', offset) - offset));
    promise(there == failure.line || is_of_batch ||
                (!failure.trusted && there.find('\n') != std::string_view::npos),
            "the offset is where the line stands");
    promise(offset == 0 || log_[offset - 1] == '\n', "the offset is the beginning of a line");
    promise(failure.line.find('\n') == std::string_view::npos, "a line holds no line feed");
    promise(offset >= next_, "lines come in order, each once");
    next_ = is_of_batch ? offset : offset + 1;
    if (has_line_numbers_) {
      promise(failure.line_number == count_lines(log_.substr(0, offset)) + 1,
              "the line number counts physical lines");
    }
    const parse::ErrorRecord& record = failure.record;
    promise(is_inside(record.message, record.text), "the message is the beginning of the text");
    for (const std::string_view field :
         {record.client, record.server, record.request, record.upstream, record.host}) {
      promise(field.size() <= failure.line.size(), "a field is no longer than its line");
    }
    promise(is_inside(parse::upstream_scheme(record), record.upstream) &&
                is_inside(parse::upstream_peer(record), record.upstream),
            "scheme and peer are parts of the upstream");
    promise(failure.tls.error_count <= parse::TlsDetail::kMaxErrors, "the error queue is bounded");
    for (std::size_t i = 0; i < failure.tls.error_count; ++i) {
      promise(is_inside(failure.tls.errors[i].reason, failure.tls.errors[i].whole),
              "a reason is a part of its error");
    }
    promise(!failure.trusted || record.form != parse::Form::bare,
            "a bare message is never trusted");
    ++count;
  }

  std::size_t count = 0;

 private:
  std::string_view log_;
  bool has_line_numbers_;
  std::size_t next_ = 0;
};

std::size_t analyse(const std::shared_ptr<const match::RuleSet>& rules, std::string_view log,
                    std::size_t cut) {
  LineAnalysis analysis(rules, parse::TimeZone::named("UTC").value());
  analysis.count_lines_from_start();
  CheckedFailures failures(log,
                           !fuzz::measures_growth);  // which counts to each line from the beginning
  const std::string first(log.substr(0, cut));
  if (!first.empty()) analysis.consume({.bytes = first, .before = {}, .offset = {0}}, failures);
  const std::string before =
      first.substr(first.size() - std::min(first.size(), ingest::kNginxLineLimit));
  const std::string second(log.substr(cut));
  if (!second.empty())
    analysis.consume({.bytes = second, .before = before, .offset = {cut}}, failures);
  promise(analysis.counters().bytes == log.size(), "every byte is counted");
  promise(analysis.counters().matched == failures.count, "every match is counted");
  return analysis.counters().matched + analysis.counters().forged;
}

}  // namespace
}  // namespace handshaked

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  static const auto rules = fuzz::shipped_rules();
  if (fuzz::is_too_long(size, 1U << 16)) return 0;
  fuzz::FuzzInput input(data, size);
  const std::size_t wanted = input.below(1U << 16);
  const std::string_view log = input.rest();
  // Blocks end with a line feed: the cut goes behind one, but not into a record that was wrapped.
  auto line_feed = wanted < log.size() ? log.find('\n', wanted) : std::string_view::npos;
  while (line_feed != std::string_view::npos && line_feed + 1 < log.size() &&
         parse::header_length(log.substr(line_feed + 1, 64)) == 0)
    line_feed = log.find('\n', line_feed + 1);
  const std::size_t cut = line_feed == std::string_view::npos ? log.size() : line_feed + 1;
  const std::size_t in_two = analyse(rules, log, cut);
  const std::size_t in_one = analyse(rules, log, log.size());
  fuzz::promise(in_two == in_one,
                "how a log is cut into blocks does not decide what is recognised");
  return 0;
}
