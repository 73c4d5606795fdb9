#include "diagnose/upstream/verification/trust_paths.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kLongestPath = 10;
constexpr std::size_t kMostPaths = 24;
constexpr std::size_t kMostIssuers = 12;  // of one certificate

struct Node {
  PathCertificate certificate;
  Der der;
};

/// Climbs from the leaf, depth first. The signatures of what the peer sent are checked in the child
/// process.
class Climb {
 public:
  Climb(UpstreamCase& upstream, const UpstreamVerdict& verdict, const KnownMaterial& known)
      : upstream_(upstream), known_(known) {
    for (const Certificate& one : trusted_certificates(upstream, verdict)) {
      Node& node = node_of(one.facts(), one.der());
      node.certificate.is_trusted = true;
      if (!node.certificate.known) node.certificate.known = StoredCa{one, verdict.trusted_file};
    }
    for (const PeerCertificate& one : verdict.observation->seen.chain)
      node_of(one.facts, one.der).certificate.is_sent = true;
    leaf_ = verdict.observation->seen.chain.front().facts.sha256;
  }

  std::vector<TrustPath> climb() {
    Node& leaf = nodes_.at(leaf_);
    leaf.certificate.known = known_.find(leaf_);
    way_.push_back(&leaf);
    step();
    return std::move(paths_);
  }

 private:
  Node& node_of(const CertificateFacts& facts, const Der& der) {
    const auto [place, is_new] = nodes_.try_emplace(facts.sha256);
    if (is_new) place->second = {{facts, false, false, std::nullopt}, der};
    return place->second;
  }

  std::vector<Node*> issuers_of(const Node& node) {
    const std::string& sha256 = node.certificate.facts.sha256;
    if (const auto found = issuers_.find(sha256); found != issuers_.end()) return found->second;
    for (const StoredCa& one : known_.named(node.certificate.facts.issuer_hash)) {
      Node& known = node_of(one.certificate.facts(), one.certificate.der());
      if (!known.certificate.known) known.certificate.known = one;
    }
    std::vector<Node*> namesakes;
    std::vector<Der> ders;
    for (auto& [key, candidate] : nodes_) {
      if (key == sha256 ||
          candidate.certificate.facts.subject_hash != node.certificate.facts.issuer_hash)
        continue;
      if (namesakes.size() >= kMostIssuers) break;
      namesakes.push_back(&candidate);
      ders.push_back(candidate.der);
    }
    std::vector<Node*> issuers;
    if (!ders.empty()) {
      if (const auto search = upstream_.find_issuers(node.der, ders)) {
        for (const std::size_t index : search.value().signers) issuers.push_back(namesakes[index]);
      }
    }
    return issuers_.emplace(sha256, std::move(issuers)).first->second;
  }

  void step() {
    if (paths_.size() >= kMostPaths) return;
    const Node& top = *way_.back();
    const bool is_root = top.certificate.facts.self_signed;
    bool goes_on = false;
    if (!is_root && way_.size() < kLongestPath) {
      for (Node* const issuer : issuers_of(top)) {
        if (std::find(way_.begin(), way_.end(), issuer) != way_.end()) continue;
        goes_on = true;
        way_.push_back(issuer);
        step();
        way_.pop_back();
      }
    }
    if (goes_on) return;
    TrustPath path;
    for (const Node* const node : way_) path.certificates.push_back(node->certificate);
    path.is_complete = is_root && (top.certificate.is_trusted || top.certificate.known);
    paths_.push_back(std::move(path));
  }

  UpstreamCase& upstream_;
  const KnownMaterial& known_;
  std::map<std::string, Node> nodes_;
  std::map<std::string, std::vector<Node*>> issuers_;
  std::string leaf_;
  std::vector<Node*> way_;
  std::vector<TrustPath> paths_;
};

}  // namespace

std::vector<StoredCa> TrustPath::additions() const {
  std::vector<StoredCa> additions;
  // OpenSSL looks for trusted issuers first, and from the first one on for no others: what the peer
  // sends above it does not count.
  bool is_in_file = false;
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    const PathCertificate& one = certificates[i];
    const bool is_top = i + 1 == certificates.size();
    is_in_file = is_in_file || one.is_trusted;
    if (one.is_trusted || !one.known || (i == 0 && !is_top)) continue;
    if (one.is_sent && !is_top && !is_in_file) continue;
    additions.push_back(*one.known);
    is_in_file = true;
  }
  return additions;
}

bool TrustPath::adds_root() const { return is_complete && !top().is_trusted; }

std::size_t TrustPath::count_invalid(Time at) const {
  return static_cast<std::size_t>(
      std::count_if(certificates.begin(), certificates.end(),
                    [&](const PathCertificate& one) { return !is_valid_at(one.facts, at); }));
}

std::vector<Certificate> trusted_certificates(UpstreamCase& upstream,
                                              const UpstreamVerdict& verdict) {
  std::vector<Certificate> certificates;
  if (verdict.trusted_file.empty()) return certificates;
  // The verdict's own bytes, not the file's: a patch may have changed it.
  for (const Der& der : verdict.input.trusted) {
    if (auto one = upstream.certificate(der)) certificates.push_back(std::move(one).value());
  }
  if (!certificates.empty() || verdict.verifies) return certificates;
  if (const auto bundle = upstream.bundle(*upstream.surroundings().files, verdict.trusted_file)) {
    for (const BundledCertificate& one : bundle.value()->certificates)
      certificates.push_back(one.certificate);
  }
  return certificates;
}

std::vector<TrustPath> trust_paths(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                                   const KnownMaterial& known) {
  if (!verdict.observation || !verdict.observation->has_chain()) return {};
  std::vector<TrustPath> paths = Climb(upstream, verdict, known).climb();
  const Time now = upstream.surroundings().now;
  const auto order = [&](const TrustPath& path) {
    return std::tuple(!path.is_complete, path.count_invalid(now), path.adds_root(),
                      path.additions().size(), path.certificates.size());
  };
  std::stable_sort(paths.begin(), paths.end(), [&](const TrustPath& left, const TrustPath& right) {
    return order(left) < order(right);
  });
  return paths;
}

}  // namespace handshaked::diagnose
