#include "analysis.h"

#include <algorithm>
#include <cstring>

#include "base/text/line_count.h"

namespace handshaked {
using parse::Provenance;

void LineAnalysis::consume(const ingest::LineBlock& block, FailureHandler& handler) {
  const std::string_view bytes = block.bytes;
  const match::LiteralGate& gate = rules().gate();
  counted_to_ = 0;
  settled_ = 0;
  examined_ = 0;
  std::size_t at = 0;
  while ((at = gate.find(bytes, at)) < bytes.size()) {
    const void* const line_feed = memrchr(bytes.data(), '\n', at);
    const std::size_t begin = line_feed == nullptr ? 0 : static_cast<std::size_t>(static_cast<const char*>(line_feed) - bytes.data()) + 1;
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    ++counters_.candidates;
    at = examined_ = examine_line(block, begin, end, handler);
  }
  if (counts_lines_ && counts_rest_) {
    lines_before_ += count_lines(bytes.substr(counted_to_));
    counters_.lines = lines_before_ + (bytes.empty() || bytes.ends_with('\n') ? 0 : 1);
  }
  counters_.bytes += bytes.size();
}

std::size_t LineAnalysis::examine_line(const ingest::LineBlock& block, std::size_t begin, std::size_t end, FailureHandler& handler) {
  parse::LineSpan span{.begin = begin, .end = end};
  const match::Rule* const rule = reader_.read_within(block.bytes, span, examined_);
  if (rule == nullptr) return end + 1;
  const parse::ErrorRecord& record = reader_.record();
  const std::string_view line = reader_.line();
  const bool is_wrapped = span.end - span.begin != end - begin;
  const Provenance provenance = is_wrapped ? Provenance::doubtful : provenance_of(block, span, record);
  if (provenance == Provenance::forged) {
    ++counters_.forged;
    return end + 1;
  }
  const bool is_closed = parse::is_closed_at_a_glance(line);
  const bool is_quoted = record.message.find('"') != std::string_view::npos;
  const parse::Ending ending = !is_closed ? parse::ending_of(line) : is_quoted ? parse::Ending::quoted : parse::Ending::over;
  if (provenance == Provenance::genuine && ending == parse::Ending::over && record.form != parse::Form::bare) settled_ = end + 1;
  // A quote that is open and no context: a line feed cut the message itself, and what it said in full is not known.
  const bool is_cut = ending == parse::Ending::open && !parse::has(record.client) && !parse::has(record.responder);
  const bool trusted = provenance == Provenance::genuine && record.form != parse::Form::bare && !record.ambiguous && !is_cut &&
                       !rule->imported && (!rule->needs_configuration || (confirm_ && confirm_(*rule, record)));
  ++counters_.matched;
  if (!trusted) ++counters_.untrusted;
  std::uint64_t line_number = 0;
  if (counts_lines_) {
    lines_before_ += count_lines(block.bytes.substr(counted_to_, span.begin - counted_to_));
    counted_to_ = span.begin;
    line_number = lines_before_ + 1;
  }
  handler.on_failure({.rule = *rule,
                      .record = record,
                      .tls = reader_.tls_detail(),
                      .line = line,
                      .line_number = line_number,
                      .offset = {block.offset.value + span.begin},
                      .time = time_of(record),
                      .trusted = trusted});
  return span.end + 1;
}

Provenance LineAnalysis::provenance_of(const ingest::LineBlock& block, parse::LineSpan line, const parse::ErrorRecord& record) {
  if (record.form == parse::Form::bare && block.bytes.size() == line.end - line.begin) return Provenance::doubtful;
  // A full block was cut off a longer log; a shorter one holds all that was written.
  constexpr std::size_t kFullBlock = 32 * 1024;
  parse::JudgedLine judged{.window = block.bytes,
                           .begin = line.begin,
                           .end = line.end,
                           .settled = settled_,
                           .foreign_tail = record.foreign_tail,
                           .goes_on = block.goes_on || block.bytes.size() >= kFullBlock};
  if (line.begin >= ingest::kNginxLineLimit || block.before.empty() || settled_ > 0) return parse::examine_provenance(judged);
  // Near the beginning of a block the evidence may stand in the block before it.
  const std::size_t after = std::min(block.bytes.size(), line.end + 1 + ingest::kNginxLineLimit);
  window_.assign(block.before).append(block.bytes.substr(0, after));
  judged.window = window_;
  judged.begin += block.before.size();
  judged.end += block.before.size();
  judged.settled = 0;
  return parse::examine_provenance(judged);
}

std::optional<parse::ZonedTime> LineAnalysis::time_of(const parse::ErrorRecord& record) {
  if (!record.envelope_time.empty()) {
    if (const auto time = parse::parse_rfc3339(record.envelope_time)) return time;
  }
  if (record.time.year == 0) return std::nullopt;
  if (!(record.time == last_time_)) {
    last_time_ = record.time;
    last_zoned_ = zone_.resolve(record.time);
  }
  return last_zoned_;
}

}  // namespace handshaked
