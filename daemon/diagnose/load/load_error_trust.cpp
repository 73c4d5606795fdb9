#include <algorithm>

#include "base/text/joined.h"
#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostUpstreams = 8;

/// A line as nginx would write it about this destination: for UpstreamCase.
Symptom symptom_for(const nginx::PassTarget& target, const nginx::Destination& destination,
                    const nginx::UpstreamServer* member) {
  Symptom symptom;
  symptom.side = parse::Side::upstream;
  symptom.scheme = destination.scheme;
  symptom.peer = (member != nullptr ? member->address : destination.address).text();
  symptom.server = target.server->names.logged;
  return symptom;
}

/// The peers whose certificate a trusted file is for, one of each group.
std::vector<Symptom> upstreams_of(const LocalCase& local,
                                  const std::function<bool(const nginx::PassTarget&)>& is_meant) {
  std::vector<Symptom> found;
  for (const nginx::PassTarget& target : local.surroundings().nginx->passes.targets()) {
    if (!target.is_tls || !is_meant(target)) continue;
    for (const nginx::Destination& destination : target.destinations) {
      if (!destination.is_tls || found.size() >= kMostUpstreams) continue;
      const nginx::UpstreamServer* member =
          destination.group != nullptr && !destination.group->servers.empty()
              ? &destination.group->servers.front()
              : nullptr;
      found.push_back(symptom_for(target, destination, member));
    }
  }
  return found;
}

/// What has to be trusted so that a chain that was seen leads to a root: from the collection,
/// checked by signature. Facts only; what the peer sent is parsed in the child.
std::vector<Certificate> missing_trust(UpstreamCase& upstream, const CaStore& store, Time now) {
  const auto& observation = upstream.now().observation;
  if (!observation || observation->seen.chain.empty()) return {};
  const std::vector<PeerCertificate>& chain = observation->seen.chain;
  const PeerCertificate* top = &chain.front();
  for (std::size_t steps = 0; steps < chain.size(); ++steps) {
    const auto next = std::find_if(chain.begin(), chain.end(), [&](const PeerCertificate& one) {
      return !top->facts.self_issued && one.facts.subject_hash == top->facts.issuer_hash &&
             one.facts.sha256 != top->facts.sha256;
    });
    if (next == chain.end()) break;
    top = &*next;
  }
  if (const StoredCa* sent = store.find(top->facts.sha256);
      sent != nullptr && top->facts.self_signed)
    return {sent->certificate};
  if (top->facts.self_issued)
    return {};  // a root that nobody here knows is never trusted at first sight
  const std::vector<const StoredCa*> candidates = store.named(top->facts.issuer_hash);
  std::vector<Der> ders;
  for (const StoredCa* one : candidates) ders.push_back(one->certificate.der());
  if (ders.empty()) return {};
  const auto search = upstream.find_issuers(top->der, ders);
  if (!search) return {};
  std::vector<Certificate> signers;
  for (const std::size_t index : search.value().signers)
    signers.push_back(candidates[index]->certificate);
  const auto best = std::max_element(
      signers.begin(), signers.end(), [now](const Certificate& left, const Certificate& right) {
        return std::tuple(is_valid_at(left.facts(), now), left.facts().self_signed) <
               std::tuple(is_valid_at(right.facts(), now), right.facts().self_signed);
      });
  if (best == signers.end()) return {};
  std::vector<Certificate> trust{*best};
  const IssuerPath above = find_issuers(*best, {}, store, now);
  trust.insert(trust.end(), above.issuers.begin(), above.issuers.end());
  return above.is_complete ? trust : std::vector<Certificate>{};
}

/// Which certificates the upstreams need, and whether they all pass with a patch that is made of
/// them.
struct TrustTrial {
  std::vector<Symptom> symptoms;  ///< the cases borrow them
  std::vector<Certificate> certificates;
  std::vector<std::unique_ptr<UpstreamCase>> upstreams;
  std::size_t unseen = 0;
};

TrustTrial look_at_upstreams(LocalCase& local, std::vector<Symptom> symptoms) {
  TrustTrial trial;
  trial.symptoms = std::move(symptoms);
  for (const Symptom& symptom : trial.symptoms) {
    auto opened =
        local.is_late()
            ? Result<std::unique_ptr<UpstreamCase>>(fail(ErrorCode::timeout, "no time left"))
            : UpstreamCase::open(symptom, local.surroundings(), local.knowledge());
    if (!opened) {
      ++trial.unseen;
      continue;
    }
    const std::vector<Certificate> needed =
        missing_trust(*opened.value(), local.ca_store(), local.now());
    if (needed.empty()) ++trial.unseen;
    for (const Certificate& one : needed) {
      if (!holds(trial.certificates, one)) trial.certificates.push_back(one);
    }
    trial.upstreams.push_back(std::move(opened).value());
  }
  return trial;
}

std::string names_of(std::span<const Certificate> certificates) {
  return joined(certificates, ", ",
                [](const Certificate& one) { return "\"" + short_name(one.facts()) + "\""; });
}

/// Judges every upstream with the patch; raises the depth where that is all that is left.
Proof judge_all(TrustTrial& trial, ConfigurationPatch& patch) {
  Proof proof{ProofStatus::proved, ProofMethod::replay, {}};
  for (auto& upstream : trial.upstreams) {
    UpstreamVerdict verdict = upstream->judge(patch);
    if (verdict.stage == UpstreamStage::verification && verdict.has_chain()) {
      const int needed = static_cast<int>(verdict.input.chain.size());
      ConfigurationPatch deeper = patch;
      const std::string depth = std::to_string(std::max(needed, 2));
      if (deeper.set_directive(upstream->view().settings_block(),
                               upstream->view().directive("ssl_verify_depth"),
                               std::span(&depth, 1))) {
        if (UpstreamVerdict with_depth = upstream->judge(deeper); with_depth.passes()) {
          patch = std::move(deeper);
          verdict = std::move(with_depth);
        }
      }
    }
    const Text summary = summary_of(verdict);
    const std::string& peer = upstream->symptom().peer;
    proof.detail = proof.detail.empty()
                       ? load_text("trust.verdict", {{"peer", peer}, {"verdict", summary}})
                       : load_text("trust.next_verdict",
                                   {{"list", proof.detail}, {"peer", peer}, {"verdict", summary}});
    if (!verdict.passes()) proof.status = ProofStatus::untested;
  }
  if (trial.unseen > 0 || trial.upstreams.empty()) proof.status = ProofStatus::untested;
  return proof;
}

void describe_trust(Fix& fix, const TrustTrial& trial, const std::string& path) {
  Text fingerprints;
  for (const Certificate& one : trial.certificates) {
    fingerprints = load_text("trust.next_fingerprint", {{"list", fingerprints},
                                                        {"certificate", short_name(one.facts())},
                                                        {"fingerprint", one.facts().sha256}});
  }
  fix.how = load_text(
      "trust.from_collection",
      {{"roots", names_of(trial.certificates)}, {"fingerprints", fingerprints}, {"file", path}});
}

}  // namespace

void propose_trust_for_upstreams(LocalCase& local, const ConfiguredFile& file,
                                 std::vector<Certificate> readable, std::string_view fix_id) {
  const auto is_meant = [&](const nginx::PassTarget& target) {
    const auto& set_by = target.settings.trusted_certificate.set_by;
    return target.settings.verify.is_on() &&
           std::any_of(set_by.begin(), set_by.end(), [&](const nginx::Directive* one) {
             return !one->arguments.empty() &&
                    local.configuration().full_path(one->argument(0),
                                                    nginx::PathBase::configuration) == file.path;
           });
  };
  TrustTrial trial = look_at_upstreams(local, upstreams_of(local, is_meant));
  if (trial.certificates.empty()) return;
  for (const Certificate& one : trial.certificates) {
    if (!holds(readable, one)) readable.push_back(one);
  }
  Fix fix = local.known(fix_id);
  fix.title = load_text("trust.write", {{"file", file.path}, {"certificates", names_of(readable)}});
  describe_trust(fix, trial, file.path);
  ConfigurationPatch patch = local.new_patch();
  const bool is_there = local.files().read(file.path, kMaxBundleBytes).has_value();
  const auto done = is_there ? patch.replace_file(file.path, pem_of(readable))
                             : patch.create_file(file.path, pem_of(readable));
  if (!done) return local.propose(std::move(fix), done.error());
  fix.proof = judge_all(trial, patch);
  local.propose(std::move(fix), patch);
}

void propose_trust_directive(LocalCase& local, const nginx::Directive& verify,
                             std::string_view directive_name) {
  const auto is_meant = [&](const nginx::PassTarget& target) {
    return target.settings.verify.is_on() && !target.settings.verify.set_by.empty() &&
           target.settings.verify.set_by.front() == &verify &&
           target.settings.trusted_certificate.set_by.empty();
  };
  TrustTrial trial = look_at_upstreams(local, upstreams_of(local, is_meant));
  if (trial.certificates.empty()) return;
  const NewFile bundle = new_pem_file(local.configuration(), local.files(), {}, "upstream-ca.pem");
  Fix fix = local.known("add-directive");
  fix.title = load_text(
      "trust.add", {{"directive", directive_name}, {"certificates", names_of(trial.certificates)}});
  describe_trust(fix, trial, bundle.path);
  ConfigurationPatch patch = local.new_patch();
  auto done = patch.create_file(bundle.path, pem_of(trial.certificates));
  if (done)
    done = patch.set_directive(*verify.parent, directive_name, std::span(&bundle.written, 1));
  if (!done) return local.propose(std::move(fix), done.error());
  fix.proof = judge_all(trial, patch);
  local.propose(std::move(fix), patch);
}

std::optional<Text> peer_that_refuses(LocalCase& local, const ConfigurationPatch& patch,
                                      const nginx::Directive& directive) {
  const auto is_meant = [&](const nginx::PassTarget& target) {
    for (const auto& set_by : {target.settings.ciphers.set_by, target.settings.conf_commands.set_by,
                               target.settings.protocols.set_by}) {
      if (std::find(set_by.begin(), set_by.end(), &directive) != set_by.end()) return true;
    }
    return false;
  };
  for (const Symptom& symptom : upstreams_of(local, is_meant)) {
    if (local.is_late()) break;
    auto upstream = UpstreamCase::open(symptom, local.surroundings(), local.knowledge());
    if (!upstream) continue;
    const UpstreamVerdict verdict = upstream.value()->judge(patch);
    if (verdict.stage != UpstreamStage::handshake) continue;
    const Text summary = summary_of(verdict);
    return load_text("trust.peer_unreached", {{"peer", symptom.peer}, {"problem", summary}});
  }
  return std::nullopt;
}

void diagnose_trust_file(LocalCase& local, const ConfiguredFile& file, std::string text) {
  const auto read = read_pem_bundle(text);
  if (!read) return local.add_evidence("file", {read.error().message(), read.error().message()});
  const PemBundle& bundle = read.value();
  if (bundle.loads_as_trust()) {
    local.add_evidence("file", load_text("trust.readable_now", {{"file", file.path}}));
    return local.conclude("config_ca_bundle_invalid", 0.6);
  }
  Text what = load_text("file.no_certificate", {{"form", to_string(bundle.form)}});
  if (const PemBlock* damaged = bundle.damaged_block())
    what = load_text("trust.block_damaged", {{"line", std::to_string(damaged->first_line)},
                                             {"problem", damaged->problem}});
  const bool is_der = bundle.form == BundleForm::der_certificate;
  local.conclude(is_der ? "config_der_instead_of_pem" : "config_ca_bundle_invalid", 0.95,
                 load_text("file.named", {{"directive", file.directive->name},
                                          {"place", where(*file.directive)},
                                          {"file", file.path},
                                          {"problem", what}}));
  local.add_evidence("file", what);
  if (is_der) {
    Fix fix = local.known("der-to-pem");
    const std::string path = shell_word(file.path), made = shell_word(file.path + ".new");
    fix.commands = {"openssl x509 -inform der -in " + path + " -out " + made,
                    "mv " + made + " " + path, kReload};
    return local.propose(std::move(fix));
  }
  if (const auto repair = repair_pem(text)) {
    Fix fix = local.known("rebuild-bundle");
    fix.title = load_text("file.repair", {{"file", file.path}, {"what", repair->what}});
    ConfigurationPatch patch = local.new_patch();
    const auto done = patch.replace_file(file.path, repair->text);
    return local.propose(std::move(fix), changed_patch(patch, done));
  }
  std::vector<Certificate> good;
  for (const BundledCertificate& one : bundle.certificates) good.push_back(one.certificate);
  const std::vector<Certificate> recovered = recover_damaged(text, bundle, local.ca_store());
  good.insert(good.end(), recovered.begin(), recovered.end());
  if (!recovered.empty() && !bundle.has_private_key()) {
    Fix fix = local.known("rebuild-bundle");
    fix.title =
        load_text("trust.write_anew", {{"file", file.path}, {"certificates", names_of(recovered)}});
    ConfigurationPatch patch = local.new_patch();
    const auto done = patch.replace_file(file.path, pem_of(good));
    return local.propose(std::move(fix), changed_patch(patch, done));
  }
  if (!bundle.has_private_key()) propose_trust_for_upstreams(local, file, good, "rebuild-bundle");
  Fix fix = local.known("rebuild-bundle");
  fix.commands = {"grep -c BEGIN " + shell_word(file.path),
                  "openssl crl2pkcs7 -nocrl -certfile " + shell_word(file.path) +
                      " | openssl pkcs7 -print_certs -noout",
                  kReload};
  const bool has_one = std::any_of(local.diagnosis.fixes.begin(), local.diagnosis.fixes.end(),
                                   [](const Fix& other) { return other.id == "rebuild-bundle"; });
  if (!has_one) local.propose(std::move(fix));
}

void diagnose_crl_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file,
                       const Result<std::string>& text) {
  const bool is_missing = !text && text.error().code() == ErrorCode::not_found;
  const std::string reason =
      text ? (error.openssl.empty() ? "there is no CRL in it" : error.openssl.substr(0, 160))
           : text.error().message();
  local.conclude(is_missing ? "config_file_missing" : "config_crl_invalid", 0.95,
                 load_text("file.named", {{"directive", file.directive->name},
                                          {"place", where(*file.directive)},
                                          {"file", file.path},
                                          {"problem", reason}}));
  if (text) {
    const auto bundle = read_pem_bundle(text.value());
    if (bundle && bundle.value().form == BundleForm::der_crl) {
      local.conclude("config_der_instead_of_pem", 0.95);
      Fix fix = local.known("der-to-pem");
      const std::string path = shell_word(file.path), made = shell_word(file.path + ".new");
      fix.commands = {"openssl crl -inform der -in " + path + " -out " + made,
                      "mv " + made + " " + path, kReload};
      return local.propose(std::move(fix));
    }
    if (const auto repair = repair_pem(text.value())) {
      Fix fix = local.known("pem-crl");
      ConfigurationPatch patch = local.new_patch();
      const auto done = patch.replace_file(file.path, repair->text);
      return local.propose(std::move(fix), changed_patch(patch, done));
    }
  }
  Fix fix = local.known(is_missing ? "put-file-or-fix-path" : "pem-crl");
  fix.how = load_text("trust.put_crls", {{"file", file.path}});
  fix.commands = {"openssl crl -in ca.crl -noout -issuer -lastupdate -nextupdate",
                  "cat root.crl.pem intermediate.crl.pem > " + shell_word(file.path), kReload};
  local.propose(std::move(fix));
}

}  // namespace handshaked::diagnose
