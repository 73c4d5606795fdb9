#include "diagnose/listener/served_chain.h"

#include <algorithm>

#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/texts.h"
#include "diagnose/tls/security_policy.h"

namespace handshaked::diagnose {
namespace {

constexpr int kDepthOfClients =
    100;  // what OpenSSL, browsers and others permit unless told otherwise

}  // namespace

std::vector<Der> ServedChain::sent() const {
  std::vector<Der> ders;
  for (const BundledCertificate& one : bundle.certificates) ders.push_back(one.certificate.der());
  return ders;
}

Text summary_of(const ReplayResult& result) {
  if (result.verified) return listener_text("chain.verifies");
  if (result.verify_code == 0) return listener_text("chain.verifies_without_name");
  const std::string code = std::to_string(result.verify_code) + " (" + result.verify_text + ")";
  return listener_text("chain.verify_code", {{"code", code}});
}

Result<ServedChain> read_served_chain(const LocalCase& local, const ConfiguredFile& file) {
  if (file.is_dynamic)
    return fail(ErrorCode::not_found, "the path is only known when a request comes");
  TRY(PemBundle bundle, read_configured_pem(local.files(), file.path));
  if (bundle.certificates.empty())
    return fail(ErrorCode::invalid_input, "no certificate in " + file.path);
  ServedChain chain{file, std::move(bundle), {}, {}, false};
  std::vector<Certificate> beside;
  for (const BundledCertificate& one : chain.bundle.certificates) beside.push_back(one.certificate);
  chain.path = find_issuers(chain.leaf(), beside, local.ca_store(), local.now());
  for (const Certificate& issuer : chain.path.issuers) {
    if (!issuer.facts().self_signed && !holds(beside, issuer)) chain.missing.push_back(issuer);
  }
  chain.is_open_ended = !chain.path.is_complete;
  return chain;
}

std::optional<ReplayResult> as_client_sees(const ServedChain& chain, const std::vector<Der>& sent,
                                           const std::string& name, Time now) {
  if (!chain.path.is_complete || chain.path.issuers.empty()) return std::nullopt;
  ReplayInput input;
  input.chain = sent;
  input.trusted = {chain.path.last().der()};
  input.depth = kDepthOfClients;
  input.at = now;
  if (!name.empty()) input.name = name;
  auto result = replay_verification(input);
  if (!result) return std::nullopt;
  return std::move(result).value();
}

void propose_missing_intermediates(LocalCase& local, const ServedChain& chain,
                                   std::string_view fix_id) {
  std::string names;
  std::vector<Der> sent = chain.sent();
  const auto before = as_client_sees(chain, sent, {}, local.now());
  for (const Certificate& one : chain.missing) {
    names += (names.empty() ? "\"" : ", \"") + short_name(one.facts()) + "\"";
    sent.push_back(one.der());
  }
  const auto after = as_client_sees(chain, sent, {}, local.now());
  Fix fix = local.known(fix_id);
  fix.title = listener_text("chain.append", {{"certificates", names}, {"file", chain.file.path}});
  if (before && after) {
    const auto policy = security_policy("");
    const std::string under = policy ? policy.value().description() : std::string("OpenSSL");
    fix.proof.method = ProofMethod::replay;
    fix.proof.status = after->verified && !before->verified ? ProofStatus::proved
                       : after->verified                    ? ProofStatus::untested
                                                            : ProofStatus::refuted;
    fix.proof.detail =
        listener_text("chain.as_client_sees", {{"root", short_name(chain.path.last().facts())},
                                               {"before", summary_of(*before)},
                                               {"after", summary_of(*after)},
                                               {"under", under}});
  }
  ConfigurationPatch patch = local.new_patch();
  Result<> done = success();
  if (!chain.bundle.has_private_key()) {
    done = patch.append_pem(chain.file.path, pem_of(chain.missing));
  } else {  // the key stays out of the diff: the chain gets a file of its own
    std::vector<Certificate> all;
    for (const BundledCertificate& one : chain.bundle.certificates) all.push_back(one.certificate);
    all.insert(all.end(), chain.missing.begin(), chain.missing.end());
    const NewFile made =
        new_pem_file(local.configuration(), local.files(), chain.file.path, "fullchain.pem");
    done = patch.create_file(made.path, pem_of(all));
    const auto key = partner_of(chain.file, local.configuration());
    if (done && !key) done = fail(ErrorCode::invalid_input, "no certificate key directive");
    if (done) done = patch.replace_argument(*chain.file.directive, 0, made.written);
  }
  local.propose(std::move(fix), changed_patch(patch, done));
}

}  // namespace handshaked::diagnose
