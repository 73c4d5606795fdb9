#pragma once

#include "diagnose/case/surroundings.h"
#include "diagnose/prover/nginx_prover.h"
#include "diagnose/tls/stand_in/tls_rehearsal.h"
#include "nginx/serving/listener_tls.h"

namespace handshaked::diagnose {

/// Lets the nginx in use answer one client: a private instance in a temporary directory, where an
/// `http` server on a Unix socket has the effective ssl_* values of `server` (whichever module it
/// is of), its certificates as `files` has them and its keys where they are. The client is ours,
/// and brings what `client` says: a certificate of its own making where it has a key, and where one
/// is asked of it any is good. `has_passed`: the handshake came about; else the complaint is what
/// nginx wrote. Fails with invalid_input where only a request tells a file, with not_found where
/// nothing is served, with timeout or io when the instance says nothing. Blocks; leaves nothing
/// behind, as shake_hands_as_nginx().
Result<NginxHandshake> answer_as_nginx(const nginx::Configuration& configuration,
                                       const nginx::ListeningServer& server,
                                       const nginx::ConfigurationFiles& files,
                                       const ClientOffer& client,
                                       const NginxProverOptions& options);

}  // namespace handshaked::diagnose
