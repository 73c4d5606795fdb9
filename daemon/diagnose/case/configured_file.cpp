#include "diagnose/case/configured_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "diagnose/certificates/configured_pem.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

ConfiguredFile configured_file(const nginx::Directive& directive, FileRole role,
                               const nginx::Configuration& configuration) {
  const std::string_view written = directive.argument(0);
  ConfiguredFile file{&directive, role, {}, false};
  file.is_dynamic = written.find('$') != std::string_view::npos || written.starts_with("data:") ||
                    written.starts_with("engine:") || written.starts_with("store:");
  file.path = file.is_dynamic ? std::string(written)
                              : configuration.full_path(written, nginx::PathBase::configuration);
  return file;
}

void collect(const nginx::Directive& block, const nginx::Configuration& configuration,
             std::vector<ConfiguredFile>& found) {
  for (const nginx::Directive& directive : block.block) {
    if (directive.has_block) collect(directive, configuration, found);
    else if (const auto role = role_of_directive(directive.name);
             role && !directive.arguments.empty())
      found.push_back(configured_file(directive, *role, configuration));
  }
}

bool exists(const nginx::ConfigurationFiles& files, const std::string& path) {
  return !files.glob(path).empty();
}

std::string usual_directory(const nginx::Configuration& configuration,
                            const nginx::ConfigurationFiles& files) {
  for (const ConfiguredFile& file : configured_files(configuration)) {
    if (!file.is_dynamic && file.role != FileRole::ticket_key && exists(files, file.path))
      return directory_of(file.path);
  }
  const std::string& prefix = configuration.configuration_prefix();
  for (const std::string_view name : {"tls", "ssl", "certs", "pki"}) {
    if (exists(files, prefix + std::string(name))) return prefix + std::string(name) + "/";
  }
  return prefix + "tls/";
}

}  // namespace

std::optional<FileRole> role_of_directive(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, FileRole>, 9> kRoles = {{
      {"ssl_certificate", FileRole::certificate},
      {"ssl_certificate_key", FileRole::key},
      {"ssl_trusted_certificate", FileRole::trust},
      {"ssl_client_certificate", FileRole::trust},
      {"ssl_crl", FileRole::crl},
      {"ssl_dhparam", FileRole::dhparam},
      {"ssl_password_file", FileRole::password},
      {"ssl_session_ticket_key", FileRole::ticket_key},
      {"ssl_stapling_file", FileRole::staple},
  }};
  for (const std::string_view family : {"", "proxy_", "grpc_", "uwsgi_"}) {
    if (!name.starts_with(family)) continue;
    for (const auto& [suffix, role] : kRoles) {
      if (name.substr(family.size()) == suffix) return role;
    }
  }
  return std::nullopt;
}

std::vector<ConfiguredFile> configured_files(const nginx::Configuration& configuration) {
  std::vector<ConfiguredFile> found;
  collect(configuration.root(), configuration, found);
  return found;
}

std::vector<ConfiguredFile> configured_files(const nginx::Configuration& configuration,
                                             std::string_view path) {
  // Some lines have the name as it is written.
  const std::string whole = configuration.full_path(path, nginx::PathBase::configuration);
  std::vector<ConfiguredFile> found = configured_files(configuration);
  std::erase_if(
      found, [&](const ConfiguredFile& file) { return file.path != path && file.path != whole; });
  return found;
}

std::optional<ConfiguredFile> partner_of(const ConfiguredFile& file,
                                         const nginx::Configuration& configuration) {
  static constexpr std::string_view kKey = "_key";
  if (file.role != FileRole::certificate && file.role != FileRole::key) return std::nullopt;
  const std::string& name = file.directive->name;
  const bool is_key = file.role == FileRole::key;
  const std::string other =
      is_key ? name.substr(0, name.size() - kKey.size()) : name + std::string(kKey);
  const nginx::Directive& block = *file.directive->parent;
  const auto own = block.find(name);
  const auto position =
      static_cast<std::size_t>(std::find(own.begin(), own.end(), file.directive) - own.begin());
  const auto others = nginx::find_inherited(block, other);
  if (position >= others.size() || others[position]->arguments.empty()) return std::nullopt;
  return configured_file(*others[position], is_key ? FileRole::certificate : FileRole::key,
                         configuration);
}

NewFile new_pem_file(const nginx::Configuration& configuration,
                     const nginx::ConfigurationFiles& files, std::string_view near,
                     std::string_view name) {
  const std::string directory =
      near.empty() ? usual_directory(configuration, files) : directory_of(near);
  const std::size_t dot = name.rfind('.');
  std::string path = directory + std::string(name);
  for (int number = 2; exists(files, path) && number < 1000; ++number) {
    path = directory + std::string(name.substr(0, dot)) + "-" + std::to_string(number) +
           (dot == std::string_view::npos ? std::string() : std::string(name.substr(dot)));
  }
  const std::string& prefix = configuration.configuration_prefix();
  const auto all = configured_files(configuration);
  const bool is_absolute_style =
      !all.empty() && std::all_of(all.begin(), all.end(), [](const ConfiguredFile& file) {
        return file.written().starts_with("/");
      });
  const bool is_inside = path.starts_with(prefix);
  return {path, is_inside && !is_absolute_style ? path.substr(prefix.size()) : path};
}

}  // namespace handshaked::diagnose
