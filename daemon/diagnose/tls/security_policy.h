#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace handshaked::diagnose {

/// The name and value of a *_ssl_conf_command.
using ConfCommand = std::pair<std::string, std::string>;

/// What the OpenSSL under us, its configuration file and nginx's directives together make of a TLS
/// context.
struct SecurityPolicy {
  int security_level = 2;
  bool suite_b = false;
  std::string openssl_version;  ///< "OpenSSL 3.0.22 25 Aug 2026"

  /// "OpenSSL 3.0.22 …, security level 2": what a proof says about where it ran.
  std::string description() const;
};

/// Makes a context as nginx does (`ciphers` may be empty: left at the library's default; "DEFAULT"
/// is nginx's) and reads the policy from it. invalid_input, with OpenSSL's reason, for ciphers or
/// commands that it refuses: nginx would not start with them.
Result<SecurityPolicy> security_policy(const std::string& ciphers,
                                       const std::vector<ConfCommand>& commands = {});

/// The commands that a probe or a policy accepts. Those that name files (Certificate, PrivateKey,
/// VerifyCAFile, …) are refused: a probe is given certificates by other means.
bool is_probe_command(const std::string& name);

}  // namespace handshaked::diagnose
