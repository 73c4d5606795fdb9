#include <algorithm>

#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/certificates/private_key_file.h"
#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/texts.h"
#include "diagnose/tls/nearest_word.h"

namespace handshaked::diagnose {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }
std::string_view stem(std::string_view path) {
  const std::string_view name = base_name(path);
  return name.substr(0, name.find('.'));
}

/// Is what is in there of the kind that the directive wants?
bool fits_role(const nginx::ConfigurationFiles& files, const std::string& path, FileRole role) {
  const auto bundle = read_configured_pem(files, path);
  if (!bundle || bundle.value().damaged_block()) return false;
  switch (role) {
    case FileRole::certificate:
      return !bundle.value().certificates.empty() &&
             !bundle.value().certificates.front().certificate.facts().is_ca;
    case FileRole::key: return bundle.value().has_private_key();
    case FileRole::trust:
      return bundle.value().loads_as_trust() && !bundle.value().has_private_key();
    case FileRole::crl: return !bundle.value().crls.empty();
    case FileRole::dhparam: {
      const auto text = files.read(path, kMaxBundleBytes);
      return text && text.value().find("DH PARAMETERS-----") != std::string::npos;
    }
    default: return false;
  }
}

/// A file beside the missing one with nearly its name: a slip of the pen, or another ending.
std::optional<std::string> meant_file(LocalCase& local, const ConfiguredFile& file) {
  std::optional<std::string> best;
  std::size_t best_distance = 4;
  for (const std::string& other : files_beside(local.files(), {file.path})) {
    const bool is_same_stem = stem(other) == stem(file.path);
    const std::size_t distance =
        is_same_stem ? 1 : edit_distance(base_name(other), base_name(file.path));
    if (distance > std::min<std::size_t>(3, base_name(file.path).size() / 3) ||
        distance >= best_distance)
      continue;
    if (!fits_role(local.files(), other, file.role)) continue;
    best = other;
    best_distance = distance;
  }
  return best;
}

void add_permission_commands(Fix& fix, const std::string& path) {
  fix.commands = {"namei -l " + shell_word(path), "sudo nginx -t"};
}

void diagnose_missing_file(LocalCase& local, const ConfiguredFile& file) {
  local.conclude("config_file_missing", 0.95,
                 load_text("missing.file", {{"place", where(*file.directive)},
                                            {"directive", file.directive->name},
                                            {"file", file.path}}));
  local.add_evidence("file", load_text("missing.file_gone", {{"file", file.path}}));
  if (const auto meant = meant_file(local, file)) {
    Fix fix = local.known("put-file-or-fix-path");
    fix.title = load_text("missing.name_existing", {{"meant", *meant}});
    fix.how = load_text("missing.name_is_near");
    ConfigurationPatch patch = local.new_patch();
    const bool is_relative = !file.written().starts_with("/");
    const std::string& prefix = local.configuration().configuration_prefix();
    const std::string written =
        is_relative && meant->starts_with(prefix) ? meant->substr(prefix.size()) : *meant;
    const auto done = patch.replace_argument(*file.directive, 0, written);
    local.propose(std::move(fix), changed_patch(patch, done));
  }
  if (file.role == FileRole::trust)
    propose_trust_for_upstreams(local, file, {}, "put-file-or-fix-path");
  const bool has_plain =
      std::any_of(local.diagnosis.fixes.begin(), local.diagnosis.fixes.end(),
                  [](const Fix& fix) { return fix.id == "put-file-or-fix-path"; });
  if (has_plain) return;
  Fix fix = local.known("put-file-or-fix-path");
  fix.commands = {"namei -l " + shell_word(file.path),
                  "ls -lL " + shell_word(directory_of(file.path))};
  const std::string_view how = file.role == FileRole::certificate ? "missing.put_certificate"
                               : file.role == FileRole::key       ? "missing.put_key"
                                                                  : "missing.put_file";
  fix.how = load_text(how, {{"file", file.path}, {"place", where(*file.directive)}});
  fix.commands.push_back(kReload);
  local.propose(std::move(fix));
}

void diagnose_permission(LocalCase& local, const ConfiguredFile& file) {
  local.conclude("config_permission_denied", 0.95,
                 load_text("missing.may_not_read", {{"directive", file.directive->name},
                                                    {"place", where(*file.directive)},
                                                    {"file", file.path}}));
  const std::string path = shell_word(file.path);
  Fix test = local.known("test-as-root");
  add_permission_commands(test, file.path);
  local.propose(std::move(test));
  Fix owner = local.known("fix-owner");
  owner.commands = {"namei -l " + path, "chown root:root " + path,
                    (file.role == FileRole::key ? "chmod 0600 " : "chmod 0644 ") + path, kReload};
  local.propose(std::move(owner));
}

}  // namespace

void diagnose_load_of_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file) {
  local.set_place(*file.directive);
  if (error.says("Permission denied")) return diagnose_permission(local, file);
  auto text = local.files().read(file.path, kMaxBundleBytes);
  const bool is_gone = !text && text.error().code() == ErrorCode::not_found &&
                       (!local.surroundings().is_dump || error.says("No such file"));
  if (file.role == FileRole::password) return diagnose_password_file(local, error, file, is_gone);
  if (is_gone && meant_file(local, file)) return diagnose_missing_file(local, file);
  if (file.role == FileRole::dhparam) return diagnose_dhparam(local, error, file);
  if (file.role == FileRole::crl) return diagnose_crl_file(local, error, file, text);
  if (!text) {
    if (is_gone) return diagnose_missing_file(local, file);
    if (text.error().code() == ErrorCode::permission_denied)
      return diagnose_permission(local, file);
    local.add_evidence("file", {text.error().message(), text.error().message()});
    return;
  }
  if (error.says("key values mismatch")) return diagnose_key_mismatch(local, file);
  switch (file.role) {
    case FileRole::certificate:
      return diagnose_certificate_file(local, error, file, std::move(text).value());
    case FileRole::key: return diagnose_key_file(local, error, file, std::move(text).value());
    case FileRole::trust: return diagnose_trust_file(local, file, std::move(text).value());
    default: return;
  }
}

}  // namespace handshaked::diagnose
