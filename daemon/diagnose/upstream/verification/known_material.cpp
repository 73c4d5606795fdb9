#include "diagnose/upstream/verification/known_material.h"

#include <algorithm>
#include <set>

namespace handshaked::diagnose {

KnownMaterial::KnownMaterial(UpstreamCase& upstream) : store_(*upstream.surroundings().ca_store) {
  const ReadConfiguration& nginx = *upstream.surroundings().nginx;
  std::set<std::string> paths;
  for (const nginx::PassTarget& target : nginx.passes.targets()) {
    for (const nginx::EffectiveValue* value :
         {&target.settings.trusted_certificate, &target.settings.crl}) {
      if (value->first().empty() || paths.size() >= kMostFiles) continue;
      paths.insert(nginx.configuration.full_path(value->first(), nginx::PathBase::configuration));
    }
  }
  for (const std::string& path : paths) {
    const auto bundle = upstream.bundle(*upstream.surroundings().files, path);
    if (!bundle) continue;
    for (const BundledCertificate& one : bundle.value()->certificates)
      configured_.push_back({one.certificate, path});
    for (const BundledCrl& one : bundle.value()->crls) configured_crls_.push_back(one.crl);
  }
}

std::vector<StoredCa> KnownMaterial::named(const std::string& subject_hash) const {
  std::vector<StoredCa> found;
  const auto add = [&](const StoredCa& one) {
    const bool is_there = std::any_of(found.begin(), found.end(), [&](const StoredCa& other) {
      return other.certificate.facts().sha256 == one.certificate.facts().sha256;
    });
    if (!is_there) found.push_back(one);
  };
  for (const StoredCa* one : store_.named(subject_hash)) add(*one);
  for (const StoredCa& one : configured_) {
    if (one.certificate.facts().subject_hash == subject_hash) add(one);
  }
  return found;
}

std::optional<StoredCa> KnownMaterial::find(const std::string& sha256) const {
  if (const StoredCa* const one = store_.find(sha256)) return *one;
  for (const StoredCa& one : configured_) {
    if (one.certificate.facts().sha256 == sha256) return one;
  }
  return std::nullopt;
}

std::vector<RevocationList> KnownMaterial::crls_of(const std::string& issuer_hash) const {
  std::vector<RevocationList> found;
  for (const auto* list : {&store_.crls(), &configured_crls_}) {
    for (const RevocationList& one : *list) {
      if (one.facts().issuer_hash != issuer_hash) continue;
      const bool is_there = std::any_of(
          found.begin(), found.end(),
          [&](const RevocationList& other) { return other.facts().sha256 == one.facts().sha256; });
      if (!is_there) found.push_back(one);
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const RevocationList& left, const RevocationList& right) {
                     return left.facts().last_update > right.facts().last_update;
                   });
  return found;
}

const std::string& KnownMaterial::description() const { return store_.description(); }

}  // namespace handshaked::diagnose
