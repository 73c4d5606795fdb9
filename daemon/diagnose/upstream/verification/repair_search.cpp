#include "diagnose/upstream/verification/repair_search.h"

#include <algorithm>
#include <queue>
#include <set>

#include "diagnose/certificates/issuer_search.h"
#include "diagnose/upstream/verification/verification_cause.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostTrustSets = 5;
constexpr std::size_t kMostUncoveredNames = 3;  // each is a handshake with another SNI
constexpr std::size_t kMostRepairs = 4;
constexpr int kMoreThanBest = 3;  // costlier alternatives than this are not worth the time
constexpr int kDeepest = 20;

/// Edits that only help together.
using Step = std::vector<Repair>;

int cost_of(NameSupport support) {
  switch (support) {
    case NameSupport::configured: return 1;
    case NameSupport::near_miss:
    case NameSupport::same_domain: return 2;
    case NameSupport::only_name: return 3;
    case NameSupport::one_of_many: return 4;
  }
  return 4;
}

std::string key_of(const Repair& repair) {
  std::string key = std::to_string(static_cast<int>(repair.kind)) + ":" + repair.name.name + ":" +
                    std::to_string(repair.depth);
  std::set<std::string> parts;
  for (const StoredCa& one : repair.certificates) parts.insert(one.certificate.facts().sha256);
  for (const RevocationList& one : repair.crls) parts.insert(one.facts().sha256);
  for (const std::string& part : parts) key += ":" + part;
  return key + (repair.replaces_crls ? "!" : "");
}

std::set<std::string> keys_of(const std::vector<Repair>& repairs) {
  std::set<std::string> keys;
  for (const Repair& one : repairs) keys.insert(key_of(one));
  return keys;
}

std::size_t faults_left(const UpstreamVerdict& verdict) {
  if (verdict.passes()) return 0;
  const bool is_judged =
      verdict.stage == UpstreamStage::verification || verdict.stage == UpstreamStage::name;
  // The right certificate with a fault is nearer to the cure than a good one of somebody else.
  constexpr std::size_t kForeignName = 3;
  return is_judged ? verdict.replay.faults.size() + (verdict.replay.name_matches ? 0 : kForeignName)
                   : 1000;
}

bool is_progress(const UpstreamVerdict& before, const UpstreamVerdict& after) {
  if (after.passes()) return true;
  if (after.stage != UpstreamStage::verification && after.stage != UpstreamStage::name)
    return false;
  const std::string leaf_before = before.leaf() != nullptr ? before.leaf()->sha256 : "";
  const std::string leaf_after = after.leaf() != nullptr ? after.leaf()->sha256 : "";
  return leaf_before != leaf_after || !(before.replay == after.replay);
}

/// What could be tried on top of a verdict.
class Proposals {
 public:
  Proposals(UpstreamCase& upstream, const KnownMaterial& known, const RepairedState& state)
      : upstream_(upstream), known_(known), state_(state), verdict_(state.verdict) {}

  std::vector<Step> all() {
    if (verdict_.stage != UpstreamStage::verification && verdict_.stage != UpstreamStage::name)
      return {};
    propose_names();
    if (verdict_.stage == UpstreamStage::verification) {
      paths_ = trust_paths(upstream_, verdict_, known_);
      propose_depth();
      propose_trust();
      propose_crls();
      propose_plain_pem();
    }
    return std::move(steps_);
  }

 private:
  void add(Step step) {
    for (const Repair& repair : step) {
      if (state_.has(repair.kind)) return;
    }
    steps_.push_back(std::move(step));
  }
  static Repair sni() { return {.kind = RepairKind::send_sni, .cost = 1}; }
  static Repair named(const NameCandidate& candidate) {
    return {.kind = RepairKind::set_name, .cost = cost_of(candidate.support), .name = candidate};
  }

  void propose_names() {
    const bool sends_sni = verdict_.name.sni.has_value() || state_.has(RepairKind::send_sni);
    const bool is_host = is_host_name(verdict_.name.verified) && !verdict_.name.is_client_chosen;
    // Whether what a client chose may be sent is decided where the handshake is repeated.
    if (!sends_sni && is_host_name(verdict_.name.verified)) add({sni()});
    std::size_t uncovered = 0;
    for (const NameCandidate& candidate : name_candidates(upstream_, verdict_)) {
      // Whatever name a peer presents is not its identity when the configuration means another
      // host.
      if (is_host && candidate.support > NameSupport::near_miss) continue;
      if (candidate.is_covered) {
        if (!verdict_.replay.name_matches) add({named(candidate)});
      } else if (++uncovered <= kMostUncoveredNames) {
        if (sends_sni) add({named(candidate)});
        else add({named(candidate), sni()});
      }
    }
  }

  void propose_depth() {
    const int depth = depth_needed(upstream_, verdict_);
    if (depth > verdict_.input.depth)
      add({Repair{.kind = RepairKind::raise_depth, .cost = 1, .depth = depth}});
  }

  void propose_trust() {
    std::set<std::set<std::string>> sets;
    for (const TrustPath& path : paths_) {
      std::vector<StoredCa> additions = path.additions();
      if (!path.is_complete || additions.empty()) continue;
      std::set<std::string> set;
      for (const StoredCa& one : additions) set.insert(one.certificate.facts().sha256);
      if (!sets.insert(std::move(set)).second || sets.size() > kMostTrustSets) continue;
      Repair repair{.kind = RepairKind::trust,
                    .cost = (path.adds_root() ? 3 : 1) + static_cast<int>(additions.size()) - 1};
      repair.certificates = std::move(additions);
      repair.path = path;
      if (displaces(repair)) {
        Repair instead = repair;
        instead.kind = RepairKind::replace_ca;
        instead.cost += 1;
        add({std::move(instead)});
      }
      add({std::move(repair)});
    }
  }
  /// The trusted file has a certificate of the same name as one of the additions: a former key, or
  /// former dates.
  bool displaces(const Repair& repair) const {
    for (const Certificate& trusted : trusted_certificates(upstream_, verdict_)) {
      for (const StoredCa& one : repair.certificates) {
        if (one.certificate.facts().subject_hash == trusted.facts().subject_hash) return true;
      }
    }
    return false;
  }

  void propose_crls() {
    if (!verdict_.input.check_crls || paths_.empty()) return;
    const Time now = upstream_.surroundings().now;
    Repair repair{.kind = RepairKind::renew_crl, .cost = 1};
    std::set<std::string> issuers;
    for (const PathCertificate& one : paths_.front().certificates)
      issuers.insert(one.facts.issuer_hash);
    for (const std::string& issuer : issuers) {
      for (const RevocationList& crl : known_.crls_of(issuer)) {
        const RevocationListFacts& facts = crl.facts();
        const bool is_current =
            facts.last_update <= now && (!facts.next_update || *facts.next_update >= now);
        const bool is_there = std::find(verdict_.input.crls.begin(), verdict_.input.crls.end(),
                                        crl.der()) != verdict_.input.crls.end();
        if (is_current && !is_there) repair.crls.push_back(crl);
      }
    }
    if (repair.crls.empty()) return;
    Repair instead = repair;
    instead.replaces_crls = true;
    instead.cost += 1;
    add({std::move(repair)});
    add({std::move(instead)});
  }

  void propose_plain_pem() {
    const bool has_settings = std::any_of(verdict_.input.trusted.begin(),
                                          verdict_.input.trusted.end(), [&](const Der& der) {
                                            const auto one = upstream_.certificate(der);
                                            return one && one.value().has_trust_settings();
                                          });
    if (has_settings) add({Repair{.kind = RepairKind::plain_pem, .cost = 1}});
  }

  UpstreamCase& upstream_;
  const KnownMaterial& known_;
  const RepairedState& state_;
  const UpstreamVerdict& verdict_;
  std::vector<TrustPath> paths_;
  std::vector<Step> steps_;
};

struct Costlier {
  bool operator()(const RepairedState& left, const RepairedState& right) const {
    return left.cost != right.cost ? left.cost > right.cost
                                   : left.repairs.size() > right.repairs.size();
  }
};

class Search {
 public:
  Search(UpstreamCase& upstream, const KnownMaterial& known) : upstream_(upstream), known_(known) {}

  RepairSearch run(RepairedState start) {
    RepairSearch result{{}, start, 0, false};
    queue_.push(std::move(start));
    while (!queue_.empty()) {
      const RepairedState state = queue_.top();
      queue_.pop();
      if (!result.solutions.empty() && state.cost > result.solutions.front().cost + kMoreThanBest)
        break;
      if (is_beyond_solution(state, result)) continue;
      if (state.verdict.passes()) {
        result.solutions.push_back(state);
        if (result.solutions.size() == RepairSearch::kMostSolutions) break;
        continue;
      }
      if (faults_left(state.verdict) < faults_left(result.furthest.verdict))
        result.furthest = state;
      if (state.repairs.size() < kMostRepairs) expand(state, result);
      if (result.was_cut) break;
    }
    // What was judged good and waits in the queue when time is up is still good.
    for (; result.was_cut && !queue_.empty() &&
           result.solutions.size() < RepairSearch::kMostSolutions;
         queue_.pop()) {
      if (queue_.top().verdict.passes() && !is_beyond_solution(queue_.top(), result))
        result.solutions.push_back(queue_.top());
    }
    return result;
  }

 private:
  static bool is_beyond_solution(const RepairedState& state, const RepairSearch& result) {
    const std::set<std::string> keys = keys_of(state.repairs);
    return std::any_of(result.solutions.begin(), result.solutions.end(),
                       [&](const RepairedState& solution) {
                         const std::set<std::string> less = keys_of(solution.repairs);
                         return std::includes(keys.begin(), keys.end(), less.begin(), less.end());
                       });
  }

  void expand(const RepairedState& state, RepairSearch& result) {
    for (const Step& step : Proposals(upstream_, known_, state).all()) {
      if (result.tried >= RepairSearch::kMostTrials || upstream_.is_late()) {
        result.was_cut = true;
        return;
      }
      RepairedState next = state;
      bool is_applied = true;
      for (const Repair& repair : step) {
        is_applied =
            is_applied && static_cast<bool>(repair.apply(upstream_, next.patch, state.verdict));
        next.repairs.push_back(repair);
        next.before.push_back(state.verdict);
        next.cost += repair.cost;
      }
      if (!is_applied || !tried_.insert(keys_of(next.repairs)).second) continue;
      ++result.tried;
      next.verdict = upstream_.judge(next.patch);
      if (is_progress(state.verdict, next.verdict)) queue_.push(std::move(next));
    }
  }

  UpstreamCase& upstream_;
  const KnownMaterial& known_;
  std::priority_queue<RepairedState, std::vector<RepairedState>, Costlier> queue_;
  std::set<std::set<std::string>> tried_;
};

}  // namespace

bool RepairedState::has(RepairKind kind) const {
  const auto is_trust = [](RepairKind one) {
    return one == RepairKind::trust || one == RepairKind::replace_ca;
  };
  return std::any_of(repairs.begin(), repairs.end(), [&](const Repair& one) {
    return one.kind == kind || (is_trust(one.kind) && is_trust(kind));
  });
}

std::string RepairedState::unmeant_name() const {
  const auto found = std::find_if(repairs.begin(), repairs.end(), [](const Repair& one) {
    return one.kind == RepairKind::set_name && !one.name.is_meant;
  });
  return found == repairs.end() ? std::string() : found->name.name;
}

RepairSearch find_repairs(UpstreamCase& upstream, const ConfigurationPatch& start,
                          const UpstreamVerdict& verdict, const KnownMaterial& known) {
  return Search(upstream, known).run({{}, {}, start, verdict, 0});
}

int depth_needed(UpstreamCase& upstream, const UpstreamVerdict& verdict) {
  std::vector<ReplayInput> inputs;
  for (int depth = verdict.input.depth; depth <= kDeepest; ++depth) {
    inputs.push_back(verdict.input);
    inputs.back().depth = depth;
  }
  if (inputs.size() < 2) return 0;
  const auto results = upstream.replay(inputs);
  if (!results) return 0;
  const ReplayResult& deepest = results.value().back();
  if (results.value().front() == deepest || deepest.built_chain.empty()) return 0;
  UpstreamVerdict deep = verdict;
  deep.replay = deepest;
  const auto top = certificate_at(upstream, deep, static_cast<int>(deepest.built_chain.size()) - 1);
  const int intermediates =
      static_cast<int>(deepest.built_chain.size()) - 1 - (top && top->facts.self_signed ? 1 : 0);
  if (intermediates <= verdict.input.depth) return 0;
  for (std::size_t i = 1; i < results.value().size(); ++i) {
    if (results.value()[i] == deepest) return verdict.input.depth + static_cast<int>(i);
  }
  return 0;
}

}  // namespace handshaked::diagnose
