#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ingest/log_line.h"
#include "line_reader.h"
#include "match/recognised_line.h"
#include "match/rule_set.h"
#include "parse/provenance.h"
#include "parse/time_zone.h"
#include "parse/wrapped_lines.h"

namespace handshaked {

/// Who wants the recognised lines.
class FailureHandler {
 public:
  virtual ~FailureHandler() = default;
  virtual void on_failure(const match::RecognisedLine& failure) = 0;
};

/// The pure stages in a row, for one log: blocks in, recognised lines out. The daemon, `scan`,
/// `match` and `explain` all read with it. Synchronous, allocates nothing per uninteresting line,
/// not shared between threads.
///
///   block -> LiteralGate (whole block) -> the line around a hit -> LineReader (parser, rules) ->
///   examine_provenance
class LineAnalysis {
 public:
  LineAnalysis(std::shared_ptr<const match::RuleSet> rules, parse::TimeZone zone)
      : reader_(std::move(rules)), zone_(zone) {}

  /// Counts lines from 1: for files that are read from their beginning.
  void count_lines_from_start() { counts_lines_ = true; }
  /// For blocks that come from here and there: so many lines stand before the next one. Its own are
  /// counted as far as they are recognised.
  void begin_behind_lines(std::uint64_t lines) {
    counts_lines_ = true;
    counts_rest_ = false;
    lines_before_ = lines;
  }

  /// Who can tell whether a line of a rule that needs the configuration is about TLS. Without, such
  /// lines are never trusted.
  using ConfirmLine =
      std::function<bool(const match::Rule& rule, const parse::ErrorRecord& record)>;
  void confirm_by_configuration(ConfirmLine confirm) { confirm_ = std::move(confirm); }

  void consume(const ingest::LineBlock& block, FailureHandler& handler);

  struct Counters {
    std::uint64_t bytes = 0;
    std::uint64_t lines = 0;       ///< only when lines are counted
    std::uint64_t candidates = 0;  ///< lines that the gate let pass
    std::uint64_t matched = 0;
    std::uint64_t untrusted = 0;
    std::uint64_t forged = 0;  ///< suppressed: a stranger's text
  };
  const Counters& counters() const { return counters_; }
  const match::RuleSet& rules() const { return reader_.rules(); }

 private:
  /// Where a line stands in the log.
  struct Place {
    std::uint64_t line = 0;
    ingest::ByteOffset offset;
  };
  /// Of the line that begins there; lines are counted up to it.
  Place place_of(const ingest::LineBlock& block, std::size_t begin);
  /// Records that stand together in one line of JSON, each a line of `batch_` now.
  void examine_batch(const ingest::LineBlock& block, std::size_t begin, FailureHandler& handler);
  /// Returns where the search goes on.
  std::size_t examine_line(const ingest::LineBlock& block, std::size_t begin, std::size_t end,
                           FailureHandler& handler);
  parse::Provenance provenance_of(const ingest::LineBlock& block, parse::LineSpan line,
                                  bool has_foreign_tail);
  std::optional<parse::ZonedTime> time_of(const parse::ErrorRecord& record);

  LineReader reader_;
  parse::TimeZone zone_;
  Counters counters_;
  bool counts_lines_ = false;
  bool counts_rest_ = true;           ///< behind the last recognised line of a block, too
  std::uint64_t lines_before_ = 0;    ///< line feeds before the place up to which they are counted
  std::size_t counted_to_ = 0;        ///< that place, in the current block
  std::size_t settled_ = 0;           ///< a record is known to begin here, in the current block
  std::optional<Place> batch_place_;  ///< while a batch is examined: where it stands
  std::string batch_;
  bool is_batch_doubtful_ = false;  ///< a stranger may have written it
  std::size_t examined_ = 0;  ///< lines before this place, in the current block, belong to what was
                              ///< recognised or passed over
  parse::LocalTime last_time_;  ///< of a record: many are written in one second
  std::optional<parse::ZonedTime> last_zoned_;
  std::string window_;  ///< the seam between two blocks
  ConfirmLine confirm_;
};

}  // namespace handshaked
