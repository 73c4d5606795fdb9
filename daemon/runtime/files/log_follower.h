#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analysis.h"
#include "base/clock.h"
#include "correlate/failure_fold.h"
#include "ingest/log_tail.h"
#include "match/rule_set.h"
#include "runtime/files/log_counters.h"

namespace handshaked::runtime {

/// What one look at a log gave: how far it was read, and what was found on the way. It is sent even
/// when nothing was found, because the position has moved.
struct ReadBatch {
  std::string source;  ///< the path as configured
  std::string cursor;  ///< everything before it is in this batch or an earlier one
  correlate::FailureBatch found;
  std::vector<ingest::TailEvent> events;  ///< for our own log
  std::uint64_t bytes = 0;
};

/// One followed log: read, scan, match and fold as plain calls, on whatever thread steps it; never
/// on two at once.
class LogFollower final : private ingest::BlockHandler {
 public:
  /// `starts_live`: what is there at first counts as seen now: it was missed while we were down, or
  /// the log is new. Else it is history, judged by its own times.
  LogFollower(std::string path, ingest::LogTailOptions options,
              std::optional<ingest::ReadPosition> saved, parse::TimeZone zone,
              std::shared_ptr<const match::RuleSet> rules, bool starts_live);

  /// Reads what is there, a bounded amount. nullopt when nothing has changed; `more` says whether
  /// to step again at once.
  std::optional<ReadBatch> step(Time now, bool& more);

  /// From the next step on.
  void use_rules(std::shared_ptr<const match::RuleSet> rules);

  const std::string& path() const { return tail_.path(); }
  /// May be read from any thread.
  const LogCounters& counters() const { return counters_; }

 private:
  void on_block(const ingest::TailBlock& block) override;
  bool is_full() const override { return fold_.is_full(); }
  void count(const ingest::TailStep& step, Time now);

  bool is_late_;  ///< what was written while we were down is still being read
  ingest::LogTail tail_;
  parse::TimeZone zone_;
  std::shared_ptr<const match::RuleSet> rules_;
  std::unique_ptr<LineAnalysis> analysis_;
  correlate::FailureFold fold_;
  std::string last_cursor_;
  LogCounters counters_;
  std::uint64_t lines_ = 0;           ///< of this step
  std::string container_;             ///< whose log it is; empty: this host's
  LineAnalysis::Counters counted_{};  ///< what the analysis had counted before this step
  bool is_live_;                      ///< the backlog is done: what comes now is written now
};

}  // namespace handshaked::runtime
