#include "stages/log_follower.h"

#include <utility>

namespace handshaked::stages {

LogFollower::LogFollower(std::string path, ingest::LogTailOptions options, std::optional<ingest::ReadPosition> saved, parse::TimeZone zone,
                         std::shared_ptr<const match::RuleSet> rules, bool starts_live)
    : is_late_(saved.has_value()),
      tail_(path, options, std::move(saved)),
      zone_(zone),
      rules_(rules),
      analysis_(std::make_unique<LineAnalysis>(rules, std::move(zone))),
      fold_(rules, path),
      is_live_(starts_live) {}

std::optional<ReadBatch> LogFollower::step(Time now, bool& more) {
  fold_.set_time_fallback(now);
  fold_.set_live(is_live_);
  ingest::TailStep step = tail_.step(*this, now);
  is_live_ = is_live_ || step.caught_up;
  const bool was_late = std::exchange(is_late_, is_late_ && !step.caught_up);
  more = step.more;
  std::string cursor = ingest::to_text(tail_.position());
  if (cursor == last_cursor_ && fold_.empty() && step.events.empty()) return std::nullopt;
  last_cursor_ = cursor;
  correlate::FailureBatch found = fold_.take();
  found.late = was_late;
  return ReadBatch{.source = tail_.path(),
                   .cursor = std::move(cursor),
                   .found = std::move(found),
                   .events = std::move(step.events),
                   .bytes = step.bytes};
}

void LogFollower::use_rules(std::shared_ptr<const match::RuleSet> rules) {
  rules_ = std::move(rules);
  analysis_ = std::make_unique<LineAnalysis>(rules_, zone_);
  fold_ = correlate::FailureFold(rules_, tail_.path());
}

void LogFollower::on_block(const ingest::TailBlock& block) { analysis_->consume(block.lines, fold_); }

}  // namespace handshaked::stages
