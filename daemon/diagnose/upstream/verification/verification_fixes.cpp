#include "diagnose/upstream/verification/verification_fixes.h"

#include <algorithm>

#include "base/text/joined.h"
#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/case/known_fix.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

/// The id of the knowledge base for what was done about a cause.
std::string_view known_id(std::string_view cause, const Repair& repair) {
  struct Known {
    std::string_view cause, id;
  };
  static constexpr Known kKnown[] = {
      {"upstream_sni_missing", "enable-sni"},
      {"upstream_sni_wrong_name", "set-ssl-name"},
      {"upstream_name_is_upstream_block", "set-ssl-name"},
      {"upstream_name_is_ip", "set-ssl-name"},
      {"upstream_name_mismatch", "set-ssl-name"},
      {"upstream_wildcard_depth", "name-one-label"},
      {"proxy_ssl_name_wrong", "correct-name"},
      {"proxy_ssl_name_empty", "constant-name"},
      {"proxy_ssl_name_from_client", "constant-name"},
      {"verify_depth_too_small", "raise-depth"},
      {"upstream_ca_not_trusted", "append-root"},
      {"upstream_chain_incomplete", "append-intermediate"},
      {"upstream_wrong_intermediate", "append-right-intermediate"},
      {"trusted_bundle_lacks_root", "append-the-root"},
      {"trusted_bundle_holds_leaf", "trust-the-root"},
      {"upstream_self_signed", "pin-certificate"},
      {"trusted_root_expired", "replace-root"},
      {"cross_signed_root_expired", "add-new-root"},
      {"upstream_intermediate_expired", "trust-renewed-intermediate"},
      {"crl_missing", "all-crls"},
      {"crl_expired", "refresh-crl"},
      {"crl_not_yet_valid", "current-crl"},
      {"crl_signature_invalid", "right-crl"},
      {"crl_unusable", "full-crl"},
      {"trusted_bundle_trust_settings", "plain-pem"},
  };
  if (cause == "upstream_ca_rekeyed")
    return repair.kind == RepairKind::replace_ca ? "replace-ca" : "keep-both-new-first";
  for (const Known& one : kKnown) {
    if (one.cause == cause) return one.id;
  }
  return {};
}

Text list_of(const std::vector<StoredCa>& certificates) {
  Text list;
  for (const StoredCa& one : certificates) {
    const CertificateFacts& facts = one.certificate.facts();
    const Text words = verification_text(
        "edit.certificate",
        {{"subject", facts.subject}, {"fingerprint", facts.sha256}, {"file", one.file}});
    list = list.empty() ? words
                        : verification_text("edit.next_certificate",
                                            {{"list", list}, {"certificate", words}});
  }
  return list;
}

/// What a repair changes, here: one sentence.
Text what_changes(UpstreamCase& upstream, const Repair& repair, const UpstreamVerdict& before) {
  const UpstreamView& view = upstream.view();
  switch (repair.kind) {
    case RepairKind::send_sni:
      return verification_text("edit.send_name", {{"directive", view.directive("ssl_server_name")},
                                                  {"name", before.name.verified}});
    case RepairKind::set_name:
      return verification_text(repair.name.support == NameSupport::configured
                                   ? "edit.set_name"
                                   : "edit.set_unnamed_name",
                               {{"directive", view.directive("ssl_name")},
                                {"name", repair.name.name},
                                {"source", where_text(repair.name)}});
    case RepairKind::raise_depth:
      return verification_text("edit.set_depth", {{"directive", view.directive("ssl_verify_depth")},
                                                  {"depth", std::to_string(repair.depth)},
                                                  {"now", std::to_string(before.input.depth)}});
    case RepairKind::trust:
      return verification_text("edit.trust", {{"file", before.trusted_file},
                                              {"certificates", list_of(repair.certificates)}});
    case RepairKind::replace_ca:
      return verification_text("edit.replace_ca", {{"file", before.trusted_file},
                                                   {"certificates", list_of(repair.certificates)}});
    case RepairKind::renew_crl: {
      const std::string issuers =
          joined(repair.crls, "; ", [](const RevocationList& one) { return one.facts().issuer; });
      return verification_text(repair.replaces_crls ? "edit.replace_crls" : "edit.append_crls",
                               {{"file", before.crl_file}, {"issuers", issuers}});
    }
    case RepairKind::plain_pem:
      return verification_text("edit.plain_pem", {{"file", before.trusted_file}});
  }
  return {};
}

/// gRPC needs HTTP/2 behind the handshake, and this peer has not agreed to it.
bool lacks_http2(const UpstreamCase& upstream, const UpstreamVerdict& verdict) {
  return upstream.view().target->module == nginx::Module::grpc && verdict.observation &&
         verdict.observation->seen.alpn != "h2";
}

Proof proof_of(UpstreamCase& upstream, const RepairedState& solution) {
  Proof proof;
  if (lacks_http2(upstream, solution.verdict)) {
    proof.detail = verification_text("proof.no_application_protocol");
    return proof;
  }
  if (const std::string name = solution.unmeant_name(); !name.empty()) {
    proof.detail = not_meant(name);
    return proof;
  }
  proof.status = ProofStatus::proved;
  const UpstreamVerdict& now = upstream.now();
  const bool is_seen_anew = solution.verdict.observation && now.observation &&
                            !(solution.verdict.asked.request == now.asked.request) &&
                            !solution.verdict.is_chain_assumed;
  proof.method = is_seen_anew ? ProofMethod::probe : ProofMethod::replay;
  const std::string under = upstream.ran_under();
  const Text before = summary_of(now);
  if (is_seen_anew) {
    proof.detail = verification_text("proof.by_handshake", {{"before", before}, {"under", under}});
  } else {
    proof.detail = verification_text("proof.by_replay", {{"before", before}, {"under", under}});
  }
  return proof;
}

bool is_trust_material(std::string_view cause) {
  return cause == "upstream_ca_not_trusted" || cause == "upstream_ca_rekeyed" ||
         cause == "trusted_bundle_lacks_root" || cause == "trusted_bundle_holds_leaf" ||
         cause == "trusted_root_expired" || cause == "cross_signed_root_expired" ||
         cause == "upstream_chain_incomplete" || cause == "upstream_wrong_intermediate";
}

std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char byte : text) quoted += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return quoted + "'";
}

/// What is on no disk here, named exactly; and what to do with it once it is there.
void name_missing_material(UpstreamCase& upstream, const FoundCause& cause, Fix& fix) {
  const UpstreamVerdict& now = upstream.now();
  const std::string known = upstream.surroundings().ca_store->description();
  if (is_trust_material(cause.slug)) {
    const Text ca =
        cause.issuer_key_id.empty()
            ? Text{cause.issuer, cause.issuer}
            : verification_text("missing.ca_with_key",
                                {{"issuer", cause.issuer}, {"key_id", cause.issuer_key_id}});
    const bool is_sent = cause.certificate.self_signed && cause.certificate.subject == cause.issuer;
    fix.how = verification_text(is_sent ? "missing.certificate_but_sent" : "missing.certificate",
                                {{"ca", ca},
                                 {"file", now.trusted_file},
                                 {"store", known},
                                 {"fingerprint", cause.certificate.sha256},
                                 {"how", fix.how}});
    fix.commands = {"cat ca.pem >> " + shell_quoted(now.trusted_file)};
  } else if (cause.slug == "upstream_self_signed") {
    fix.how =
        verification_text("missing.compare_shown", {{"certificate", cause.certificate.subject},
                                                    {"fingerprint", cause.certificate.sha256},
                                                    {"how", fix.how}});
    fix.commands = {"cat upstream.pem >> " + shell_quoted(now.trusted_file)};
  } else if (cause.slug.starts_with("crl_")) {
    const std::string issuer = cause.certificate.issuer;
    fix.how =
        verification_text("missing.crl", {{"issuer", issuer}, {"store", known}, {"how", fix.how}});
    fix.commands = {"cat crl.pem >> " + shell_quoted(now.crl_file)};
  } else {
    return;
  }
  for (std::string& command : commands_after_change(upstream))
    fix.commands.push_back(std::move(command));
}

}  // namespace

std::vector<std::string> commands_after_change(UpstreamCase&) {
  return {"nginx -t", "nginx -s reload"};
}

Result<Fix> fix_of(UpstreamCase& upstream, const RepairedState& solution) {
  Fix fix;
  TRY(fix.patch, solution.patch.unified_diff());
  fix.changes = solution.patch.changes();
  fix.success_rate = 1;
  for (std::size_t i = 0; i < solution.repairs.size(); ++i) {
    const Repair& repair = solution.repairs[i];
    const UpstreamVerdict& after =
        i + 1 < solution.repairs.size() ? solution.before[i + 1] : solution.verdict;
    const FoundCause cause = cause_of_repair(upstream, repair, solution.before[i], after);
    const Fix known = known_fix(cause.slug, known_id(cause.slug, repair), upstream.symptom().scheme,
                                upstream.knowledge());
    if (!known.id.empty()) fix.id += (fix.id.empty() ? "" : "+") + known.id;
    const Text changes = what_changes(upstream, repair, solution.before[i]);
    const Text title = known.title.empty() ? changes : known.title;
    fix.title = fix.title.empty() ? title
                                  : verification_text("edit.next_title",
                                                      {{"titles", fix.title}, {"title", title}});
    fix.how = fix.how.empty() ? changes
                              : verification_text("edit.next_change",
                                                  {{"changes", fix.how}, {"change", changes}});
    fix.success_rate =
        std::min(fix.success_rate, known.success_rate > 0 ? known.success_rate : 0.9);
    fix.evidence_count =
        i == 0 ? known.evidence_count : std::min(fix.evidence_count, known.evidence_count);
  }
  fix.commands = commands_after_change(upstream);
  fix.proof = upstream.confirmed(proof_of(upstream, solution), solution.patch);
  return fix;
}

void add_proved_chain_fix(UpstreamCase& upstream, const std::vector<FoundCause>& causes,
                          const RepairedState& solution, Diagnosis& diagnosis) {
  const auto is_chain = [](const FoundCause& one) {
    return one.slug == "upstream_chain_incomplete" || one.slug == "upstream_wrong_intermediate" ||
           one.slug == "upstream_intermediate_expired";
  };
  const auto cause = std::find_if(causes.begin(), causes.end(), is_chain);
  if (cause == causes.end() || solution.repairs.size() != 1 ||
      solution.repairs.front().kind != RepairKind::trust)
    return;
  ReplayInput input = upstream.now().input;
  if (input.chain.empty()) return;
  input.chain.resize(1);
  for (std::size_t i = 1; i < solution.repairs.front().path.certificates.size(); ++i) {
    const PathCertificate& one = solution.repairs.front().path.certificates[i];
    if (!one.facts.self_signed && one.known) input.chain.push_back(one.known->certificate.der());
  }
  const auto replayed = upstream.replay(input);
  if (!replayed || !replayed.value().verified) return;
  const std::string_view id =
      cause->slug == "upstream_chain_incomplete"     ? "upstream-sends-fullchain"
      : cause->slug == "upstream_wrong_intermediate" ? "matching-chain"
                                                     : "send-renewed-intermediate";
  Fix fix = known_fix(cause->slug, id, upstream.symptom().scheme, upstream.knowledge());
  fix.owner = Owner::upstream;
  fix.message = message_for_owner(cause->slug, sentence_facts(upstream, upstream.now(), *cause));
  fix.proof = {
      .status = ProofStatus::proved,
      .method = ProofMethod::replay,
      .detail = verification_text("proof.as_if_sent",
                                  {{"certificates", list_of(solution.repairs.front().certificates)},
                                   {"under", upstream.ran_under()}})};
  diagnosis.fixes.push_back(std::move(fix));
}

void say_needed_edits(UpstreamCase& upstream, const RepairedState& state, Diagnosis& diagnosis) {
  for (std::size_t i = 0; i < state.repairs.size(); ++i) {
    const UpstreamVerdict& after =
        i + 1 < state.repairs.size() ? state.before[i + 1] : state.verdict;
    const FoundCause cause = cause_of_repair(upstream, state.repairs[i], state.before[i], after);
    const std::string_view id = known_id(cause.slug, state.repairs[i]);
    const auto fix = std::find_if(diagnosis.fixes.begin(), diagnosis.fixes.end(),
                                  [&](const Fix& one) { return one.id == id; });
    if (fix == diagnosis.fixes.end()) continue;
    const Text edit = what_changes(upstream, state.repairs[i], state.before[i]);
    const Text left = summary_of(state.verdict);
    fix->how = verification_text("edit.not_enough",
                                 {{"edit", edit}, {"verdict", left}, {"how", fix->how}});
    fix->commands = commands_after_change(upstream);
    fix->proof.detail = verification_text("proof.moves_on", {{"verdict", left}});
  }
}

void add_other_fixes(UpstreamCase& upstream, const std::vector<FoundCause>& causes,
                     Diagnosis& diagnosis) {
  static const Text kNotTried = verification_text("proof.needs_others");
  for (const FoundCause& cause : causes) {
    const std::size_t first = diagnosis.fixes.size();
    add_known_advice(diagnosis, cause.slug, upstream.symptom().scheme, upstream.knowledge(),
                     kNotTried);
    const SentenceFacts facts = sentence_facts(upstream, upstream.now(), cause);
    const bool is_solved =
        std::any_of(diagnosis.fixes.begin(), diagnosis.fixes.end(), [](const Fix& fix) {
          return fix.owner == Owner::proxy && fix.proof.status == ProofStatus::proved;
        });
    for (std::size_t i = first; i < diagnosis.fixes.size(); ++i) {
      Fix& fix = diagnosis.fixes[i];
      if (fix.owner == Owner::proxy && is_solved) continue;
      fix.message = message_for_owner(cause.slug, facts);
      if (fix.owner == Owner::proxy) name_missing_material(upstream, cause, fix);
    }
  }
}

}  // namespace handshaked::diagnose
