#include <algorithm>

#include "diagnose/certificates/issuer_search.h"
#include "diagnose/listener/client_trust.h"

namespace handshaked::diagnose {
namespace {

constexpr int kCrlMissing = 3, kCrlSignature = 8, kCrlNotYetValid = 11, kCrlExpired = 12;

/// The CAs that can stand in a client's chain: those listed, and what the collection has below them.
std::vector<Certificate> cas_in_use(const LocalCase& local, const ClientTrust& trust) {
  std::vector<Certificate> cas = trust.trusted;
  for (std::size_t i = 0; i < cas.size() && cas.size() < 200; ++i) {
    const Certificate above = cas[i];
    for (const StoredCa& stored : local.ca_store().all()) {
      const bool is_below = stored.certificate.names_as_issuer(above) && stored.certificate.is_signed_by(above);
      if (is_below && is_valid_at(stored.certificate.facts(), local.now()) && !holds(cas, stored.certificate))
        cas.push_back(stored.certificate);
    }
  }
  return cas;
}

bool is_current(const RevocationListFacts& facts, Time now) {
  return facts.last_update <= now && (!facts.next_update || now <= *facts.next_update);
}

const RevocationList* crl_of(std::span<const RevocationList> lists, const Certificate& ca) {
  const auto found = std::find_if(lists.begin(), lists.end(), [&](const RevocationList& list) { return list.is_signed_by(ca); });
  return found == lists.end() ? nullptr : &*found;
}

/// A CA whose CRL is at fault, and which one that is.
struct CrlFault {
  Certificate ca;
  const RevocationList* list = nullptr;  ///< null: there is none
};

std::vector<CrlFault> faults_for(const LocalCase& local, const ClientTrust& trust, int code) {
  std::vector<CrlFault> found;
  for (const Certificate& ca : cas_in_use(local, trust)) {
    const RevocationList* own = crl_of(trust.crls, ca);
    const auto named =
        std::find_if(trust.crls.begin(), trust.crls.end(), [&](const RevocationList& list) { return list.names_as_issuer(ca); });
    const RevocationListFacts* facts = own != nullptr ? &own->facts() : nullptr;
    if (code == kCrlExpired && facts != nullptr && facts->next_update && *facts->next_update < local.now()) found.push_back({ca, own});
    if (code == kCrlNotYetValid && facts != nullptr && facts->last_update > local.now()) found.push_back({ca, own});
    if (code == kCrlMissing && own == nullptr && named == trust.crls.end()) found.push_back({ca, nullptr});
    if (code == kCrlSignature && own == nullptr && named != trust.crls.end()) found.push_back({ca, &*named});
  }
  return found;
}

std::string_view cause_of(int code) {
  if (code == kCrlExpired) return "crl_expired";
  if (code == kCrlMissing) return "crl_missing";
  return code == kCrlNotYetValid ? "crl_not_yet_valid" : "crl_signature_invalid";
}
std::string_view fix_of(int code) {
  if (code == kCrlExpired) return "refresh-crl";
  if (code == kCrlMissing) return "all-crls";
  return code == kCrlNotYetValid ? "current-crl" : "right-crl";
}

Text described(const CrlFault& fault, int code) {
  const std::string ca = "\"" + short_name(fault.ca.facts()) + "\"";
  if (code == kCrlMissing) return {"there is no CRL of " + ca, "缺少 " + ca + " 的 CRL"};
  if (code == kCrlSignature)
    return {"the CRL in the name of " + ca + " was signed by another key", "以 " + ca + " 名义的 CRL 由另一把密钥签署"};
  const RevocationListFacts& facts = fault.list->facts();
  if (code == kCrlNotYetValid)
    return {"the CRL of " + ca + " begins on " + minute_text(facts.last_update),
            ca + " 的 CRL 自 " + minute_text(facts.last_update) + " 起有效"};
  return {"the CRL of " + ca + " was good until " + minute_text(*facts.next_update),
          ca + " 的 CRL 有效期至 " + minute_text(*facts.next_update)};
}

}  // namespace

bool diagnose_client_crl(LocalCase& local, const ClientVerification& verification) {
  const int code = local.symptom().verify_code.value_or(0);
  if (code != kCrlMissing && code != kCrlSignature && code != kCrlNotYetValid && code != kCrlExpired) return false;
  if (!verification.crl_file) return false;
  local.set_place(*verification.crl_file->directive);
  const std::string& path = verification.crl_file->path;
  const std::vector<CrlFault> faults = faults_for(local, verification.trust, code);
  Text what{"", ""};
  std::string pem;
  std::size_t found_in_store = 0;
  for (const CrlFault& fault : faults) {
    const Text one = described(fault, code);
    what.en += (what.en.empty() ? "" : "; ") + one.en;
    what.zh += (what.zh.empty() ? "" : "；") + one.zh;
    const auto& at_hand = local.ca_store().crls();
    const auto fresh = std::find_if(at_hand.begin(), at_hand.end(), [&](const RevocationList& list) {
      return list.is_signed_by(fault.ca) && is_current(list.facts(), local.now());
    });
    if (fresh == at_hand.end()) continue;
    pem += "# CRL of " + fault.ca.facts().subject + "\n" + fresh->pem();
    ++found_in_store;
  }
  local.conclude(std::string(cause_of(code)), faults.empty() ? 0.7 : 0.95,
                 faults.empty() ? Text{} : Text{path + ": " + what.en, path + "：" + what.zh});
  local.diagnosis.cause_key = "crl|" + path;
  for (const CrlFault& fault : faults) local.add_evidence("file", described(fault, code));
  Fix fix = local.known(fix_of(code));
  if (found_in_store > 0 && found_in_store == faults.size()) {
    fix.title = {"Append the CRLs at hand to " + path, "把手头的 CRL 追加到 " + path};
    ConfigurationPatch patch = local.new_patch();
    fix.proof.detail = {"signature and dates of the CRLs were checked; the client's certificate is not at hand",
                        "已核对 CRL 的签名与日期；手头没有客户端证书"};
    const auto done = patch.append_pem(path, pem);
    local.propose(std::move(fix), changed_patch(patch, done));
  } else {
    std::string cas;
    for (const CrlFault& fault : faults) cas += (cas.empty() ? "" : ", ") + fault.ca.facts().subject;
    if (!cas.empty()) {
      fix.how = {"Get the current CRL of: " + cas + ". Put it, as PEM, into " + path +
                     " together with those of the other CAs of the chain; nginx reads the file at a reload only.",
                 "获取以下 CA 的最新 CRL：" + cas + "。以 PEM 写入 " + path + "，并保留链上其他 CA 的 CRL；nginx 只在重载时读取该文件。"};
    }
    fix.commands = {"openssl storeutl -noout -text -crls " + shell_word(path) + " | grep -E 'Issuer|Last Update|Next Update'",
                    "openssl crl -in new.crl -noout -issuer -nextupdate && cat new.crl >> " + shell_word(path), kReload};
    fix.proof.detail = {"the CRL is on no disk here", "本机没有该 CRL"};
    local.propose(std::move(fix));
  }
  local.add_dead_end({.id = "drop-crl",
                      .action = {"Remove ssl_crl", "删除 ssl_crl"},
                      .why_fails = {"the error goes away, and revoked certificates get in", "错误消失，但已吊销的证书也会被接受"},
                      .fail_rate = 0.1,
                      .is_unsafe = true,
                      .proof = {}});
  return true;
}

}  // namespace handshaked::diagnose
