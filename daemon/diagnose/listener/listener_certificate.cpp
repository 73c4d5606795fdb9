#include <algorithm>
#include <array>

#include <openssl/x509_vfy.h>

#include "diagnose/case/fitting_certificate.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/listener/served_chain.h"
#include "diagnose/tls/nearest_word.h"

namespace handshaked::diagnose {
namespace {

constexpr int kDecryptError = 51;

/// What can be wrong with a certificate that we serve, as a client sees it.
enum class ServedFault : std::uint8_t { expired, incomplete, self_signed, wrong_name, revoked, perhaps_incomplete, unsuitable };

/// How well a fault goes with an alert: 0 to 1.
double affinity(ServedFault fault, int alert) {
  struct Row {
    int alert;
    std::array<double, 7> worth;  // in the order of ServedFault
  };
  static constexpr std::array<Row, 8> kRows = {{{42, {0.6, 0.75, 0.7, 0.95, 0.2, 0.4, 0.9}},
                                                {44, {0.2, 0.1, 0.1, 0.1, 1.0, 0.1, 0.1}},
                                                {45, {1.0, 0.1, 0.1, 0.1, 0.1, 0.05, 0.1}},
                                                {46, {0.85, 0.9, 0.8, 0.75, 0.4, 0.5, 0.88}},
                                                {48, {0.3, 1.0, 0.9, 0.2, 0.1, 0.6, 0.8}},
                                                {43, {0.1, 0.2, 0.3, 0.1, 0.1, 0.1, 1.0}},
                                                {49, {0.2, 0.4, 0.4, 0.3, 0.2, 0.2, 0.3}},
                                                {51, {0.05, 0.25, 0.2, 0.05, 0.05, 0.1, 0.9}}}};
  const auto row = std::find_if(kRows.begin(), kRows.end(), [alert](const Row& one) { return one.alert == alert; });
  return row == kRows.end() ? 0.2 : row->worth[static_cast<std::size_t>(fault)];
}

struct FoundFault {
  ServedFault fault = ServedFault::expired;
  double worth = 0;
  const nginx::ListeningServer* server = nullptr;
  ServedChain chain;
  std::string name;    ///< of wrong_name: the first that is not covered
  ReplayFault broken;  ///< of unsuitable: the rule, and who breaks it
};

std::string uncovered_name(const Certificate& leaf, const nginx::ListeningServer& server) {
  for (const std::string& name : exact_names(server)) {
    if (!leaf.matches_host(name)) return name;
  }
  return {};
}

/// The rule that the chain breaks whoever looks at it: a use, a CA that is none, a length, names, a date to come. What is missing, unknown
/// or expired has faults of its own.
std::optional<ReplayFault> broken_rule(const ServedChain& chain, Time now) {
  static constexpr std::array<int, 7> kOthers{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
                                              X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                                              X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
                                              X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
                                              X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                                              X509_V_ERR_CERT_HAS_EXPIRED,
                                              X509_V_ERR_CERT_UNTRUSTED};
  ReplayInput input;
  input.chain = chain.sent();
  if (chain.path.is_complete && !chain.path.issuers.empty()) input.trusted = {chain.path.last().der()};
  input.depth = 100;
  input.at = now;
  const auto seen = replay_verification(input);
  if (!seen) return std::nullopt;
  const auto& faults = seen.value().faults;
  const auto found = std::find_if(faults.begin(), faults.end(), [](const ReplayFault& one) {
    return std::find(kOthers.begin(), kOthers.end(), one.code) == kOthers.end();
  });
  return found == faults.end() ? std::nullopt : std::optional(*found);
}

/// The certificate of the file that has expired and that clients need; nullptr for none. Behind the leaf only what leads to its root
/// counts.
const Certificate* expired_one(const ServedChain& chain, Time now) {
  for (const BundledCertificate& one : chain.bundle.certificates) {
    const Certificate& own = one.certificate;
    const bool is_leaf = &one == &chain.bundle.certificates.front();
    const auto is_above = [&](const Certificate& issuer) {
      return issuer.facts().subject_hash == own.facts().subject_hash && issuer.facts().public_key_sha256 == own.facts().public_key_sha256;
    };
    const bool is_needed =
        is_leaf || (!own.facts().self_signed && std::any_of(chain.path.issuers.begin(), chain.path.issuers.end(), is_above));
    if (is_needed && own.facts().not_after < now) return &own;
  }
  return nullptr;
}

void look_at_chain(const LocalCase& local, const nginx::ListeningServer& server, const ServedChain& chain, double share,
                   std::vector<FoundFault>& found) {
  const int alert = local.symptom().alert.value_or(0);
  const auto add = [&](ServedFault fault, std::string name = {}) {
    found.push_back({fault, share * affinity(fault, alert), &server, chain, std::move(name), {}});
  };
  const CertificateFacts& leaf = chain.leaf().facts();
  const auto& sent = chain.bundle.certificates;
  if (expired_one(chain, local.now()) != nullptr) add(ServedFault::expired);
  if (auto broken = broken_rule(chain, local.now())) {
    add(ServedFault::unsuitable);
    found.back().broken = std::move(*broken);
  }
  if (chain.is_self_signed()) add(ServedFault::self_signed);
  else if (!chain.missing.empty()) add(ServedFault::incomplete);
  else if (chain.is_open_ended && sent.size() == 1 && !leaf.issuer_urls.empty()) add(ServedFault::perhaps_incomplete);
  if (std::string name = uncovered_name(chain.leaf(), server); !name.empty()) add(ServedFault::wrong_name, std::move(name));
  for (const RevocationList& list : local.ca_store().crls()) {
    if (list.revokes(chain.leaf())) add(ServedFault::revoked);
  }
}

std::vector<FoundFault> find_faults(const LocalCase& local, const ListenerPlace& place) {
  std::vector<FoundFault> found;
  for (const nginx::GoverningListener& candidate : place.candidates) {
    const double share = 0.5 + 0.5 * candidate.confidence / place.confidence();
    for (const ConfiguredFile& file : certificate_files(local, *candidate.server)) {
      if (const auto chain = read_served_chain(local, file)) look_at_chain(local, *candidate.server, chain.value(), share, found);
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const FoundFault& left, const FoundFault& right) { return left.worth > right.worth; });
  return found;
}

/// Another certificate on this host that could be served instead.
bool propose_other_pair(LocalCase& local, const FoundFault& found, std::string_view fix_id) {
  const std::vector<std::string> names = exact_names(*found.server);
  const auto pair = find_fitting_pair(local, names, found.chain.file.path);
  if (!pair) return false;
  Fix fix = local.known(fix_id);
  fix.title = {"Serve " + pair->certificate + ", which covers " + names.front() + " and is valid",
               "改用 " + pair->certificate + "，它覆盖 " + names.front() + " 且在有效期内"};
  local.propose(std::move(fix), patch_with_pair(local, block_of(*found.server), *pair));
  return true;
}

void add_renewal_commands(LocalCase& local, const FoundFault& found, std::string_view fix_id, const Text& how) {
  Fix fix = local.known(fix_id);
  fix.owner = Owner::proxy;
  fix.how = how;
  const std::string path = shell_word(found.chain.file.path);
  fix.commands = {
      "openssl x509 -in " + path + " -noout -subject -issuer -enddate -ext subjectAltName",
      "# put the new chain (leaf first, then intermediates) at " + found.chain.file.path + ", its key at the path of ssl_certificate_key",
      kReload};
  local.propose(std::move(fix));
}

/// The collection has the CA with another period of validity, and the same key: it takes the place of the one that has expired.
bool propose_renewed_intermediate(LocalCase& local, const FoundFault& found, const CertificateFacts& dead) {
  if (found.chain.bundle.has_private_key()) return false;
  for (const StoredCa* stored : local.ca_store().named(dead.subject_hash)) {
    const CertificateFacts& renewed = stored->certificate.facts();
    if (renewed.public_key_sha256 != dead.public_key_sha256 || !is_valid_at(renewed, local.now())) continue;
    std::vector<Certificate> all;
    std::vector<Der> sent;
    for (const BundledCertificate& one : found.chain.bundle.certificates) {
      all.push_back(one.certificate.facts().sha256 == dead.sha256 ? stored->certificate : one.certificate);
      sent.push_back(all.back().der());
    }
    const auto before = as_client_sees(found.chain, found.chain.sent(), {}, local.now());
    const auto after = as_client_sees(found.chain, sent, {}, local.now());
    if (!before || !after || before->verified || !after->verified) continue;
    Fix fix = local.known("replace-intermediate");
    fix.owner = Owner::proxy;
    fix.title = {"Replace \"" + short_name(dead) + "\" in " + found.chain.file.path + " by the renewed one (same key)",
                 "用续期后的证书（同一密钥）替换 " + found.chain.file.path + " 中的“" + short_name(dead) + "”"};
    fix.proof = {ProofStatus::proved,
                 ProofMethod::replay,
                 {"a client that trusts \"" + short_name(found.chain.path.last().facts()) + "\": now " + summary_of(*before).en +
                      "; with the file as patched " + summary_of(*after).en,
                  "信任“" + short_name(found.chain.path.last().facts()) + "”的客户端：目前" + summary_of(*before).zh + "；应用补丁后" +
                      summary_of(*after).zh}};
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
                 {found.chain.file.path + ": \"" + short_name(dead) + "\" expired on " + minute_text(dead.not_after),
                  found.chain.file.path + "：“" + short_name(dead) + "”已于 " + minute_text(dead.not_after) + " 过期"});
  local.diagnosis.cause_key = "expired|" + dead.sha256;
  if (propose_other_pair(local, found, "renew-and-reload")) return;
  if (!is_leaf && propose_renewed_intermediate(local, found, dead)) return;
  add_renewal_commands(
      local, found, is_leaf ? "renew-and-reload" : "replace-intermediate",
      {"Renew the certificate (same names: " + short_name(leaf) + "), install chain and key at the configured paths, reload.",
       "续期证书（域名相同：" + short_name(leaf) + "），将证书链与私钥装到配置的路径并重载。"});
  local.add_dead_end(
      {.id = "append-root",
       .action = {"Append the root or other CA certificates to ssl_certificate", "把根证书或其他 CA 证书追加到 ssl_certificate"},
       .why_fails = {"the certificate stays expired, whatever stands behind it", "无论后面追加什么，该证书仍然是过期的"},
       .fail_rate = 1,
       .is_unsafe = false,
       .proof = {}});
}

void diagnose_wrong_name(LocalCase& local, const FoundFault& found) {
  const CertificateFacts& leaf = found.chain.leaf().facts();
  std::string names;
  for (const std::string& name : leaf.dns_names) names += (names.empty() ? "" : ", ") + name;
  local.conclude(
      "server_cert_name_mismatch", 0.9,
      {"the server has the name " + found.name + ", and its certificate " + found.chain.file.path + " covers " +
           (names.empty() ? "no name" : names) + " only",
       "该 server 的域名是 " + found.name + "，而证书 " + found.chain.file.path + " 只覆盖 " + (names.empty() ? "（无）" : names)});
  if (propose_other_pair(local, found, "certificate-with-name")) return;
  std::string wanted;
  for (const std::string& name : exact_names(*found.server)) wanted += (wanted.empty() ? "DNS:" : ",DNS:") + name;
  add_renewal_commands(
      local, found, "certificate-with-name",
      {"Have a certificate issued whose subject alternative name holds " + wanted + ", and serve it at " + found.chain.file.path + ".",
       "申请 SAN 含 " + wanted + " 的证书，并放到 " + found.chain.file.path + "。"});
}

void diagnose_unsuitable(LocalCase& local, const FoundFault& found) {
  const ReplayFault& broken = found.broken;
  const std::string rule = verify_code_text(broken.code), code = std::to_string(broken.code), depth = std::to_string(broken.depth);
  local.conclude("server_cert_unsuitable", 0.9,
                 {found.chain.file.path + ": whoever verifies the chain meets \"" + rule + "\" (code " + code + ", depth " + depth + ", " +
                      broken.subject + "), trusted root or not",
                  found.chain.file.path + "：无论是否信任其根，校验该链都会遇到“" + rule + "”（校验码 " + code + "，深度 " + depth + "，" +
                      broken.subject + "）"});
  if (propose_other_pair(local, found, "reissue")) return;
  add_renewal_commands(local, found, "reissue",
                       {"Have it issued again so that the chain keeps the rule: " + rule + ", at " + broken.subject + ".",
                        "请重新签发，使证书链符合该规则：" + rule + "，位于 " + broken.subject + "。"});
}

void diagnose_self_signed(LocalCase& local, const FoundFault& found) {
  const CertificateFacts& leaf = found.chain.leaf().facts();
  local.conclude("server_cert_self_signed", 0.9,
                 {found.chain.file.path + " is self-signed (\"" + short_name(leaf) + "\"): no client trusts it unless it was told to",
                  found.chain.file.path + " 是自签名证书（“" + short_name(leaf) + "”）：客户端未经专门配置不会信任它"});
  if (propose_other_pair(local, found, "issue-certificate")) return;
  add_renewal_commands(local, found, "issue-certificate",
                       {"Serve a certificate of a CA that the clients trust.", "改用客户端信任的 CA 所签发的证书。"});
}

void conclude_found(LocalCase& local, const FoundFault& found) {
  local.set_place(*found.chain.file.directive);
  const CertificateFacts& leaf = found.chain.leaf().facts();
  local.add_evidence(
      "file", {found.chain.file.path + ": " + std::to_string(found.chain.bundle.certificates.size()) + " certificates, leaf \"" +
                   short_name(leaf) + "\", issued by \"" + leaf.issuer + "\", valid until " + minute_text(leaf.not_after),
               found.chain.file.path + "：" + std::to_string(found.chain.bundle.certificates.size()) + " 张证书，叶子“" + short_name(leaf) +
                   "”，由“" + leaf.issuer + "”签发，有效至 " + minute_text(leaf.not_after)});
  switch (found.fault) {
    case ServedFault::expired: return diagnose_expired(local, found);
    case ServedFault::wrong_name: return diagnose_wrong_name(local, found);
    case ServedFault::self_signed: return diagnose_self_signed(local, found);
    case ServedFault::unsuitable: return diagnose_unsuitable(local, found);
    case ServedFault::incomplete: {
      const std::string missing = short_name(found.chain.missing.front().facts());
      local.conclude("server_chain_incomplete", 0.9,
                     {found.chain.file.path + " lacks the intermediate \"" + missing +
                          "\": a client that knows the root only finds no way from the leaf to it",
                      found.chain.file.path + " 缺少中间证书“" + missing + "”：只有根证书的客户端无法从叶子建立到根的路径"});
      local.diagnosis.cause_key = "served chain|" + found.chain.file.path;
      propose_missing_intermediates(local, found.chain, "append-intermediate");
      return local.add_dead_end({.id = "trusted-certificate",
                                 .action = {"Put the intermediate into ssl_trusted_certificate", "把中间证书放进 ssl_trusted_certificate"},
                                 .why_fails = {"nginx sends nothing of that file to clients", "nginx 不会把该文件的内容发送给客户端"},
                                 .fail_rate = 1,
                                 .is_unsafe = false,
                                 .proof = {}});
    }
    case ServedFault::perhaps_incomplete: {
      local.conclude("server_chain_incomplete", 0.6,
                     {found.chain.file.path + " holds the leaf alone; its issuer \"" + leaf.issuer + "\" is in no file here",
                      found.chain.file.path + " 只有叶子证书；其签发者“" + leaf.issuer + "”不在本机任何文件中"});
      Fix fix = local.known("append-intermediate");
      fix.how = {"Get the certificate of \"" + leaf.issuer + "\" (key id " + leaf.authority_key_id +
                     ") from the CA; the leaf names it at " + leaf.issuer_urls.front() + ". Compare its fingerprint, then append it.",
                 "向 CA 获取“" + leaf.issuer + "”（密钥标识 " + leaf.authority_key_id + "）的证书；叶子标注其地址为 " +
                     leaf.issuer_urls.front() + "。核对指纹后追加。"};
      fix.commands = {"cat intermediate.pem >> " + shell_word(found.chain.file.path), kReload};
      return local.propose(std::move(fix));
    }
    case ServedFault::revoked:
      local.conclude("server_cert_revoked", 0.9,
                     {found.chain.file.path + ": \"" + short_name(leaf) + "\" (serial " + leaf.serial + ") is on a revocation list at hand",
                      found.chain.file.path + "：“" + short_name(leaf) + "”（序列号 " + leaf.serial + "）在手头的吊销列表中"});
      return add_renewal_commands(local, found, "new-key-and-certificate",
                                  {"Issue a new certificate with a new key.", "用新密钥签发新证书。"});
  }
}

/// The file is good, the running nginx serves something else.
bool is_older_served(const LocalCase& local, const ListenerPlace& place, const PeerObservation& observation, Text& what) {
  if (observation.seen.chain.empty()) return false;
  const CertificateFacts& served = observation.seen.chain.front().facts;
  for (const nginx::ListeningServer& server : place.listener().servers) {
    for (const ConfiguredFile& file : certificate_files(local, server)) {
      const auto chain = read_served_chain(local, file);
      if (!chain || chain.value().leaf().facts().sha256 == served.sha256) return false;
    }
  }
  what = {"the running nginx serves \"" + short_name(served) + "\", valid until " + minute_text(served.not_after) +
              ", which is in no ssl_certificate file of this listener any more",
          "运行中的 nginx 提供的是“" + short_name(served) + "”（有效至 " + minute_text(served.not_after) +
              "），该证书已不在此监听端的任何 ssl_certificate 文件中"};
  return true;
}

void conclude_not_reloaded(LocalCase& local, const ListenerPlace& place, const Text& what, ProofStatus proof) {
  const auto files = certificate_files(local, place.server());
  if (!files.empty()) local.set_place(*files.front().directive);
  local.conclude("server_cert_renewed_not_reloaded", 0.9, what);
  local.add_evidence("peer", what);
  Fix fix = local.known("reload");
  fix.commands = {kReload};
  fix.proof.detail = proof == ProofStatus::proved
                         ? Text{"the certificate on disk was compared with the one that is served; the reload itself was not made",
                                "已比较磁盘上的证书与实际提供的证书；尚未执行重载"}
                         : Text{"what is served could not be looked at", "无法查看实际提供的证书"};
  local.propose(std::move(fix));
}

/// A CA of the collection that has the name of one on the way of what we serve, and another key: who knows it by that key finds our
/// signatures wrong.
const StoredCa* namesake_of(const LocalCase& local, const ServedChain& chain) {
  for (const Certificate& issuer : chain.path.issuers) {
    for (const StoredCa* const stored : local.ca_store().named(issuer.facts().subject_hash)) {
      if (stored->certificate.facts().public_key_sha256 != issuer.facts().public_key_sha256) return stored;
    }
  }
  return nullptr;
}

/// Alert 51: a signature of ours was wrong in the client's eyes, of a certificate or of the handshake. Nothing here is wrong, so it is what
/// the client holds, or the way.
void diagnose_wrong_signature(LocalCase& local, const ListenerPlace& place) {
  local.conclude("client_sent_alert", 0.5,
                 {"the client finds a signature of ours wrong (alert 51); the files of this listener are in order",
                  "客户端认为我方的某个签名有误（警报 51）；本监听端的文件没有问题"});
  const auto files = certificate_files(local, place.server());
  if (files.empty()) return;
  local.set_place(*files.front().directive);
  const auto chain = read_served_chain(local, files.front());
  if (!chain) return;
  if (chain.value().path.is_complete)
    local.add_evidence("file",
                       {files.front().path + ": every signature of the chain is right", files.front().path + "：链上的每个签名都正确"});
  const StoredCa* const namesake = namesake_of(local, chain.value());
  if (namesake == nullptr) {
    return propose_to_client(
        local, "client-log",
        {"Your client finds a signature of our server wrong (alert 51). Please look into its log: does it trust an older CA of "
         "the same name, or does a proxy in between change what we send?",
         "您的客户端认为我方服务器的签名有误（警报 51）。请查看其日志：是否信任了同名的旧 CA，或中间有代理改动了内容？"});
  }
  const CertificateFacts& facts = namesake->certificate.facts();
  local.conclude("client_distrusts_our_ca", 0.7,
                 {"the client finds a signature of ours wrong (alert 51): there are two CAs \"" + short_name(facts) +
                      "\" with different keys, and it seems to know the other one",
                  "客户端认为我方的签名有误（警报 51）：名为“" + short_name(facts) + "”的 CA 有两个不同密钥，客户端很可能只知道另一个"});
  propose_to_client(local, "distribute-root",
                    {"Your client seems to know our CA by an old key (alert 51). Please install the present one, SHA-256 " +
                         chain.value().path.last().facts().sha256 + " (compare the fingerprint over another channel).",
                     "您的客户端似乎只有我方 CA 的旧密钥（警报 51）。请安装当前的 CA 证书，SHA-256 " +
                         chain.value().path.last().facts().sha256 + "（请通过其他渠道核对指纹）。"});
}

/// `is_served_seen`: the listener was looked at, and serves what the files have.
void diagnose_distrust(LocalCase& local, const ListenerPlace& place, bool is_served_seen) {
  const int alert = local.symptom().alert.value_or(0);
  const bool may_distrust = local.symptom().has_cause("client_distrusts_our_ca");
  const std::vector<match::CandidateCause>& candidates = local.symptom().candidates;
  const auto is_server_side = [](const match::CandidateCause& one) { return one.cause.starts_with("server_c"); };
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
  local.add_evidence("file", {files.front().path + " is whole: leaf first, complete, valid until " + minute_text(leaf.not_after),
                              files.front().path + " 完好：叶子在前，链完整，有效至 " + minute_text(leaf.not_after)});
  const std::string root = chain.value().path.is_complete && !chain.value().path.issuers.empty()
                               ? chain.value().path.last().facts().subject + ", SHA-256 " + chain.value().path.last().facts().sha256
                               : leaf.issuer;
  if (says_revoked || is_perhaps_older) return;
  propose_to_client(local, may_distrust ? "distribute-root" : "client-log",
                    {"Your client refuses our certificate (alert " + std::to_string(alert) + "). Please trust our CA: " + root +
                         " (compare the fingerprint over another channel), and check name and clock on your side.",
                     "您的客户端拒绝了我方证书（警报 " + std::to_string(alert) + "）。请信任我方 CA：" + root +
                         "（请通过其他渠道核对指纹），并检查您一侧使用的域名与时钟。"});
}

/// The server_name is a slip of the pen of what the certificate has.
bool is_slip_of_name(const FoundFault& found) {
  constexpr std::size_t kMostSlips = 2;
  if (found.fault != ServedFault::wrong_name) return false;
  const std::vector<std::string>& names = found.chain.leaf().facts().dns_names;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return edit_distance(name, found.name) <= kMostSlips; });
}

}  // namespace

bool diagnose_no_certificate(LocalCase& local, const ListenerPlace& place) {
  if (local.symptom().message.find("no \"ssl_certificate\" is defined") == std::string::npos) return false;
  const auto has_none = [](const nginx::ListeningServer& server) { return server.settings.certificates.set_by.empty(); };
  const auto& servers = place.listener().servers;
  const auto bare = has_none(place.server()) ? &place.server() : [&]() -> const nginx::ListeningServer* {
    const auto found = std::find_if(servers.begin(), servers.end(), has_none);
    return found == servers.end() ? nullptr : &*found;
  }();
  if (bare == nullptr) return false;
  local.set_place(block_of(*bare));
  const std::string server = where(block_of(*bare));
  local.conclude("server_cert_not_configured", 0.95,
                 {"the server at " + server + " listens with TLS on " + place.listener().key + " and has no ssl_certificate",
                  server + " 的 server 在 " + place.listener().key + " 上以 TLS 监听，但没有 ssl_certificate"});
  const std::vector<std::string> names = exact_names(*bare);
  const auto pair = find_fitting_pair(local, names);
  if (!pair) return true;
  Fix fix = local.known("add-certificate");
  fix.title = {"Serve " + pair->certificate + ", which covers " + names.front(), "使用 " + pair->certificate + "，它覆盖 " + names.front()};
  fix.proof = {ProofStatus::proved,
               ProofMethod::replay,
               {"certificate and key belong together and cover every name of the server; with them it has a certificate to show",
                "证书与私钥匹配并覆盖该 server 的全部域名；有了它们，该 server 便有证书可用"}};
  local.propose(std::move(fix), patch_with_pair(local, block_of(*bare), *pair));
  return true;
}

/// The servers of the listener that have a certificate, the place's own first, by the name that a client asks for.
std::vector<std::string> names_to_ask_for(const ListenerPlace& place) {
  constexpr std::size_t kMostNames = 4;
  std::vector<std::string> names;
  const auto add = [&](const nginx::ListeningServer& server) {
    if (server.settings.certificates.set_by.empty() || names.size() >= kMostNames) return;
    const std::string name = server.server->names.names.empty() ? std::string() : server.server->names.logged;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  add(place.server());
  for (const nginx::ListeningServer& server : place.listener().servers) add(server);
  return names;
}

bool diagnose_rejected_certificate(LocalCase& local, const ListenerPlace& place) {
  const Symptom& symptom = local.symptom();
  const bool is_ours = std::any_of(symptom.candidates.begin(), symptom.candidates.end(), [](const match::CandidateCause& one) {
    return one.cause.starts_with("server_cert_") || one.cause == "server_chain_incomplete";
  });
  if (!symptom.alert || !is_ours) return false;
  Text what;
  bool is_served_seen = false;
  for (const std::string& name : names_to_ask_for(place)) {
    const auto observation = observe_listener(local, place.listener(), name);
    if (!observation) continue;
    const std::string seen = summary_of(observation.value().seen);
    const std::string asked = name.empty() ? "" : " (" + name + ")";
    local.add_evidence("peer", {"this listener now" + asked + ": " + seen, "该监听端目前" + asked + "：" + seen});
    is_served_seen = is_served_seen || observation.value().has_chain();
    if (!is_older_served(local, place, observation.value(), what)) continue;
    conclude_not_reloaded(local, place, what, ProofStatus::proved);
    return true;
  }
  const std::vector<FoundFault> found = find_faults(local, place);
  if (!found.empty() && is_slip_of_name(found.front()) && diagnose_forgotten_name(local, place)) return true;
  if (!found.empty() && found.front().worth >= 0.3) {
    conclude_found(local, found.front());
    for (std::size_t i = 1; i < found.size() && found[i].server == found.front().server; ++i) {
      if (found[i].fault == ServedFault::expired || found[i].fault == ServedFault::incomplete)
        local.diagnosis.also.emplace_back(found[i].fault == ServedFault::expired ? "server_cert_expired" : "server_chain_incomplete");
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
