#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "nginx/configuration/configuration.h"
#include "nginx/nginx_version.h"

namespace handshaked::diagnose {

struct TrialOptions {
  std::string program;  ///< nginx; InstalledNginx::program
  nginx::NginxVersion version;
  std::string prefix;  ///< -p; empty: the configuration's
  std::chrono::milliseconds time_limit{5'000};
  /// An nginx of root's or ours works with this configuration: whoever writes it has these rights
  /// already.
  bool is_in_use = false;
};

/// What nginx said to a configuration.
struct TrialResult {
  bool is_accepted = false;
  std::string complaint;  ///< its first [emerg], else its last line: "cannot load certificate …" in
                          ///< /etc/nginx/nginx.conf:12
  std::vector<std::string> warnings;  ///< its [warn] lines
  /// It was refused for want of rights (a key or a log that only root may open): says nothing about
  /// the configuration.
  bool is_permission = false;
};

/// That only root and we can write the files of a configuration that was read, and its modules,
/// which run with our rights as soon as nginx reads it: they are all there, and each passes
/// open_trusted(). permission_denied or not_found names the first that does not.
Result<> check_who_wrote(const nginx::Configuration& configuration);

/// `nginx -t` on a copy: a private temporary directory that stands for the directory of nginx.conf,
/// where the configuration's files are copies (`changed`, by real path, in place of what is on the
/// disk) and everything else is a link. Directives that name a changed PEM file name its copy. The
/// running nginx, its pid file and its log are not touched; as with every `nginx -t`, sockets that
/// nobody listens on are opened for a moment. Paths in what nginx says are those of the real files
/// again. `configuration` is the patched one (ConfigurationPatch::reread()). A configuration
/// decides what code nginx loads: one that is not in use is only tried when check_who_wrote() has
/// nothing against it. Fails when there is no program (not_found), no directory (io), or no answer
/// in time (timeout). Blocks.
Result<TrialResult> try_configuration(const nginx::Configuration& configuration,
                                      const nginx::ConfigurationFiles& files,
                                      const std::map<std::string, std::string>& changed,
                                      const TrialOptions& options);

}  // namespace handshaked::diagnose
