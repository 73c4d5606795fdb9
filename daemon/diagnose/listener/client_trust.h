#pragma once

#include <optional>

#include "diagnose/listener/client_hypothesis.h"
#include "diagnose/listener/listener_place.h"

namespace handshaked::diagnose {

/// What one server verifies its clients with, and where that is written.
struct ClientVerification {
  const nginx::ListeningServer* server = nullptr;
  ClientTrust trust;
  std::optional<ConfiguredFile> client_file;   ///< ssl_client_certificate
  std::optional<ConfiguredFile> trusted_file;  ///< ssl_trusted_certificate
  std::optional<ConfiguredFile> crl_file;      ///< ssl_crl
  bool is_depth_written = false;               ///< ssl_verify_depth is there, not the default

  /// The file that a further CA goes into.
  const std::optional<ConfiguredFile>& file() const {
    return client_file ? client_file : trusted_file;
  }
};

/// Of the servers that may have answered the first that verifies clients; nullopt when none does.
std::optional<ClientVerification> find_client_verification(const LocalCase& local,
                                                           const ListenerPlace& place);

/// What becomes of the trust when certificates are added, or the depth is another one.
ClientTrust with_certificates(ClientTrust trust, std::span<const Certificate> more);
ClientTrust with_depth(ClientTrust trust, int depth);

/// The CRL is expired, missing, not yet valid, or signed by another key: verify codes 12, 3, 11, 8.
/// False: another code.
bool diagnose_client_crl(LocalCase& local, const ClientVerification& verification);

/// No path to a CA of ours: codes 2, 18, 19, 20, 21. False: another code.
bool diagnose_client_path(LocalCase& local, const ClientVerification& verification);

}  // namespace handshaked::diagnose
