#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "analysis.h"
#include "base/bounded_queue.h"
#include "correlate/failure_fold.h"
#include "parse/time_zone.h"
#include "receive/intake.h"
#include "receive/occasional_log.h"
#include "receive/source_counters.h"
#include "runtime/network/delivered_ids.h"
#include "runtime/network/network_batch.h"

namespace handshaked::runtime {

/// What all intakes of one source share. Owned by NetworkSources; its members are safe from any
/// thread.
struct NetworkSource {
  NetworkSource(std::string_view section, std::string its_name)
      : kind(section), name(std::move(its_name)) {}
  const std::string kind;  ///< the section of the configuration
  const std::string name;
  receive::SourceCounters counters;
  DeliveredIds delivered;
  receive::OccasionalLog malformed_log, host_log;
};

/// The rules and the analysis that all intakes of one network thread use in turn. Made and used on
/// that thread; the rules may be exchanged from any.
class ThreadAnalysis {
 public:
  explicit ThreadAnalysis(std::shared_ptr<const match::RuleSet> rules)
      : next_rules_(std::move(rules)) {}

  void use_rules(std::shared_ptr<const match::RuleSet> rules);

  /// The rules that are in force now.
  const std::shared_ptr<const match::RuleSet>& rules();
  LineAnalysis& analysis(const std::string& time_zone);

 private:
  std::mutex mutex_;  // guards next_rules_
  std::shared_ptr<const match::RuleSet> next_rules_;
  std::atomic<bool> has_next_ = true;
  std::shared_ptr<const match::RuleSet> rules_;
  std::map<std::string, std::unique_ptr<LineAnalysis>, std::less<>> by_zone_;
};

/// Intake over the pure stages: what is added is matched and folded at once; what was found goes
/// through a bounded queue to the loop, and comes back as durable.
class NetworkIntake final : public receive::Intake, private FailureHandler {
 public:
  NetworkIntake(boost::asio::any_io_executor executor, receive::IntakeOptions options,
                NetworkSource& source, ThreadAnalysis& thread, BoundedQueue<NetworkBatch>& out);

  void add_lines(std::string_view lines) override;
  void add_record(const receive::Record& record) override;
  void add_edge_report(receive::EdgeReport report) override;
  void set_sender(std::string_view host) override;
  std::size_t find_candidate(std::string_view block, std::size_t from) const override;
  bool is_duplicate(std::string_view id) override;
  boost::asio::awaitable<Result<>> commit(receive::BatchOptions options) override;
  boost::asio::awaitable<Result<>> hand_over() override;
  void discard() override;
  void count_malformed(std::size_t records, std::string_view why) override;

 private:
  void on_failure(const match::RecognisedLine& failure) override;
  void prepare();
  void consume(std::string_view bytes, std::string_view before);
  bool has_found() const { return !sealed_.empty() || !fold_.empty() || !reports_.empty(); }
  void seal();
  void keep_within_budget();
  boost::asio::awaitable<Result<>> wait_for_first(const std::string& name);
  NetworkBatch take_batch();
  boost::asio::awaitable<Result<>> push(NetworkBatch batch, bool waits_for_ever);

  boost::asio::any_io_executor executor_;
  receive::IntakeOptions options_;
  NetworkSource& source_;
  ThreadAnalysis& thread_;
  BoundedQueue<NetworkBatch>& out_;

  std::shared_ptr<const match::RuleSet> rules_;  ///< those of fold_
  correlate::FailureFold fold_;
  std::vector<correlate::FailureBatch>
      sealed_;  ///< full, or found by rules that were exchanged since
  std::size_t sealed_places_ = 0, sealed_bytes_ = 0, known_places_ = 0;
  std::vector<receive::EdgeReport> reports_;
  std::size_t report_bytes_ = 0;
  std::shared_ptr<receive::Reservation> memory_;  ///< of what was found; goes with the batch
  bool is_overfull_ = false;                      ///< more was found than there was memory for
  std::string repeated_;     ///< the name that the caller was told is a duplicate
  receive::Record record_;   ///< that is being added
  std::string before_host_;  ///< whose they are, where records name hosts
  std::string before_;       ///< the end of the lines that were added last
  std::uint64_t position_;   ///< stands for a file offset: grows, and differs from run to run
};

}  // namespace handshaked::runtime
