#include <algorithm>
#include <array>
#include <map>

#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/listener/client_trust.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

constexpr int kAnyDepth = 100;
constexpr std::size_t kMostStrangers =
    3;  // foreign CAs that are proposed by name; more are only counted

/// Why a client of a hypothesis is refused.
enum class PathFault : std::uint8_t { bundle_lacks_root, depth, chain_incomplete, unknown_ca };

std::string_view cause_of(PathFault fault) {
  switch (fault) {
    case PathFault::bundle_lacks_root: return "client_ca_bundle_lacks_root";
    case PathFault::depth: return "client_verify_depth_too_small";
    case PathFault::chain_incomplete: return "client_chain_incomplete";
    case PathFault::unknown_ca: return "client_cert_unknown_ca";
  }
  return "client_cert_unknown_ca";
}

struct Explanation {
  PathFault fault = PathFault::unknown_ca;
  ClientHypothesis client;
};

/// Everything about one line: the clients that would have caused it.
class PathSearch {
 public:
  PathSearch(LocalCase& local, const ClientVerification& verification)
      : verification_(verification),
        trust_(verification.trust),
        clients_(trust_, local.ca_store(), local.now()) {
    const int code = local.symptom().verify_code.value_or(0);
    for (const ClientHypothesis& client : clients_.all()) {
      if (client.verify_code == code) explanations_.push_back({fault_of(client), client});
    }
    // A depth that is too small for CAs that are in no file here.
    for (const ClientHypothesis& client : clients_.with_strangers(trust_)) {
      if (client.verify_code == code && fault_of(client) == PathFault::depth)
        explanations_.push_back({PathFault::depth, client});
    }
  }

  bool is_empty() const { return explanations_.empty(); }
  PathFault likeliest() const;
  /// No client with another fault would have caused the line. Only then can a change be proved: the
  /// client's own chain is in no log.
  bool is_told_by_line(PathFault fault) const {
    return std::all_of(explanations_.begin(), explanations_.end(),
                       [&](const Explanation& one) { return one.fault == fault; });
  }
  std::vector<ClientHypothesis> clients_with(PathFault fault) const {
    std::vector<ClientHypothesis> found;
    for (const Explanation& one : explanations_) {
      if (one.fault == fault) found.push_back(one.client);
    }
    return found;
  }
  bool all_pass(const std::vector<ClientHypothesis>& clients, const ClientTrust& trust) {
    return std::all_of(clients.begin(), clients.end(), [&](const ClientHypothesis& one) {
      return clients_.code_with(one, trust) == 0;
    });
  }
  int code_with(const ClientHypothesis& client, const ClientTrust& trust) {
    return clients_.code_with(client, trust);
  }
  const ClientTrust& trust() const { return trust_; }

 private:
  PathFault fault_of(const ClientHypothesis& client) {
    if (clients_.code_with(client, with_depth(trust_, kAnyDepth)) == 0) return PathFault::depth;
    const bool knows_root = client.has_root && holds(trust_.trusted, client.root());
    if (knows_root) return PathFault::chain_incomplete;
    const bool knows_part =
        holds(trust_.trusted, client.issuer) ||
        std::any_of(client.above.begin(), client.above.end(),
                    [&](const Certificate& one) { return holds(trust_.trusted, one); });
    return knows_part ? PathFault::bundle_lacks_root : PathFault::unknown_ca;
  }

  const ClientVerification& verification_;
  ClientTrust trust_;
  ClientHypotheses clients_;
  std::vector<Explanation> explanations_;
};

PathFault PathSearch::likeliest() const {
  const auto weight = [&](PathFault fault) {
    if (clients_with(fault).empty()) return 0.0;
    // A depth that somebody wrote, or a listed CA that needs more, speaks for the depth; alone it
    // is the rarer mistake.
    const auto deep = clients_with(PathFault::depth);
    const bool lists_deep = std::any_of(deep.begin(), deep.end(), [&](const ClientHypothesis& one) {
      return one.strangers == 0 && holds(trust_.trusted, one.issuer);
    });
    switch (fault) {
      case PathFault::bundle_lacks_root: return 0.9;
      case PathFault::chain_incomplete: return 0.8;
      case PathFault::unknown_ca: return 0.5;
      case PathFault::depth: return verification_.is_depth_written || lists_deep ? 0.85 : 0.4;
    }
    return 0.0;
  };
  PathFault best = PathFault::unknown_ca;
  for (const PathFault fault :
       {PathFault::bundle_lacks_root, PathFault::depth, PathFault::chain_incomplete}) {
    if (weight(fault) > weight(best)) best = fault;
  }
  return best;
}

std::string names_of(std::span<const Certificate> certificates) {
  std::string names;
  for (const Certificate& one : certificates)
    names += (names.empty() ? "\"" : ", \"") + short_name(one.facts()) + "\"";
  return names;
}

Proof proof_with(LocalCase& local, bool passes, bool is_sure, std::size_t clients) {
  const std::string code = std::to_string(local.symptom().verify_code.value_or(0)),
                    count = std::to_string(clients);
  Proof proof{
      passes ? (is_sure ? ProofStatus::proved : ProofStatus::untested) : ProofStatus::refuted,
      ProofMethod::replay,
      {}};
  proof.detail =
      listener_text(passes ? "path.passes" : "path.fails", {{"count", count}, {"code", code}});
  if (!is_sure) proof.detail = listener_text("path.in_doubt", {{"proof", proof.detail}});
  return proof;
}

Result<ConfigurationPatch> appended(const LocalCase& local, const ClientVerification& verification,
                                    std::span<const Certificate> certificates) {
  if (!verification.file()) return fail(ErrorCode::not_found, "no ssl_client_certificate file");
  ConfigurationPatch patch = local.new_patch();
  TRY(patch.append_pem(verification.file()->path, pem_of(certificates)));
  return patch;
}

void add_failed_depth(LocalCase& local, PathSearch& search,
                      const std::vector<ClientHypothesis>& clients) {
  const bool still_fails =
      std::none_of(clients.begin(), clients.end(), [&](const ClientHypothesis& one) {
        return search.code_with(one, with_depth(search.trust(), kAnyDepth)) == 0;
      });
  if (clients.empty() || !still_fails) return;
  local.add_dead_end(
      {.id = "raise-depth",
       .action = listener_text("path.raise_depth"),
       .why_fails = listener_text("path.raise_depth_fails"),
       .fail_rate = 1,
       .is_unsafe = false,
       .proof = {ProofStatus::proved, ProofMethod::replay, listener_text("path.any_depth_fails")}});
}

/// What has to be appended so that clients below a root pass: the root, else with all between it
/// and the CA that the file lists. Empty: that does not help either.
std::vector<Certificate> needed_up_to(const Certificate& root,
                                      const std::vector<ClientHypothesis>& clients,
                                      PathSearch& search) {
  const auto helps = [&](const std::vector<Certificate>& more) {
    const ClientTrust with = with_certificates(search.trust(), more);
    return std::any_of(clients.begin(), clients.end(), [&](const ClientHypothesis& one) {
      return is_same(one.root(), root) && search.code_with(one, with) == 0;
    });
  };
  std::vector<Certificate> needed{root};
  if (helps(needed)) return needed;
  for (const ClientHypothesis& one : clients) {
    if (!is_same(one.root(), root)) continue;
    for (const Certificate& step : one.above) {
      if (!holds(search.trust().trusted, step) && !holds(needed, step))
        needed.insert(needed.end() - 1, step);
    }
  }
  return helps(needed) ? needed : std::vector<Certificate>{};
}

void propose_root(LocalCase& local, const ClientVerification& verification, PathSearch& search) {
  const auto clients = search.clients_with(PathFault::bundle_lacks_root);
  std::vector<Certificate> roots;
  for (const ClientHypothesis& one : clients) {
    if (one.has_root && !holds(roots, one.root())) roots.push_back(one.root());
  }
  local.conclude("client_ca_bundle_lacks_root", 0.9,
                 listener_text("path.lacks_root", {{"file", verification.file()->path}}));
  for (const Certificate& root : roots) {
    const std::vector<Certificate> needed = needed_up_to(root, clients, search);
    if (needed.empty()) continue;  // those would need more depth too
    const ClientTrust with_root = with_certificates(search.trust(), needed);
    std::vector<ClientHypothesis> its;
    std::copy_if(clients.begin(), clients.end(), std::back_inserter(its),
                 [&](const ClientHypothesis& one) {
                   return is_same(one.root(), root) && search.code_with(one, with_root) == 0;
                 });
    Fix fix = local.known("append-root");
    fix.title = listener_text(
        "path.append", {{"certificates", names_of(needed)}, {"file", verification.file()->path}});
    // Once OpenSSL has found a CA in the file it looks nowhere else.
    fix.how = listener_text(needed.size() > 1 ? "path.append_all_between" : "path.append_root",
                            {{"fingerprint", root.facts().sha256}});
    fix.proof = proof_with(
        local, search.all_pass(its, with_root),
        roots.size() == 1 && search.is_told_by_line(PathFault::bundle_lacks_root), its.size());
    local.propose(std::move(fix), appended(local, verification, needed));
  }
  add_failed_depth(local, search, clients);
}

void propose_depth(LocalCase& local, const ClientVerification& verification, PathSearch& search) {
  auto clients = search.clients_with(PathFault::depth);
  // CAs of this host tell more than ones that were made up; of those the shortest chain is the
  // likeliest.
  const auto is_made_up = [](const ClientHypothesis& one) { return one.strangers > 0; };
  if (!std::all_of(clients.begin(), clients.end(), is_made_up)) std::erase_if(clients, is_made_up);
  const auto shorter = [](const ClientHypothesis& one, const ClientHypothesis& other) {
    return one.strangers < other.strangers;
  };
  const int fewest = std::min_element(clients.begin(), clients.end(), shorter)->strangers;
  std::erase_if(clients, [fewest](const ClientHypothesis& one) { return one.strangers > fewest; });
  int depth = search.trust().depth + 1;
  while (depth < 10 && !search.all_pass(clients, with_depth(search.trust(), depth))) ++depth;
  const std::string now = std::to_string(search.trust().depth), needed = std::to_string(depth);
  local.conclude("client_verify_depth_too_small", 0.7,
                 listener_text("path.needs_depth", {{"ca", names_of({&clients.front().issuer, 1})},
                                                    {"depth", needed},
                                                    {"now", now}}));
  const nginx::EffectiveValue& value = verification.server->settings.verify_depth;
  if (!value.set_by.empty()) local.set_place(*value.set_by.front());
  Fix fix = local.known("raise-depth");
  fix.title = {"ssl_verify_depth " + needed + ";", "ssl_verify_depth " + needed + ";"};
  const bool is_sure = search.is_told_by_line(PathFault::depth) && fewest == 0;
  fix.proof = proof_with(local, search.all_pass(clients, with_depth(search.trust(), depth)),
                         is_sure, clients.size());
  local.propose(std::move(fix), with_server_directive(local, *verification.server,
                                                      "ssl_verify_depth", std::span(&needed, 1)));
}

/// Intermediates below the listed roots: they add no trust, they only fill what clients leave out.
void propose_intermediates(LocalCase& local, const ClientVerification& verification,
                           PathSearch& search) {
  auto clients = search.clients_with(PathFault::chain_incomplete);
  std::vector<Certificate> missing;
  const auto collect = [&] {
    missing.clear();
    for (const ClientHypothesis& one : clients) {
      std::vector<Certificate> way{one.issuer};
      way.insert(way.end(), one.above.begin(), one.above.end());
      for (const Certificate& step : way) {
        if (!step.facts().self_signed && !holds(search.trust().trusted, step) &&
            !holds(missing, step))
          missing.push_back(step);
      }
    }
  };
  collect();
  const ClientTrust filled = with_certificates(search.trust(), missing);
  std::erase_if(clients, [&](const ClientHypothesis& one) {
    return search.code_with(one, filled) != 0;
  });  // those would need more depth too
  collect();
  local.conclude(
      "client_chain_incomplete", 0.8,
      listener_text("path.intermediate_not_sent", {{"file", verification.file()->path}}));
  const Text message =
      missing.empty() ? listener_text("ask.send_chain")
                      : listener_text("ask.send_chain_of", {{"certificates", names_of(missing)}});
  propose_to_client(local, "client-sends-chain", message);
  if (!missing.empty()) {
    Fix fix = local.known("proxy-knows-intermediate");
    fix.title = listener_text(
        "path.append", {{"certificates", names_of(missing)}, {"file", verification.file()->path}});
    fix.proof =
        proof_with(local, search.all_pass(clients, with_certificates(search.trust(), missing)),
                   search.is_told_by_line(PathFault::chain_incomplete), clients.size());
    local.propose(std::move(fix), appended(local, verification, missing));
  }
  add_failed_depth(local, search, clients);
}

/// A tree of CAs that the bundle does not know.
struct StrangerTree {
  Certificate root;
  std::vector<ClientHypothesis> clients;
  double worth = 0;
};

bool speaks_of(const std::string& text, std::span<const std::string_view> words) {
  const std::string lower = nginx::to_lower(text);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

/// Names and uses tell which of several CAs issues certificates for clients; it stays a guess.
double worth_of(const LocalCase& local, const StrangerTree& tree) {
  static constexpr std::array<std::string_view, 12> kForClients = {
      "client", "partner", "user", "device",   "customer", "employee",
      "agent",  "b2b",     "mtls", "supplier", "external", "workload"};
  static constexpr std::array<std::string_view, 6> kForServers = {"server", "internet", "web",
                                                                  "legacy", "old",      "test"};
  double worth = 0;
  if (speaks_of(tree.root.facts().subject, kForClients)) worth += 2;
  if (speaks_of(tree.root.facts().subject, kForServers)) worth -= 1;
  for (const ConfiguredFile& file : configured_files(local.configuration())) {
    if (file.is_dynamic || (file.role != FileRole::certificate && file.role != FileRole::trust))
      continue;
    const auto text = local.files().read(file.path, kMaxBundleBytes);
    const auto bundle = text ? read_pem_bundle(text.value()) : Result<PemBundle>(text.error());
    if (!bundle || bundle.value().certificates.empty()) continue;
    for (const BundledCertificate& one : bundle.value().certificates) {
      const IssuerPath path = find_issuers(one.certificate, {}, local.ca_store(), local.now());
      const Certificate& top = path.issuers.empty() ? one.certificate : path.last();
      if (is_same(top, tree.root)) return worth - 2;  // it is at work for servers
    }
  }
  return worth;
}

void conclude_unknown_ca(LocalCase& local, const ClientVerification& verification,
                         PathSearch& search) {
  std::vector<StrangerTree> trees;
  for (const ClientHypothesis& one : search.clients_with(PathFault::unknown_ca)) {
    if (!one.has_root ||
        search.code_with(one, with_certificates(search.trust(), {&one.root(), 1})) != 0)
      continue;
    const auto same = std::find_if(trees.begin(), trees.end(), [&](const StrangerTree& tree) {
      return is_same(tree.root, one.root());
    });
    if (same == trees.end()) trees.push_back({one.root(), {one}, 0});
    else same->clients.push_back(one);
  }
  for (StrangerTree& tree : trees) tree.worth = worth_of(local, tree);
  std::stable_sort(
      trees.begin(), trees.end(),
      [](const StrangerTree& left, const StrangerTree& right) { return left.worth > right.worth; });
  local.conclude("client_cert_unknown_ca", 0.75,
                 listener_text("path.unlisted_ca", {{"file", verification.file()->path}}));
  for (std::size_t i = 0; i < trees.size() && i < kMostStrangers; ++i) {
    const StrangerTree& tree = trees[i];
    if (trees.size() > 1 && (tree.worth < 0 || tree.worth < trees.front().worth)) break;
    Fix fix = local.known("add-ca");
    if (i > 0) fix.id += "-" + std::to_string(i + 1);
    const std::string name = names_of({&tree.root, 1});
    fix.title =
        listener_text("path.append_if_meant", {{"ca", name}, {"file", verification.file()->path}});
    fix.how = listener_text("path.compare_first", {{"ca", name},
                                                   {"subject", tree.root.facts().subject},
                                                   {"fingerprint", tree.root.facts().sha256}});
    fix.proof = proof_with(
        local, search.all_pass(tree.clients, with_certificates(search.trust(), {&tree.root, 1})),
        trees.size() == 1 && search.is_told_by_line(PathFault::unknown_ca), tree.clients.size());
    local.propose(std::move(fix), appended(local, verification, {&tree.root, 1}));
  }
  std::string listed = names_of(search.trust().trusted);
  propose_to_client(local, "right-client-cert",
                    listener_text("ask.listed_ca_or_tell", {{"cas", listed}}));
  const auto clients = search.clients_with(PathFault::unknown_ca);
  add_failed_depth(local, search, clients);
}

}  // namespace

bool diagnose_client_path(LocalCase& local, const ClientVerification& verification) {
  static constexpr std::array<int, 5> kPathCodes = {2, 19, 20, 21, 22};
  const int code = local.symptom().verify_code.value_or(0);
  if (std::find(kPathCodes.begin(), kPathCodes.end(), code) == kPathCodes.end() ||
      !verification.file())
    return false;
  if (verification.trust.trusted.empty()) return false;
  local.set_place(*verification.file()->directive);
  local.add_evidence(
      "configuration",
      listener_text("path.as_it_is", {{"file", verification.file()->path},
                                      {"cas", names_of(verification.trust.trusted)},
                                      {"depth", std::to_string(verification.trust.depth)}}));
  PathSearch search(local, verification);
  if (search.is_empty()) return false;
  const PathFault fault = search.likeliest();
  local.add_evidence(
      "replay",
      listener_text("path.stand_ins", {{"code", std::to_string(code)},
                                       {"count", std::to_string(search.clients_with(fault).size())},
                                       {"cause", cause_of(fault)}}));
  switch (fault) {
    case PathFault::bundle_lacks_root: propose_root(local, verification, search); break;
    case PathFault::depth: propose_depth(local, verification, search); break;
    case PathFault::chain_incomplete: propose_intermediates(local, verification, search); break;
    case PathFault::unknown_ca:
      conclude_unknown_ca(local, verification, search);
      if (!search.clients_with(PathFault::depth).empty())
        local.add_evidence("replay", listener_text("path.depth_would_do"));
      break;
  }
  return true;
}

}  // namespace handshaked::diagnose
