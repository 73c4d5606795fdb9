#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "diagnose/certificates/ca_store.h"
#include "diagnose/probe/prober.h"
#include "nginx/configuration/configuration.h"
#include "nginx/effective_tls.h"
#include "nginx/installation.h"
#include "nginx/serving/listener_tls.h"

namespace handshaked::diagnose {

/// A configuration and what was made of it, together: kept alive while a diagnosis borrows from it.
/// Immutable.
struct ReadConfiguration {
  nginx::Configuration configuration;
  nginx::PassInventory passes;
  nginx::ListenerInventory listeners;

  ReadConfiguration(nginx::Configuration read, nginx::NginxVersion version)
      : configuration(std::move(read)),
        passes(configuration, version),
        listeners(configuration, version) {}
  ReadConfiguration(const ReadConfiguration&) = delete;
  ReadConfiguration& operator=(const ReadConfiguration&) = delete;
};

struct SharedMaterial;
class SharedNginx;

/// What one diagnosis may look at. Everything is borrowed, and immutable but for the prober.
struct Surroundings {
  const ReadConfiguration* nginx =
      nullptr;  ///< nullptr: no access to the configuration (a log host)
  const nginx::ConfigurationFiles* files =
      nullptr;                       ///< the disk, or a patched view of it; never null with `nginx`
  nginx::Installation installation;  ///< version unknown when it was not found
  std::string nginx_program;         ///< for `nginx -t` on a copy; empty: none is here
  const CaStore* ca_store = nullptr;  ///< never null
  Prober* prober = nullptr;           ///< never null
  bool may_read_keys = false;         ///< private keys: only when an operator runs the verb
  bool is_dump =
      false;  ///< the configuration is `nginx -T` output: files beside it may be another host's
  Time now{};
  std::optional<Time>
      nginx_loaded_at;  ///< when the running nginx read its configuration, if that is known
  std::chrono::steady_clock::time_point deadline{};
  /// The security level of another OpenSSL or another policy than this process has, where neither
  /// ciphers nor commands set one.
  std::optional<int> security_level{};
  SharedMaterial* shared =
      nullptr;  ///< what several cases of one thread share; nullptr: each has its own
  SharedNginx* shared_nginx = nullptr;  ///< the private instances of all threads that ask at once;
                                        ///< nullptr: each proof has its own

  /// An operator looks, and the nginx in use is here: a private instance of it may be asked itself.
  bool may_ask_nginx() const {
    return may_read_keys && prober->scope() == ProbeScope::all && !is_dump &&
           !nginx_program.empty();
  }
};

}  // namespace handshaked::diagnose
