#include <algorithm>

#include "base/text/joined.h"
#include "diagnose/case/fitting_certificate.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/listener/served_fault.h"
#include "diagnose/texts.h"
#include "diagnose/tls/nearest_word.h"

namespace handshaked::diagnose {
namespace {

constexpr int kDecryptError = 51;

/// Another certificate on this host that could be served instead.
bool propose_other_pair(LocalCase& local, const FoundFault& found, std::string_view fix_id) {
  const std::vector<std::string> names = exact_names(*found.server);
  const auto pair = find_fitting_pair(local, names, found.chain.file.path);
  if (!pair) return false;
  Fix fix = local.known(fix_id);
  fix.title = listener_text("certificate.serve_other",
                            {{"file", pair->certificate}, {"name", names.front()}});
  local.propose(std::move(fix), patch_with_pair(local, block_of(*found.server), *pair));
  return true;
}

void add_renewal_commands(LocalCase& local, const FoundFault& found, std::string_view fix_id,
                          const Text& how) {
  Fix fix = local.known(fix_id);
  fix.owner = Owner::proxy;
  fix.how = how;
  const std::string path = shell_word(found.chain.file.path);
  fix.commands = {
      "openssl x509 -in " + path + " -noout -subject -issuer -enddate -ext subjectAltName",
      "# put the new chain (leaf first, then intermediates) at " + found.chain.file.path +
          ", its key at the path of ssl_certificate_key",
      kReload};
  local.propose(std::move(fix));
}

/// The collection has the CA with another period of validity, and the same key: it takes the place
/// of the one that has expired.
bool propose_renewed_intermediate(LocalCase& local, const FoundFault& found,
                                  const CertificateFacts& dead) {
  if (found.chain.bundle.has_private_key()) return false;
  for (const StoredCa* stored : local.ca_store().named(dead.subject_hash)) {
    const CertificateFacts& renewed = stored->certificate.facts();
    if (renewed.public_key_sha256 != dead.public_key_sha256 || !is_valid_at(renewed, local.now()))
      continue;
    std::vector<Certificate> all;
    std::vector<Der> sent;
    for (const BundledCertificate& one : found.chain.bundle.certificates) {
      all.push_back(one.certificate.facts().sha256 == dead.sha256 ? stored->certificate
                                                                  : one.certificate);
      sent.push_back(all.back().der());
    }
    const auto before = as_client_sees(found.chain, found.chain.sent(), {}, local.now());
    const auto after = as_client_sees(found.chain, sent, {}, local.now());
    if (!before || !after || before->verified || !after->verified) continue;
    Fix fix = local.known("replace-intermediate");
    fix.owner = Owner::proxy;
    fix.title = listener_text("certificate.replace_intermediate",
                              {{"certificate", short_name(dead)}, {"file", found.chain.file.path}});
    fix.proof = {ProofStatus::proved, ProofMethod::replay,
                 listener_text("certificate.as_client_sees",
                               {{"root", short_name(found.chain.path.last().facts())},
                                {"before", summary_of(*before)},
                                {"after", summary_of(*after)}})};
    ConfigurationPatch patch = local.new_patch();
    const auto done = patch.replace_file(found.chain.file.path, pem_of(all));
    local.propose(std::move(fix), changed_patch(patch, done));
    return true;
  }
  return false;
}

void diagnose_expired(LocalCase& local, const FoundFault& found) {
  const CertificateFacts& leaf = found.chain.leaf().facts();
  const bool is_leaf = leaf.not_after < local.now();
  const CertificateFacts& dead = expired_one(found.chain, local.now())->facts();
  local.conclude("server_cert_expired", 0.95,
                 listener_text("certificate.expired", {{"file", found.chain.file.path},
                                                       {"certificate", short_name(dead)},
                                                       {"date", minute_text(dead.not_after)}}));
  local.diagnosis.cause_key = "expired|" + dead.sha256;
  if (propose_other_pair(local, found, "renew-and-reload")) return;
  if (!is_leaf && propose_renewed_intermediate(local, found, dead)) return;
  add_renewal_commands(local, found, is_leaf ? "renew-and-reload" : "replace-intermediate",
                       listener_text("certificate.renew", {{"certificate", short_name(leaf)}}));
  local.add_dead_end({.id = "append-root",
                      .action = listener_text("certificate.append_root"),
                      .why_fails = listener_text("certificate.append_root_fails"),
                      .fail_rate = 1,
                      .is_unsafe = false,
                      .proof = {}});
}

void diagnose_wrong_name(LocalCase& local, const FoundFault& found) {
  const CertificateFacts& leaf = found.chain.leaf().facts();
  const std::string names = joined(leaf.dns_names);
  local.conclude("server_cert_name_mismatch", 0.9,
                 names.empty()
                     ? listener_text("certificate.covers_none",
                                     {{"name", found.name}, {"file", found.chain.file.path}})
                     : listener_text("certificate.covers_others", {{"name", found.name},
                                                                   {"file", found.chain.file.path},
                                                                   {"names", names}}));
  if (propose_other_pair(local, found, "certificate-with-name")) return;
  std::string wanted;
  for (const std::string& name : exact_names(*found.server))
    wanted += (wanted.empty() ? "DNS:" : ",DNS:") + name;
  add_renewal_commands(local, found, "certificate-with-name",
                       listener_text("certificate.issue_with_names",
                                     {{"names", wanted}, {"file", found.chain.file.path}}));
}

void diagnose_unsuitable(LocalCase& local, const FoundFault& found) {
  const ReplayFault& broken = found.broken;
  const std::string rule = verify_code_text(broken.code), code = std::to_string(broken.code),
                    depth = std::to_string(broken.depth);
  local.conclude("server_cert_unsuitable", 0.9,
                 listener_text("certificate.breaks_rule", {{"file", found.chain.file.path},
                                                           {"rule", rule},
                                                           {"code", code},
                                                           {"depth", depth},
                                                           {"subject", broken.subject}}));
  if (propose_other_pair(local, found, "reissue")) return;
  add_renewal_commands(
      local, found, "reissue",
      listener_text("certificate.reissue_to_rule", {{"rule", rule}, {"subject", broken.subject}}));
}

void diagnose_self_signed(LocalCase& local, const FoundFault& found) {
  const CertificateFacts& leaf = found.chain.leaf().facts();
  local.conclude("server_cert_self_signed", 0.9,
                 listener_text("certificate.self_signed", {{"file", found.chain.file.path},
                                                           {"certificate", short_name(leaf)}}));
  if (propose_other_pair(local, found, "issue-certificate")) return;
  add_renewal_commands(local, found, "issue-certificate",
                       listener_text("certificate.of_trusted_ca"));
}

void conclude_found(LocalCase& local, const FoundFault& found) {
  local.set_place(*found.chain.file.directive);
  const CertificateFacts& leaf = found.chain.leaf().facts();
  local.add_evidence(
      "file", listener_text("certificate.as_it_is",
                            {{"file", found.chain.file.path},
                             {"count", std::to_string(found.chain.bundle.certificates.size())},
                             {"certificate", short_name(leaf)},
                             {"issuer", leaf.issuer},
                             {"date", minute_text(leaf.not_after)}}));
  switch (found.fault) {
    case ServedFault::expired: return diagnose_expired(local, found);
    case ServedFault::wrong_name: return diagnose_wrong_name(local, found);
    case ServedFault::self_signed: return diagnose_self_signed(local, found);
    case ServedFault::unsuitable: return diagnose_unsuitable(local, found);
    case ServedFault::incomplete: {
      const std::string missing = short_name(found.chain.missing.front().facts());
      local.conclude("server_chain_incomplete", 0.9,
                     listener_text("certificate.lacks_intermediate",
                                   {{"file", found.chain.file.path}, {"intermediate", missing}}));
      local.diagnosis.cause_key = "served chain|" + found.chain.file.path;
      propose_missing_intermediates(local, found.chain, "append-intermediate");
      return local.add_dead_end({.id = "trusted-certificate",
                                 .action = listener_text("certificate.into_trusted_file"),
                                 .why_fails = listener_text("certificate.into_trusted_file_fails"),
                                 .fail_rate = 1,
                                 .is_unsafe = false,
                                 .proof = {}});
    }
    case ServedFault::perhaps_incomplete: {
      local.conclude("server_chain_incomplete", 0.6,
                     listener_text("certificate.leaf_alone",
                                   {{"file", found.chain.file.path}, {"issuer", leaf.issuer}}));
      Fix fix = local.known("append-intermediate");
      fix.how = listener_text("certificate.get_issuer", {{"issuer", leaf.issuer},
                                                         {"key_id", leaf.authority_key_id},
                                                         {"url", leaf.issuer_urls.front()}});
      fix.commands = {"cat intermediate.pem >> " + shell_word(found.chain.file.path), kReload};
      return local.propose(std::move(fix));
    }
    case ServedFault::revoked:
      local.conclude("server_cert_revoked", 0.9,
                     listener_text("certificate.revoked", {{"file", found.chain.file.path},
                                                           {"certificate", short_name(leaf)},
                                                           {"serial", leaf.serial}}));
      return add_renewal_commands(local, found, "new-key-and-certificate",
                                  listener_text("certificate.new_key"));
  }
}

/// The file is good, the running nginx serves something else.
bool is_older_served(const LocalCase& local, const ListenerPlace& place,
                     const PeerObservation& observation, Text& what) {
  if (observation.seen.chain.empty()) return false;
  const CertificateFacts& served = observation.seen.chain.front().facts;
  for (const nginx::ListeningServer& server : place.listener().servers) {
    for (const ConfiguredFile& file : certificate_files(local, server)) {
      const auto chain = read_served_chain(local, file);
      if (!chain || chain.value().leaf().facts().sha256 == served.sha256) return false;
    }
  }
  what = listener_text("certificate.older_is_served", {{"certificate", short_name(served)},
                                                       {"date", minute_text(served.not_after)}});
  return true;
}

void conclude_not_reloaded(LocalCase& local, const ListenerPlace& place, const Text& what,
                           ProofStatus proof) {
  const auto files = certificate_files(local, place.server());
  if (!files.empty()) local.set_place(*files.front().directive);
  local.conclude("server_cert_renewed_not_reloaded", 0.9, what);
  local.add_evidence("peer", what);
  Fix fix = local.known("reload");
  fix.commands = {kReload};
  fix.proof.detail = proof == ProofStatus::proved
                         ? listener_text("certificate.compared_with_served")
                         : listener_text("certificate.served_unseen");
  local.propose(std::move(fix));
}

/// A CA of the collection that has the name of one on the way of what we serve, and another key:
/// who knows it by that key finds our signatures wrong.
const StoredCa* namesake_of(const LocalCase& local, const ServedChain& chain) {
  for (const Certificate& issuer : chain.path.issuers) {
    for (const StoredCa* const stored : local.ca_store().named(issuer.facts().subject_hash)) {
      if (stored->certificate.facts().public_key_sha256 != issuer.facts().public_key_sha256)
        return stored;
    }
  }
  return nullptr;
}

/// Alert 51: a signature of ours was wrong in the client's eyes, of a certificate or of the
/// handshake. Nothing here is wrong, so it is what the client holds, or the way.
void diagnose_wrong_signature(LocalCase& local, const ListenerPlace& place) {
  local.conclude("client_sent_alert", 0.5, listener_text("certificate.signature_wrong"));
  const auto files = certificate_files(local, place.server());
  if (files.empty()) return;
  local.set_place(*files.front().directive);
  const auto chain = read_served_chain(local, files.front());
  if (!chain) return;
  if (chain.value().path.is_complete)
    local.add_evidence(
        "file", listener_text("certificate.signatures_right", {{"file", files.front().path}}));
  const StoredCa* const namesake = namesake_of(local, chain.value());
  if (namesake == nullptr) {
    return propose_to_client(local, "client-log", listener_text("ask.about_signature"));
  }
  const CertificateFacts& facts = namesake->certificate.facts();
  local.conclude("client_distrusts_our_ca", 0.7,
                 listener_text("certificate.two_cas", {{"certificate", short_name(facts)}}));
  propose_to_client(local, "distribute-root",
                    listener_text("ask.trust_present_ca",
                                  {{"fingerprint", chain.value().path.last().facts().sha256}}));
}

/// `is_served_seen`: the listener was looked at, and serves what the files have.
void diagnose_distrust(LocalCase& local, const ListenerPlace& place, bool is_served_seen) {
  const int alert = local.symptom().alert.value_or(0);
  const bool may_distrust = local.symptom().has_cause("client_distrusts_our_ca");
  const std::vector<match::CandidateCause>& candidates = local.symptom().candidates;
  const auto is_server_side = [](const match::CandidateCause& one) {
    return one.cause.starts_with("server_c");
  };
  const auto other = std::find_if_not(candidates.begin(), candidates.end(), is_server_side);
  // That alert says nothing else: the client has a list that we have not.
  const bool says_revoked = alert == 44;
  const bool is_perhaps_older = alert == 45 && !is_served_seen;
  local.conclude(says_revoked                ? "server_cert_revoked"
                 : is_perhaps_older          ? "server_cert_renewed_not_reloaded"
                 : may_distrust              ? "client_distrusts_our_ca"
                 : other != candidates.end() ? other->cause
                                             : std::string("client_sent_alert"),
                 (may_distrust && alert == 48) || says_revoked ? 0.8 : 0.5);
  const auto files = certificate_files(local, place.server());
  if (files.empty()) return;
  local.set_place(*files.front().directive);
  const auto chain = read_served_chain(local, files.front());
  if (!chain) return;
  const CertificateFacts& leaf = chain.value().leaf().facts();
  local.add_evidence(
      "file", listener_text("certificate.is_whole",
                            {{"file", files.front().path}, {"date", minute_text(leaf.not_after)}}));
  const std::string root = chain.value().path.is_complete && !chain.value().path.issuers.empty()
                               ? chain.value().path.last().facts().subject + ", SHA-256 " +
                                     chain.value().path.last().facts().sha256
                               : leaf.issuer;
  if (says_revoked || is_perhaps_older) return;
  propose_to_client(
      local, may_distrust ? "distribute-root" : "client-log",
      listener_text("ask.trust_our_ca", {{"alert", std::to_string(alert)}, {"ca", root}}));
}

/// The server_name is a slip of the pen of what the certificate has.
bool is_slip_of_name(const FoundFault& found) {
  constexpr std::size_t kMostSlips = 2;
  if (found.fault != ServedFault::wrong_name) return false;
  const std::vector<std::string>& names = found.chain.leaf().facts().dns_names;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return edit_distance(name, found.name) <= kMostSlips;
  });
}

}  // namespace

bool diagnose_no_certificate(LocalCase& local, const ListenerPlace& place) {
  if (local.symptom().message.find("no \"ssl_certificate\" is defined") == std::string::npos)
    return false;
  const auto has_none = [](const nginx::ListeningServer& server) {
    return server.settings.certificates.set_by.empty();
  };
  const auto& servers = place.listener().servers;
  const auto bare =
      has_none(place.server()) ? &place.server() : [&]() -> const nginx::ListeningServer* {
    const auto found = std::find_if(servers.begin(), servers.end(), has_none);
    return found == servers.end() ? nullptr : &*found;
  }();
  if (bare == nullptr) return false;
  local.set_place(block_of(*bare));
  const std::string server = where(block_of(*bare));
  local.conclude(
      "server_cert_not_configured", 0.95,
      listener_text("certificate.none", {{"place", server}, {"listener", place.listener().key}}));
  const std::vector<std::string> names = exact_names(*bare);
  const auto pair = find_fitting_pair(local, names);
  if (!pair) return true;
  Fix fix = local.known("add-certificate");
  fix.title =
      listener_text("certificate.serve", {{"file", pair->certificate}, {"name", names.front()}});
  fix.proof = {ProofStatus::proved, ProofMethod::replay,
               listener_text("certificate.belongs_to_key")};
  local.propose(std::move(fix), patch_with_pair(local, block_of(*bare), *pair));
  return true;
}

/// The servers of the listener that have a certificate, the place's own first, by the name that a
/// client asks for.
std::vector<std::string> names_to_ask_for(const ListenerPlace& place) {
  constexpr std::size_t kMostNames = 4;
  std::vector<std::string> names;
  const auto add = [&](const nginx::ListeningServer& server) {
    if (server.settings.certificates.set_by.empty() || names.size() >= kMostNames) return;
    const std::string name =
        server.server->names.names.empty() ? std::string() : server.server->names.logged;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  add(place.server());
  for (const nginx::ListeningServer& server : place.listener().servers) add(server);
  return names;
}

bool diagnose_rejected_certificate(LocalCase& local, const ListenerPlace& place) {
  const Symptom& symptom = local.symptom();
  const bool is_ours = std::any_of(
      symptom.candidates.begin(), symptom.candidates.end(), [](const match::CandidateCause& one) {
        return one.cause.starts_with("server_cert_") || one.cause == "server_chain_incomplete";
      });
  if (!symptom.alert || !is_ours) return false;
  Text what;
  bool is_served_seen = false;
  for (const std::string& name : names_to_ask_for(place)) {
    const auto observation = observe_listener(local, place.listener(), name);
    if (!observation) continue;
    const std::string seen = summary_of(observation.value().seen);
    local.add_evidence("peer", name.empty()
                                   ? listener_text("certificate.served_now", {{"seen", seen}})
                                   : listener_text("certificate.served_now_by_name",
                                                   {{"name", name}, {"seen", seen}}));
    is_served_seen = is_served_seen || observation.value().has_chain();
    if (!is_older_served(local, place, observation.value(), what)) continue;
    conclude_not_reloaded(local, place, what, ProofStatus::proved);
    return true;
  }
  const std::vector<FoundFault> found = find_faults(local, place);
  if (!found.empty() && is_slip_of_name(found.front()) && diagnose_forgotten_name(local, place))
    return true;
  if (!found.empty() && found.front().worth >= 0.3) {
    conclude_found(local, found.front());
    for (std::size_t i = 1; i < found.size() && found[i].server == found.front().server; ++i) {
      if (found[i].fault == ServedFault::expired || found[i].fault == ServedFault::incomplete)
        local.diagnosis.also.emplace_back(found[i].fault == ServedFault::expired
                                              ? "server_cert_expired"
                                              : "server_chain_incomplete");
    }
    return true;
  }
  if (symptom.alert == kDecryptError) {
    diagnose_wrong_signature(local, place);
    return true;
  }
  if (diagnose_forgotten_name(local, place)) return true;
  diagnose_distrust(local, place, is_served_seen);
  return true;
}

}  // namespace handshaked::diagnose
