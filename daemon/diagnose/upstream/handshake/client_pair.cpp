#include "diagnose/upstream/handshake/client_pair.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "diagnose/case/configured_file.h"
#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/private_key_file.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/handshake_families.h"
#include "diagnose/upstream/handshake/handshake_settings.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostBeside = 128;
constexpr std::size_t kMostTried = 6;

/// A certificate for clients, with its key. Paths as a directive may write them.
struct ClientPair {
  std::string certificate, key, password_file;
  std::string used_at;  ///< "/etc/nginx/nginx.conf:12"; empty: no directive shows it to anybody
  bool is_for_same_upstream = false;
};

bool is_same_upstream(const UpstreamView& view, const nginx::PassTarget& target) {
  return view.destination != nullptr &&
         std::any_of(target.destinations.begin(), target.destinations.end(),
                     [&](const nginx::Destination& destination) {
                       const bool is_same_group = destination.group != nullptr &&
                                                  destination.group == view.destination->group;
                       const nginx::Address* const own = view.address();
                       return is_same_group || (own != nullptr &&
                                                nginx::is_same_endpoint(destination.address, *own));
                     });
}

void add_configured(const UpstreamView& view, std::vector<ClientPair>& pairs) {
  for (const nginx::PassTarget& target : view.nginx->passes.targets()) {
    const nginx::UpstreamSettings& settings = target.settings;
    const std::string certificate(settings.certificate.first()),
        key(settings.certificate_key.first());
    if (&target == view.target || certificate.empty() || key.empty()) continue;
    if (nginx::has_variables(certificate) || nginx::has_variables(key) ||
        key.find(':') != std::string::npos)
      continue;
    const bool is_known = std::any_of(pairs.begin(), pairs.end(), [&](const ClientPair& one) {
      return one.certificate == certificate;
    });
    const bool is_same = is_same_upstream(view, target);
    if (is_known && !is_same) continue;
    pairs.push_back({certificate, key, std::string(settings.password_file.first()),
                     target.pass->file->path + ":" + std::to_string(target.pass->line), is_same});
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const ClientPair& left, const ClientPair& right) {
    return left.is_for_same_upstream > right.is_for_same_upstream;
  });
}

/// Certificates that are expressly for clients, with their keys, among the files that stand beside
/// those which directives name.
void add_lying_about(const UpstreamView& view, Time now, std::vector<ClientPair>& pairs) {
  std::vector<std::string> places;
  for (const ConfiguredFile& file : configured_files(view.nginx->configuration)) {
    if (!file.is_dynamic) places.push_back(file.path);
  }
  const std::vector<std::string> near = files_beside(*view.files, places, kMostBeside);
  std::vector<std::pair<std::string, std::string>> keys;  // public key, path
  for (const std::string& path : near) {
    if (std::string key = read_key_file(*view.files, path).public_key_sha256; !key.empty())
      keys.emplace_back(std::move(key), path);
  }
  for (const std::string& path : near) {
    const auto bundle = read_configured_pem(*view.files, path);
    if (!bundle || bundle.value().certificates.empty() || bundle.value().damaged_block() != nullptr)
      continue;
    const CertificateFacts& facts = bundle.value().certificates.front().certificate.facts();
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& one) {
      return one.first == facts.public_key_sha256;
    });
    const bool is_for_clients = facts.has_extended_key_usage && may_authenticate_client(facts);
    if (key == keys.end() || !is_for_clients || facts.is_ca || !is_valid_at(facts, now)) continue;
    pairs.push_back({path, key->second, {}, {}, false});
  }
}

/// The leaf, or an issuer on its way, is of a CA that the peer names.
bool is_wanted(HandshakeReport& report, const std::vector<Certificate>& chain) {
  const ProbeResult* const seen = report.seen();
  if (seen == nullptr || !seen->certificate_request || chain.empty()) return false;
  const CertificateRequest& request = *seen->certificate_request;
  const Surroundings& around = report.upstream().surroundings();
  if (accepts(request, chain.front().facts().issuer_hash)) return true;
  const IssuerPath up =
      find_issuers(chain.front(), std::span(chain).subspan(1), *around.ca_store, around.now);
  return std::any_of(up.issuers.begin(), up.issuers.end(), [&](const Certificate& issuer) {
    return accepts(request, issuer.facts().issuer_hash);
  });
}

Result<> write_pair(ConfigurationPatch& patch, const UpstreamView& view, const ClientPair& pair) {
  TRY(set_upstream_directive(patch, view, "ssl_certificate", std::array{pair.certificate}));
  TRY(set_upstream_directive(patch, view, "ssl_certificate_key", std::array{pair.key}));
  if (pair.password_file.empty()) return success();
  return set_upstream_directive(patch, view, "ssl_password_file", std::array{pair.password_file});
}

struct TriedPair {
  ClientPair pair;
  std::string subject;
  ConfigurationPatch patch;
  Result<> written = success();
};

std::vector<TriedPair> pairs_that_pass(HandshakeReport& report,
                                       const std::vector<ClientPair>& pairs) {
  const UpstreamView& view = report.view();
  std::vector<TriedPair> passed;
  std::size_t tried = 0;
  for (const ClientPair& pair : pairs) {
    const std::string path =
        view.nginx->configuration.full_path(pair.certificate, nginx::PathBase::configuration);
    const auto bundle = report.upstream().bundle(*view.files, path);
    if (!bundle || bundle.value()->certificates.empty()) continue;
    std::vector<Certificate> chain;
    for (const BundledCertificate& one : bundle.value()->certificates)
      chain.push_back(one.certificate);
    const std::string subject = chain.front().facts().subject;
    const bool is_known = std::any_of(passed.begin(), passed.end(), [&](const TriedPair& one) {
      return one.subject == subject || one.pair.is_for_same_upstream;
    });
    if (is_known || (!pair.is_for_same_upstream && !is_wanted(report, chain))) continue;
    if (++tried > kMostTried) break;
    ConfigurationPatch patch = report.upstream().new_patch();
    Result<> written = write_pair(patch, view, pair);
    const UpstreamVerdict verdict = report.upstream().judge(patch);
    const bool is_refused =
        verdict.stage == UpstreamStage::handshake || verdict.stage == UpstreamStage::untested;
    if (!written || (is_refused && !verdict.asked.left_out_client_certificate)) continue;
    if (verdict.asked.left_out_client_certificate && !pair.is_for_same_upstream) continue;
    passed.push_back({pair, subject, std::move(patch), std::move(written)});
  }
  return passed;
}

}  // namespace

bool accepts(const CertificateRequest& request, const std::string& name_hash) {
  return std::find(request.accepted_ca_hashes.begin(), request.accepted_ca_hashes.end(),
                   name_hash) != request.accepted_ca_hashes.end();
}

bool may_authenticate_client(const CertificateFacts& facts) {
  if (!facts.has_extended_key_usage) return true;
  const auto& usage = facts.extended_key_usage;
  return std::find(usage.begin(), usage.end(), "clientAuth") != usage.end() ||
         std::find(usage.begin(), usage.end(), "anyExtendedKeyUsage") != usage.end();
}

bool propose_client_pair(HandshakeReport& report, std::string_view cause, std::string_view fix) {
  const UpstreamView& view = report.view();
  std::vector<ClientPair> pairs;
  add_configured(view, pairs);
  if (report.upstream().surroundings().may_read_keys)
    add_lying_about(view, report.upstream().surroundings().now, pairs);
  const std::vector<TriedPair> passed = pairs_that_pass(report, pairs);
  for (const TriedPair& one : passed) {
    const Text place = one.pair.is_for_same_upstream
                           ? handshake_text("pair.same_upstream", {{"place", one.pair.used_at}})
                       : one.pair.used_at.empty()
                           ? handshake_text("pair.lies_beside")
                           : handshake_text("pair.other_upstreams", {{"place", one.pair.used_at}});
    const Text how =
        hand_written(one.patch, handshake_text("pair.at_hand", {{"file", one.pair.certificate},
                                                                {"subject", one.subject},
                                                                {"where", place}}));
    if (passed.size() == 1) {
      report.propose(cause, fix, one.written, one.patch, how);
      continue;
    }
    report.propose_with(cause, fix, one.patch, how,
                        {.detail = handshake_text("pair.one_of_several")});
  }
  return !passed.empty();
}

}  // namespace handshaked::diagnose
