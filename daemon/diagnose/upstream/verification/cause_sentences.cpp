#include "diagnose/upstream/verification/cause_sentences.h"

#include <array>
#include <ctime>

namespace handshaked::diagnose {
namespace {

struct Sentences {
  std::string_view cause;
  std::string_view fault_en, fault_zh;
  std::string_view ask_en, ask_zh;
};

constexpr std::string_view kAskChain =
    "Please send the leaf together with every intermediate certificate up to, and without, the root, and reload the server.";
constexpr std::string_view kAskChainZh = "请让服务端同时发送叶子证书和全部中间证书（不含根证书），然后重新加载。";
constexpr std::string_view kAskRoot =
    "Please send us the certificate of {issuer} (key id {keyid}) and, by another way, its SHA-256 fingerprint, so that we can trust it.";
constexpr std::string_view kAskRootZh =
    "请提供 {issuer}（密钥标识 {keyid}）的证书，并通过另一条途径告知其 SHA-256 指纹，以便我们将其加入信任。";
constexpr std::string_view kAskReissue =
    "Please have the certificate reissued without that fault, install it with its intermediates, and reload the server.";
constexpr std::string_view kAskReissueZh = "请重新签发不含该问题的证书，连同中间证书一起安装并重新加载服务端。";
constexpr std::string_view kAskCa =
    "Please have this CA certificate reissued without that fault, or use another CA, and install a new chain.";
constexpr std::string_view kAskCaZh = "请重新签发不含该问题的 CA 证书，或改用其他 CA，并安装新的证书链。";
constexpr std::string_view kAskCrl = "Please publish a current CRL of {issuer} and tell us where to get it.";
constexpr std::string_view kAskCrlZh = "请发布 {issuer} 的最新 CRL，并告知获取地址。";

constexpr std::array kSentences = {
    Sentences{"upstream_ca_not_trusted", "The chain of {peer} leads to {issuer} (key id {keyid}), which is not in {trusted}.",
              "{peer} 的证书链指向 {issuer}（密钥标识 {keyid}），而 {trusted} 中没有它。", kAskRoot, kAskRootZh},
    Sentences{"upstream_ca_rekeyed",
              "{trusted} has a CA named {subject}, but with another key (SHA-256 {sha256}) than the one that signs the chain of {peer}.",
              "{trusted} 中有同名 CA {subject}，但密钥与签发 {peer} 证书链的不同（SHA-256 {sha256}）。", kAskRoot, kAskRootZh},
    Sentences{"upstream_chain_incomplete", "{peer} does not send the intermediate certificate that issued its leaf {leaf} ({leaf_issuer}).",
              "{peer} 没有发送签发其叶子证书 {leaf} 的中间证书（{leaf_issuer}）。", kAskChain, kAskChainZh},
    Sentences{"upstream_wrong_intermediate",
              "{peer} sends intermediates that did not issue its leaf {leaf}; its issuer {leaf_issuer} is missing.",
              "{peer} 发送的中间证书并非其叶子证书 {leaf} 的签发者；缺少签发者 {leaf_issuer}。", kAskChain, kAskChainZh},
    Sentences{"trusted_bundle_lacks_root",
              "{trusted} has an intermediate of this chain, but not its root {issuer} (key id {keyid}): nginx accepts no partial chain.",
              "{trusted} 中有此链的中间证书，却没有根 {issuer}（密钥标识 {keyid}）：nginx 不接受不完整的链。", kAskRoot, kAskRootZh},
    Sentences{"trusted_bundle_holds_leaf", "{trusted} has the leaf {leaf} itself; nginx needs its root {issuer}.",
              "{trusted} 中放的是叶子证书 {leaf} 本身；nginx 需要的是它的根 {issuer}。", kAskRoot, kAskRootZh},
    Sentences{"verify_depth_too_small", "The chain of {peer} has more intermediates than {verify_depth} = {depth} permits.",
              "{peer} 的证书链中间证书数量超过了 {verify_depth} = {depth} 的允许值。", "", ""},
    Sentences{"upstream_self_signed", "{peer} shows the self-signed certificate {leaf} (SHA-256 {leaf_sha256}), which is not in {trusted}.",
              "{peer} 出示自签名证书 {leaf}（SHA-256 {leaf_sha256}），它不在 {trusted} 中。",
              "Please tell us, by another way than this connection, the SHA-256 fingerprint of the certificate that this server is meant "
              "to have, or install one of a CA that we trust.",
              "请通过其他途径告知该服务端应有证书的 SHA-256 指纹，或改用我们信任的 CA 签发的证书。"},
    Sentences{"upstream_cert_expired", "The certificate {leaf} of {peer} expired on {to}.", "{peer} 的证书 {leaf} 已于 {to} 过期。",
              "Please renew it, install it with its intermediates, and reload the server.",
              "请续期，连同中间证书一起安装，并重新加载服务端。"},
    Sentences{"upstream_intermediate_expired", "The intermediate {subject} in the chain of {peer} expired on {to}.",
              "{peer} 证书链中的中间证书 {subject} 已于 {to} 过期。",
              "Please install the renewed intermediate (same name and key), or a certificate of a live CA, and reload the server.",
              "请安装已续期的中间证书（同名同密钥），或改用有效 CA 签发的证书，并重新加载服务端。"},
    Sentences{"trusted_root_expired", "The root {subject} that the chain of {peer} ends in expired on {to}.",
              "{peer} 证书链终止的根 {subject} 已于 {to} 过期。", kAskRoot, kAskRootZh},
    Sentences{"cross_signed_root_expired",
              "The chain of {peer} leads over a cross-signing root that has expired; its own root {issuer} is not in {trusted}.",
              "{peer} 的证书链经过一个已过期的交叉签名根；它自己的根 {issuer} 不在 {trusted} 中。", kAskRoot, kAskRootZh},
    Sentences{"upstream_cert_not_yet_valid", "The certificate {leaf} of {peer} is not valid before {from}.",
              "{peer} 的证书 {leaf} 在 {from} 之前无效。",
              "Please use a certificate that is valid already; check the clock of whoever issued it.",
              "请使用已经生效的证书，并检查签发方的时钟。"},
    Sentences{"upstream_intermediate_not_yet_valid", "The intermediate {subject} in the chain of {peer} is not valid before {from}.",
              "{peer} 证书链中的中间证书 {subject} 在 {from} 之前无效。",
              "Please use the former intermediate until then, or one that is valid already.",
              "请在此之前继续使用原中间证书，或改用已生效的中间证书。"},
    Sentences{"upstream_cert_wrong_usage",
              "The certificate {leaf} of {peer} may not be used by a TLS server: its extended key usage is {usage}.",
              "{peer} 的证书 {leaf} 不允许用于 TLS 服务端：其扩展密钥用途为 {usage}。",
              "Please have it reissued with the extended key usage serverAuth, and install it.",
              "请重新签发带有扩展密钥用途 serverAuth 的证书并安装。"},
    Sentences{"upstream_issuer_not_ca",
              "{subject}, which issued part of the chain of {peer}, is not a CA (basicConstraints lacks CA:TRUE).",
              "签发了 {peer} 证书链一部分的 {subject} 不是 CA（basicConstraints 没有 CA:TRUE）。", kAskCa, kAskCaZh},
    Sentences{"upstream_issuer_bad_key_usage",
              "The CA {subject} in the chain of {peer} may not sign certificates: its key usage lacks keyCertSign.",
              "{peer} 证书链中的 CA {subject} 无权签发证书：其密钥用途缺少 keyCertSign。", kAskCa, kAskCaZh},
    Sentences{"upstream_name_constraints", "A name constraint of a CA in the chain of {peer} forbids a name of {leaf} ({names}).",
              "{peer} 证书链中某个 CA 的名称约束禁止了 {leaf} 的名称（{names}）。",
              "Please have the certificate issued by a CA that may issue for these names.", "请改由有权签发这些名称的 CA 签发证书。"},
    Sentences{"upstream_pathlen_exceeded",
              "A CA in the chain of {peer} was issued against the path length constraint of the CA above it ({subject}).",
              "{peer} 证书链中某个 CA 的签发违反了其上级 CA 的路径长度约束（{subject}）。", kAskCa, kAskCaZh},
    Sentences{"upstream_unhandled_critical_ext", "{subject} of {peer} has a critical extension that OpenSSL does not know ({extensions}).",
              "{peer} 的 {subject} 含有 OpenSSL 不认识的关键扩展（{extensions}）。", kAskReissue, kAskReissueZh},
    Sentences{"upstream_cert_weak_key", "The key of {leaf} of {peer} ({key}) is below security level {level} of OpenSSL.",
              "{peer} 的 {leaf} 的密钥（{key}）低于 OpenSSL 安全级别 {level} 的要求。",
              "Please have a certificate issued for a key of RSA 2048 bits or P-256, or better, and install it.",
              "请为 RSA 2048 位或 P-256 以上的密钥重新签发证书并安装。"},
    Sentences{"upstream_ca_weak_key", "The key of the CA {subject} of {peer} ({key}) is below security level {level} of OpenSSL.",
              "{peer} 的 CA {subject} 的密钥（{key}）低于 OpenSSL 安全级别 {level} 的要求。", kAskCa, kAskCaZh},
    Sentences{"upstream_cert_weak_digest",
              "{subject} in the chain of {peer} is signed with {digest}, which security level {level} of OpenSSL refuses.",
              "{peer} 证书链中的 {subject} 使用 {digest} 签名，OpenSSL 安全级别 {level} 不接受。",
              "Please have it reissued with SHA-256, and install it.", "请用 SHA-256 重新签发并安装。"},
    Sentences{"upstream_cert_explicit_ec", "{subject} of {peer} describes its curve by explicit parameters instead of a name.",
              "{peer} 的 {subject} 使用显式参数而不是曲线名称描述椭圆曲线。", kAskReissue, kAskReissueZh},
    Sentences{"upstream_cert_corrupted", "The signature on {subject} of {peer} is not good.", "{peer} 的 {subject} 签名无效。", kAskReissue,
              kAskReissueZh},
    Sentences{"upstream_cert_revoked", "The certificate {leaf} of {peer} (serial {serial}) is revoked by the list in {crl}.",
              "{peer} 的证书 {leaf}（序列号 {serial}）已被 {crl} 中的列表吊销。",
              "Please install a new certificate with a new key, and find out why the old one was revoked.",
              "请安装使用新密钥的新证书，并查明旧证书被吊销的原因。"},
    Sentences{"upstream_ca_revoked", "The CA {subject} in the chain of {peer} (serial {serial}) is revoked by the list in {crl}.",
              "{peer} 证书链中的 CA {subject}（序列号 {serial}）已被 {crl} 中的列表吊销。", "Please install a certificate of another CA.",
              "请改用其他 CA 签发的证书。"},
    Sentences{"crl_missing", "{crl} has no CRL of {issuer}; with a CRL file nginx demands one of every CA of the chain.",
              "{crl} 中没有 {issuer} 的 CRL；配置了 CRL 文件后，nginx 要求链上每个 CA 都有。", kAskCrl, kAskCrlZh},
    Sentences{"crl_expired", "The CRL of {issuer} in {crl} is out of date.", "{crl} 中 {issuer} 的 CRL 已过期。", kAskCrl, kAskCrlZh},
    Sentences{"crl_not_yet_valid", "The CRL of {issuer} in {crl} is not valid yet.", "{crl} 中 {issuer} 的 CRL 尚未生效。", kAskCrl,
              kAskCrlZh},
    Sentences{"crl_signature_invalid", "The CRL of {issuer} in {crl} was signed by another key than that CA's.",
              "{crl} 中 {issuer} 的 CRL 不是由该 CA 的密钥签名的。", kAskCrl, kAskCrlZh},
    Sentences{"crl_unusable", "The CRL of {issuer} in {crl} cannot be used.", "{crl} 中 {issuer} 的 CRL 无法使用。", kAskCrl, kAskCrlZh},
    Sentences{"upstream_name_mismatch", "The certificate of {peer} is good for {names}, and nginx wants \"{name}\".",
              "{peer} 的证书适用于 {names}，而 nginx 要求 “{name}”。",
              "Please have a certificate issued that has the DNS name {name} among its subject alternative names, and install it.",
              "请签发主题备用名称中包含 DNS 名称 {name} 的证书并安装。"},
    Sentences{"upstream_wrong_cert_served",
              "{peer} shows the certificate of another host: it is good for {names}, and nginx wants \"{name}\".",
              "{peer} 出示的是另一主机的证书：它适用于 {names}，而 nginx 要求 “{name}”。",
              "Please configure the certificate of {name} for that name (SNI) and make sure that this is the right server.",
              "请为该名称（SNI）配置 {name} 的证书，并确认这是正确的服务器。"},
    Sentences{"upstream_wildcard_depth", "The certificate of {peer} is good for {names}; a wildcard covers one label only, not \"{name}\".",
              "{peer} 的证书适用于 {names}；通配符只覆盖一级标签，不包括 “{name}”。",
              "Please have a certificate issued that has {name} itself among its subject alternative names.",
              "请签发主题备用名称中直接包含 {name} 的证书。"},
    Sentences{"upstream_name_is_upstream_block",
              "nginx compares the certificate with \"{name}\", the name of the upstream block; it is good for {names}.",
              "nginx 把证书与 upstream 块的名称 “{name}” 比较；证书适用于 {names}。", "", ""},
    Sentences{
        "upstream_name_is_ip",
        "nginx compares the certificate with the address \"{name}\"; addresses in a certificate never match, and it is good for {names}.",
        "nginx 把证书与地址 “{name}” 比较；证书中的 IP 地址从不匹配，而证书适用于 {names}。",
        "Please have a certificate issued with a DNS name, which we then set as the name to verify.",
        "请签发带有 DNS 名称的证书，我们将以该名称校验。"},
    Sentences{"proxy_ssl_name_wrong", "nginx compares the certificate with \"{name}\", as {ssl_name} says; it is good for {names}.",
              "nginx 按 {ssl_name} 把证书与 “{name}” 比较；证书适用于 {names}。", "", ""},
    Sentences{"proxy_ssl_name_empty", "{ssl_name} is empty for such requests, and nothing matches an empty name.",
              "对此类请求 {ssl_name} 为空，空名称与任何证书都不匹配。", "", ""},
    Sentences{"proxy_ssl_name_from_client", "{ssl_name} takes the name from the request: whoever sends it chooses what is verified.",
              "{ssl_name} 取自请求：由请求方决定校验什么名称。", "", ""},
    Sentences{"upstream_sni_missing",
              "Without SNI {peer} shows its default certificate {leaf}; nginx sends none, because {server_name} is off.",
              "不带 SNI 时 {peer} 出示默认证书 {leaf}；由于 {server_name} 为 off，nginx 没有发送 SNI。", "", ""},
    Sentences{"upstream_sni_wrong_name", "nginx sends the SNI \"{name}\", for which {peer} shows {leaf}.",
              "nginx 发送的 SNI 是 “{name}”，{peer} 为其出示 {leaf}。", "", ""},
    Sentences{"trusted_bundle_trust_settings", "{trusted} has a TRUSTED CERTIFICATE whose settings do not allow this use.",
              "{trusted} 中的 TRUSTED CERTIFICATE 的信任设置不允许此用途。", "", ""},
    Sentences{"upstream_chain_rejected_other", "OpenSSL refuses the chain of {peer}: {subject}.",
              "OpenSSL 拒绝 {peer} 的证书链：{subject}。", kAskReissue, kAskReissueZh},
};

const Sentences* sentences_of(std::string_view cause) {
  for (const Sentences& one : kSentences) {
    if (one.cause == cause) return &one;
  }
  return nullptr;
}

std::string joined(const std::vector<std::string>& words) {
  constexpr std::size_t kMost = 6;
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < kMost; ++i) text += (i == 0 ? "" : ", ") + words[i];
  if (words.size() > kMost) text += ", …";
  return text;
}

std::string names_text(const CertificateFacts& leaf) {
  if (!leaf.dns_names.empty()) return joined(leaf.dns_names);
  if (!leaf.common_name.empty()) return leaf.common_name;
  return leaf.ip_addresses.empty() ? "-" : joined(leaf.ip_addresses);
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

}  // namespace

std::string date_text(Time time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

std::string filled(std::string_view text, const SentenceFacts& facts) {
  std::string result;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    const auto fact = close == std::string_view::npos ? facts.end() : facts.find(text.substr(open + 1, close - open - 1));
    if (fact == facts.end()) return result.append(text);
    result.append(text.substr(0, open)).append(fact->second);
    text.remove_prefix(close + 1);
  }
  return result;
}

SentenceFacts sentence_facts(UpstreamCase& upstream, const UpstreamVerdict& verdict, const FoundCause& cause) {
  const CertificateFacts leaf = verdict.leaf() != nullptr ? *verdict.leaf() : CertificateFacts{};
  const CertificateFacts& at_fault = cause.certificate.sha256.empty() ? leaf : cause.certificate;
  const std::string issuer = cause.issuer.empty() ? at_fault.issuer : cause.issuer;
  const UpstreamView& view = upstream.view();
  const std::string peer = verdict.peer ? to_string(verdict.peer->address()) : upstream.symptom().peer;
  return {{"peer", peer},
          {"name", verdict.name.verified},
          {"names", names_text(leaf)},
          {"leaf", or_dash(leaf.subject)},
          {"leaf_issuer", or_dash(leaf.issuer)},
          {"leaf_sha256", or_dash(leaf.sha256)},
          {"subject", or_dash(at_fault.subject)},
          {"sha256", or_dash(at_fault.sha256)},
          {"serial", or_dash(at_fault.serial)},
          {"from", date_text(at_fault.not_before)},
          {"to", date_text(at_fault.not_after)},
          {"usage", or_dash(joined(at_fault.extended_key_usage))},
          {"extensions", or_dash(joined(at_fault.unhandled_critical_extensions))},
          {"key", at_fault.key_type + " " + std::to_string(at_fault.key_bits)},
          {"digest", or_dash(at_fault.signature_digest)},
          {"level", std::to_string(verdict.policy.security_level)},
          {"issuer", or_dash(issuer)},
          {"keyid", or_dash(cause.issuer_key_id.empty() ? at_fault.authority_key_id : cause.issuer_key_id)},
          {"trusted", verdict.trusted_file},
          {"crl", verdict.crl_file},
          {"depth", std::to_string(verdict.input.depth)},
          {"verify_depth", view.directive("ssl_verify_depth")},
          {"ssl_name", view.directive("ssl_name")},
          {"server_name", view.directive("ssl_server_name")}};
}

Text fault_sentence(std::string_view cause, const SentenceFacts& facts) {
  const Sentences* const found = sentences_of(cause);
  if (found == nullptr) return {};
  return {filled(found->fault_en, facts), filled(found->fault_zh, facts)};
}

Text message_for_owner(std::string_view cause, const SentenceFacts& facts) {
  const Sentences* const found = sentences_of(cause);
  if (found == nullptr || found->ask_en.empty()) return {};
  return {filled("Our nginx refuses the TLS server at {peer} (expected name {name}). ", facts) + filled(found->fault_en, facts) + " " +
              filled(found->ask_en, facts),
          filled("我们的 nginx 拒绝了 {peer} 上的 TLS 服务（期望名称 {name}）。", facts) + filled(found->fault_zh, facts) +
              filled(found->ask_zh, facts)};
}

}  // namespace handshaked::diagnose
