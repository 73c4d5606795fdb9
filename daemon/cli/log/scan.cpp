#include "cli/log/scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <unordered_map>

#include "analysis.h"
#include "cli/document/progress_bar.h"
#include "cli/log/log_reading.h"
#include "cli/log/log_span.h"
#include "cli/log/shown_incidents.h"
#include "correlate/failure_fold.h"

namespace handshaked::cli {
namespace {

/// The bytes of all files together, as they are stored; unknown as soon as one is a stream.
std::optional<std::uint64_t> total_size(const std::vector<std::string>& files) {
  std::uint64_t total = 0;
  for (const std::string& file : files) {
    struct stat status {};
    if (file == "-" || ::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    total += static_cast<std::uint64_t>(status.st_size);
  }
  return total;
}

/// When a line that carries no time was written, at the latest.
Time modified_at(const std::string& file) {
  struct stat status {};
  if (file == "-" || ::stat(file.c_str(), &status) != 0) return wall_clock_now();
  return Time(std::chrono::seconds(status.st_mtim.tv_sec));
}

/// Folds what is trusted and counts the rest by rule, so that the report can name it.
class ScanHandler : public FailureHandler {
 public:
  using UntrustedCounts = std::unordered_map<const match::Rule*, std::uint64_t>;
  ScanHandler(correlate::FailureFold& fold, UntrustedCounts& untrusted, const ScanHooks& hooks)
      : fold_(fold), untrusted_(untrusted), hooks_(hooks) {}

  void on_failure(const match::RecognisedLine& failure) override {
    if (!failure.trusted) ++untrusted_[&failure.rule];
    else if (hooks_.on_trusted) hooks_.on_trusted(failure);
    fold_.on_failure(failure);
  }

 private:
  correlate::FailureFold& fold_;
  UntrustedCounts& untrusted_;
  const ScanHooks& hooks_;
};

class Scan {
 public:
  Scan(std::shared_ptr<const match::RuleSet> rules, const parse::TimeZone& zone, const ScanHooks& hooks, std::optional<std::uint64_t> total)
      : rules_(std::move(rules)), zone_(zone), hooks_(hooks), correlator_(show_everything()), progress_(total) {}

  void read(const std::string& file) {
    LineAnalysis analysis(rules_, zone_);
    analysis.count_lines_from_start();
    analysis.confirm_by_configuration(hooks_.confirm);
    correlate::FailureFold fold(rules_, file);
    fold.set_time_fallback(modified_at(file));
    ScanHandler handler(fold, untrusted_, hooks_);
    LogSpan span(zone_);
    std::uint64_t skipped = 0;
    std::uint64_t stored = 0;
    const auto read = read_log(file, analysis, handler, [&](const ingest::LineBlock& block, const ingest::BlockReader& reader) {
      span.observe(block);
      move_clock(span);
      if (!fold.empty()) correlator_.absorb(fold.take(), newest_);
      progress_.show(bytes_before_ + reader.bytes_read(), file);
      skipped = reader.overlong_lines();
      stored = reader.bytes_read();
      return true;
    });
    bytes_before_ += stored;
    result_.overlong += skipped;
    if (!fold.empty()) correlator_.absorb(fold.take(), newest_);
    note(file, analysis.counters(), span);
    if (!read) {
      progress_.erase();
      complain_about(read.error());
      result_.logs.back().error = read.error().message();
    }
  }

  ScanResult finish() {
    for (const correlate::Incident* incident : correlator_.incidents()) result_.incidents.push_back(*incident);
    resolve_what_went_quiet();
    for (const auto& [rule, count] : untrusted_) result_.untrusted_rules.emplace_back(rule->id, count);
    std::sort(result_.untrusted_rules.begin(), result_.untrusted_rules.end(),
              [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    result_.untrusted = correlator_.counters().untrusted;
    result_.overflow = correlator_.counters().overflow;
    return std::move(result_);
  }

 private:
  void note(const std::string& file, const LineAnalysis::Counters& counters, const LogSpan& span) {
    result_.matched += counters.matched;
    result_.forged += counters.forged;
    result_.logs.push_back({.name = file,
                            .bytes = counters.bytes,
                            .lines = counters.lines,
                            .matched = counters.matched,
                            .first_time = span.first(),
                            .last_time = span.last(),
                            .looks_like_nginx = span.looks_like_nginx(),
                            .error = {}});
  }

  void move_clock(const LogSpan& span) {
    if (!span.last() || span.last()->utc < newest_) return;
    newest_ = span.last()->utc;
    result_.offset = span.last()->offset;
  }

  /// A fault that was silent for long when the logs end is over, as far as they can tell.
  void resolve_what_went_quiet() {
    std::unordered_map<std::string, correlate::Incident*> by_id;
    for (correlate::Incident& incident : result_.incidents) by_id.emplace(incident.id, &incident);
    for (const correlate::IncidentChange& change : correlator_.advance(newest_)) {
      const auto it = by_id.find(change.incident->id);
      if (change.what == correlate::IncidentChange::What::resolved && it != by_id.end()) *it->second = *change.incident;
    }
  }

  std::shared_ptr<const match::RuleSet> rules_;
  parse::TimeZone zone_;
  const ScanHooks& hooks_;
  correlate::Correlator correlator_;
  ProgressBar progress_;
  ScanResult result_;
  ScanHandler::UntrustedCounts untrusted_;
  Time newest_{};
  std::uint64_t bytes_before_ = 0;
};

}  // namespace

ScanResult scan_logs(const std::vector<std::string>& files, std::shared_ptr<const match::RuleSet> rules, const parse::TimeZone& zone,
                     const ScanHooks& hooks) {
  Scan scan(std::move(rules), zone, hooks, total_size(files));
  for (const std::string& file : files) scan.read(file);
  return scan.finish();
}

}  // namespace handshaked::cli
