#include <algorithm>

#include "diagnose/case/fitting_certificate.h"
#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/certificates/private_key_file.h"
#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/texts.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

std::string number(std::size_t value) { return std::to_string(value); }

/// The private key of a file, as far as it may be looked at.
std::optional<PrivateKeyFacts> key_facts(LocalCase& local, const std::string& path) {
  if (!local.surroundings().may_read_keys) return std::nullopt;
  return read_key_file(local.files(), path);
}

Result<ConfigurationPatch> renamed(LocalCase& local, const ConfiguredFile& file,
                                   const std::string& path) {
  ConfigurationPatch patch = local.new_patch();
  TRY(patch.replace_argument(*file.directive, 0,
                             written_path(local, path, !file.written().starts_with("/"))));
  return patch;
}

/// Keys and certificates of this configuration and of the directories that it keeps them in.
std::vector<std::string> credential_files(LocalCase& local, const ConfiguredFile& file) {
  std::vector<std::string> paths;
  for (const ConfiguredFile& other : configured_files(local.configuration())) {
    const bool is_credential = other.role == FileRole::certificate || other.role == FileRole::key;
    if (is_credential && !other.is_dynamic &&
        std::find(paths.begin(), paths.end(), other.path) == paths.end())
      paths.push_back(other.path);
  }
  std::vector<std::string> near = files_beside(local.files(), {file.path});
  paths.insert(paths.end(), near.begin(), near.end());
  return paths;
}

void conclude_not_pem(LocalCase& local, const ConfiguredFile& file, std::string cause,
                      const Text& what) {
  local.conclude(std::move(cause), 0.95,
                 load_text("file.named", {{"directive", file.directive->name},
                                          {"place", where(*file.directive)},
                                          {"file", file.path},
                                          {"problem", what}}));
  local.add_evidence("file", load_text("file.problem", {{"file", file.path}, {"problem", what}}));
}

void propose_restore(LocalCase& local, const ConfiguredFile& file) {
  Fix fix = local.known("look-and-restore");
  const std::string path = shell_word(file.path);
  const bool is_key = file.role == FileRole::key;
  fix.how =
      load_text(is_key ? "file.restore_key" : "file.restore_certificate", {{"file", file.path}});
  fix.commands = {"file " + path,
                  is_key ? "openssl pkey -in " + path + " -noout"
                         : "openssl x509 -in " + path + " -noout -subject -enddate",
                  kReload};
  local.propose(std::move(fix));
}

/// The key of the certificate that stands beside the directive, when it lies here under another
/// name.
bool propose_key_at_hand(LocalCase& local, const ConfiguredFile& file, std::string_view fix_id) {
  const auto certificate = partner_of(file, local.configuration());
  if (!certificate || certificate->is_dynamic) return false;
  const auto key = key_for_certificate(local, certificate->path);
  if (!key || *key == file.path) return false;
  Fix fix = local.known(fix_id);
  fix.title = load_text("pair.use_key", {{"file", *key}});
  local.propose(std::move(fix), renamed(local, file, *key));
  return true;
}

/// It covers what the server of the directive is called; of clients' certificates nothing is asked.
bool covers_server(const ConfiguredFile& file, const Certificate& leaf) {
  const nginx::Directive* const server = nginx::enclosing(*file.directive, "server");
  if (server == nullptr || file.directive->name != "ssl_certificate") return true;
  const auto names = nginx::server_names(*server).names;
  return std::all_of(names.begin(), names.end(), [&](const nginx::ServerName& name) {
    const bool is_host =
        name.kind == nginx::ServerName::Kind::exact && name.text.find('.') != std::string::npos;
    return !is_host || leaf.matches_host(name.text);
  });
}

/// The certificate of the key that stands beside the directive, when it lies here under another
/// name and is valid.
bool propose_certificate_at_hand(LocalCase& local, const ConfiguredFile& file) {
  const auto partner = partner_of(file, local.configuration());
  const auto key = !partner || partner->is_dynamic ? std::nullopt : key_facts(local, partner->path);
  if (!key || key->state != PrivateKeyFacts::State::readable) return false;
  for (const std::string& path : credential_files(local, file)) {
    const auto other = path == file.path ? Result<PemBundle>(PemBundle{})
                                         : read_configured_pem(local.files(), path);
    if (!other || other.value().certificates.empty() || other.value().damaged_block() != nullptr ||
        local.is_late())
      continue;
    const Certificate& leaf = other.value().certificates.front().certificate;
    const CertificateFacts& facts = leaf.facts();
    const bool is_good = !facts.self_signed && !facts.is_ca && is_valid_at(facts, local.now()) &&
                         covers_server(file, leaf);
    if (!is_good || facts.public_key_sha256 != key->public_key_sha256) continue;
    Fix fix = local.known("look-and-restore");
    fix.title = load_text("pair.use_certificate", {{"file", path}});
    local.propose(std::move(fix), renamed(local, file, path));
    return true;
  }
  return false;
}

/// "EC PARAMETERS, CERTIFICATE REQUEST": what stands in a file instead of a key.
std::string labels_of(const PemBundle& bundle) {
  constexpr std::size_t kMostLabels = 3;
  std::string labels;
  for (std::size_t i = 0; i < bundle.blocks.size() && i < kMostLabels; ++i)
    labels += (i == 0 ? "" : ", ") + bundle.blocks[i].label;
  return labels;
}

/// The intermediates that a chain lacks and the CA collection has, as PEM: who knows the root alone
/// needs them.
std::string missing_intermediates(LocalCase& local, std::string_view text) {
  const auto bundle = read_pem_bundle(text);
  if (!bundle || bundle.value().certificates.empty()) return {};
  std::vector<Certificate> held, missing;
  for (const BundledCertificate& one : bundle.value().certificates) held.push_back(one.certificate);
  for (const Certificate& issuer :
       find_issuers(held.front(), held, local.ca_store(), local.now()).issuers) {
    if (!issuer.facts().self_signed && !holds(held, issuer)) missing.push_back(issuer);
  }
  return pem_of(missing);
}

void propose_repair(LocalCase& local, const ConfiguredFile& file, const PemRepair& repair) {
  Fix fix = local.known("insert-newline");
  const std::string missing = missing_intermediates(local, repair.text);
  fix.title = load_text(missing.empty() ? "file.repair" : "file.repair_and_complete",
                        {{"file", file.path}, {"what", repair.what}});
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.replace_file(file.path, repair.text + missing);
  local.propose(std::move(fix), changed_patch(patch, done));
}

void diagnose_der(LocalCase& local, const ConfiguredFile& file) {
  const bool is_key = file.role == FileRole::key;
  conclude_not_pem(local, file, "config_der_instead_of_pem", load_text("file.is_der"));
  if (is_key && propose_key_at_hand(local, file, "der-to-pem")) return;
  Fix fix = local.known("der-to-pem");
  const std::string path = shell_word(file.path), made = shell_word(file.path + ".new");
  fix.commands = {"openssl " + std::string(is_key ? "pkey" : "x509") + " -inform der -in " + path +
                      " -out " + made,
                  "mv " + made + " " + path, kReload};
  local.propose(std::move(fix));
}

/// The certificate's place holds a key. Is the certificate where the key should be?
void diagnose_swapped(LocalCase& local, const ConfiguredFile& file) {
  const auto partner = partner_of(file, local.configuration());
  const bool is_key = file.role == FileRole::key;
  conclude_not_pem(local, file, "config_cert_key_swapped",
                   is_key ? load_text("file.is_certificate") : load_text("file.is_key"));
  if (!partner || partner->is_dynamic) return;
  const auto other = read_configured_pem(local.files(), partner->path);
  const bool fits =
      other && (is_key ? other.value().has_private_key() : !other.value().certificates.empty());
  if (!fits) return;
  Fix fix = local.known("swap-back");
  ConfigurationPatch patch = local.new_patch();
  Result<ConfigurationPatch> done = patch;
  if (const auto one = patch.replace_argument(*file.directive, 0, partner->written()); !one)
    done = one.error();
  else if (const auto two = patch.replace_argument(*partner->directive, 0, file.written()); !two)
    done = two.error();
  else done = patch;
  local.propose(std::move(fix), done);
}

/// OpenSSL refuses the certificate itself: too small a key, too weak a digest.
bool diagnose_weak_certificate(LocalCase& local, const LoadError& error, const ConfiguredFile& file,
                               const PemBundle& bundle) {
  const bool is_digest = error.says("md too weak");
  const bool is_key = error.says("key too small");
  if (!is_digest && !is_key) return false;
  local.conclude(is_digest ? "config_cert_weak_digest" : "config_cert_weak_key", 0.95);
  for (const BundledCertificate& one : bundle.certificates) {
    const CertificateFacts& facts = one.certificate.facts();
    const std::string what = facts.subject + ": " + facts.key_type + " " +
                             std::to_string(facts.key_bits) + ", " + facts.signature_algorithm;
    local.add_evidence("file", load_text("file.block", {{"file", file.path},
                                                        {"number", number(one.block + 1)},
                                                        {"block", what}}));
  }
  Fix fix = local.known(is_digest ? "reissue-sha256" : "reissue");
  fix.owner = Owner::proxy;  // the key is ours to make, the request ours to send
  const std::string path = shell_word(file.path);
  // Without a name in the old one openssl asks for it.
  const std::string subject =
      bundle.certificates.empty()
          ? std::string()
          : " -subj " +
                shell_word("/CN=" + short_name(bundle.certificates.front().certificate.facts()));
  fix.commands = {
      "openssl x509 -in " + path + " -noout -text | grep -E 'Public-Key|Signature Algorithm'",
      "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout new.key -out "
      "new.csr" +
          subject,
      "# have new.csr signed, then install certificate chain and key at the paths that the "
      "configuration names",
      kReload};
  local.propose(std::move(fix));
  local.add_dead_end({.id = "lower-security-level",
                      .action = load_text("level.lower"),
                      .why_fails = load_text("level.lower_fails"),
                      .fail_rate = 0.1,
                      .is_unsafe = true,
                      .proof = {}});
  return true;
}

}  // namespace

void diagnose_certificate_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file,
                               std::string text) {
  const auto read = read_pem_bundle(text);
  if (!read) return local.add_evidence("file", {read.error().message(), read.error().message()});
  const PemBundle& bundle = read.value();
  if (bundle.form == BundleForm::der_certificate) return diagnose_der(local, file);
  if (bundle.certificates.empty() && bundle.has_private_key()) return diagnose_swapped(local, file);
  if (bundle.form == BundleForm::empty) {
    conclude_not_pem(local, file, "config_pem_invalid", load_text("file.is_empty"));
    if (!propose_certificate_at_hand(local, file)) propose_restore(local, file);
    return;
  }
  const PemBlock* damaged = bundle.damaged_block();
  if (damaged != nullptr || bundle.certificates.empty()) {
    if (const auto repair = repair_pem(text)) {
      conclude_not_pem(
          local, file,
          text.find("-----BEGIN PKCS7") == std::string::npos && !text.starts_with("\xef\xbb\xbf")
              ? "config_pem_concatenation"
              : "config_pem_invalid",
          load_text("file.is_wrapped_badly"));
      return propose_repair(local, file, *repair);
    }
    const Text what = damaged == nullptr
                          ? load_text("file.no_certificate", {{"form", to_string(bundle.form)}})
                          : load_text("file.damaged_block", {{"first", number(damaged->first_line)},
                                                             {"last", number(damaged->last_line)},
                                                             {"problem", damaged->problem}});
    conclude_not_pem(local, file, "config_pem_invalid", what);
    if (bundle.form == BundleForm::pkcs12) {
      Fix fix = local.known("convert");
      fix.commands = {"openssl pkcs12 -in " + shell_word(file.path) + " -nokeys -out " +
                          shell_word(file.path + ".pem"),
                      kReload};
      local.propose(std::move(fix));
    }
    if (propose_certificate_at_hand(local, file)) return;
    return propose_restore(local, file);
  }
  if (diagnose_weak_certificate(local, error, file, bundle)) return;
  local.add_evidence(
      "file", load_text("file.certificates_now",
                        {{"file", file.path}, {"count", number(bundle.certificates.size())}}));
}

void diagnose_key_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file,
                       std::string text) {
  const auto read = read_pem_bundle(text);
  const bool is_asked =
      error.says("password") || error.says("passphrase") || error.says("bad decrypt");
  wipe(text);
  if (!read) return local.add_evidence("file", {read.error().message(), read.error().message()});
  const PemBundle& bundle = read.value();
  const auto is_encrypted = [](const PemBlock& block) {
    return block.kind == BlockKind::encrypted_private_key;
  };
  if (is_asked || std::any_of(bundle.blocks.begin(), bundle.blocks.end(), is_encrypted))
    return diagnose_encrypted_key(local, error, file);
  if (bundle.form == BundleForm::der_other || bundle.form == BundleForm::der_certificate)
    return diagnose_der(local, file);
  if (!bundle.has_private_key() && !bundle.certificates.empty())
    return diagnose_swapped(local, file);
  const std::string labels = labels_of(bundle);
  if (bundle.form == BundleForm::empty)
    conclude_not_pem(local, file, "config_pem_invalid", load_text("file.is_empty"));
  else if (!bundle.has_private_key() && !labels.empty())
    conclude_not_pem(local, file, "config_pem_invalid",
                     load_text("file.no_key", {{"labels", labels}}));
  else
    conclude_not_pem(local, file, "config_pem_invalid",
                     error.openssl.empty() ? load_text("file.no_key_readable")
                                           : load_text("file.no_key_readable_for",
                                                       {{"error", error.openssl.substr(0, 120)}}));
  if (!propose_key_at_hand(local, file, "look-and-restore")) propose_restore(local, file);
}

namespace {

struct MismatchedPair {
  ConfiguredFile certificate, key;
  PemBundle bundle;
};

/// The right key for the certificate, or the right certificate for the key, among the files at
/// hand.
void propose_matching_file(LocalCase& local, const MismatchedPair& pair,
                           const std::optional<PrivateKeyFacts>& key) {
  if (!local.surroundings().may_read_keys) return;
  const std::string& wanted =
      pair.bundle.certificates.front().certificate.facts().public_key_sha256;
  for (const std::string& path : credential_files(local, pair.key)) {
    if (path == pair.key.path || local.is_late()) continue;
    const auto other = read_configured_pem(local.files(), path);
    if (!other) continue;
    if (other.value().has_private_key()) {
      const auto facts = key_facts(local, path);
      if (!facts || facts->public_key_sha256 != wanted) continue;
      Fix fix = local.known("install-matching-key");
      fix.title = load_text("pair.use_key", {{"file", path}});
      return local.propose(std::move(fix), renamed(local, pair.key, path));
    }
  }
  if (!key || key->state != PrivateKeyFacts::State::readable) return;
  for (const std::string& path : credential_files(local, pair.certificate)) {
    const auto other = path == pair.certificate.path ? Result<PemBundle>(PemBundle{})
                                                     : read_configured_pem(local.files(), path);
    if (!other || other.value().certificates.empty()) continue;
    const CertificateFacts& facts = other.value().certificates.front().certificate.facts();
    if (facts.public_key_sha256 != key->public_key_sha256 || !is_valid_at(facts, local.now()))
      continue;
    Fix fix = local.known("take-pair-from-acme");
    fix.title = load_text("pair.use_certificate", {{"file", path}});
    return local.propose(std::move(fix), renamed(local, pair.certificate, path));
  }
}

void conclude_chain_order(LocalCase& local, const MismatchedPair& pair,
                          const std::vector<Certificate>& ordered) {
  const std::string first = short_name(pair.bundle.certificates.front().certificate.facts());
  const std::string leaf = short_name(ordered.front().facts());
  local.conclude("config_chain_order", 0.95,
                 load_text("pair.leaf_not_first",
                           {{"file", pair.certificate.path}, {"first", first}, {"leaf", leaf}}));
  Fix fix = local.known("leaf-first");
  ConfigurationPatch patch = local.new_patch();
  const auto done = pair.bundle.has_private_key()
                        ? Result<>(fail(ErrorCode::invalid_input,
                                        "there is a private key in " + pair.certificate.path))
                        : patch.replace_file(pair.certificate.path, pem_of(ordered));
  local.propose(std::move(fix), changed_patch(patch, done));
}

/// A certificate of an inner level, to which the key of an outer one came down: the key that
/// belongs to it goes beside it.
bool conclude_levels_apart(LocalCase& local, const ConfiguredFile& key) {
  if (key.role != FileRole::key) return false;
  for (const ConfiguredFile& certificate : configured_files(local.configuration())) {
    const bool is_other_level = certificate.role == FileRole::certificate &&
                                !certificate.is_dynamic &&
                                certificate.directive->parent != key.directive->parent &&
                                certificate.directive->name + "_key" == key.directive->name;
    if (!is_other_level) continue;
    const auto inherited =
        nginx::find_inherited(*certificate.directive->parent, key.directive->name);
    const auto own = key_for_certificate(local, certificate.path);
    if (inherited.empty() || inherited.front() != key.directive || !own || *own == key.path)
      continue;
    const std::string there = where(*certificate.directive);
    local.conclude(
        "config_key_mismatch", 0.9,
        load_text("pair.key_of_another", {{"place", there}, {"other", where(*key.directive)}}));
    local.set_place(*certificate.directive);
    Fix fix = local.known("install-matching-key");
    fix.title = load_text("pair.put_key_beside",
                          {{"directive", key.directive->name}, {"file", *own}, {"place", there}});
    ConfigurationPatch patch = local.new_patch();
    const std::string written = written_path(local, *own, !certificate.written().starts_with("/"));
    const auto done = patch.set_directive(*certificate.directive->parent, key.directive->name,
                                          std::span(&written, 1));
    local.propose(std::move(fix), changed_patch(patch, done));
    return true;
  }
  return false;
}

}  // namespace

void diagnose_key_mismatch(LocalCase& local, const ConfiguredFile& file) {
  local.conclude("config_key_mismatch", 0.9);
  if (conclude_levels_apart(local, file)) return;
  const auto partner = partner_of(file, local.configuration());
  if (!partner) return;
  MismatchedPair pair{file.role == FileRole::certificate ? file : *partner,
                      file.role == FileRole::key ? file : *partner,
                      {}};
  auto bundle = read_configured_pem(local.files(), pair.certificate.path);
  if (!bundle || bundle.value().certificates.empty()) return;
  pair.bundle = std::move(bundle).value();
  const auto key = key_facts(local, pair.key.path);
  const bool knows_key = key && key->state == PrivateKeyFacts::State::readable;
  const CertificateFacts& first = pair.bundle.certificates.front().certificate.facts();
  if (knows_key && key->public_key_sha256 == first.public_key_sha256) {
    local.add_evidence("file", load_text("pair.belongs_now"));
    return;
  }
  if (const auto ordered =
          chain_in_order(pair.bundle.certificates,
                         knows_key ? std::string_view(key->public_key_sha256) : std::string_view()))
    return conclude_chain_order(local, pair, *ordered);
  local.conclude("config_key_mismatch", 0.95,
                 load_text("pair.mismatch", {{"certificate_file", pair.certificate.path},
                                             {"certificate", short_name(first)},
                                             {"key_file", pair.key.path}}));
  local.add_evidence(
      "file", load_text("pair.key_of_certificate", {{"fingerprint", first.public_key_sha256}}));
  if (knows_key)
    local.add_evidence("file",
                       load_text("pair.key_of_file", {{"fingerprint", key->public_key_sha256}}));
  propose_matching_file(local, pair, key);
  const auto has = [&](std::string_view id) {
    return std::any_of(local.diagnosis.fixes.begin(), local.diagnosis.fixes.end(),
                       [&](const Fix& fix) { return fix.id == id; });
  };
  if (has("install-matching-key")) return;
  Fix fix = local.known("install-matching-key");
  fix.commands = {
      "openssl x509 -in " + shell_word(pair.certificate.path) + " -noout -pubkey | openssl sha256",
      "openssl pkey -in " + shell_word(pair.key.path) +
          " -pubout | openssl sha256   # must print the same",
      kReload};
  local.propose(std::move(fix));
}

}  // namespace handshaked::diagnose
