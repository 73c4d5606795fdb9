#include "diagnose/upstream/verification/chain_picture.h"

#include <openssl/x509_vfy.h>

#include <algorithm>

#include "diagnose/texts.h"
#include "diagnose/upstream/verification/cause_sentences.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostDrawn = 12;

/// A ';' in a name would begin a fact.
std::string name_of(std::string subject) {
  std::replace(subject.begin(), subject.end(), ';', ',');
  return subject.empty() ? "?" : subject;
}

void add_fact(Text& words, const Text& fact) { words = verification_text("chain.next_fact", {{"facts", words}, {"fact", fact}}); }

/// "CN=leaf; signed by CN=CA; until 2026-12-01 00:00:00 UTC".
Text words_of(const CertificateFacts& facts) {
  Text words{name_of(facts.subject), name_of(facts.subject)};
  add_fact(words, facts.self_signed ? verification_text("chain.self_signed")
                                    : verification_text("chain.signed_by", {{"issuer", name_of(facts.issuer)}}));
  add_fact(words, verification_text("chain.until", {{"date", date_text(facts.not_after)}}));
  return words;
}

bool holds(const std::vector<Der>& trusted, const std::string& subject) {
  return std::any_of(trusted.begin(), trusted.end(), [&](const Der& der) {
    const auto one = Certificate::from_der(der);
    return one && one.value().facts().subject == subject;
  });
}

/// The issuer that the chain does not come to.
Evidence missing_link(const UpstreamVerdict& verdict, const CertificateFacts& below, const std::string& file) {
  Evidence link{.kind = "chain_missing", .text = {name_of(below.issuer), name_of(below.issuer)}};
  const std::vector<ReplayFault>& faults = verdict.replay.faults;
  const bool is_too_deep =
      std::any_of(faults.begin(), faults.end(), [](const ReplayFault& one) { return one.code == X509_V_ERR_CERT_CHAIN_TOO_LONG; });
  if (!holds(verdict.input.trusted, below.issuer)) {
    add_fact(link.text, verification_text("chain.in_neither", {{"file", file}}));
  } else if (is_too_deep) {
    link.kind = "chain_trusted";
    add_fact(link.text, verification_text("chain.too_deep", {{"file", file}}));
  } else {
    add_fact(link.text, verification_text("chain.namesake", {{"file", file}}));
  }
  return link;
}

}  // namespace

void add_chain_picture(const UpstreamVerdict& verdict, Diagnosis& diagnosis) {
  if (!verdict.has_chain() || !verdict.observation) return;
  const auto& sent = verdict.observation->seen.chain;
  const ReplayResult& replay = verdict.replay;
  const std::string file = verdict.trusted_file.empty() ? "-" : verdict.trusted_file;
  const CertificateFacts* below = nullptr;
  for (std::size_t depth = 0; depth < replay.built_chain.size() && depth < kMostDrawn; ++depth) {
    const bool is_trusted = replay.ends_in_trust && depth + 1 == replay.built_chain.size();
    const auto found =
        std::find_if(sent.begin(), sent.end(), [&](const PeerCertificate& one) { return one.facts.sha256 == replay.built_chain[depth]; });
    const auto fault = std::find_if(replay.faults.begin(), replay.faults.end(),
                                    [&](const ReplayFault& one) { return one.depth == static_cast<int>(depth); });
    Evidence link{.kind = "chain_sent", .text = {}};
    if (found != sent.end()) link.text = words_of(found->facts);
    else if (below != nullptr) link.text = {name_of(below->issuer), name_of(below->issuer)};
    else return;  // the leaf is always among what was sent
    if (is_trusted || found == sent.end()) {
      add_fact(link.text, verification_text("chain.in_file", {{"file", file}}));
      link.kind = "chain_trusted";
    }
    if (fault != replay.faults.end()) {
      const std::string words = verify_code_text(fault->code) + " (" + std::to_string(fault->code) + ")";
      add_fact(link.text, {words, words});
      link.kind = "chain_fault";
    } else if (depth == 0 && !replay.name_matches) {
      add_fact(link.text, verification_text("chain.other_name", {{"name", name_of(verdict.name.verified)}}));
      link.kind = "chain_fault";
    }
    diagnosis.evidence.push_back(std::move(link));
    below = found == sent.end() ? nullptr : &found->facts;
  }
  if (!replay.ends_in_trust && below != nullptr && !below->self_issued) {
    diagnosis.evidence.push_back(missing_link(verdict, *below, file));
  }
  for (const PeerCertificate& one : sent) {
    const bool is_used = std::find(replay.built_chain.begin(), replay.built_chain.end(), one.facts.sha256) != replay.built_chain.end();
    if (is_used || sent.size() > kMostDrawn) continue;
    Text words = words_of(one.facts);
    add_fact(words, verification_text("chain.unused"));
    diagnosis.evidence.push_back({"chain_unused", std::move(words)});
  }
}

}  // namespace handshaked::diagnose
