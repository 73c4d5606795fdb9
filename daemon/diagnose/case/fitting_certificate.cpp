#include "diagnose/case/fitting_certificate.h"

#include <algorithm>

#include "diagnose/case/configured_file.h"
#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/private_key_file.h"

namespace handshaked::diagnose {
namespace {

std::string without_ending(const std::string& path) { return path.substr(0, path.rfind('.')); }

/// The configured files of one role, then those in the directories that hold them.
std::vector<std::string> paths_with(const LocalCase& local, FileRole role,
                                    const std::string& beside) {
  std::vector<std::string> paths, places;
  if (!beside.empty()) places.push_back(beside);
  for (const ConfiguredFile& file : configured_files(local.configuration())) {
    if (file.is_dynamic) continue;
    places.push_back(file.path);
    if (file.role == role) paths.push_back(file.path);
  }
  if (places.empty())
    places.push_back(new_pem_file(local.configuration(), local.files(), {}, "x.pem").path);
  for (std::string& near : files_beside(local.files(), places)) paths.push_back(std::move(near));
  return paths;
}

bool is_key_of(const LocalCase& local, const std::string& path, const std::string& certificate_path,
               const std::string& wanted) {
  const auto bundle = read_configured_pem(local.files(), path);
  if (!bundle || !bundle.value().has_private_key()) return false;
  if (!local.surroundings().may_read_keys)
    return path == certificate_path || without_ending(path) == without_ending(certificate_path);
  const PrivateKeyFacts facts = read_key_file(local.files(), path);
  return facts.state == PrivateKeyFacts::State::readable && facts.public_key_sha256 == wanted;
}

/// As the configuration names its neighbours.
FittingPair as_written(const LocalCase& local, const FittingPair& pair) {
  const auto files = configured_files(local.configuration());
  const bool is_relative =
      files.empty() || std::any_of(files.begin(), files.end(), [](const ConfiguredFile& file) {
        return !file.written().starts_with("/");
      });
  return {written_path(local, pair.certificate, is_relative),
          written_path(local, pair.key, is_relative)};
}

}  // namespace

std::optional<std::string> key_for_certificate(const LocalCase& local,
                                               const std::string& certificate_path) {
  const auto bundle = read_configured_pem(local.files(), certificate_path);
  if (!bundle || bundle.value().certificates.empty()) return std::nullopt;
  const std::string wanted =
      bundle.value().certificates.front().certificate.facts().public_key_sha256;
  if (is_key_of(local, certificate_path, certificate_path, wanted)) return certificate_path;
  for (const std::string& path : paths_with(local, FileRole::key, certificate_path)) {
    if (is_key_of(local, path, certificate_path, wanted)) return path;
  }
  return std::nullopt;
}

std::optional<FittingPair> find_fitting_pair(const LocalCase& local,
                                             std::span<const std::string> names,
                                             const std::string& except, std::string_view key_type) {
  std::optional<FittingPair> best;
  Time best_until{};
  if (names.empty()) return best;
  for (const std::string& path : paths_with(local, FileRole::certificate, {})) {
    if (path == except || local.is_late()) continue;
    const auto bundle = read_configured_pem(local.files(), path);
    if (!bundle || bundle.value().certificates.empty() || bundle.value().damaged_block()) continue;
    const Certificate& leaf = bundle.value().certificates.front().certificate;
    const bool covers = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return leaf.matches_host(name);
    });
    if (!leaf.facts().key_type.starts_with(key_type)) continue;
    if (!covers || leaf.facts().is_ca || !is_valid_at(leaf.facts(), local.now()) ||
        leaf.facts().not_after <= best_until)
      continue;
    auto key = key_for_certificate(local, path);
    if (!key) continue;
    best = FittingPair{path, std::move(*key)};
    best_until = leaf.facts().not_after;
  }
  return best;
}

std::string written_path(const LocalCase& local, const std::string& path, bool is_relative) {
  const std::string& prefix = local.configuration().configuration_prefix();
  return is_relative && path.starts_with(prefix) ? path.substr(prefix.size()) : path;
}

Result<ConfigurationPatch> patch_with_pair(const LocalCase& local, const nginx::Directive& server,
                                           const FittingPair& pair) {
  const FittingPair written = as_written(local, pair);
  ConfigurationPatch patch = local.new_patch();
  TRY(patch.set_directive(server, "ssl_certificate", std::span(&written.certificate, 1)));
  TRY(patch.set_directive(server, "ssl_certificate_key", std::span(&written.key, 1)));
  return patch;
}

Result<ConfigurationPatch> patch_with_second_pair(const LocalCase& local,
                                                  const nginx::Directive& server,
                                                  const FittingPair& pair) {
  if (server.find_first("ssl_certificate") == nullptr)
    return fail(ErrorCode::not_found, "the first certificate stands on an outer level");
  const FittingPair written = as_written(local, pair);
  ConfigurationPatch patch = local.new_patch();
  TRY(patch.add_directive(server, "ssl_certificate", std::span(&written.certificate, 1)));
  TRY(patch.add_directive(server, "ssl_certificate_key", std::span(&written.key, 1)));
  return patch;
}

}  // namespace handshaked::diagnose
