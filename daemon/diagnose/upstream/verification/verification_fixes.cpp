#include "diagnose/upstream/verification/verification_fixes.h"

#include <algorithm>

#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/case/known_fix.h"
#include "diagnose/certificates/issuer_search.h"

namespace handshaked::diagnose {
namespace {

/// What suggests a name: a place in the configuration reads alike in both languages, the certificate does not.
std::string chinese_where(const std::string& where) {
  constexpr std::string_view kCertificate = "the certificate";
  if (where == kCertificate) return "证书";
  if (where.starts_with("the certificate's ")) return "证书中的 " + where.substr(kCertificate.size() + 3);
  return where;
}

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
  if (cause == "upstream_ca_rekeyed") return repair.kind == RepairKind::replace_ca ? "replace-ca" : "keep-both-new-first";
  for (const Known& one : kKnown) {
    if (one.cause == cause) return one.id;
  }
  return {};
}

std::string list_of(const std::vector<StoredCa>& certificates, std::string_view from) {
  std::string text;
  for (const StoredCa& one : certificates) {
    if (!text.empty()) text += "; ";
    text += one.certificate.facts().subject + " (SHA-256 " + one.certificate.facts().sha256 + std::string(from) + one.file + ")";
  }
  return text;
}

/// What a repair changes, here: one sentence.
Text what_changes(UpstreamCase& upstream, const Repair& repair, const UpstreamVerdict& before) {
  const UpstreamView& view = upstream.view();
  switch (repair.kind) {
    case RepairKind::send_sni:
      return {"Set " + view.directive("ssl_server_name") + " on, so that the SNI \"" + before.name.verified + "\" is sent.",
              "设置 " + view.directive("ssl_server_name") + " on，以发送 SNI “" + before.name.verified + "”。"};
    case RepairKind::set_name: {
      Text text{"Set " + view.directive("ssl_name") + " " + repair.name.name + " (suggested by " + repair.name.where + ").",
                "设置 " + view.directive("ssl_name") + " " + repair.name.name + "（依据：" + chinese_where(repair.name.where) + "）。"};
      if (repair.name.support == NameSupport::configured) return text;
      text.en += " Nothing in the configuration names that host: make sure that it is the one that is meant.";
      text.zh += " 配置中没有写明该主机：请先确认它就是所要连接的主机。";
      return text;
    }
    case RepairKind::raise_depth:
      return {"Set " + view.directive("ssl_verify_depth") + " " + std::to_string(repair.depth) + " (now " +
                  std::to_string(before.input.depth) + ").",
              "设置 " + view.directive("ssl_verify_depth") + " " + std::to_string(repair.depth) + "（目前为 " +
                  std::to_string(before.input.depth) + "）。"};
    case RepairKind::trust:
      return {"Append to " + before.trusted_file + ": " + list_of(repair.certificates, ", from ") +
                  ". Compare the fingerprint with one from the owner of the CA.",
              "追加到 " + before.trusted_file + "：" + list_of(repair.certificates, "，取自 ") + "。请与 CA 所有者提供的指纹核对。"};
    case RepairKind::replace_ca:
      return {"In " + before.trusted_file + " put in the place of the certificate of the same name: " +
                  list_of(repair.certificates, ", from ") + ". Compare the fingerprint with one from the owner of the CA.",
              "在 " + before.trusted_file + " 中用以下证书替换同名证书：" + list_of(repair.certificates, "，取自 ") +
                  "。请与 CA 所有者提供的指纹核对。"};
    case RepairKind::renew_crl: {
      std::string issuers;
      for (const RevocationList& one : repair.crls) issuers += (issuers.empty() ? "" : "; ") + one.facts().issuer;
      return {std::string(repair.replaces_crls ? "Replace in " : "Append to ") + before.crl_file + " the current CRL of: " + issuers + ".",
              std::string(repair.replaces_crls ? "在 " : "向 ") + before.crl_file +
                  (repair.replaces_crls ? " 中替换为以下 CA 的最新 CRL：" : " 追加以下 CA 的最新 CRL：") + issuers + "。"};
    }
    case RepairKind::plain_pem:
      return {"Write " + before.trusted_file + " as plain CERTIFICATE blocks, without trust settings.",
              "把 " + before.trusted_file + " 写成普通 CERTIFICATE 块，不带信任设置。"};
  }
  return {};
}

/// gRPC needs HTTP/2 behind the handshake, and this peer has not agreed to it.
bool lacks_http2(const UpstreamCase& upstream, const UpstreamVerdict& verdict) {
  return upstream.view().target->module == nginx::Module::grpc && verdict.observation && verdict.observation->seen.alpn != "h2";
}

Proof proof_of(UpstreamCase& upstream, const RepairedState& solution) {
  Proof proof;
  if (lacks_http2(upstream, solution.verdict)) {
    proof.detail = {"Chain and name pass with it; but the peer does not agree to HTTP/2 (ALPN h2), which gRPC needs.",
                    "按此修改后证书链与名称均通过；但对端没有协商 gRPC 所需的 HTTP/2（ALPN h2）。"};
    return proof;
  }
  if (const std::string name = solution.unmeant_name(); !name.empty()) {
    proof.detail = not_meant(name);
    return proof;
  }
  proof.status = ProofStatus::proved;
  const UpstreamVerdict& now = upstream.now();
  const bool is_seen_anew = solution.verdict.observation && now.observation && !(solution.verdict.asked.request == now.asked.request) &&
                            !solution.verdict.is_chain_assumed;
  proof.method = is_seen_anew ? ProofMethod::probe : ProofMethod::replay;
  const std::string under = upstream.ran_under();
  const Text before = summary_of(now);
  if (is_seen_anew) {
    proof.detail = {
        "A handshake with the peer as the patched configuration makes it, then nginx’s verification: chain and name pass; before: " +
            before.en + " (" + under + ").",
        "按补丁后的配置与对端握手并重复 nginx 的校验：证书链与名称均通过；此前：" + before.zh + "（" + under + "）。"};
  } else {
    proof.detail = {
        "nginx’s verification was repeated on the chain that the peer sends, with the patched configuration and files: it passes; "
        "before: " +
            before.en + " (" + under + ").",
        "用补丁后的配置和文件，对对端发送的证书链重复了 nginx 的校验：通过；此前：" + before.zh + "（" + under + "）。"};
  }
  return proof;
}

void join(Text& text, const Text& more, std::string_view between_en, std::string_view between_zh) {
  if (more.empty()) return;
  text.en += (text.en.empty() ? "" : std::string(between_en)) + more.en;
  text.zh += (text.zh.empty() ? "" : std::string(between_zh)) + more.zh;
}

bool is_trust_material(std::string_view cause) {
  return cause == "upstream_ca_not_trusted" || cause == "upstream_ca_rekeyed" || cause == "trusted_bundle_lacks_root" ||
         cause == "trusted_bundle_holds_leaf" || cause == "trusted_root_expired" || cause == "cross_signed_root_expired" ||
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
    const std::string what = cause.issuer + (cause.issuer_key_id.empty() ? "" : " (key id " + cause.issuer_key_id + ")");
    const std::string what_zh = cause.issuer + (cause.issuer_key_id.empty() ? "" : "（密钥标识 " + cause.issuer_key_id + "）");
    Text how{"Missing: the certificate of " + what + "; it is neither in " + now.trusted_file + " nor in " + known +
                 ". Get it from the owner of that CA and compare its SHA-256 by another way. ",
             "缺少：" + what_zh + " 的证书；它既不在 " + now.trusted_file + " 中，也不在 " + known +
                 " 中。请向该 CA 的所有者索取，并通过其他途径核对其 SHA-256。"};
    if (cause.certificate.self_signed && cause.certificate.subject == cause.issuer) {
      how.en +=
          "The peer itself sends one of that name, SHA-256 " + cause.certificate.sha256 + ": that proves nothing until it was compared. ";
      how.zh += "对端自己发送了一张同名证书，SHA-256 " + cause.certificate.sha256 + "：核对之前不能作为依据。";
    }
    fix.how = {how.en + fix.how.en, how.zh + fix.how.zh};
    fix.commands = {"cat ca.pem >> " + shell_quoted(now.trusted_file)};
  } else if (cause.slug == "upstream_self_signed") {
    fix.how = {"The certificate shown now: " + cause.certificate.subject + ", SHA-256 " + cause.certificate.sha256 +
                   ". Compare it with the fingerprint read on the upstream itself before it is trusted. " + fix.how.en,
               "目前出示的证书：" + cause.certificate.subject + "，SHA-256 " + cause.certificate.sha256 +
                   "。信任之前请与在上游主机上读到的指纹核对。" + fix.how.zh};
    fix.commands = {"cat upstream.pem >> " + shell_quoted(now.trusted_file)};
  } else if (cause.slug.starts_with("crl_")) {
    const std::string issuer = cause.certificate.issuer;
    fix.how = {"Missing: a current CRL of " + issuer + "; none is in " + known + ". " + fix.how.en,
               "缺少：" + issuer + " 的最新 CRL；" + known + " 中没有。" + fix.how.zh};
    fix.commands = {"cat crl.pem >> " + shell_quoted(now.crl_file)};
  } else {
    return;
  }
  for (std::string& command : commands_after_change(upstream)) fix.commands.push_back(std::move(command));
}

}  // namespace

std::vector<std::string> commands_after_change(UpstreamCase&) { return {"nginx -t", "nginx -s reload"}; }

Result<Fix> fix_of(UpstreamCase& upstream, const RepairedState& solution) {
  Fix fix;
  TRY(fix.patch, solution.patch.unified_diff());
  fix.changes = solution.patch.changes();
  fix.success_rate = 1;
  for (std::size_t i = 0; i < solution.repairs.size(); ++i) {
    const Repair& repair = solution.repairs[i];
    const UpstreamVerdict& after = i + 1 < solution.repairs.size() ? solution.before[i + 1] : solution.verdict;
    const FoundCause cause = cause_of_repair(upstream, repair, solution.before[i], after);
    const Fix known = known_fix(cause.slug, known_id(cause.slug, repair), upstream.symptom().scheme, upstream.knowledge());
    if (!known.id.empty()) fix.id += (fix.id.empty() ? "" : "+") + known.id;
    const Text changes = what_changes(upstream, repair, solution.before[i]);
    join(fix.title, known.title.empty() ? changes : known.title, "; ", "；");
    join(fix.how, changes, " ", "");
    fix.success_rate = std::min(fix.success_rate, known.success_rate > 0 ? known.success_rate : 0.9);
    fix.evidence_count = i == 0 ? known.evidence_count : std::min(fix.evidence_count, known.evidence_count);
  }
  fix.commands = commands_after_change(upstream);
  fix.proof = upstream.confirmed(proof_of(upstream, solution), solution.patch);
  return fix;
}

void add_proved_chain_fix(UpstreamCase& upstream, const std::vector<FoundCause>& causes, const RepairedState& solution,
                          Diagnosis& diagnosis) {
  const auto is_chain = [](const FoundCause& one) {
    return one.slug == "upstream_chain_incomplete" || one.slug == "upstream_wrong_intermediate" ||
           one.slug == "upstream_intermediate_expired";
  };
  const auto cause = std::find_if(causes.begin(), causes.end(), is_chain);
  if (cause == causes.end() || solution.repairs.size() != 1 || solution.repairs.front().kind != RepairKind::trust) return;
  ReplayInput input = upstream.now().input;
  if (input.chain.empty()) return;
  input.chain.resize(1);
  for (std::size_t i = 1; i < solution.repairs.front().path.certificates.size(); ++i) {
    const PathCertificate& one = solution.repairs.front().path.certificates[i];
    if (!one.facts.self_signed && one.known) input.chain.push_back(one.known->certificate.der());
  }
  const auto replayed = upstream.replay(input);
  if (!replayed || !replayed.value().verified) return;
  const std::string_view id = cause->slug == "upstream_chain_incomplete"     ? "upstream-sends-fullchain"
                              : cause->slug == "upstream_wrong_intermediate" ? "matching-chain"
                                                                             : "send-renewed-intermediate";
  Fix fix = known_fix(cause->slug, id, upstream.symptom().scheme, upstream.knowledge());
  fix.owner = Owner::upstream;
  fix.message = message_for_owner(cause->slug, sentence_facts(upstream, upstream.now(), *cause));
  fix.proof = {.status = ProofStatus::proved,
               .method = ProofMethod::replay,
               .detail = {"nginx’s verification was repeated as if the upstream sent " +
                              list_of(solution.repairs.front().certificates, ", from ") + ": it passes (" + upstream.ran_under() + ").",
                          "假设上游发送 " + list_of(solution.repairs.front().certificates, "，取自 ") + "，重复 nginx 的校验：通过（" +
                              upstream.ran_under() + "）。"}};
  diagnosis.fixes.push_back(std::move(fix));
}

void say_needed_edits(UpstreamCase& upstream, const RepairedState& state, Diagnosis& diagnosis) {
  for (std::size_t i = 0; i < state.repairs.size(); ++i) {
    const UpstreamVerdict& after = i + 1 < state.repairs.size() ? state.before[i + 1] : state.verdict;
    const FoundCause cause = cause_of_repair(upstream, state.repairs[i], state.before[i], after);
    const std::string_view id = known_id(cause.slug, state.repairs[i]);
    const auto fix = std::find_if(diagnosis.fixes.begin(), diagnosis.fixes.end(), [&](const Fix& one) { return one.id == id; });
    if (fix == diagnosis.fixes.end()) continue;
    const Text edit = what_changes(upstream, state.repairs[i], state.before[i]);
    const Text left = summary_of(state.verdict);
    fix->how = {edit.en + " Needed, and not enough alone: what is left then is " + left.en + ". " + fix->how.en,
                edit.zh + "这是必需的，但单独不够：之后仍有 " + left.zh + "。" + fix->how.zh};
    fix->commands = commands_after_change(upstream);
    fix->proof.detail = {"Tried: the verdict moves on, and does not pass yet: " + left.en, "已尝试：结论有变化，但尚未通过：" + left.zh};
  }
}

void add_other_fixes(UpstreamCase& upstream, const std::vector<FoundCause>& causes, Diagnosis& diagnosis) {
  static const Text kNotTried{"not tested: it needs something that is not on this host, or somebody else has to do it",
                              "未验证：需要本机没有的材料，或须由他人处理"};
  for (const FoundCause& cause : causes) {
    const std::size_t first = diagnosis.fixes.size();
    add_known_advice(diagnosis, cause.slug, upstream.symptom().scheme, upstream.knowledge(), kNotTried);
    const SentenceFacts facts = sentence_facts(upstream, upstream.now(), cause);
    const bool is_solved = std::any_of(diagnosis.fixes.begin(), diagnosis.fixes.end(),
                                       [](const Fix& fix) { return fix.owner == Owner::proxy && fix.proof.status == ProofStatus::proved; });
    for (std::size_t i = first; i < diagnosis.fixes.size(); ++i) {
      Fix& fix = diagnosis.fixes[i];
      if (fix.owner == Owner::proxy && is_solved) continue;
      fix.message = message_for_owner(cause.slug, facts);
      if (fix.owner == Owner::proxy) name_missing_material(upstream, cause, fix);
    }
  }
}

}  // namespace handshaked::diagnose
