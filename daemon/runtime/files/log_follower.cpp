#include "runtime/files/log_follower.h"

#include <utility>

#include "base/text/line_count.h"
#include "ingest/container_log.h"

namespace handshaked::runtime {
namespace {

/// Names the container as the host of lines that name none: they are not this host's.
class ContainerHandler final : public FailureHandler {
 public:
  ContainerHandler(std::string_view container, FailureHandler& next)
      : container_(container), next_(next) {}
  void on_failure(const match::RecognisedLine& failure) override {
    parse::ErrorRecord record = failure.record;
    if (record.envelope_host.empty()) record.envelope_host = container_;
    next_.on_failure({.rule = failure.rule,
                      .record = record,
                      .tls = failure.tls,
                      .line = failure.line,
                      .line_number = failure.line_number,
                      .offset = failure.offset,
                      .time = failure.time,
                      .trusted = failure.trusted});
  }

 private:
  std::string_view container_;
  FailureHandler& next_;
};

}  // namespace

LogFollower::LogFollower(std::string path, ingest::LogTailOptions options,
                         std::optional<ingest::ReadPosition> saved, parse::TimeZone zone,
                         std::shared_ptr<const match::RuleSet> rules, bool starts_live)
    : is_late_(saved.has_value()),
      tail_(path, options, std::move(saved)),
      zone_(zone),
      rules_(rules),
      analysis_(std::make_unique<LineAnalysis>(rules, zone)),
      fold_(rules, path),
      container_(ingest::container_of_log(path)),
      is_live_(starts_live) {}

std::optional<ReadBatch> LogFollower::step(Time now, bool& more) {
  fold_.set_time_fallback(now);
  fold_.set_live(is_live_);
  ingest::TailStep step = tail_.step(*this, now);
  count(step, now);
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

/// Plain additions, once a step.
void LogFollower::count(const ingest::TailStep& step, Time now) {
  const auto relaxed = std::memory_order_relaxed;
  const std::int64_t microseconds = now.time_since_epoch().count();
  const LineAnalysis::Counters& analysed = analysis_->counters();
  counters_.lines.fetch_add(std::exchange(lines_, 0), relaxed);
  counters_.bytes.fetch_add(step.bytes, relaxed);
  counters_.candidates.fetch_add(analysed.candidates - counted_.candidates, relaxed);
  counters_.matched.fetch_add(analysed.matched - counted_.matched, relaxed);
  counters_.untrusted.fetch_add(analysed.untrusted - counted_.untrusted, relaxed);
  counted_ = analysed;
  counters_.unread_bytes.store(tail_.unread_bytes(), relaxed);
  const ingest::LogTail::Seen seen = tail_.seen();
  counters_.seen_device.store(seen.node.device, relaxed);
  counters_.seen_inode.store(seen.node.inode, relaxed);
  counters_.seen_size.store(seen.size, relaxed);
  counters_.position.store(seen.read, relaxed);
  if (step.caught_up) counters_.caught_up_at.store(microseconds, relaxed);
  if (step.bytes > 0) counters_.last_line_at.store(microseconds, relaxed);
  using State = LogCounters::State;
  const auto trouble = tail_.trouble();
  counters_.state.store(!trouble                                          ? State::open
                        : *trouble == ingest::TailEvent::Kind::unreadable ? State::unreadable
                                                                          : State::waiting,
                        relaxed);
}

void LogFollower::use_rules(std::shared_ptr<const match::RuleSet> rules) {
  rules_ = std::move(rules);
  analysis_ = std::make_unique<LineAnalysis>(rules_, zone_);
  counted_ = {};
  fold_ = correlate::FailureFold(rules_, tail_.path());
}

void LogFollower::on_block(const ingest::TailBlock& block) {
  lines_ += count_lines(block.lines.bytes);
  if (container_.empty()) return analysis_->consume(block.lines, fold_);
  ContainerHandler named(container_, fold_);
  analysis_->consume(block.lines, named);
}

}  // namespace handshaked::runtime
