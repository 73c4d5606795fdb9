#include "cli/preflight/preflight_run.h"

#include <algorithm>
#include <filesystem>

#include "diagnose/certificates/configured_pem.h"

namespace handshaked::cli {
namespace {

using diagnose::ConfiguredFile;
using diagnose::FileRole;
using diagnose::PlannedFile;
using diagnose::PreflightHost;
using diagnose::ReadConfiguration;

constexpr std::size_t kMaxDumpBytes = 64U << 20;

bool shares_a_name(const diagnose::CertificateFacts& left,
                   const diagnose::CertificateFacts& right) {
  return std::any_of(left.dns_names.begin(), left.dns_names.end(), [&](const std::string& name) {
    return std::find(right.dns_names.begin(), right.dns_names.end(), name) != right.dns_names.end();
  });
}

/// --certificate without a file: every certificate in use that has a name in common with the new
/// one.
bool is_renewal_of(const PlannedFile& planned, const std::string& path,
                   const nginx::ConfigurationFiles& files) {
  const auto fresh = diagnose::read_pem_bundle(planned.text);
  const auto old = diagnose::read_configured_pem(files, path);
  return fresh && old && !fresh.value().certificates.empty() && !old.value().certificates.empty() &&
         shares_a_name(fresh.value().certificates.front().certificate.facts(),
                       old.value().certificates.front().certificate.facts());
}

bool is_named(const PlannedFile& planned, const ConfiguredFile& file,
              const nginx::ConfigurationFiles& files) {
  if (file.is_dynamic || file.role != planned.role) return false;
  if (planned.path.empty())
    return file.directive->is("ssl_certificate") && is_renewal_of(planned, file.path, files);
  return planned.path == file.written() || planned.path == file.path ||
         planned.there == file.path || files.real_path(planned.path) == files.real_path(file.path);
}

/// The files as they will be, as far as this configuration reads them.
std::shared_ptr<diagnose::PlannedFiles> plan_files(
    const ReadConfiguration& read, std::shared_ptr<const nginx::ConfigurationFiles> files,
    const diagnose::PlannedChange& change, PreflightHost& host) {
  auto after = std::make_shared<diagnose::PlannedFiles>(files);
  if (change.files.empty()) return after;
  for (const ConfiguredFile& file : diagnose::configured_files(read.configuration)) {
    for (const PlannedFile& one : change.files) {
      if (!is_named(one, file, *files)) continue;
      after->put(file.path, one.text);
      if (one.role == FileRole::key) host.new_keys.insert_or_assign(file.path, one.source);
      if (std::find(host.planned.begin(), host.planned.end(), file.path) == host.planned.end())
        host.planned.push_back(file.path);
    }
  }
  return after;
}

Result<std::shared_ptr<const ReadConfiguration>> read_at(const std::string& path,
                                                         const std::string& prefix,
                                                         const nginx::ConfigurationFiles& files,
                                                         nginx::NginxVersion version) {
  TRY(auto configuration,
      nginx::Configuration::load(path, files, {.prefix = prefix, .limits = {}}));
  return std::shared_ptr<const ReadConfiguration>(
      std::make_shared<ReadConfiguration>(std::move(configuration), version));
}

}  // namespace

Result<PreflightHosts> PreflightHosts::find(const PreflightOptions& options, PreflightRoots roots,
                                            diagnose::PlannedChange& change) {
  PreflightHosts hosts;
  hosts.options_ = &options;
  hosts.roots_ = std::move(roots);
  if (hosts.are_dumps()) {
    if (!options.against.empty())
      return fail(
          ErrorCode::invalid_input,
          "--against compares with --nginx-conf; with --nginx-dump there is nothing to compare");
    return hosts;
  }
  const bool has_other_change =
      change.is_everywhere() || !change.chains.empty() || !change.files.empty();
  const bool compares =
      change.is_configuration || (!options.nginx.configuration.empty() && !has_other_change);
  if (hosts.roots_.in_use.empty()) hosts.roots_.in_use = hosts.roots_.proposed;
  const diagnose::RootedFiles files(hosts.roots_.proposed), files_in_use(hosts.roots_.in_use);
  for (PlannedFile& file : change.files)
    file.there = file.path.empty() ? file.path : files.there(file.path);
  hosts.proposed_ = {files.there(options.nginx.configuration), options.nginx.prefix};
  if (compares && options.nginx.configuration.empty())
    return fail(ErrorCode::invalid_input,
                "--against compares with --nginx-conf FILE, which is missing");
  if (!hosts.roots_.proposed.empty()) {
    if (hosts.proposed_.path.empty()) hosts.proposed_.path = "/etc/nginx/nginx.conf";
    hosts.in_use_ = hosts.proposed_;
    if (!compares) return hosts;
    if (options.against.empty())
      return fail(
          ErrorCode::invalid_input,
          "nothing would change: name a change, or the configuration in use with --against FILE");
    hosts.in_use_ = {files_in_use.there(options.against), options.nginx.prefix};
    change.is_configuration = true;
    return hosts;
  }
  TRY(hosts.find_in_use());
  if (hosts.proposed_.path.empty()) hosts.proposed_ = hosts.in_use_;
  if (!compares) {
    hosts.in_use_ = hosts.proposed_;
    return hosts;
  }
  if (!options.against.empty()) hosts.in_use_ = {options.against, options.nginx.prefix};
  if (hosts.in_use_.path.empty())
    return fail(ErrorCode::invalid_input,
                "no nginx is installed here to compare with: name the configuration in use with "
                "--against FILE");
  if (nginx::DiskFiles().real_path(hosts.in_use_.path) ==
      nginx::DiskFiles().real_path(hosts.proposed_.path))
    return fail(ErrorCode::invalid_input,
                "nothing would change: " + hosts.proposed_.path + " is the configuration in use");
  change.is_configuration = true;
  return hosts;
}

/// The nginx of this host: its version, and where its configuration is.
Result<> PreflightHosts::find_in_use() {
  const diagnose::InstalledNginx installed =
      diagnose::find_nginx(options_->nginx.configuration, options_->nginx.prefix);
  installation_ = installed.installation;
  if (options_->nginx.configuration.empty() || !options_->against.empty()) {
    in_use_ = {installation_.configuration_path,
               options_->nginx.prefix.empty() ? installation_.prefix : options_->nginx.prefix};
  } else if (const diagnose::InstalledNginx own = diagnose::find_nginx({}, {});
             !own.program.empty()) {
    in_use_ = {own.installation.configuration_path, own.installation.prefix};
  }
  if (!proposed_.path.empty() && proposed_.prefix.empty() &&
      (installed.running || proposed_.path == installation_.configuration_path))
    proposed_.prefix = installation_.prefix;
  const bool is_there =
      !in_use_.path.empty() && nginx::DiskFiles().read(in_use_.path, kMaxDumpBytes).has_value();
  if (!is_there) in_use_ = {};
  if (proposed_.path.empty() && in_use_.path.empty())
    return fail(ErrorCode::not_found,
                "no nginx configuration was found; name it with --nginx-conf FILE");
  return success();
}

Result<PreflightHost> PreflightHosts::read(std::size_t index,
                                           const diagnose::PlannedChange& change) const {
  if (are_dumps()) return read_dump(options_->dumps[index], change);
  PreflightHost host;
  host.before_files = std::make_shared<diagnose::RootedFiles>(
      change.is_configuration ? roots_.in_use : roots_.proposed);
  std::shared_ptr<const nginx::ConfigurationFiles> proposed_files = host.before_files;
  if (change.is_configuration)
    proposed_files = std::make_shared<diagnose::RootedFiles>(roots_.proposed);
  const nginx::NginxVersion version = installation_.version,
                            next = change.nginx.is_known() ? change.nginx : version;
  TRY(host.after, read_at(proposed_.path, proposed_.prefix, *proposed_files, next));
  const bool is_same = !change.is_configuration && next == version;
  host.before = host.after;
  if (!is_same) {
    TRY(host.before, read_at(in_use_.path, in_use_.prefix, *host.before_files, version));
  }
  host.after_files = plan_files(*host.after, proposed_files, change, host);
  return host;
}

std::shared_ptr<const nginx::ConfigurationFiles> PreflightHosts::files_of_dump(
    const std::string& host) const {
  // What lies beside a dump is another host's, unless somebody says where that host's files are.
  if (roots_.proposed.empty()) return std::make_shared<nginx::MemoryFiles>();
  std::error_code failure;
  for (const diagnose::RootedFiles::Root& root : roots_.proposed) {
    const std::string own = root.directory + "/" + host;
    if (root.prefix.empty() && std::filesystem::is_directory(own, failure))
      return std::make_shared<diagnose::RootedFiles>(
          std::vector<diagnose::RootedFiles::Root>{{"", own}});
  }
  return std::make_shared<diagnose::RootedFiles>(roots_.proposed);
}

Result<PreflightHost> PreflightHosts::read_dump(const std::string& path,
                                                const diagnose::PlannedChange& change) const {
  TRY(const std::string text, nginx::DiskFiles().read(path, kMaxDumpBytes));
  auto dump = nginx::read_dump(text);
  if (!dump)
    return fail(ErrorCode::invalid_input,
                path + " is not output of nginx -T: it lacks the line \"# configuration file …\"");
  PreflightHost host;
  host.name = std::filesystem::path(path).stem().string();
  host.is_dump = true;
  host.before_files = std::make_shared<diagnose::DumpedFiles>(std::move(dump.value().files),
                                                              files_of_dump(host.name));
  const nginx::NginxVersion version = installation_.version,
                            next = change.nginx.is_known() ? change.nginx : version;
  TRY(host.after,
      read_at(dump.value().main_path, options_->nginx.prefix, *host.before_files, next));
  host.before = host.after;
  if (next != version) {
    TRY(host.before,
        read_at(dump.value().main_path, options_->nginx.prefix, *host.before_files, version));
  }
  host.after_files = plan_files(*host.after, host.before_files, change, host);
  return host;
}

std::string PreflightHosts::source_of(const std::string& path) const {
  const std::string here = diagnose::RootedFiles(roots_.proposed).here(path);
  return here.empty() ? path : here;
}

}  // namespace handshaked::cli
