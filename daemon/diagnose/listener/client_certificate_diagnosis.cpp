#include <algorithm>
#include <array>

#include "base/text/joined.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/listener/client_trust.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

constexpr int kExpired = 10;

std::string listed_cas(const ClientTrust& trust) {
  const std::string names =
      joined(trust.trusted, ", ", [](const Certificate& one) { return one.facts().subject; });
  return names.empty() ? "-" : names;
}

/// Code 10 with an expired CA in our own file: the client's certificate may be good. A renewed one
/// with the same name and key helps.
bool diagnose_expired_ca(LocalCase& local, const ClientVerification& verification) {
  for (const Certificate& ca : verification.trust.trusted) {
    if (is_valid_at(ca.facts(), local.now()) || ca.facts().not_before > local.now()) continue;
    const bool is_root = ca.facts().self_signed;
    local.set_place(*verification.file()->directive);
    local.conclude(
        is_root ? "client_cert_expired" : "client_intermediate_expired", 0.75,
        listener_text("client.ca_expired", {{"file", verification.file()->path},
                                            {"certificate", short_name(ca.facts())},
                                            {"date", minute_text(ca.facts().not_after)}}));
    local.diagnosis.cause_key = "expired|" + ca.facts().sha256;
    for (const StoredCa* stored : local.ca_store().named(ca.facts().subject_hash)) {
      const CertificateFacts& facts = stored->certificate.facts();
      if (facts.public_key_sha256 != ca.facts().public_key_sha256 ||
          !is_valid_at(facts, local.now()))
        continue;
      Fix fix = local.known("new-intermediate");
      fix.owner = Owner::proxy;
      fix.title = listener_text("client.append_renewed", {{"certificate", short_name(facts)},
                                                          {"file", verification.file()->path}});
      fix.proof.detail = listener_text("client.renewed_compared");
      ConfigurationPatch patch = local.new_patch();
      const auto done =
          patch.append_pem(verification.file()->path, pem_of({&stored->certificate, 1}));
      local.propose(std::move(fix), changed_patch(patch, done));
      return true;
    }
    return true;
  }
  return false;
}

/// Code 10, and the collection has an intermediate below a listed CA that has expired: clients
/// still send it. Where the file has a renewed one of the same name and key, nginx looks there
/// first.
bool diagnose_expired_intermediate(LocalCase& local, const ClientVerification& verification) {
  const std::vector<Certificate>& listed = verification.trust.trusted;
  for (const StoredCa& stored : local.ca_store().all()) {
    const CertificateFacts& old = stored.certificate.facts();
    const bool is_dead = !old.self_signed && old.is_ca && old.not_after < local.now();
    const bool is_below =
        is_dead && std::any_of(listed.begin(), listed.end(), [&](const Certificate& ca) {
          return stored.certificate.names_as_issuer(ca) && stored.certificate.is_signed_by(ca);
        });
    if (!is_below) continue;
    local.set_place(*verification.file()->directive);
    local.conclude(
        "client_intermediate_expired", 0.6,
        listener_text("client.intermediate_expired",
                      {{"certificate", short_name(old)}, {"date", minute_text(old.not_after)}}));
    local.diagnosis.cause_key = "expired|" + old.sha256;
    local.diagnosis.also.emplace_back("client_cert_expired");
    for (const StoredCa* renewed : local.ca_store().named(old.subject_hash)) {
      const CertificateFacts& facts = renewed->certificate.facts();
      if (facts.public_key_sha256 != old.public_key_sha256 || !is_valid_at(facts, local.now()))
        continue;
      Fix fix = local.known("new-intermediate");
      fix.owner = Owner::proxy;
      fix.title = listener_text("client.append_renewed", {{"certificate", short_name(facts)},
                                                          {"file", verification.file()->path}});
      fix.how = listener_text("client.trusted_first");
      fix.proof.detail = listener_text("client.renewed_compared_in_doubt");
      ConfigurationPatch patch = local.new_patch();
      const auto done =
          patch.append_pem(verification.file()->path, pem_of({&renewed->certificate, 1}));
      local.propose(std::move(fix), changed_patch(patch, done));
      break;
    }
    return true;
  }
  return false;
}

/// What the client's owner has to do, by cause.
void propose_by_cause(LocalCase& local, const ClientTrust& trust) {
  struct Words {
    std::string_view cause, fix_id, text;
  };
  static constexpr std::array kWords{
      Words{"client_cert_missing", "configure-client", "ask.present_one"},
      Words{"client_cert_expired", "renew-client", "ask.renew"},
      Words{"client_cert_not_yet_valid", "wait-or-reissue", "ask.valid_later"},
      Words{"client_cert_self_signed", "issue-from-ca", "ask.not_self_signed"},
      Words{"client_cert_wrong_usage", "reissue-clientauth", "ask.client_auth"},
      Words{"client_cert_weak_key", "reissue-strong", "ask.stronger_key"},
      Words{"client_cert_revoked", "new-certificate", "ask.revoked"},
      Words{"client_cert_invalid_chain", "reissue-chain", "ask.correct_chain"},
      Words{"client_intermediate_expired", "new-intermediate", "ask.renewed_intermediate"},
      Words{"client_cert_unknown_ca", "right-client-cert", "ask.listed_ca"},
      Words{"client_chain_incomplete", "client-sends-chain", "ask.send_intermediate"}};
  const auto found = std::find_if(kWords.begin(), kWords.end(), [&](const Words& one) {
    return one.cause == local.diagnosis.cause;
  });
  if (found == kWords.end()) return;
  const Owner owner = local.known(found->fix_id).owner;
  propose_to_client(local, found->fix_id,
                    listener_text(found->text, {{"cas", listed_cas(trust)},
                                                {"error", local.symptom().verify_text}}));
  if (owner == Owner::ca) local.diagnosis.fixes.back().owner = Owner::ca;
}

}  // namespace

bool diagnose_client_certificate(LocalCase& local, const ListenerPlace& place) {
  const Symptom& symptom = local.symptom();
  if (symptom.candidates.empty()) return false;
  const std::string& likeliest = symptom.candidates.front().cause;
  const bool is_client_certificate = symptom.verify_code || likeliest.starts_with("client_cert_") ||
                                     likeliest == "ocsp_responder_unreachable";
  const auto verification = find_client_verification(local, place);
  // A client that is turned away for want of a certificate goes on talking: some lines tell that
  // only.
  const bool may_lack_one = symptom.has_cause("client_cert_missing") && verification &&
                            verification->server->settings.verify_client.is_on();
  if (may_lack_one && !is_client_certificate) {
    local.set_place(*verification->server->settings.verify_client.set_by.front());
    local.conclude("client_cert_missing", 0.7);
    propose_by_cause(local, verification->trust);
    return true;
  }
  if (!is_client_certificate) return false;
  if (!verification) {
    local.conclude(likeliest, symptom.candidates.front().likelihood);
    local.add_evidence("configuration", listener_text("client.nobody_verifies"));
    propose_by_cause(local, {});
    return true;
  }
  if (diagnose_client_crl(local, *verification) || diagnose_client_path(local, *verification))
    return true;
  if (symptom.verify_code == kExpired && verification->file() &&
      diagnose_expired_ca(local, *verification))
    return true;
  if (symptom.verify_code == kExpired && verification->file() &&
      diagnose_expired_intermediate(local, *verification)) {
    propose_by_cause(local, verification->trust);
    return true;
  }
  if (const nginx::EffectiveValue& verify = verification->server->settings.verify_client;
      !verify.set_by.empty())
    local.set_place(*verify.set_by.front());
  local.conclude(likeliest, 0.85);
  local.add_evidence("configuration", listener_text("client.listed_cas",
                                                    {{"cas", listed_cas(verification->trust)}}));
  propose_by_cause(local, verification->trust);
  return true;
}

}  // namespace handshaked::diagnose
