#include "cli/log/scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include "analysis.h"
#include "cli/document/progress_bar.h"
#include "cli/log/log_reading.h"
#include "cli/log/log_span.h"
#include "cli/log/shown_incidents.h"
#include "cli/log/threaded_reading.h"
#include "correlate/failure_fold.h"
#include "ingest/rotated_files.h"

namespace handshaked::cli {
namespace {

/// The bytes of all files together, as they are stored; unknown as soon as one is a stream.
std::optional<std::uint64_t> total_size(const std::vector<std::string>& files) {
  std::uint64_t total = 0;
  for (const std::string& file : files) {
    struct stat status {};
    if (file == "-" || ::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
      return std::nullopt;
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
  Scan(std::shared_ptr<const match::RuleSet> rules, const parse::TimeZone& zone,
       const ScanHooks& hooks, unsigned jobs, std::optional<std::uint64_t> total)
      : rules_(std::move(rules)),
        zone_(zone),
        hooks_(hooks),
        jobs_(hooks.confirm || hooks.on_trusted ? 1 : jobs),
        correlator_(show_everything()),
        progress_(total) {}

  void read(const std::string& file) {
    LogSpan span(zone_);
    const unsigned threads = useful_threads(file, jobs_);
    ScannedLog log{.name = file,
                   .bytes = 0,
                   .lines = 0,
                   .matched = 0,
                   .first_time = {},
                   .last_time = {},
                   .looks_like_nginx = true,
                   .error = {}};
    const Result<> read =
        threads > 1 ? read_on_threads(file, threads, span, log) : read_here(file, span, log);
    bytes_before_ += stored_;
    result_.overlong += skipped_;
    stored_ = skipped_ = 0;
    log.first_time = span.first();
    log.last_time = span.last();
    log.looks_like_nginx = span.looks_like_nginx();
    if (!read) {
      progress_.erase();
      complain_about(read.error());
      log.error = read.error().message();
    }
    result_.matched += log.matched;
    result_.logs.push_back(std::move(log));
  }

  ScanResult finish() {
    for (const correlate::Incident* incident : correlator_.incidents())
      result_.incidents.push_back(*incident);
    resolve_what_went_quiet();
    for (const auto& [rule, count] : untrusted_)
      result_.untrusted_rules.emplace_back(rule->id, count);
    std::sort(result_.untrusted_rules.begin(), result_.untrusted_rules.end(),
              [](const auto& a, const auto& b) {
                return a.second != b.second ? a.second > b.second : a.first < b.first;
              });
    result_.untrusted = correlator_.counters().untrusted;
    result_.overflow = correlator_.counters().overflow;
    return std::move(result_);
  }

 private:
  /// The stages in a row, for one thread.
  struct Stages {
    Stages(const Scan& scan, const std::string& file)
        : analysis(scan.rules_, scan.zone_),
          fold(scan.rules_, log_before_rotation(file)),
          handler(fold, untrusted, scan.hooks_) {
      fold.set_time_fallback(modified_at(file));
    }
    LineAnalysis analysis;
    correlate::FailureFold fold;
    ScanHandler::UntrustedCounts untrusted;
    ScanHandler handler;
  };

  /// Time to hand over what was folded? Every time costs something for each fault; but the
  /// correlator is to see the log's time go by, and a batch must not depend on the number of
  /// threads.
  static bool is_batch(const correlate::FailureFold& fold, bool ends_group) {
    constexpr auto kLongest = std::chrono::seconds(5);
    return ends_group || fold.is_full() || fold.span() >= kLongest;
  }

  /// The other reading threads do not know what the last lines of the group before were about.
  static correlate::FailureBatch take_batch(correlate::FailureFold& fold, bool ends_group) {
    if (!is_batch(fold, ends_group)) return {};
    if (ends_group) fold.forget_handshakes();
    return fold.take();
  }

  Result<> read_here(const std::string& file, LogSpan& span, ScannedLog& log) {
    Stages stages(*this, file);
    stages.analysis.count_lines_from_start();
    stages.analysis.confirm_by_configuration(hooks_.confirm);
    std::size_t blocks = 0;
    auto read = read_log(file, stages.analysis, stages.handler,
                         [&](const ingest::LineBlock& block, const ingest::BlockReader& reader) {
                           skipped_ = reader.overlong_lines();
                           stored_ = reader.bytes_read();
                           absorb(block, take_batch(stages.fold, ++blocks % kBlocksInGroup == 0),
                                  span, file);
                           return true;
                         });
    absorb({}, stages.fold.take(), span, file);
    log.bytes = stages.analysis.counters().bytes;
    log.lines = stages.analysis.counters().lines;
    take_counts(stages, log);
    return read;
  }

  Result<> read_on_threads(const std::string& file, unsigned threads, LogSpan& span,
                           ScannedLog& log) {
    std::vector<std::unique_ptr<Stages>> stages;
    std::vector<ThreadedReading<correlate::FailureBatch>::Analyse> analysts;
    for (unsigned i = 0; i < threads; ++i) {
      Stages& own = *stages.emplace_back(std::make_unique<Stages>(*this, file));
      analysts.push_back([&own](const ingest::LineBlock& block, const BlockPlace& place,
                                correlate::FailureBatch& found) {
        own.analysis.consume(block, own.handler);
        found = take_batch(own.fold, place.ends_group);
      });
    }
    ThreadedReading<correlate::FailureBatch> reading(std::move(analysts));
    auto read = reading.read(file, [&](const ingest::LineBlock& block, const BlockPlace& place,
                                       correlate::FailureBatch& found) {
      skipped_ = place.overlong_lines;
      stored_ = place.stored_bytes_read;
      log.bytes += block.bytes.size();
      log.lines += place.lines;
      absorb(block, found, span, file);
      return true;
    });
    for (const auto& own : stages) take_counts(*own, log);
    return read;
  }

  void absorb(const ingest::LineBlock& block, const correlate::FailureBatch& found, LogSpan& span,
              const std::string& file) {
    span.observe(block);
    move_clock(span);
    if (!found.failures.empty() || found.untrusted > 0) correlator_.absorb(found, newest_);
    for (const correlate::FoldedFailure& folded : found.failures) {
      if (!folded.told_by.empty()) continue;
      const std::string fault = folded.fingerprint.empty()
                                    ? correlate::fingerprint(folded.rule->id, folded.place)
                                    : folded.fingerprint.get();
      result_.rates.add(fault, folded.first_at, folded.count);
    }
    progress_.show(bytes_before_ + stored_, file);
  }

  void take_counts(const Stages& stages, ScannedLog& log) {
    log.matched += stages.analysis.counters().matched;
    result_.forged += stages.analysis.counters().forged;
    for (const auto& [rule, count] : stages.untrusted) untrusted_[rule] += count;
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
      if (change.what == correlate::IncidentChange::What::resolved && it != by_id.end())
        *it->second = *change.incident;
    }
  }

  std::shared_ptr<const match::RuleSet> rules_;
  parse::TimeZone zone_;
  const ScanHooks& hooks_;
  unsigned jobs_;
  correlate::Correlator correlator_;
  ProgressBar progress_;
  ScanResult result_;
  ScanHandler::UntrustedCounts untrusted_;
  Time newest_{};
  std::uint64_t bytes_before_ = 0;  ///< of files that were read before, as they are stored
  std::uint64_t stored_ = 0;        ///< of this one, so far
  std::uint64_t skipped_ = 0;       ///< lines of it
};

}  // namespace

std::string log_before_rotation(const std::string& file) {
  if (file == "-") return file;
  const std::filesystem::path path(file);
  const std::string name = path.filename().string();
  std::error_code failure;
  std::filesystem::directory_iterator entry(
      path.has_parent_path() ? path.parent_path() : std::filesystem::path("."), failure);
  std::string longest;
  for (const std::filesystem::directory_iterator end; !failure && entry != end;
       entry.increment(failure)) {
    const std::string log = entry->path().filename().string();
    if (log.size() > longest.size() && log != name && ingest::rotation_of(log, name)) longest = log;
  }
  return longest.empty() ? file : (path.parent_path() / longest).string();
}

ScanResult scan_logs(const std::vector<std::string>& files,
                     std::shared_ptr<const match::RuleSet> rules, const parse::TimeZone& zone,
                     const ScanHooks& hooks, unsigned jobs) {
  Scan scan(std::move(rules), zone, hooks, jobs, total_size(files));
  for (const std::string& file : files) scan.read(file);
  return scan.finish();
}

}  // namespace handshaked::cli
