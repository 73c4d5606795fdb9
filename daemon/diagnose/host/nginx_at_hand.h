#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "diagnose/case/surroundings.h"
#include "diagnose/host/installed_nginx.h"

namespace handshaked::diagnose {

/// Where the command line says that nginx's configuration is.
struct NginxPlace {
  std::string configuration;  ///< --nginx-conf; empty: the installed one
  std::string prefix;         ///< --nginx-prefix
  std::string dump;           ///< --nginx-dump: the output of `nginx -T`
};

/// nginx's configuration, read, and the nginx that reads it too. `read` is null when there is none.
struct NginxAtHand {
  std::unique_ptr<const ReadConfiguration> read;
  nginx::DiskFiles files;
  nginx::Installation installation;
  std::string program;                  ///< the nginx that reads it; empty: none was found
  std::optional<RunningNginx> running;  ///< the master process that reads it
  std::optional<LoadTime>
      loaded_at;  ///< when the running nginx read its configuration; unknown without a running one
  bool is_dump = false;
};

/// Reads what the command line names, else the configuration of the nginx that is installed here.
/// What is wrong inside the configuration is no failure: it is in read->configuration.problems().
/// Fails when a named file cannot be read.
Result<NginxAtHand> read_nginx(const NginxPlace& place);

/// When the nginx that runs now has read its configuration: asked anew. Cheap.
std::optional<LoadTime> loaded_at(const NginxAtHand& nginx);

/// What a diagnosis may look at: this nginx as it is now, until the prober's deadline. Borrows all
/// three.
Surroundings surroundings_of(const NginxAtHand& nginx, const CaStore& ca_store, Prober& prober,
                             bool may_read_keys);

}  // namespace handshaked::diagnose
