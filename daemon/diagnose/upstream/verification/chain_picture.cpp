#include "diagnose/upstream/verification/chain_picture.h"

#include <openssl/x509_vfy.h>

#include <algorithm>

#include "diagnose/upstream/verification/cause_sentences.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostDrawn = 12;

/// A ';' in a name would begin a fact.
std::string name_of(std::string subject) {
  std::replace(subject.begin(), subject.end(), ';', ',');
  return subject.empty() ? "?" : subject;
}

/// "CN=leaf; signed by CN=CA; until 2026-12-01 00:00:00 UTC".
Text words_of(const CertificateFacts& facts) {
  const std::string until = date_text(facts.not_after);
  Text words{name_of(facts.subject), name_of(facts.subject)};
  words.en += facts.self_signed ? "; self-signed" : "; signed by " + name_of(facts.issuer);
  words.zh += facts.self_signed ? "；自签名" : "；由 " + name_of(facts.issuer) + " 签发";
  words.en += "; until " + until;
  words.zh += "；有效期至 " + until;
  return words;
}

void add_fact(Text& words, const std::string& en, const std::string& zh) {
  words.en += "; " + en;
  words.zh += "；" + zh;
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
    add_fact(link.text, "neither sent by the upstream nor in " + file, "上游未发送，" + file + " 中也没有");
  } else if (is_too_deep) {
    link.kind = "chain_trusted";
    add_fact(link.text, "in " + file + ", beyond the permitted depth", "在 " + file + " 中，但超出允许的深度");
  } else {
    add_fact(link.text, "not sent by the upstream; one of that name in " + file + " did not sign it",
             "上游未发送；" + file + " 中有同名证书，但并非其签发者");
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
      add_fact(link.text, "in " + file, "在 " + file + " 中");
      link.kind = "chain_trusted";
    }
    if (fault != replay.faults.end()) {
      const std::string words = verify_code_text(fault->code) + " (" + std::to_string(fault->code) + ")";
      add_fact(link.text, words, words);
      link.kind = "chain_fault";
    } else if (depth == 0 && !replay.name_matches) {
      add_fact(link.text, "not for the name " + name_of(verdict.name.verified), "不含名称 " + name_of(verdict.name.verified));
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
    add_fact(words, "sent, and of no use", "已发送，但用不上");
    diagnosis.evidence.push_back({"chain_unused", std::move(words)});
  }
}

}  // namespace handshaked::diagnose
