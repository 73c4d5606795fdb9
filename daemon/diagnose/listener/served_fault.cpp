#include "diagnose/listener/served_fault.h"

#include <algorithm>
#include <array>

#include <openssl/x509_vfy.h>

namespace handshaked::diagnose {
namespace {

/// How well a fault goes with an alert: 0 to 1.
double affinity(ServedFault fault, int alert) {
  struct Row {
    int alert;
    std::array<double, 7> worth;  // in the order of ServedFault
  };
  static constexpr std::array<Row, 8> kRows = {{{42, {0.6, 0.75, 0.7, 0.95, 0.2, 0.4, 0.9}},
                                                {44, {0.2, 0.1, 0.1, 0.1, 1.0, 0.1, 0.1}},
                                                {45, {1.0, 0.1, 0.1, 0.1, 0.1, 0.05, 0.1}},
                                                {46, {0.85, 0.9, 0.8, 0.75, 0.4, 0.5, 0.88}},
                                                {48, {0.3, 1.0, 0.9, 0.2, 0.1, 0.6, 0.8}},
                                                {43, {0.1, 0.2, 0.3, 0.1, 0.1, 0.1, 1.0}},
                                                {49, {0.2, 0.4, 0.4, 0.3, 0.2, 0.2, 0.3}},
                                                {51, {0.05, 0.25, 0.2, 0.05, 0.05, 0.1, 0.9}}}};
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [alert](const Row& one) { return one.alert == alert; });
  return row == kRows.end() ? 0.2 : row->worth[static_cast<std::size_t>(fault)];
}

std::string uncovered_name(const Certificate& leaf, const nginx::ListeningServer& server) {
  for (const std::string& name : exact_names(server)) {
    if (!leaf.matches_host(name)) return name;
  }
  return {};
}

/// The rule that the chain breaks whoever looks at it: a use, a CA that is none, a length, names, a
/// date to come. What is missing, unknown or expired has faults of its own.
std::optional<ReplayFault> broken_rule(const ServedChain& chain, Time now) {
  static constexpr std::array<int, 7> kOthers{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
                                              X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                                              X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
                                              X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
                                              X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                                              X509_V_ERR_CERT_HAS_EXPIRED,
                                              X509_V_ERR_CERT_UNTRUSTED};
  ReplayInput input;
  input.chain = chain.sent();
  if (chain.path.is_complete && !chain.path.issuers.empty())
    input.trusted = {chain.path.last().der()};
  input.depth = 100;
  input.at = now;
  const auto seen = replay_verification(input);
  if (!seen) return std::nullopt;
  const auto& faults = seen.value().faults;
  const auto found = std::find_if(faults.begin(), faults.end(), [](const ReplayFault& one) {
    return std::find(kOthers.begin(), kOthers.end(), one.code) == kOthers.end();
  });
  return found == faults.end() ? std::nullopt : std::optional(*found);
}

void look_at_chain(const LocalCase& local, const nginx::ListeningServer& server,
                   const ServedChain& chain, double share, std::vector<FoundFault>& found) {
  const int alert = local.symptom().alert.value_or(0);
  const auto add = [&](ServedFault fault, std::string name = {}) {
    found.push_back({fault, share * affinity(fault, alert), &server, chain, std::move(name), {}});
  };
  const CertificateFacts& leaf = chain.leaf().facts();
  const auto& sent = chain.bundle.certificates;
  if (expired_one(chain, local.now()) != nullptr) add(ServedFault::expired);
  if (auto broken = broken_rule(chain, local.now())) {
    add(ServedFault::unsuitable);
    found.back().broken = std::move(*broken);
  }
  if (chain.is_self_signed()) add(ServedFault::self_signed);
  else if (!chain.missing.empty()) add(ServedFault::incomplete);
  else if (chain.is_open_ended && sent.size() == 1 && !leaf.issuer_urls.empty())
    add(ServedFault::perhaps_incomplete);
  if (std::string name = uncovered_name(chain.leaf(), server); !name.empty())
    add(ServedFault::wrong_name, std::move(name));
  for (const RevocationList& list : local.ca_store().crls()) {
    if (list.revokes(chain.leaf())) add(ServedFault::revoked);
  }
}

}  // namespace

const Certificate* expired_one(const ServedChain& chain, Time now) {
  for (const BundledCertificate& one : chain.bundle.certificates) {
    const Certificate& own = one.certificate;
    const bool is_leaf = &one == &chain.bundle.certificates.front();
    const auto is_above = [&](const Certificate& issuer) {
      return issuer.facts().subject_hash == own.facts().subject_hash &&
             issuer.facts().public_key_sha256 == own.facts().public_key_sha256;
    };
    const bool is_needed =
        is_leaf || (!own.facts().self_signed &&
                    std::any_of(chain.path.issuers.begin(), chain.path.issuers.end(), is_above));
    if (is_needed && own.facts().not_after < now) return &own;
  }
  return nullptr;
}

std::vector<FoundFault> find_faults(const LocalCase& local, const ListenerPlace& place) {
  std::vector<FoundFault> found;
  for (const nginx::GoverningListener& candidate : place.candidates) {
    const double share = 0.5 + 0.5 * candidate.confidence / place.confidence();
    for (const ConfiguredFile& file : certificate_files(local, *candidate.server)) {
      if (const auto chain = read_served_chain(local, file))
        look_at_chain(local, *candidate.server, chain.value(), share, found);
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const FoundFault& left, const FoundFault& right) {
    return left.worth > right.worth;
  });
  return found;
}

}  // namespace handshaked::diagnose
