#include <algorithm>
#include <array>

#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/upstream/verification/repair_search.h"

namespace handshaked::diagnose {
namespace {

constexpr std::array<std::string_view, 4> kPackagedBundles = {"/etc/ssl/", "/etc/pki/",
                                                              "/usr/share/", "/usr/lib/"};

/// A bundle that a package or a tool writes anew: what is appended to it is lost.
bool is_packaged(const std::string& path) {
  const bool is_system = std::any_of(kPackagedBundles.begin(), kPackagedBundles.end(),
                                     [&](std::string_view one) { return path.starts_with(one); });
  return is_system && (path.ends_with("ca-certificates.crt") || path.ends_with("ca-bundle.crt") ||
                       path.ends_with("ca-bundle.trust.crt") || path.ends_with("cert.pem") ||
                       path.ends_with("tls-ca-bundle.pem"));
}

/// Subjects are text of strangers: what stands in a comment is printable, and one line.
std::string comment_for(const CertificateFacts& facts) {
  std::string text = facts.subject + ", SHA-256 " + facts.sha256;
  std::replace_if(
      text.begin(), text.end(), [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; },
      '?');
  return text;
}

Result<> set(UpstreamCase& upstream, ConfigurationPatch& patch, std::string_view setting,
             const std::string& value) {
  const UpstreamView& view = upstream.view();
  return patch.set_directive(view.settings_block(), view.directive(setting), std::array{value});
}

Result<> set_name(UpstreamCase& upstream, ConfigurationPatch& patch, const NameCandidate& name) {
  const nginx::EffectiveValue& current = upstream.view().target->settings.name;
  // A slip of the pen is cured where it was made.
  const bool is_slip =
      name.support == NameSupport::near_miss && !current.is_default() && current.set_by.size() == 1;
  if (is_slip && is_near(current.first(), name.name))
    return patch.replace_argument(*current.set_by.front(), 0, name.name);
  return set(upstream, patch, "ssl_name", name.name);
}

/// A trusted file of this place's own, with nothing in it but this path.
Result<> use_own_file(UpstreamCase& upstream, ConfigurationPatch& patch, const Repair& repair) {
  std::string text;
  for (const PathCertificate& one : repair.path.certificates) {
    if (!one.known || (one.is_sent && !one.facts.self_signed)) continue;
    text += "# " + comment_for(one.facts) + "\n" + one.known->certificate.pem();
  }
  std::string stem = upstream.view().destination != nullptr
                         ? upstream.view().destination->address.host
                         : "upstream";
  std::replace_if(
      stem.begin(), stem.end(),
      [](unsigned char byte) {
        return !std::isalnum(byte) && byte != '.' && byte != '-' && byte != '_';
      },
      '_');
  std::string directory = upstream.surroundings().nginx->configuration.configuration_prefix();
  for (const nginx::EffectiveValue* value :
       {&upstream.view().target->settings.certificate, &upstream.view().target->settings.crl}) {
    if (value->first().empty()) continue;
    directory = directory_of(upstream.surroundings().nginx->configuration.full_path(
        value->first(), nginx::PathBase::configuration));
    break;
  }
  const std::string path = directory + stem + "-ca.pem";
  TRY(patch.create_file(path, std::move(text)));
  return set(upstream, patch, "ssl_trusted_certificate", path);
}

Result<> trust(UpstreamCase& upstream, ConfigurationPatch& patch, const Repair& repair,
               const UpstreamVerdict& before) {
  if (is_packaged(before.trusted_file)) return use_own_file(upstream, patch, repair);
  for (const StoredCa& one : repair.certificates) {
    TRY(patch.append_pem(before.trusted_file, one.certificate.pem(),
                         comment_for(one.certificate.facts())));
  }
  return success();
}

/// The lines of a text without those of some of its PEM blocks.
std::string without_blocks(const std::string& text, const std::vector<PemBlock>& blocks) {
  std::string kept;
  unsigned line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const bool is_dropped = std::any_of(blocks.begin(), blocks.end(), [&](const PemBlock& block) {
      return line >= block.first_line && line <= block.last_line;
    });
    if (!is_dropped) kept.append(text, at, end - at);
    at = end;
  }
  if (!kept.empty() && kept.back() != '\n') kept += '\n';
  return kept;
}

Result<> replace_ca(ConfigurationPatch& patch, const Repair& repair,
                    const UpstreamVerdict& before) {
  TRY(std::string text, patch.files().read(before.trusted_file, kMaxBundleBytes));
  TRY(const PemBundle bundle, read_pem_bundle(text));
  std::vector<PemBlock> dropped;
  for (const BundledCertificate& one : bundle.certificates) {
    const bool is_displaced = std::any_of(
        repair.certificates.begin(), repair.certificates.end(), [&](const StoredCa& other) {
          return other.certificate.facts().subject_hash == one.certificate.facts().subject_hash;
        });
    if (is_displaced) dropped.push_back(bundle.blocks[one.block]);
  }
  text = without_blocks(text, dropped);
  for (const StoredCa& one : repair.certificates)
    text += "# " + comment_for(one.certificate.facts()) + "\n" + one.certificate.pem();
  return patch.replace_file(before.trusted_file, std::move(text));
}

Result<> renew_crls(ConfigurationPatch& patch, const Repair& repair,
                    const UpstreamVerdict& before) {
  if (!repair.replaces_crls) {
    for (const RevocationList& one : repair.crls) {
      TRY(patch.append_pem(before.crl_file, one.pem(), "CRL of " + one.facts().issuer));
    }
    return success();
  }
  TRY(std::string text, patch.files().read(before.crl_file, kMaxBundleBytes));
  TRY(const PemBundle bundle, read_pem_bundle(text));
  std::vector<PemBlock> dropped;
  for (const BundledCrl& one : bundle.crls) {
    const bool is_displaced =
        std::any_of(repair.crls.begin(), repair.crls.end(), [&](const RevocationList& other) {
          return other.facts().issuer_hash == one.crl.facts().issuer_hash;
        });
    if (is_displaced) dropped.push_back(bundle.blocks[one.block]);
  }
  text = without_blocks(text, dropped);
  for (const RevocationList& one : repair.crls) text += one.pem();
  return patch.replace_file(before.crl_file, std::move(text));
}

Result<> plain_pem(ConfigurationPatch& patch, const UpstreamVerdict& before) {
  TRY(const std::string text, patch.files().read(before.trusted_file, kMaxBundleBytes));
  TRY(const PemBundle bundle, read_pem_bundle(text));
  std::string plain;
  for (const BundledCertificate& one : bundle.certificates) plain += one.certificate.pem();
  return patch.replace_file(before.trusted_file, std::move(plain));
}

}  // namespace

Result<> Repair::apply(UpstreamCase& upstream, ConfigurationPatch& patch,
                       const UpstreamVerdict& before) const {
  switch (kind) {
    case RepairKind::send_sni: return set(upstream, patch, "ssl_server_name", "on");
    case RepairKind::set_name: return set_name(upstream, patch, name);
    case RepairKind::raise_depth:
      return set(upstream, patch, "ssl_verify_depth", std::to_string(depth));
    case RepairKind::trust: return trust(upstream, patch, *this, before);
    case RepairKind::renew_crl: return renew_crls(patch, *this, before);
    case RepairKind::replace_ca: return replace_ca(patch, *this, before);
    case RepairKind::plain_pem: return plain_pem(patch, before);
  }
  return success();
}

}  // namespace handshaked::diagnose
