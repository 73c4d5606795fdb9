#include "cli/host/diagnosis_run.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "analysis.h"
#include "base/digest.h"
#include "base/signals_held.h"
#include "cli/document/progress_bar.h"
#include "cli/host/nginx_surroundings.h"
#include "cli/log/scan.h"
#include "cli/log/shown_incidents.h"
#include "correlate/failure_fold.h"
#include "diagnose/case/configured_file.h"
#include "diagnose/case/load_error.h"
#include "diagnose/diagnoser.h"
#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/prover/shared_nginx.h"
#include "diagnose/upstream/upstream_case.h"
#include "diagnose/upstream/upstream_survey.h"
#include "nginx/governing.h"

namespace handshaked::cli {
namespace {

using diagnose::Diagnosis;
using diagnose::Symptom;

/// Keeps what the newest line of every incident said. A storm costs a hash look-up and one copy of
/// a line each.
class SymptomBook {
 public:
  void note(const match::RecognisedLine& failure) {
    const correlate::IncidentKey key = correlate::incident_key(failure);
    Entry& entry = entries_[key.hash];
    ++entry.count;
    if (failure.time) {
      if (entry.count == 1) entry.first_at = failure.time->utc;
      entry.last_at = failure.time->utc;
    }
    if (entry.count == 1)
      entry.print = correlate::fingerprint(failure.rule.id, correlate::place_of(failure, key));
    // Every line of a small log, and of a storm those that a copy is worth.
    if (entry.count <= kCopied || (entry.count & (entry.count - 1)) == 0)
      entry.symptom = diagnose::symptom_of(failure);
  }

  std::unordered_map<std::string, Symptom> finish() {
    std::unordered_map<std::string, Symptom> by_fingerprint;
    for (auto& [hash, entry] : entries_) {
      entry.symptom.count = entry.count;
      entry.symptom.first_at = entry.first_at;
      entry.symptom.last_at = entry.last_at;
      by_fingerprint.insert_or_assign(entry.print, std::move(entry.symptom));
    }
    return by_fingerprint;
  }

 private:
  static constexpr std::uint64_t kCopied = 1000;
  struct Entry {
    std::string print;
    Symptom symptom;
    std::uint64_t count = 0;
    Time first_at{}, last_at{};
  };
  std::unordered_map<std::uint64_t, Entry> entries_;
};

/// Whoever has said good-bye and still sends something has had what it came for.
bool is_over(const Symptom& symptom) {
  return symptom.message.starts_with("SSL_shutdown() failed");
}

/// Some upstream that is reached with TLS is looked up while a request waits.
bool resolves_for_tls(const diagnose::ReadConfiguration& read) {
  return std::any_of(read.passes.targets().begin(), read.passes.targets().end(),
                     [](const nginx::PassTarget& target) {
                       return target.is_tls &&
                              (target.has_variables ||
                               std::any_of(target.destinations.begin(), target.destinations.end(),
                                           [](const auto& destination) {
                                             return destination.is_resolved_at_run_time;
                                           }));
                     });
}

/// A file that a directive of TLS names, or a slip in a word of `listen` that is about TLS.
bool tells_of_tls_load(const diagnose::ReadConfiguration& read, const parse::ErrorRecord& record) {
  const diagnose::LoadError error = diagnose::parse_load_error(record.message);
  if (error.head.starts_with("invalid parameter "))
    return diagnose::meant_listen_parameter(error.subject()).has_value();
  return !error.subject().empty() &&
         !diagnose::configured_files(read.configuration, error.subject()).empty();
}

/// Is a line of this form about TLS here? A file that cannot be opened where a directive of TLS
/// names it, "no resolver defined" where upstreams with TLS are looked up at run time, "client sent
/// invalid request" where the listener speaks TLS, or where TLS came to one that does not.
bool is_about_tls(const diagnose::ReadConfiguration& read, const parse::ErrorRecord& record) {
  if (record.side == parse::Side::config) return tells_of_tls_load(read, record);
  if (record.side != parse::Side::client || record.message.starts_with("no resolver defined"))
    return resolves_for_tls(read);
  nginx::LoggedPlace place;
  place.server = record.server;
  const auto listeners = nginx::governing_listeners(read.listeners, place);
  const bool is_client_hello =
      record.request.starts_with("\x16\x03");  // in the place of a request line
  return !listeners.empty() && (listeners.front().listener->is_tls || is_client_hello);
}

/// One line, as if it stood in a log: its rule and its incident.
class OneLine : public FailureHandler {
 public:
  explicit OneLine(const KnowledgeBase& base) : fold_(base.rules, "") {}
  void on_failure(const match::RecognisedLine& failure) override {
    rule_ = &failure.rule;
    symptom_ = diagnose::symptom_of(failure);
    fold_.on_failure(failure);
  }
  std::optional<correlate::Incident> incident(Time now) {
    return incident_of_line(fold_.take(), now);
  }
  const match::Rule* rule() const { return rule_; }
  const Symptom& symptom() const { return symptom_; }

 private:
  correlate::FailureFold fold_;
  const match::Rule* rule_ = nullptr;
  Symptom symptom_;
};

class DiagnosisRun {
 public:
  DiagnosisRun(const DiagnosisOrder& order, const KnowledgeBase& base, const parse::TimeZone& zone,
               const diagnose::NginxAtHand& nginx)
      : order_(order),
        base_(base),
        zone_(zone),
        nginx_(nginx),
        ca_store_(order.ca_stores.empty()
                      ? diagnose::CaStore::system_when_asked()
                      : diagnose::CaStore::load(order.ca_stores, report_.remarks)) {
    if (!order.ca_stores.empty()) report_.unreadable = report_.remarks;  // they were named
    for (const match::Rule& rule : base.rules->rules()) rules_.emplace(rule.id, &rule);
  }

  DiagnosisReport run() {
    const auto held = look_around();
    if (!held) {
      report_.why_not = held.error().wrapped("nothing was looked at");
      return std::move(report_);
    }
    held_ = held.value().get();
    surroundings_ = held_->surroundings();
    diagnose_logs();
    if (order_.known) diagnose_known(*order_.known);
    if (!order_.peer.empty() || order_.all) diagnose_peers();
    report_.probes = held_->probes();
    report_.probes.insert(report_.probes.end(), more_probes_.begin(), more_probes_.end());
    std::stable_sort(
        report_.incidents.begin(), report_.incidents.end(),
        [](const DiagnosedIncident& left, const DiagnosedIncident& right) {
          return std::pair(-static_cast<int>(left.incident.severity), left.incident.opened_at) <
                 std::pair(-static_cast<int>(right.incident.severity), right.incident.opened_at);
        });
    return std::move(report_);
  }

 private:
  static constexpr std::size_t kMostThreads = 16;
  static constexpr std::size_t kWorthAStart = 8;  ///< proofs that share a private nginx

  Result<std::unique_ptr<NginxSurroundings>> look_around() const {
    std::vector<std::string> allow = order_.allow;
    if (!order_.peer.empty()) allow.push_back(order_.peer);
    return NginxSurroundings::create(nginx_, ca_store_, allow, order_.may_probe, order_.deadline);
  }

  /// What is left of the time, in fair shares: one sick peer must not starve the others.
  std::chrono::steady_clock::time_point deadline_for(std::size_t still_to_do) const {
    const auto now = std::chrono::steady_clock::now();
    if (now >= order_.deadline || still_to_do <= 1) return order_.deadline;
    const auto share = std::max<std::chrono::steady_clock::duration>(
        (order_.deadline - now) / static_cast<long>(still_to_do) * 2, std::chrono::seconds(3));
    return std::min(order_.deadline, now + share);
  }

  void diagnose_logs() {
    if (order_.logs.empty()) return;
    SymptomBook book;
    ScanHooks hooks;
    hooks.on_trusted = [&](const match::RecognisedLine& failure) { book.note(failure); };
    if (nginx_.read)
      hooks.confirm = [this](const match::Rule&, const parse::ErrorRecord& record) {
        return is_about_tls(*nginx_.read, record);
      };
    ScanResult scan = scan_logs(order_.logs, base_.rules, zone_, hooks);
    for (const ScannedLog& log : scan.logs) {
      if (!log.error.empty()) report_.unreadable.push_back(log.name);  // scan_logs() has complained
    }
    auto symptoms = book.finish();
    std::erase_if(scan.incidents, [&](const correlate::Incident& incident) {
      if (is_over(symptoms[incident.fingerprint])) return true;
      // What another failure has left in OpenSSL's queue, which nginx finds later.
      if (incident.rule_id == "nginx/internal-stale-ssl-error" && scan.incidents.size() > 1)
        return true;
      return !incident.id.starts_with(order_.only) &&
             !incident.fingerprint.starts_with(order_.only);
    });
    diagnose_incidents(std::move(scan.incidents), std::move(symptoms));
  }

  /// One after the other where they are of one peer, which is then asked by one thread that
  /// remembers its answers; side by side else.
  void diagnose_incidents(std::vector<correlate::Incident> incidents,
                          std::unordered_map<std::string, Symptom> symptoms) {
    std::vector<DiagnosedIncident> all(incidents.size());
    std::vector<std::vector<std::size_t>> of_peer;
    std::unordered_map<std::string, std::size_t> peers;
    for (std::size_t i = 0; i < incidents.size(); ++i) {
      all[i].symptom = std::move(symptoms[incidents[i].fingerprint]);
      const auto rule = rules_.find(incidents[i].rule_id);
      all[i].rule = rule == rules_.end() ? nullptr : rule->second;
      all[i].incident = std::move(incidents[i]);
      const auto [peer, is_new] = peers.emplace(all[i].symptom.peer, of_peer.size());
      if (is_new) of_peer.emplace_back();
      of_peer[peer->second].push_back(i);
    }
    const std::size_t threads = std::clamp<std::size_t>(of_peer.size(), 1, kMostThreads);
    std::atomic<std::size_t> left = all.size();
    std::vector<char> is_done(of_peer.size());  // each element is one thread's
    const auto diagnose_peer = [&](std::size_t index, const diagnose::Surroundings& own) {
      for (const std::size_t i : of_peer[index]) {
        diagnose::Surroundings surroundings = own;
        surroundings.deadline = deadline_for(left-- / threads + 1);
        all[i].diagnosis = diagnose::diagnose(all[i].symptom, surroundings, base_.knowledge);
      }
      is_done[index] = 1;
    };
    work_side_by_side(of_peer.size(), "peers", diagnose_peer);
    // For these there was no time: what the line and the configuration tell.
    for (std::size_t index = 0; index < of_peer.size(); ++index) {
      if (is_done[index] == 0) diagnose_peer(index, surroundings_);
    }
    std::move(all.begin(), all.end(), std::back_inserter(report_.incidents));
  }

  /// From the line that the daemon keeps: its log may be rotated away.
  void diagnose_known(const DaemonIncident& known) {
    OneLine line(base_);
    LineAnalysis analysis(base_.rules, zone_);
    const std::string text = known.sample_lines.back() + "\n";
    analysis.consume({.bytes = text, .before = {}, .offset = {}}, line);
    auto incident = line.incident(known.last_seen_at);
    if (!incident) {
      report_.remarks.push_back("no rule knows the line of " + known.id + " any more");
      return;
    }
    incident->id = known.id;
    incident->count = known.count;
    incident->opened_at = known.opened_at;
    incident->last_seen_at = known.last_seen_at;
    Symptom symptom = line.symptom();
    symptom.count = known.count;
    symptom.first_at = known.opened_at;
    symptom.last_at = known.last_seen_at;
    surroundings_.deadline = order_.deadline;
    Diagnosis diagnosis = diagnose::diagnose(symptom, surroundings_, base_.knowledge);
    report_.incidents.push_back(
        {std::move(*incident), std::move(symptom), std::move(diagnosis), line.rule()});
  }

  // ---- peers without a log: what nginx would write
  // ------------------------------------------------------------------------

  struct PeerCase {
    std::string scheme, peer, server;
  };

  std::vector<PeerCase> peer_cases() const {
    std::vector<PeerCase> cases;
    std::unordered_set<std::string> known;
    const auto add = [&](PeerCase one) {
      if (!order_.all && one.peer != order_.peer) return;
      if (known.insert(one.scheme + " " + one.peer + " " + one.server).second)
        cases.push_back(std::move(one));
    };
    if (!nginx_.read) return cases;
    for (const nginx::PassTarget& target : nginx_.read->passes.targets()) {
      const std::string server =
          target.server != nullptr ? target.server->names.logged : std::string();
      for (const nginx::Destination& destination : target.destinations) {
        const auto is_wanted = [&](const nginx::Address& address) {
          return !order_.all || destination.is_tls ||
                 diagnose::looks_like_tls(*nginx_.read, target, address);
        };
        if (destination.group == nullptr) {
          if (is_wanted(destination.address))
            add({destination.scheme, destination.address.text(), server});
          continue;
        }
        for (const nginx::UpstreamServer& member : destination.group->servers) {
          if (member.is_valid && !member.is_down && is_wanted(member.address))
            add({destination.scheme, member.address.text(), server});
        }
      }
    }
    return cases;
  }

  void diagnose_peers() {
    const std::vector<PeerCase> cases = peer_cases();
    if (cases.empty()) {
      report_.remarks.push_back(
          order_.all ? "the configuration has no upstream with TLS"
                     : "the configuration names no upstream " + order_.peer +
                           ": give --nginx-conf, or an address as the configuration writes it");
    }
    if (!order_.may_probe) {  // nothing is logged, and nobody looked
      for (const PeerCase& one : cases)
        report_.remarks.push_back(one.peer + ": not looked at: --no-probe");
      return;
    }
    std::vector<std::optional<Diagnosis>> found(cases.size());
    look_at_all(cases, found);
    std::size_t unreached = 0;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (found[i]) add_present_state(cases[i], std::move(*found[i]));
      else ++unreached;
    }
    if (unreached > 0)
      report_.remarks.push_back("there was no time for " + std::to_string(unreached) +
                                " upstreams");
  }

  Diagnosis look_at(const PeerCase& one, diagnose::Surroundings surroundings) const {
    Symptom symptom;
    symptom.side = parse::Side::upstream;
    symptom.scheme = one.scheme;
    symptom.peer = one.peer;
    symptom.server = one.server;
    symptom.first_at = symptom.last_at = surroundings.now;
    return diagnose::diagnose(symptom, surroundings, base_.knowledge);
  }

  void look_at_all(const std::vector<PeerCase>& cases,
                   std::vector<std::optional<Diagnosis>>& found) {
    work_side_by_side(cases.size(), "upstreams",
                      [&](std::size_t index, const diagnose::Surroundings& own) {
                        found[index] = look_at(cases[index], own);
                      });
  }

  /// Peers answer when they like: many are waited for at once. Each thread has a prober of its own,
  /// with its own budget. What there is no time for is left out.
  void work_side_by_side(
      std::size_t count, const std::string& what,
      const std::function<void(std::size_t index, const diagnose::Surroundings& own)>& do_one) {
    const std::size_t threads = std::min(kMostThreads, count);
    diagnose::SharedNginx shared_nginx(std::clamp<std::size_t>(threads / 2, 1, kWorthAStart));
    const SignalsHeld signals;  // Ctrl-C ends us when every thread has put away what it started
    std::mutex mutex;
    std::condition_variable is_done;
    std::size_t next = 0, done = 0, ended = 0;
    std::vector<std::vector<std::string>> probes(count);
    // What many have to say has to be written down as well.
    const auto until =
        order_.deadline - (threads > 1 ? std::chrono::seconds(4) : std::chrono::seconds(0));
    const auto work = [&](const NginxSurroundings& own) {
      diagnose::SharedMaterial material;
      for (;;) {
        std::unique_lock lock(mutex);
        if (next == count || std::chrono::steady_clock::now() >= until ||
            signals.is_asked_to_stop())
          break;
        const std::size_t index = next++;
        lock.unlock();
        diagnose::Surroundings surroundings = own.surroundings();
        surroundings.shared = &material;
        if (threads > 1) surroundings.shared_nginx = &shared_nginx;
        surroundings.deadline = std::min(until, deadline_for((count - index) / threads + 1));
        const auto probed = static_cast<std::ptrdiff_t>(own.probes().size());
        do_one(index, surroundings);
        probes[index].assign(own.probes().begin() + probed, own.probes().end());
        lock.lock();
        ++done;
        is_done.notify_one();
      }
    };
    const auto run = [&] {
      work(*held_->another());
      const std::scoped_lock lock(mutex);
      ++ended;
      is_done.notify_one();
    };
    if (threads <= 1) {
      if (threads == 1) work(*held_);
      return;
    }
    std::vector<std::jthread> pool;
    for (std::size_t i = 0; i < threads; ++i) pool.emplace_back(run);
    ProgressBar bar(std::nullopt);
    std::unique_lock lock(mutex);
    while (ended < threads) {
      is_done.wait(lock);
      bar.show_count(done, count, what);
    }
    for (const auto& of_one : probes)
      more_probes_.insert(more_probes_.end(), of_one.begin(), of_one.end());
  }

  /// A fault that leaves no line: nginx takes what the peer answers for an answer.
  void add_silent_fault(const PeerCase& one, Diagnosis diagnosis) {
    correlate::Incident incident;
    incident.place.side = parse::Side::upstream;
    incident.place.peer = one.peer;
    incident.place.scheme = one.scheme;
    incident.place.server = one.server;
    incident.fingerprint = correlate::fingerprint("silent/" + diagnosis.cause, incident.place);
    incident.id = "inc-" + sha256_hex(incident.fingerprint.text()).substr(0, 16);
    incident.status = correlate::Status::open;
    incident.severity = match::Severity::warning;
    incident.title = diagnosis.summary.en;
    incident.title_zh = diagnosis.summary.zh;
    incident.opened_at = incident.last_seen_at = surroundings_.now;
    report_.incidents.push_back({std::move(incident), {}, std::move(diagnosis), nullptr});
  }

  void add_present_state(const PeerCase& one, Diagnosis diagnosis) {
    if (diagnosis.is_silent_fault) return add_silent_fault(one, std::move(diagnosis));
    if (diagnosis.is_healthy_now || diagnosis.would_log.empty()) {
      if (diagnosis.is_healthy_now) ++report_.healthy;
      else
        report_.remarks.push_back(
            one.peer + ": " +
            (diagnosis.summary.empty() ? "could not be looked at" : diagnosis.summary.en));
      return;
    }
    OneLine line(base_);
    LineAnalysis analysis(base_.rules, zone_);
    const std::string upstream =
        one.scheme.empty() ? one.peer : one.scheme + "://" + one.peer + "/";
    const std::string text =
        "2026/01/01 00:00:00 [error] 1#1: *1 " + diagnosis.would_log +
        ", client: 127.0.0.1, server: " + one.server +
        (one.scheme.empty()
             ? ", upstream: \"" + upstream +
                   "\", bytes from/to client:0/0, bytes from/to upstream:0/0"
             : ", request: \"GET / HTTP/1.1\", upstream: \"" + upstream + "\", host: \"-\"") +
        "\n";
    analysis.consume({.bytes = text, .before = {}, .offset = {}}, line);
    auto incident = line.incident(surroundings_.now);
    if (!incident) {
      report_.remarks.push_back(one.peer + ": " + diagnosis.would_log);
      return;
    }
    incident->count = 0;  // nobody has met it yet
    incident->sample_lines.clear();
    incident->clients = {};
    incident->opened_at = incident->last_seen_at = surroundings_.now;
    report_.incidents.push_back(
        {std::move(*incident), line.symptom(), std::move(diagnosis), line.rule()});
  }

  const DiagnosisOrder& order_;
  const KnowledgeBase& base_;
  const parse::TimeZone& zone_;
  const diagnose::NginxAtHand& nginx_;
  DiagnosisReport report_;
  const NginxSurroundings* held_ = nullptr;  ///< this thread's, while run() looks
  std::vector<std::string> more_probes_;     ///< of other threads
  diagnose::CaStore ca_store_;
  diagnose::Surroundings surroundings_;
  std::unordered_map<std::string_view, const match::Rule*> rules_;
};

}  // namespace

DiagnosisReport run_diagnosis(const DiagnosisOrder& order, const KnowledgeBase& base,
                              const parse::TimeZone& zone, const diagnose::NginxAtHand& nginx) {
  return DiagnosisRun(order, base, zone, nginx).run();
}

}  // namespace handshaked::cli
