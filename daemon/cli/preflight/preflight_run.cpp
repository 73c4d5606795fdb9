#include "cli/preflight/preflight_run.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "diagnose/certificates/pem_bundle.h"
#include "diagnose/preflight/known_answers.h"
#include "diagnose/probe/child/child_process.h"
#include "diagnose/probe/name_resolution.h"
#include "diagnose/upstream/upstream_case.h"

namespace handshaked::cli {
namespace {

using diagnose::PreflightReport;

constexpr std::size_t kMostProbes = 512;
/// Stands for the address of a peer whose name nobody here can look up: its chain is known from a
/// file, and nothing is ever sent there.
constexpr std::string_view kNoAddress = "192.0.2.1";  // RFC 5737: for documentation

bool is_unresolved(const diagnose::AllowedPeer& peer) { return peer.address().ip == kNoAddress; }

class PreflightRun {
 public:
  PreflightRun(const PreflightHosts& hosts, const PreflightOptions& options,
               const diagnose::PlannedChange& change, const KnowledgeBase& base, Time now)
      : hosts_(hosts),
        options_(options),
        change_(change),
        base_(base),
        now_(now),
        deadline_(std::chrono::steady_clock::now() + std::chrono::seconds(options.time_limit)),
        ca_store_(diagnose::CaStore::load(options.ca_stores, report_.remarks)) {
    for (const auto* chains : {&change.chains, &change.chains_now}) {
      for (const diagnose::PeerChain& one : *chains) add_chain(one);
    }
    for (const diagnose::PlannedFile& file : change.files) {
      const auto bundle = diagnose::read_pem_bundle(file.text);
      if (!bundle) continue;
      for (const diagnose::BundledCertificate& one : bundle.value().certificates) {
        if (one.certificate.facts().is_ca) ca_store_.add(one.certificate, file.source);
      }
    }
  }

  Result<PreflightReport> run() {
    // What cannot be looked at must not look sound.
    TRY(diagnose::ChildProcess::check(deadline_));
    const unsigned wanted =
        options_.jobs != 0 ? options_.jobs : std::max(1U, std::thread::hardware_concurrency());
    const std::size_t count = std::min<std::size_t>(wanted, hosts_.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < count; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
    if (failure_) return fail(failure_->code(), failure_->message());
    for (const diagnose::PlannedFile& file : change_.files) {
      if (used_.contains(file.source)) continue;
      const std::string what =
          file.path.empty() ? "no certificate in use has a name in common with " + file.source
                            : "no directive of the configuration reads " + file.path + " as what " +
                                  file.source + " is";
      return fail(ErrorCode::invalid_input, what);
    }
    if (!change_.chains.empty() && report_.places.empty() && !change_.is_everywhere())
      return fail(ErrorCode::invalid_input, "no place of the configuration connects to " +
                                                change_.chains.front().written + " with TLS");
    diagnose::sort_places(report_);
    return std::move(report_);
  }

 private:
  void add_chain(const diagnose::PeerChain& one) {
    if (one.peer.kind == nginx::Address::Kind::name)
      planned_names_.insert(nginx::to_lower(one.peer.host));
    named_peers_.push_back(one.peer.kind == nginx::Address::Kind::unix_socket
                               ? one.peer.text()
                               : one.peer.host + ":" + std::to_string(one.peer.port));
    for (const diagnose::Certificate& certificate : one.chain) {
      if (certificate.facts().is_ca) ca_store_.add(certificate, one.source);
    }
  }

  void work() {
    constexpr std::size_t kSharedBy = 64;  // hosts; a session holds what it was given to its end
    auto shared = std::make_unique<diagnose::SharedMaterial>();
    std::size_t looked_at = 0;
    for (std::size_t i = next_++; i < hosts_.size() && !has_failed_; i = next_++) {
      if (++looked_at % kSharedBy == 0) shared = std::make_unique<diagnose::SharedMaterial>();
      PreflightReport mine;
      const auto done = look_at(i, *shared, mine);
      const std::lock_guard lock(mutex_);
      if (!done) {
        if (!failure_) failure_ = done.error();
        has_failed_ = true;
        return;
      }
      merge(std::move(mine));
    }
  }

  void merge(PreflightReport mine) {
    std::move(mine.places.begin(), mine.places.end(), std::back_inserter(report_.places));
    for (auto member :
         {&PreflightReport::missing_files, &PreflightReport::remarks, &PreflightReport::probes})
      std::move((mine.*member).begin(), (mine.*member).end(), std::back_inserter(report_.*member));
    report_.unaffected += mine.unaffected;
    report_.configurations += mine.configurations;
  }

  Result<std::vector<std::string>> look_up(const std::string& name) const {
    if (!options_.no_probe && !hosts_.are_dumps()) {
      auto numbers = diagnose::resolve_name(name, deadline_);
      if (numbers && !numbers.value().empty()) return numbers;
      if (!planned_names_.contains(nginx::to_lower(name))) return numbers;
    }
    if (planned_names_.contains(nginx::to_lower(name)))
      return std::vector<std::string>{std::string(kNoAddress)};
    return fail(ErrorCode::not_found, name + " is not looked up here");
  }

  Result<> look_at(std::size_t index, diagnose::SharedMaterial& shared, PreflightReport& report) {
    TRY(const diagnose::PreflightHost host, hosts_.read(index, change_));
    note_used(host);
    std::vector<diagnose::NamedPeer> peers;
    // Of another host's configuration only what the operator names is asked.
    if (!host.is_dump)
      peers = diagnose::configured_peers(host.after->passes, host.after->listeners);
    if (!host.is_dump && host.before != host.after) {
      for (diagnose::NamedPeer& peer :
           diagnose::configured_peers(host.before->passes, host.before->listeners))
        peers.push_back(std::move(peer));
    }
    TRY(const auto policy, diagnose::ProbePolicy::create(std::move(peers), named_peers_));
    const diagnose::ResolveName resolve = [this](const std::string& name) { return look_up(name); };
    diagnose::KnownAnswers today_answers(change_.chains_now, nullptr);
    diagnose::Prober today(
        policy,
        {.scope = options_.no_probe ? diagnose::ProbeScope::none : diagnose::ProbeScope::all,
         .deadline = deadline_,
         .most_probes = kMostProbes,
         .on_probe = [&report](const std::string& probe) { report.probes.push_back(probe); },
         .resolve = resolve,
         .known_answer =
             [&](const diagnose::AllowedPeer& peer, const diagnose::ProbeRequest& request) {
               return answer_today(today_answers, peer, request);
             }});
    const diagnose::PreflightMeans means{.change = change_,
                                         .ca_store = ca_store_,
                                         .knowledge = base_.knowledge,
                                         .rules = base_.rules,
                                         .installation = hosts_.installation(),
                                         .resolve = resolve,
                                         .may_read_keys = !options_.no_probe,
                                         .now = now_,
                                         .deadline = deadline_};
    diagnose::look_ahead(host, means, today, policy, shared, report);
    return success();
  }

  /// From a file, or from a host of the fleet that was asked before; nothing: the peer is asked.
  std::optional<diagnose::ProbeResult> answer_today(diagnose::KnownAnswers& files,
                                                    const diagnose::AllowedPeer& peer,
                                                    const diagnose::ProbeRequest& request) {
    if (auto known = files.answer(peer, request)) return known;
    if (!is_unresolved(peer)) return std::nullopt;
    diagnose::ProbeResult nobody;
    nobody.outcome = diagnose::ProbeOutcome::unreachable;
    nobody.reason = "its name cannot be looked up here";
    return nobody;
  }

  void note_used(const diagnose::PreflightHost& host) {
    const std::lock_guard lock(mutex_);
    for (const diagnose::PlannedFile& file : change_.files) {
      const bool is_used =
          std::any_of(host.planned.begin(), host.planned.end(), [&](const std::string& path) {
            const auto text = host.after_files->read(path, diagnose::kMaxBundleBytes);
            return text && text.value() == file.text;
          });
      if (is_used) used_.insert(file.source);
    }
  }

  const PreflightHosts& hosts_;
  const PreflightOptions& options_;
  const diagnose::PlannedChange& change_;
  const KnowledgeBase& base_;
  const Time now_;
  const std::chrono::steady_clock::time_point deadline_;
  PreflightReport report_;
  diagnose::CaStore ca_store_;
  std::set<std::string> planned_names_, used_;
  std::vector<std::string> named_peers_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> has_failed_{false};
  std::mutex mutex_;  // guards report_, used_ and failure_
  std::optional<Error> failure_;
};

}  // namespace

Result<PreflightReport> run_preflight_on(const PreflightHosts& hosts,
                                         const PreflightOptions& options,
                                         const diagnose::PlannedChange& change,
                                         const KnowledgeBase& base, Time now) {
  return PreflightRun(hosts, options, change, base, now).run();
}

}  // namespace handshaked::cli
