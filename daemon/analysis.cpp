#include "analysis.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text/line_count.h"
#include "parse/record_batch.h"

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
    const std::size_t begin =
        line_feed == nullptr
            ? 0
            : static_cast<std::size_t>(static_cast<const char*>(line_feed) - bytes.data()) + 1;
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

void LineAnalysis::examine_batch(const ingest::LineBlock& block, std::size_t begin,
                                 FailureHandler& handler) {
  constexpr std::size_t kUsualSize = 1024 * 1024;
  batch_place_ = place_of(block, begin);
  const std::size_t settled = std::exchange(settled_, 0), examined = std::exchange(examined_, 0);
  const ingest::LineBlock records{.bytes = batch_, .before = {}, .offset = {}};
  for (std::size_t at = 0; (at = rules().gate().find(batch_, at)) < batch_.size();) {
    const auto line_feed = batch_.rfind('\n', at);
    at = examined_ = examine_line(records, line_feed == std::string::npos ? 0 : line_feed + 1,
                                  batch_.find('\n', at), handler);
  }
  settled_ = settled;
  examined_ = examined;
  batch_place_.reset();
  if (batch_.capacity() > kUsualSize) std::string().swap(batch_);
}

LineAnalysis::Place LineAnalysis::place_of(const ingest::LineBlock& block, std::size_t begin) {
  if (batch_place_) return *batch_place_;
  Place place{.line = 0, .offset = {block.offset.value + begin}};
  if (counts_lines_) {
    lines_before_ += count_lines(block.bytes.substr(counted_to_, begin - counted_to_));
    counted_to_ = begin;
    place.line = lines_before_ + 1;
  }
  return place;
}

std::size_t LineAnalysis::examine_line(const ingest::LineBlock& block, std::size_t begin,
                                       std::size_t end, FailureHandler& handler) {
  if (const std::string_view whole = block.bytes.substr(begin, end - begin);
      !batch_place_ && parse::may_be_batch(whole) && parse::split_batch(whole, batch_)) {
    // A stranger's line feed may stand in front of it, and what he wrote into it stands in no other
    // line.
    const Provenance provenance = provenance_of(block, {.begin = begin, .end = end}, false);
    is_batch_doubtful_ = provenance != Provenance::genuine;
    if (provenance == Provenance::forged) ++counters_.forged;
    else examine_batch(block, begin, handler);
    return end + 1;
  }
  parse::LineSpan span{.begin = begin, .end = end};
  const match::Rule* const rule = reader_.read_within(block.bytes, span, examined_);
  if (rule == nullptr) return end + 1;
  const parse::ErrorRecord& record = reader_.record();
  const std::string_view line = reader_.line();
  const bool is_wrapped = span.end - span.begin != end - begin;
  const bool is_alone =
      record.form == parse::Form::bare && block.bytes.size() == span.end - span.begin;
  const bool is_doubtful = is_wrapped || is_alone || (batch_place_ && is_batch_doubtful_);
  const Provenance provenance =
      is_doubtful ? Provenance::doubtful : provenance_of(block, span, record.foreign_tail);
  if (provenance == Provenance::forged) {
    ++counters_.forged;
    return end + 1;
  }
  const bool is_closed = parse::is_closed_at_a_glance(line);
  const bool is_quoted = record.message.find('"') != std::string_view::npos;
  const parse::Ending ending = !is_closed  ? parse::ending_of(line)
                               : is_quoted ? parse::Ending::quoted
                                           : parse::Ending::over;
  if (provenance == Provenance::genuine && ending == parse::Ending::over &&
      record.form != parse::Form::bare)
    settled_ = end + 1;
  // A quote that is open and no context: a line feed cut the message itself, and what it said in
  // full is not known.
  const bool is_cut =
      ending == parse::Ending::open && !parse::has(record.client) && !parse::has(record.responder);
  const bool trusted = provenance == Provenance::genuine && record.form != parse::Form::bare &&
                       !record.ambiguous && !is_cut && !rule->imported &&
                       (!rule->needs_configuration || (confirm_ && confirm_(*rule, record)));
  ++counters_.matched;
  if (!trusted) ++counters_.untrusted;
  const Place place = place_of(block, span.begin);
  handler.on_failure({.rule = *rule,
                      .record = record,
                      .tls = reader_.tls_detail(),
                      .line = line,
                      .line_number = place.line,
                      .offset = place.offset,
                      .time = time_of(record),
                      .trusted = trusted});
  return span.end + 1;
}

Provenance LineAnalysis::provenance_of(const ingest::LineBlock& block, parse::LineSpan line,
                                       bool has_foreign_tail) {
  // A full block was cut off a longer log; a shorter one holds all that was written.
  constexpr std::size_t kFullBlock = 32 * 1024;
  parse::JudgedLine judged{.window = block.bytes,
                           .begin = line.begin,
                           .end = line.end,
                           .settled = settled_,
                           .foreign_tail = has_foreign_tail,
                           .goes_on = block.goes_on || block.bytes.size() >= kFullBlock};
  if (line.begin >= ingest::kNginxLineLimit || block.before.empty() || settled_ > 0)
    return parse::examine_provenance(judged);
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
