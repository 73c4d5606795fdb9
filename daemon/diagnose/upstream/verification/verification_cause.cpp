#include "diagnose/upstream/verification/verification_cause.h"

#include <algorithm>

#include <openssl/x509_vfy.h>

#include "diagnose/certificates/issuer_search.h"

namespace handshaked::diagnose {
namespace {

bool is_trust_code(int code) {
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return true;
    default: return false;
  }
}

bool is_crl_code(int code) {
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR: return true;
    default: return false;
  }
}

std::string crl_cause(int code) {
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_CRL: return "crl_missing";
    case X509_V_ERR_CRL_HAS_EXPIRED: return "crl_expired";
    case X509_V_ERR_CRL_NOT_YET_VALID: return "crl_not_yet_valid";
    case X509_V_ERR_CRL_SIGNATURE_FAILURE: return "crl_signature_invalid";
    default: return "crl_unusable";
  }
}

bool has_fault(const UpstreamVerdict& verdict, int code) {
  return std::any_of(verdict.replay.faults.begin(), verdict.replay.faults.end(),
                     [&](const ReplayFault& one) { return one.code == code; });
}

bool may_sign(const CertificateFacts& issuer) {
  if (!issuer.has_key_usage) return true;
  return std::find(issuer.key_usage.begin(), issuer.key_usage.end(), "keyCertSign") !=
         issuer.key_usage.end();
}

/// A CA of the path that may be none: OpenSSL then prints a missing issuer, an unsuitable purpose,
/// or what it is.
std::optional<FoundCause> bad_issuer(const std::vector<PathCertificate>& certificates) {
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    const CertificateFacts& facts = certificates[i].facts;
    if (!facts.is_ca && (facts.has_basic_constraints || !facts.self_signed)) {
      return FoundCause{.slug = "upstream_issuer_not_ca", .certificate = facts};
    }
    if (!may_sign(facts)) {
      return FoundCause{.slug = "upstream_issuer_bad_key_usage",
                        .also = {"upstream_issuer_not_ca"},
                        .certificate = facts};
    }
  }
  return std::nullopt;
}

std::string organisation_of(const std::string& name) {
  const std::size_t at = name.find("O=");
  return at == std::string::npos ? std::string()
                                 : name.substr(at, name.find_first_of(",+", at) - at);
}

/// Of the same owner as something that is trusted: what is missing is then most likely the part
/// between.
bool is_of_trusted_owner(const std::string& issuer, const std::vector<Certificate>& trusted) {
  const std::string owner = organisation_of(issuer);
  return !owner.empty() && std::any_of(trusted.begin(), trusted.end(), [&](const Certificate& one) {
    return organisation_of(one.facts().subject) == owner;
  });
}

/// The dead certificate that one of the path stands in for: same name and same key.
std::optional<PathCertificate> dead_twin(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                                         const CertificateFacts& twin) {
  const auto is_twin = [&](const CertificateFacts& facts) {
    return facts.subject_hash == twin.subject_hash &&
           facts.public_key_sha256 == twin.public_key_sha256 && facts.sha256 != twin.sha256;
  };
  for (const ReplayFault& fault : verdict.replay.faults) {
    if (fault.code != X509_V_ERR_CERT_HAS_EXPIRED && fault.code != X509_V_ERR_CERT_NOT_YET_VALID)
      continue;
    const auto dead = certificate_at(upstream, verdict, fault.depth);
    if (dead && is_twin(dead->facts)) return dead;
  }
  // A search for an issuer that ends early looks at no dates.
  const Time now = upstream.surroundings().now;
  for (const Certificate& one : trusted_certificates(upstream, verdict)) {
    if (is_twin(one.facts()) && !is_valid_at(one.facts(), now))
      return PathCertificate{one.facts(), false, true, std::nullopt};
  }
  if (!verdict.observation) return std::nullopt;
  for (const PeerCertificate& one : verdict.observation->seen.chain) {
    if (is_twin(one.facts) && !is_valid_at(one.facts, now))
      return PathCertificate{one.facts, true, false, std::nullopt};
  }
  return std::nullopt;
}

/// The root that is added is the self-signed form of a CA that the former way had cross-signed by a
/// root that is dead.
bool ends_cross_signing(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                        const CertificateFacts& root) {
  if (!root.self_signed || !has_fault(verdict, X509_V_ERR_CERT_HAS_EXPIRED)) return false;
  for (int depth = 1; depth < static_cast<int>(verdict.replay.built_chain.size()); ++depth) {
    const auto one = certificate_at(upstream, verdict, depth);
    if (one && !one->facts.self_signed && one->facts.public_key_sha256 == root.public_key_sha256)
      return true;
  }
  return false;
}

FoundCause with_trust_key(FoundCause cause, const UpstreamVerdict& verdict) {
  if (cause.key.empty()) cause.key = "trust file|" + verdict.trusted_file;
  return cause;
}

/// A trusted certificate with the name of a CA that the path lacks, but with another key; null when
/// there is none.
const Certificate* other_key(const std::vector<Certificate>& trusted, const TrustPath& path) {
  for (std::size_t i = 1; i <= path.certificates.size(); ++i) {
    const bool is_in_path = i < path.certificates.size();
    const bool is_missing =
        is_in_path ? !path.certificates[i].is_trusted : !path.top().facts.self_signed;
    const std::string& hash =
        is_in_path ? path.certificates[i].facts.subject_hash : path.top().facts.issuer_hash;
    for (const Certificate& one : trusted) {
      if (!is_missing || one.facts().subject_hash != hash) continue;
      if (!is_in_path ||
          one.facts().public_key_sha256 != path.certificates[i].facts.public_key_sha256)
        return &one;
    }
  }
  return nullptr;
}

/// The path breaks off at the leaf: who did not deliver its issuer?
FoundCause leaf_without_issuer(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                               const TrustPath& path) {
  const CertificateFacts& leaf = path.certificates.front().facts;
  const std::vector<Certificate> trusted = trusted_certificates(upstream, verdict);
  FoundCause cause{
      .slug = "upstream_ca_not_trusted", .confidence = 0.5, .also = {"upstream_chain_incomplete"}};
  if (verdict.input.chain.size() > 1) {
    cause = {.slug = "upstream_wrong_intermediate",
             .confidence = 0.8,
             .also = {"upstream_chain_incomplete"}};
  } else if (is_of_trusted_owner(leaf.issuer, trusted) || !leaf.issuer_urls.empty()) {
    cause = {.slug = "upstream_chain_incomplete",
             .confidence = 0.7,
             .also = {"upstream_ca_not_trusted"}};
  }
  return cause;
}

}  // namespace

std::optional<PathCertificate> certificate_at(UpstreamCase& upstream,
                                              const UpstreamVerdict& verdict, int depth) {
  if (depth < 0 || static_cast<std::size_t>(depth) >= verdict.replay.built_chain.size())
    return std::nullopt;
  const std::string& sha256 = verdict.replay.built_chain[static_cast<std::size_t>(depth)];
  std::optional<PathCertificate> found;
  if (verdict.observation) {
    for (const PeerCertificate& one : verdict.observation->seen.chain) {
      if (one.facts.sha256 == sha256) found = PathCertificate{one.facts, true, false, std::nullopt};
    }
  }
  for (const Certificate& one : trusted_certificates(upstream, verdict)) {
    if (one.facts().sha256 != sha256) continue;
    if (!found) found = PathCertificate{one.facts(), false, true, std::nullopt};
    found->is_trusted = true;
  }
  return found;
}

FoundCause trust_cause(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                       const TrustPath& path) {
  const std::vector<Certificate> trusted = trusted_certificates(upstream, verdict);
  const CertificateFacts& leaf = path.certificates.front().facts;
  const PathCertificate& top = path.top();
  const auto finish = [&](FoundCause cause) {
    if (cause.certificate.sha256.empty()) cause.certificate = top.facts;
    cause.issuer = path.is_complete || top.facts.self_signed ? top.facts.subject : top.facts.issuer;
    cause.issuer_key_id = path.is_complete || top.facts.self_signed ? top.facts.subject_key_id
                                                                    : top.facts.authority_key_id;
    return with_trust_key(std::move(cause), verdict);
  };
  const std::vector<StoredCa> additions = path.additions();
  for (const StoredCa& one : additions) {
    const CertificateFacts& facts = one.certificate.facts();
    if (const auto dead = dead_twin(upstream, verdict, facts)) {
      const bool is_root = dead->facts.self_signed;
      return finish({.slug = is_root ? "trusted_root_expired" : "upstream_intermediate_expired",
                     .key = "expired|" + dead->facts.sha256,
                     .certificate = dead->facts});
    }
    if (ends_cross_signing(upstream, verdict, facts)) {
      return finish({.slug = "cross_signed_root_expired",
                     .also = {"trusted_root_expired"},
                     .certificate = facts});
    }
  }
  if (leaf.self_signed && path.certificates.size() == 1)
    return finish({.slug = "upstream_self_signed"});
  if (auto bad = bad_issuer(path.certificates)) return finish(std::move(*bad));
  if (const Certificate* const namesake = other_key(trusted, path)) {
    return finish({.slug = "upstream_ca_rekeyed",
                   .also = {"upstream_ca_not_trusted"},
                   .certificate = namesake->facts()});
  }
  const bool trusts_leaf = std::any_of(trusted.begin(), trusted.end(), [&](const Certificate& one) {
    return one.facts().sha256 == leaf.sha256;
  });
  if (trusts_leaf)
    return finish({.slug = "trusted_bundle_holds_leaf", .also = {"upstream_ca_not_trusted"}});
  const bool trusts_part = std::any_of(
      path.certificates.begin() + 1, path.certificates.end(),
      [](const PathCertificate& one) { return one.is_trusted && !one.facts.self_signed; });
  const bool lacks_root = path.is_complete ? path.adds_root() : true;
  if (trusts_part && lacks_root)
    return finish({.slug = "trusted_bundle_lacks_root", .also = {"upstream_ca_not_trusted"}});
  const bool lacks_intermediate =
      std::any_of(additions.begin(), additions.end(),
                  [](const StoredCa& one) { return !one.certificate.facts().self_signed; });
  // What is sent above a gap is right, and not enough.
  const auto is_on_path = [&](const PeerCertificate& sent) {
    return std::any_of(
        path.certificates.begin(), path.certificates.end(),
        [&](const PathCertificate& one) { return one.facts.sha256 == sent.facts.sha256; });
  };
  const std::vector<PeerCertificate>& sent = verdict.observation->seen.chain;
  const bool sends_foreign = !std::all_of(sent.begin(), sent.end(), is_on_path);
  if (path.is_complete && !path.adds_root()) {
    if (sends_foreign)
      return finish({.slug = "upstream_wrong_intermediate", .also = {"upstream_chain_incomplete"}});
    return finish({.slug = "upstream_chain_incomplete"});
  }
  if (path.certificates.size() == 1) return finish(leaf_without_issuer(upstream, verdict, path));
  FoundCause cause{.slug = "upstream_ca_not_trusted"};
  if (lacks_intermediate) cause.also.push_back("upstream_chain_incomplete");
  return finish(std::move(cause));
}

FoundCause name_cause(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                      const NameCandidate* right, bool is_other_leaf) {
  const UpstreamView& view = upstream.view();
  const std::string name = nginx::to_lower(verdict.name.verified);
  const CertificateFacts leaf = verdict.leaf() != nullptr ? *verdict.leaf() : CertificateFacts{};
  const auto found = [&](std::string slug, double confidence, std::vector<std::string> also = {}) {
    return FoundCause{.slug = std::move(slug),
                      .confidence = confidence,
                      .also = std::move(also),
                      .certificate = leaf};
  };
  const bool is_set = !view.target->settings.name.is_default();
  if (name.empty()) return found("proxy_ssl_name_empty", 0.95, {"proxy_ssl_name_wrong"});
  if (verdict.name.is_client_chosen)
    return found("proxy_ssl_name_from_client", 0.9,
                 {"upstream_name_mismatch", "proxy_ssl_name_wrong"});
  const auto address = nginx::parse_address(name, nginx::AddressForm::peer);
  const bool is_group = !is_set && view.destination != nullptr &&
                        view.destination->group != nullptr && !is_host_name(name);
  if (is_group && is_other_leaf)
    return found("upstream_sni_wrong_name", 0.9, {"upstream_name_is_upstream_block"});
  if (is_group) return found("upstream_name_is_upstream_block", 0.95, {"upstream_name_mismatch"});
  if (address && address->is_ip())
    return found("upstream_name_is_ip", 0.95, {"upstream_name_mismatch"});
  // The path of a socket: nginx compares what it was told to connect to.
  if (!is_set && name.find('/') != std::string::npos) return found("upstream_name_mismatch", 0.9);
  const bool is_below =
      std::any_of(leaf.dns_names.begin(), leaf.dns_names.end(), [&](const std::string& one) {
        const std::string wildcard = nginx::to_lower(one);
        return is_below_wildcard(name, wildcard) || wildcard == "*." + name;
      });
  if (is_below) return found("upstream_wildcard_depth", 0.95, {"upstream_name_mismatch"});
  if (is_other_leaf)
    return found("upstream_sni_wrong_name", 0.85,
                 {is_set ? "proxy_ssl_name_wrong" : "upstream_name_mismatch"});
  if (is_set && right != nullptr)
    return found("proxy_ssl_name_wrong", 0.9, {"upstream_name_mismatch"});
  // Our own name is verified: $server_name, or what was copied from there.
  const auto& own_names = view.target->server->names.names;
  const bool is_ours = std::any_of(own_names.begin(), own_names.end(),
                                   [&](const nginx::ServerName& one) { return one.text == name; });
  if (is_set && is_ours) return found("proxy_ssl_name_wrong", 0.85, {"upstream_name_mismatch"});
  if (is_set && !is_host_name(name))
    return found("proxy_ssl_name_wrong", 0.8, {"upstream_name_mismatch"});
  const std::string common = nginx::to_lower(leaf.common_name);
  const bool is_kin =
      common == name || is_near(common, name) ||
      std::any_of(leaf.dns_names.begin(), leaf.dns_names.end(),
                  [&](const std::string& one) { return is_near(nginx::to_lower(one), name); });
  if (is_kin || (right != nullptr && right->support <= NameSupport::near_miss))
    return found("upstream_name_mismatch", 0.85);
  return found("upstream_wrong_cert_served", 0.75, {"upstream_name_mismatch"});
}

FoundCause cause_of_repair(UpstreamCase& upstream, const Repair& repair,
                           const UpstreamVerdict& before, const UpstreamVerdict& after) {
  const CertificateFacts leaf = before.leaf() != nullptr ? *before.leaf() : CertificateFacts{};
  switch (repair.kind) {
    case RepairKind::send_sni: return {.slug = "upstream_sni_missing", .certificate = leaf};
    case RepairKind::set_name: {
      const bool is_other = before.leaf() != nullptr && after.leaf() != nullptr &&
                            before.leaf()->sha256 != after.leaf()->sha256;
      FoundCause cause =
          name_cause(upstream, before, &repair.name, is_other && before.name.sni.has_value());
      if (repair.name.support > NameSupport::near_miss)
        cause.confidence = std::min(cause.confidence, 0.9);
      return cause;
    }
    case RepairKind::raise_depth:
      return {.slug = "verify_depth_too_small", .key = "depth|" + before.trusted_file};
    case RepairKind::trust:
    case RepairKind::replace_ca: return trust_cause(upstream, before, repair.path);
    case RepairKind::renew_crl: {
      for (auto fault = before.replay.faults.rbegin(); fault != before.replay.faults.rend();
           ++fault) {
        if (is_crl_code(fault->code))
          return {.slug = crl_cause(fault->code), .key = "crl|" + before.crl_file};
      }
      return {.slug = "crl_missing", .key = "crl|" + before.crl_file};
    }
    case RepairKind::plain_pem:
      return with_trust_key({.slug = "trusted_bundle_trust_settings"}, before);
  }
  return {};
}

namespace {

/// "Unsuitable purpose" and "invalid CA": a CA that is none, or trust settings that forbid; empty
/// slug when it is the leaf's own usage.
FoundCause purpose_cause(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                         const std::optional<PathCertificate>& at) {
  std::vector<PathCertificate> built;
  for (int depth = 0; depth < static_cast<int>(verdict.replay.built_chain.size()); ++depth) {
    if (auto one = certificate_at(upstream, verdict, depth)) built.push_back(std::move(*one));
  }
  if (auto bad = bad_issuer(built)) return std::move(*bad);
  if (!at || !at->is_trusted || !has_fault(verdict, X509_V_ERR_INVALID_PURPOSE)) return {};
  for (const Der& der : verdict.input.trusted) {
    const auto one = upstream.certificate(der);
    if (one && one.value().has_trust_settings())
      return {.slug = "trusted_bundle_trust_settings", .certificate = at->facts};
  }
  return {};
}

/// What one fault means for itself; empty slug for a consequence.
FoundCause cause_of_fault(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                          const ReplayFault& fault, const std::vector<TrustPath>& paths) {
  const auto at = certificate_at(upstream, verdict, fault.depth);
  const CertificateFacts facts = at ? at->facts : CertificateFacts{};
  const auto found = [&](std::string slug, std::vector<std::string> also = {}) {
    return FoundCause{.slug = std::move(slug), .also = std::move(also), .certificate = facts};
  };
  const bool is_leaf = fault.depth == 0;
  const bool is_root = !is_leaf && facts.self_signed;
  if (is_trust_code(fault.code))
    return paths.empty() ? found("upstream_ca_not_trusted")
                         : trust_cause(upstream, verdict, paths.front());
  if (is_crl_code(fault.code)) {
    FoundCause cause = found(crl_cause(fault.code));
    cause.key = "crl|" + verdict.crl_file;
    return cause;
  }
  switch (fault.code) {
    case X509_V_ERR_CERT_HAS_EXPIRED: {
      FoundCause cause = is_leaf   ? found("upstream_cert_expired")
                         : is_root ? found("trusted_root_expired", {"cross_signed_root_expired"})
                                   : found("upstream_intermediate_expired");
      cause.key = "expired|" + facts.sha256;
      return cause;
    }
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return is_leaf
                 ? found("upstream_cert_not_yet_valid")
                 : found("upstream_intermediate_not_yet_valid", {"upstream_cert_not_yet_valid"});
    case X509_V_ERR_CERT_REVOKED:
      return is_leaf ? found("upstream_cert_revoked")
                     : found("upstream_ca_revoked", {"upstream_cert_revoked"});
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_NO_ISSUER_PUBLIC_KEY:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN: {
      FoundCause cause = purpose_cause(upstream, verdict, at);
      return cause.slug.empty() ? found("upstream_cert_wrong_usage") : cause;
    }
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED: return found("trusted_bundle_trust_settings");
    case X509_V_ERR_PATH_LENGTH_EXCEEDED: return found("upstream_pathlen_exceeded");
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION: return found("upstream_unhandled_critical_ext");
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX: return found("upstream_name_constraints");
    case X509_V_ERR_EE_KEY_TOO_SMALL: return found("upstream_cert_weak_key");
    case X509_V_ERR_CA_KEY_TOO_SMALL:
      return found("upstream_ca_weak_key", {"upstream_cert_weak_key"});
    case X509_V_ERR_CA_MD_TOO_WEAK: return found("upstream_cert_weak_digest");
    case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS: return found("upstream_cert_explicit_ec");
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
    case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: {
      FoundCause cause =
          paths.empty() ? FoundCause{} : trust_cause(upstream, verdict, paths.front());
      return cause.slug == "upstream_ca_rekeyed"
                 ? cause
                 : found("upstream_cert_corrupted", {"upstream_ca_rekeyed"});
    }
    default: return found("upstream_chain_rejected_other");
  }
}

}  // namespace

std::vector<FoundCause> causes_of_faults(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                                         const std::vector<TrustPath>& paths) {
  std::vector<ReplayFault> faults = verdict.replay.faults;
  // The last of the code that nginx logs comes first.
  const auto logged = std::find_if(faults.rbegin(), faults.rend(), [&](const ReplayFault& one) {
    return one.code == verdict.replay.verify_code;
  });
  if (logged != faults.rend()) std::rotate(faults.begin(), std::prev(logged.base()), logged.base());
  const bool is_untrusted = std::any_of(
      faults.begin(), faults.end(), [](const ReplayFault& one) { return is_trust_code(one.code); });
  std::vector<FoundCause> causes;
  for (const ReplayFault& fault : faults) {
    // Without the upper CAs their CRLs cannot be checked either: not a fault of its own.
    if (is_untrusted && is_crl_code(fault.code) && fault.code != X509_V_ERR_CRL_HAS_EXPIRED &&
        fault.code != X509_V_ERR_CRL_NOT_YET_VALID)
      continue;
    FoundCause cause = cause_of_fault(upstream, verdict, fault, paths);
    const bool is_known = std::any_of(causes.begin(), causes.end(), [&](const FoundCause& one) {
      return one.slug == cause.slug;
    });
    if (!is_known && !cause.slug.empty()) causes.push_back(std::move(cause));
  }
  if (verdict.input.name && !verdict.replay.name_matches)
    causes.push_back(name_cause(upstream, verdict, nullptr, false));
  return causes;
}

}  // namespace handshaked::diagnose
