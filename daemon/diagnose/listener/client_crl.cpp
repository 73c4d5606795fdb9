#include <algorithm>

#include "base/text/joined.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/listener/client_trust.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

constexpr int kCrlMissing = 3, kCrlSignature = 8, kCrlNotYetValid = 11, kCrlExpired = 12;

/// The CAs that can stand in a client's chain: those listed, and what the collection has below
/// them.
std::vector<Certificate> cas_in_use(const LocalCase& local, const ClientTrust& trust) {
  std::vector<Certificate> cas = trust.trusted;
  for (std::size_t i = 0; i < cas.size() && cas.size() < 200; ++i) {
    const Certificate above = cas[i];
    for (const StoredCa& stored : local.ca_store().all()) {
      const bool is_below =
          stored.certificate.names_as_issuer(above) && stored.certificate.is_signed_by(above);
      if (is_below && is_valid_at(stored.certificate.facts(), local.now()) &&
          !holds(cas, stored.certificate))
        cas.push_back(stored.certificate);
    }
  }
  return cas;
}

bool is_current(const RevocationListFacts& facts, Time now) {
  return facts.last_update <= now && (!facts.next_update || now <= *facts.next_update);
}

const RevocationList* crl_of(std::span<const RevocationList> lists, const Certificate& ca) {
  const auto found = std::find_if(lists.begin(), lists.end(), [&](const RevocationList& list) {
    return list.is_signed_by(ca);
  });
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
        std::find_if(trust.crls.begin(), trust.crls.end(),
                     [&](const RevocationList& list) { return list.names_as_issuer(ca); });
    const RevocationListFacts* facts = own != nullptr ? &own->facts() : nullptr;
    if (code == kCrlExpired && facts != nullptr && facts->next_update &&
        *facts->next_update < local.now())
      found.push_back({ca, own});
    if (code == kCrlNotYetValid && facts != nullptr && facts->last_update > local.now())
      found.push_back({ca, own});
    if (code == kCrlMissing && own == nullptr && named == trust.crls.end())
      found.push_back({ca, nullptr});
    if (code == kCrlSignature && own == nullptr && named != trust.crls.end())
      found.push_back({ca, &*named});
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
  if (code == kCrlMissing) return listener_text("crl.missing", {{"ca", ca}});
  if (code == kCrlSignature) return listener_text("crl.signed_by_another", {{"ca", ca}});
  const RevocationListFacts& facts = fault.list->facts();
  if (code == kCrlNotYetValid)
    return listener_text("crl.begins", {{"ca", ca}, {"date", minute_text(facts.last_update)}});
  return listener_text("crl.ended", {{"ca", ca}, {"date", minute_text(*facts.next_update)}});
}

}  // namespace

bool diagnose_client_crl(LocalCase& local, const ClientVerification& verification) {
  const int code = local.symptom().verify_code.value_or(0);
  if (code != kCrlMissing && code != kCrlSignature && code != kCrlNotYetValid &&
      code != kCrlExpired)
    return false;
  if (!verification.crl_file) return false;
  local.set_place(*verification.crl_file->directive);
  const std::string& path = verification.crl_file->path;
  const std::vector<CrlFault> faults = faults_for(local, verification.trust, code);
  Text what;
  std::string pem;
  std::size_t found_in_store = 0;
  for (const CrlFault& fault : faults) {
    const Text one = described(fault, code);
    what = what.empty() ? one : listener_text("crl.next_fault", {{"faults", what}, {"fault", one}});
    const auto& at_hand = local.ca_store().crls();
    const auto fresh =
        std::find_if(at_hand.begin(), at_hand.end(), [&](const RevocationList& list) {
          return list.is_signed_by(fault.ca) && is_current(list.facts(), local.now());
        });
    if (fresh == at_hand.end()) continue;
    pem += "# CRL of " + fault.ca.facts().subject + "\n" + fresh->pem();
    ++found_in_store;
  }
  local.conclude(
      std::string(cause_of(code)), faults.empty() ? 0.7 : 0.95,
      faults.empty() ? Text{} : listener_text("crl.faults", {{"file", path}, {"faults", what}}));
  local.diagnosis.cause_key = "crl|" + path;
  for (const CrlFault& fault : faults) local.add_evidence("file", described(fault, code));
  Fix fix = local.known(fix_of(code));
  if (found_in_store > 0 && found_in_store == faults.size()) {
    fix.title = listener_text("crl.append", {{"file", path}});
    ConfigurationPatch patch = local.new_patch();
    fix.proof.detail = listener_text("crl.checked");
    const auto done = patch.append_pem(path, pem);
    local.propose(std::move(fix), changed_patch(patch, done));
  } else {
    const std::string cas =
        joined(faults, ", ", [](const CrlFault& fault) { return fault.ca.facts().subject; });
    if (!cas.empty()) {
      fix.how = listener_text("crl.get", {{"cas", cas}, {"file", path}});
    }
    fix.commands = {
        "openssl storeutl -noout -text -crls " + shell_word(path) +
            " | grep -E 'Issuer|Last Update|Next Update'",
        "openssl crl -in new.crl -noout -issuer -nextupdate && cat new.crl >> " + shell_word(path),
        kReload};
    fix.proof.detail = listener_text("crl.not_at_hand");
    local.propose(std::move(fix));
  }
  local.add_dead_end({.id = "drop-crl",
                      .action = listener_text("crl.remove"),
                      .why_fails = listener_text("crl.remove_fails"),
                      .fail_rate = 0.1,
                      .is_unsafe = true,
                      .proof = {}});
  return true;
}

}  // namespace handshaked::diagnose
