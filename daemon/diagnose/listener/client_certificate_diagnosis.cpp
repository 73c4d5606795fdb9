#include <algorithm>

#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/listener/client_trust.h"
#include "diagnose/listener/listener_families.h"

namespace handshaked::diagnose {
namespace {

constexpr int kExpired = 10;

std::string listed_cas(const ClientTrust& trust) {
  std::string names;
  for (const Certificate& one : trust.trusted) names += (names.empty() ? "" : ", ") + one.facts().subject;
  return names.empty() ? "-" : names;
}

/// Code 10 with an expired CA in our own file: the client's certificate may be good. A renewed one with the same name and key helps.
bool diagnose_expired_ca(LocalCase& local, const ClientVerification& verification) {
  for (const Certificate& ca : verification.trust.trusted) {
    if (is_valid_at(ca.facts(), local.now()) || ca.facts().not_before > local.now()) continue;
    const bool is_root = ca.facts().self_signed;
    local.set_place(*verification.file()->directive);
    local.conclude(is_root ? "client_cert_expired" : "client_intermediate_expired", 0.75,
                   {verification.file()->path + ": the CA \"" + short_name(ca.facts()) + "\" expired on " +
                        minute_text(ca.facts().not_after) + "; clients below it are refused whatever their own dates",
                    verification.file()->path + "：CA“" + short_name(ca.facts()) + "”已于 " + minute_text(ca.facts().not_after) +
                        " 过期；其下的客户端无论自身日期如何都会被拒绝"});
    local.diagnosis.cause_key = "expired|" + ca.facts().sha256;
    for (const StoredCa* stored : local.ca_store().named(ca.facts().subject_hash)) {
      const CertificateFacts& facts = stored->certificate.facts();
      if (facts.public_key_sha256 != ca.facts().public_key_sha256 || !is_valid_at(facts, local.now())) continue;
      Fix fix = local.known("new-intermediate");
      fix.owner = Owner::proxy;
      fix.title = {"Append the renewed \"" + short_name(facts) + "\" (same key) to " + verification.file()->path,
                   "把续期后的“" + short_name(facts) + "”（同一密钥）追加到 " + verification.file()->path};
      fix.proof.detail = {"name, key and dates were compared; the client's own certificate is not at hand",
                          "已比较名称、密钥与日期；手头没有客户端自己的证书"};
      ConfigurationPatch patch = local.new_patch();
      const auto done = patch.append_pem(verification.file()->path, pem_of({&stored->certificate, 1}));
      local.propose(std::move(fix), changed_patch(patch, done));
      return true;
    }
    return true;
  }
  return false;
}

/// Code 10, and the collection has an intermediate below a listed CA that has expired: clients still send it. Where the file has a renewed
/// one of the same name and key, nginx looks there first.
bool diagnose_expired_intermediate(LocalCase& local, const ClientVerification& verification) {
  const std::vector<Certificate>& listed = verification.trust.trusted;
  for (const StoredCa& stored : local.ca_store().all()) {
    const CertificateFacts& old = stored.certificate.facts();
    const bool is_dead = !old.self_signed && old.is_ca && old.not_after < local.now();
    const bool is_below = is_dead && std::any_of(listed.begin(), listed.end(), [&](const Certificate& ca) {
                            return stored.certificate.names_as_issuer(ca) && stored.certificate.is_signed_by(ca);
                          });
    if (!is_below) continue;
    local.set_place(*verification.file()->directive);
    local.conclude("client_intermediate_expired", 0.6,
                   {"the CA \"" + short_name(old) + "\" below a listed one expired on " + minute_text(old.not_after) +
                        ": a client that still sends it is refused, whatever its own dates",
                    "所列 CA 之下的“" + short_name(old) + "”已于 " + minute_text(old.not_after) +
                        " 过期：仍发送它的客户端会被拒绝，与客户端证书自身日期无关"});
    local.diagnosis.cause_key = "expired|" + old.sha256;
    local.diagnosis.also.emplace_back("client_cert_expired");
    for (const StoredCa* renewed : local.ca_store().named(old.subject_hash)) {
      const CertificateFacts& facts = renewed->certificate.facts();
      if (facts.public_key_sha256 != old.public_key_sha256 || !is_valid_at(facts, local.now())) continue;
      Fix fix = local.known("new-intermediate");
      fix.owner = Owner::proxy;
      fix.title = {"Append the renewed \"" + short_name(facts) + "\" (same key) to " + verification.file()->path,
                   "把续期后的“" + short_name(facts) + "”（同一密钥）追加到 " + verification.file()->path};
      fix.how = {"nginx prefers what it trusts to what a client sends: the renewed one then stands in for the expired one.",
                 "nginx 优先使用自己信任的证书：续期后的证书会代替客户端发送的过期证书。"};
      fix.proof.detail = {"name, key and dates were compared; a client whose own certificate has expired leaves the same line",
                          "已比较名称、密钥与日期；自身证书过期的客户端也会留下同样的日志行"};
      ConfigurationPatch patch = local.new_patch();
      const auto done = patch.append_pem(verification.file()->path, pem_of({&renewed->certificate, 1}));
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
    std::string_view cause, fix_id;
    Text message;
  };
  const std::string cas = listed_cas(trust);
  const std::vector<Words> words = {
      {"client_cert_missing",
       "configure-client",
       {"Our server demands a client certificate and your client sends none. Please configure certificate, intermediate and key, issued "
        "under: " +
            cas + ".",
        "我方服务器要求客户端证书，而您的客户端没有发送。请配置由以下 CA 签发的证书、中间证书与私钥：" + cas + "。"}},
      {"client_cert_expired",
       "renew-client",
       {"Your client certificate has expired. Please renew it (clientAuth, issued under: " + cas +
            ") and install it with its intermediate.",
        "您的客户端证书已过期。请续期（clientAuth，由以下 CA 签发：" + cas + "）并连同中间证书一起安装。"}},
      {"client_cert_not_yet_valid",
       "wait-or-reissue",
       {"Your client certificate is not valid yet. Please check the clock, wait, or have one issued that is valid now.",
        "您的客户端证书尚未生效。请检查时钟、等待生效，或重新签发当前有效的证书。"}},
      {"client_cert_self_signed",
       "issue-from-ca",
       {"Your client certificate is self-signed. Please use one issued under: " + cas + ".",
        "您的客户端证书是自签名的。请使用由以下 CA 签发的证书：" + cas + "。"}},
      {"client_cert_wrong_usage",
       "reissue-clientauth",
       {"Your client presents a certificate that is not meant for clients. Please have one issued with extendedKeyUsage clientAuth, "
        "under: " +
            cas + ".",
        "您的客户端出示的证书不能用于客户端认证。请申请 extendedKeyUsage 为 clientAuth 的证书，签发者：" + cas + "。"}},
      {"client_cert_weak_key",
       "reissue-strong",
       {"The key of your client certificate is too weak. Please have one issued with RSA 2048 or P-256.",
        "您的客户端证书密钥过弱。请用 RSA 2048 或 P-256 重新签发。"}},
      {"client_cert_revoked",
       "new-certificate",
       {"Your client certificate is revoked. Please ask its CA why, and for a new one with a new key.",
        "您的客户端证书已被吊销。请向 CA 询问原因，并用新密钥申请新证书。"}},
      {"client_cert_invalid_chain",
       "reissue-chain",
       {"The chain of your client certificate breaks a rule of its CA (" + local.symptom().verify_text +
            "). Please let your CA issue it correctly.",
        "您的客户端证书链违反了其 CA 的规则（" + local.symptom().verify_text + "）。请让 CA 正确签发。"}},
      {"client_intermediate_expired",
       "new-intermediate",
       {"An intermediate of your client's chain has expired. Please install the renewed one.",
        "您的客户端证书链中有中间证书过期，请安装续期后的中间证书。"}},
      {"client_cert_unknown_ca",
       "right-client-cert",
       {"Your client certificate is of a CA that we do not list. Please use one issued under: " + cas + ".",
        "您的客户端证书由我方未列出的 CA 签发。请使用由以下 CA 签发的证书：" + cas + "。"}},
      {"client_chain_incomplete",
       "client-sends-chain",
       {"Please let your client send its intermediate behind its certificate.", "请让您的客户端在证书之后附带中间证书。"}}};
  const auto found = std::find_if(words.begin(), words.end(), [&](const Words& one) { return one.cause == local.diagnosis.cause; });
  if (found == words.end()) return;
  const Owner owner = local.known(found->fix_id).owner;
  propose_to_client(local, found->fix_id, found->message);
  if (owner == Owner::ca) local.diagnosis.fixes.back().owner = Owner::ca;
}

}  // namespace

bool diagnose_client_certificate(LocalCase& local, const ListenerPlace& place) {
  const Symptom& symptom = local.symptom();
  if (symptom.candidates.empty()) return false;
  const std::string& likeliest = symptom.candidates.front().cause;
  const bool is_client_certificate =
      symptom.verify_code || likeliest.starts_with("client_cert_") || likeliest == "ocsp_responder_unreachable";
  const auto verification = find_client_verification(local, place);
  // A client that is turned away for want of a certificate goes on talking: some lines tell that only.
  const bool may_lack_one =
      symptom.has_cause("client_cert_missing") && verification && verification->server->settings.verify_client.is_on();
  if (may_lack_one && !is_client_certificate) {
    local.set_place(*verification->server->settings.verify_client.set_by.front());
    local.conclude("client_cert_missing", 0.7);
    propose_by_cause(local, verification->trust);
    return true;
  }
  if (!is_client_certificate) return false;
  if (!verification) {
    local.conclude(likeliest, symptom.candidates.front().likelihood);
    local.add_evidence("configuration", {"no server that may have answered verifies clients now: the configuration has changed since",
                                         "目前没有可能应答的 server 校验客户端：配置此后已改变"});
    propose_by_cause(local, {});
    return true;
  }
  if (diagnose_client_crl(local, *verification) || diagnose_client_path(local, *verification)) return true;
  if (symptom.verify_code == kExpired && verification->file() && diagnose_expired_ca(local, *verification)) return true;
  if (symptom.verify_code == kExpired && verification->file() && diagnose_expired_intermediate(local, *verification)) {
    propose_by_cause(local, verification->trust);
    return true;
  }
  if (const nginx::EffectiveValue& verify = verification->server->settings.verify_client; !verify.set_by.empty())
    local.set_place(*verify.set_by.front());
  local.conclude(likeliest, 0.85);
  local.add_evidence("configuration", {"clients need a certificate issued under: " + listed_cas(verification->trust),
                                       "客户端需要由以下 CA 签发的证书：" + listed_cas(verification->trust)});
  propose_by_cause(local, verification->trust);
  return true;
}

}  // namespace handshaked::diagnose
