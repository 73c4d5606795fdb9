#pragma once

#include <optional>
#include <span>
#include <string>

#include "diagnose/case/local_case.h"

namespace handshaked::diagnose {

/// A certificate file of this host with the key that belongs to it.
struct FittingPair {
  std::string certificate, key;  ///< absolute paths
};

/// The key of a certificate file: in the file itself, among the configured keys, or beside it.
/// Compared by public key where keys may be read, else by name.
std::optional<std::string> key_for_certificate(const LocalCase& local,
                                               const std::string& certificate_path);

/// A certificate that covers all names, is valid now, is no CA, and has its key here; the longest
/// valid of several. Looked for among the configured files and in the directories where they are.
/// `except`: a path that is not wanted; `key_type`: of its key ("RSA", "EC").
std::optional<FittingPair> find_fitting_pair(const LocalCase& local,
                                             std::span<const std::string> names,
                                             const std::string& except = {},
                                             std::string_view key_type = {});

/// A path as the configuration writes its neighbours: relative to nginx.conf's directory when
/// `is_relative` and it lies there.
std::string written_path(const LocalCase& local, const std::string& path, bool is_relative);

/// ssl_certificate and ssl_certificate_key of a server block set to the pair.
Result<ConfigurationPatch> patch_with_pair(const LocalCase& local, const nginx::Directive& server,
                                           const FittingPair& pair);

/// The same beside those that the server block has itself. not_found when an outer level has them.
Result<ConfigurationPatch> patch_with_second_pair(const LocalCase& local,
                                                  const nginx::Directive& server,
                                                  const FittingPair& pair);

}  // namespace handshaked::diagnose
