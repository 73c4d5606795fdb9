#include "diagnose/listener/client_trust.h"

#include <algorithm>
#include <charconv>

#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"

namespace handshaked::diagnose {
namespace {

std::optional<ConfiguredFile> file_of(const LocalCase& local, const nginx::EffectiveValue& value) {
  if (value.set_by.empty()) return std::nullopt;
  for (const ConfiguredFile& file : configured_files(local.configuration())) {
    if (file.directive == value.set_by.front() && !file.is_dynamic) return file;
  }
  return std::nullopt;
}

void read_into(const LocalCase& local, const std::optional<ConfiguredFile>& file,
               ClientTrust& trust) {
  if (!file) return;
  const auto bundle = read_configured_pem(local.files(), file->path);
  if (!bundle) return;
  for (const BundledCertificate& one : bundle.value().certificates)
    trust.trusted.push_back(one.certificate);
  for (const BundledCrl& one : bundle.value().crls) trust.crls.push_back(one.crl);
}

}  // namespace

std::optional<ClientVerification> find_client_verification(const LocalCase& local,
                                                           const ListenerPlace& place) {
  for (const nginx::GoverningListener& candidate : place.candidates) {
    const nginx::ListenerSettings& settings = candidate.server->settings;
    if (settings.verify_client.first().empty() || settings.verify_client.first() == "off") continue;
    ClientVerification verification;
    verification.server = candidate.server;
    verification.client_file = file_of(local, settings.client_certificate);
    verification.trusted_file = file_of(local, settings.trusted_certificate);
    verification.crl_file = file_of(local, settings.crl);
    verification.trust.check_crls = verification.crl_file.has_value();
    read_into(local, verification.client_file, verification.trust);
    read_into(local, verification.trusted_file, verification.trust);
    read_into(local, verification.crl_file, verification.trust);
    const std::string_view depth = settings.verify_depth.first();
    std::from_chars(depth.data(), depth.data() + depth.size(), verification.trust.depth);
    verification.is_depth_written = !settings.verify_depth.is_default();
    return verification;
  }
  return std::nullopt;
}

ClientTrust with_certificates(ClientTrust trust, std::span<const Certificate> more) {
  for (const Certificate& one : more) {
    if (!holds(trust.trusted, one)) trust.trusted.push_back(one);
  }
  return trust;
}

ClientTrust with_depth(ClientTrust trust, int depth) {
  trust.depth = depth;
  return trust;
}

}  // namespace handshaked::diagnose
