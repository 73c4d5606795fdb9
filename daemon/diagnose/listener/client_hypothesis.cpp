#include "diagnose/listener/client_hypothesis.h"

#include <algorithm>

#include "diagnose/certificates/issuer_search.h"

namespace handshaked::diagnose {
namespace {

std::vector<Certificate> all_known(const ClientTrust& trust, const CaStore& store) {
  std::vector<Certificate> known = trust.trusted;
  for (const StoredCa& one : store.all()) {
    if (known.size() >= ClientHypotheses::kMostIssuers) break;
    if (!holds(known, one.certificate)) known.push_back(one.certificate);
  }
  return known;
}

bool may_issue(const Certificate& certificate, Time now) {
  const CertificateFacts& facts = certificate.facts();
  const bool signs = !facts.has_key_usage ||
                     std::find(facts.key_usage.begin(), facts.key_usage.end(), "keyCertSign") !=
                         facts.key_usage.end();
  const auto& uses = facts.extended_key_usage;
  const bool for_clients = !facts.has_extended_key_usage ||
                           std::find(uses.begin(), uses.end(), "clientAuth") != uses.end() ||
                           std::find(uses.begin(), uses.end(), "anyExtendedKeyUsage") != uses.end();
  return facts.is_ca && signs && for_clients && is_valid_at(facts, now);
}

}  // namespace

ClientHypotheses::ClientHypotheses(const ClientTrust& trust, const CaStore& store, Time now)
    : pki_(all_known(trust, store)), now_(now) {
  for (const Certificate& issuer : all_known(trust, store)) {
    if (may_issue(issuer, now)) add(issuer, trust, store, now);
  }
}

void ClientHypotheses::add(const Certificate& issuer, const ClientTrust& trust,
                           const CaStore& store, Time now) {
  const IssuerPath path = find_issuers(issuer, trust.trusted, store, now);
  ClientHypothesis hypothesis{issuer, {}, path.issuers, path.is_complete, 0, 0};
  const auto add_variant = [&](std::vector<Certificate> sent) {
    hypothesis.sent = std::move(sent);
    hypothesis.verify_code = code_with(hypothesis, trust);
    if (hypothesis.verify_code >= 0) all_.push_back(hypothesis);
  };
  add_variant({});  // the leaf alone
  std::vector<Certificate> chain{issuer};
  chain.insert(chain.end(), path.issuers.begin(), path.issuers.end());
  std::vector<Certificate> intermediates = chain;
  if (path.is_complete) intermediates.pop_back();
  if (!intermediates.empty()) add_variant(intermediates);
  if (path.is_complete) add_variant(chain);
}

std::vector<ClientHypothesis> ClientHypotheses::with_strangers(const ClientTrust& trust) {
  std::vector<ClientHypothesis> found;
  for (const Certificate& listed : trust.trusted) {
    if (!may_issue(listed, now_) || !listed.facts().self_signed) continue;
    const int allowed =
        listed.facts().path_length
            ? static_cast<int>(std::min<std::int64_t>(*listed.facts().path_length, kMostStrangers))
            : kMostStrangers;
    for (int strangers = 1; strangers <= allowed; ++strangers) {
      ClientHypothesis hypothesis{listed, {}, {}, true, strangers, 0};
      hypothesis.verify_code = code_with(hypothesis, trust);
      if (hypothesis.verify_code >= 0) found.push_back(std::move(hypothesis));
    }
  }
  return found;
}

int ClientHypotheses::code_with(const ClientHypothesis& hypothesis, const ClientTrust& trust) {
  ReplayInput input;
  input.side = VerifiedSide::client;
  input.depth = trust.depth;
  input.at = now_;
  input.check_crls =
      false;  // a stand-in CA signs no CRL; revocation is looked at apart from the path
  auto chain = pki_.client_chain(hypothesis.issuer, hypothesis.strangers, now_);
  if (!chain) return -1;
  input.chain = std::move(chain).value();
  for (const Certificate& one : hypothesis.sent) {
    auto copy = pki_.copy_of(one);
    if (!copy) return -1;
    input.chain.push_back(std::move(copy).value());
  }
  for (const Certificate& one : trust.trusted) {
    auto copy = pki_.copy_of(one);
    if (!copy) return -1;
    input.trusted.push_back(std::move(copy).value());
  }
  const auto result = replay_verification(input);
  return result ? result.value().verify_code : -1;
}

}  // namespace handshaked::diagnose
