#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/configuration/configuration.h"

namespace handshaked::diagnose {

/// What nginx takes a file of a TLS directive for.
enum class FileRole : std::uint8_t {
  certificate,  ///< ssl_certificate, *_ssl_certificate: own chain, leaf first
  key,
  trust,  ///< *_ssl_trusted_certificate, ssl_client_certificate
  crl,
  dhparam,
  password,
  ticket_key,
  staple,
};

/// One argument of the configuration that names a file for TLS. Borrows from the Configuration.
struct ConfiguredFile {
  const nginx::Directive* directive = nullptr;
  FileRole role = FileRole::certificate;
  std::string path;  ///< absolute, as nginx opens it
  /// The path has variables, or is no file ("data:", "engine:", "store:"): nothing to look at
  /// before a request.
  bool is_dynamic = false;

  std::string_view written() const { return directive->argument(0); }
};

std::optional<FileRole> role_of_directive(std::string_view name);

/// All of a configuration, in its order.
std::vector<ConfiguredFile> configured_files(const nginx::Configuration& configuration);
std::vector<ConfiguredFile> configured_files(const nginx::Configuration& configuration,
                                             std::string_view path);

/// The certificate that belongs to a key, and the other way round: the same position in the same
/// list, with nginx's inheritance. nullopt when there is none.
std::optional<ConfiguredFile> partner_of(const ConfiguredFile& file,
                                         const nginx::Configuration& configuration);

/// Where a new PEM file goes, and how a directive names it, in the style of the configuration:
/// beside `near` when that is not empty, else where other certificates are, else in "tls/" beside
/// nginx.conf. `name` is taken as it is; a number is added when there is such a file.
struct NewFile {
  std::string path;     ///< absolute
  std::string written;  ///< relative to nginx.conf's directory where its neighbours are
};
NewFile new_pem_file(const nginx::Configuration& configuration,
                     const nginx::ConfigurationFiles& files, std::string_view near,
                     std::string_view name);

}  // namespace handshaked::diagnose
