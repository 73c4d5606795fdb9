#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace handshaked::engine {

/// How servers of NATS are reached. Holds secrets, which are never logged.
struct NatsOptions {
  std::vector<std::string> servers;  ///< "nats://host:4222", "tls://host:4222"
  std::string client_name = "handshaked";
  std::string ca_file, certificate_file,
      key_file;                  ///< TLS, PEM; one of them asks for TLS, whatever the scheme
  std::string credentials_file;  ///< path of a .creds file: a JWT and its seed
  std::string nkey, nkey_file;   ///< public key, and the path of its seed
  std::string user, password, token;
  std::chrono::milliseconds timeout{2000};  ///< of one attempt to connect, and of a request
};

}  // namespace handshaked::engine
