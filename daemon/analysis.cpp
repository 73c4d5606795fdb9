#include "analysis.h"

#include <algorithm>
#include <cstring>

#include "base/line_count.h"

namespace handshaked {
using parse::Provenance;

void LineAnalysis::consume(const ingest::LineBlock& block, FailureHandler& handler) {
  const std::string_view bytes = block.bytes;
  const match::LiteralGate& gate = matcher_.rules().gate();
  counted_to_ = 0;
  settled_ = 0;
  std::size_t at = 0;
  while ((at = gate.find(bytes, at)) < bytes.size()) {
    const void* const line_feed = memrchr(bytes.data(), '\n', at);
    const std::size_t begin = line_feed == nullptr ? 0 : static_cast<std::size_t>(static_cast<const char*>(line_feed) - bytes.data()) + 1;
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    ++counters_.candidates;
    examine_line(block, begin, end, handler);
    at = end + 1;
  }
  if (counts_lines_ && counts_rest_) {
    lines_before_ += count_lines(bytes.substr(counted_to_));
    counters_.lines = lines_before_ + (bytes.empty() || bytes.ends_with('\n') ? 0 : 1);
  }
  counters_.bytes += bytes.size();
}

void LineAnalysis::examine_line(const ingest::LineBlock& block, std::size_t begin, std::size_t end, FailureHandler& handler) {
  const std::string_view line = block.bytes.substr(begin, end - begin);
  const parse::ErrorRecord& record = parser_.parse(line);
  const match::Rule* const rule = matcher_.match(record);
  if (rule == nullptr) return;
  const Provenance provenance = provenance_of(block, begin, end, record);
  if (provenance == Provenance::forged) {
    ++counters_.forged;
    return;
  }
  const bool is_open = !parse::is_closed_at_a_glance(line) && parse::is_left_open(line);
  settled_ = is_open ? settled_ : end + 1;
  // A quote that is open and no context: a line feed cut the message itself, and what it said in full is not known.
  const bool is_cut = is_open && !parse::has(record.client) && !parse::has(record.responder);
  const bool trusted = provenance == Provenance::genuine && record.form != parse::Form::bare && !record.ambiguous && !is_cut &&
                       !rule->imported && (!rule->needs_configuration || (confirm_ && confirm_(*rule, record)));
  ++counters_.matched;
  if (!trusted) ++counters_.untrusted;
  std::uint64_t line_number = 0;
  if (counts_lines_) {
    lines_before_ += count_lines(block.bytes.substr(counted_to_, begin - counted_to_));
    counted_to_ = begin;
    line_number = lines_before_ + 1;
  }
  handler.on_failure({.rule = *rule,
                      .record = record,
                      .tls = matcher_.tls_detail(record),
                      .line = line,
                      .line_number = line_number,
                      .offset = {block.offset.value + begin},
                      .time = time_of(record),
                      .trusted = trusted});
}

Provenance LineAnalysis::provenance_of(const ingest::LineBlock& block, std::size_t begin, std::size_t end,
                                       const parse::ErrorRecord& record) {
  if (record.form == parse::Form::bare && block.bytes.size() == end - begin) return Provenance::doubtful;
  if (begin >= ingest::kNginxLineLimit || block.before.empty() || settled_ > 0) {
    return parse::examine_provenance(block.bytes, begin, end, settled_, record.foreign_tail);
  }
  // Near the beginning of a block the evidence may stand in the block before it.
  const std::size_t after = std::min(block.bytes.size(), end + 1 + ingest::kNginxLineLimit);
  window_.assign(block.before).append(block.bytes.substr(0, after));
  return parse::examine_provenance(window_, block.before.size() + begin, block.before.size() + end, 0, record.foreign_tail);
}

std::optional<parse::ZonedTime> LineAnalysis::time_of(const parse::ErrorRecord& record) {
  if (!record.envelope_time.empty()) {
    if (const auto time = parse::parse_rfc3339(record.envelope_time)) return time;
  }
  return record.time.year != 0 ? zone_.resolve(record.time) : std::nullopt;
}

}  // namespace handshaked
