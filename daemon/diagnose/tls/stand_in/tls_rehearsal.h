#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "diagnose/tls/security_policy.h"
#include "diagnose/tls/tls_probe.h"

namespace handshaked::diagnose {

/// The kind of key that a certificate has: which cipher suites and signatures can be used with it.
struct KeyKind {
  std::string type = "EC";  ///< "RSA", "EC", "ED25519", as CertificateFacts::key_type
  int bits = 256;

  bool operator==(const KeyKind&) const = default;
};

/// What a listener of ours permits: the directives that decide whether a handshake comes about,
/// without names and files.
struct ListenerOffer {
  std::vector<TlsVersion> protocols;
  std::string ciphers;  ///< ssl_ciphers
  std::string curves;   ///< ssl_ecdh_curve; "auto" or empty: OpenSSL's own
  std::vector<ConfCommand> conf_commands;
  std::vector<KeyKind> keys;  ///< of its certificates
  bool asks_clients = false;  ///< for a certificate, and takes any
};

/// What a client brings.
struct ClientOffer {
  std::vector<TlsVersion> protocols = {TlsVersion::tls1_2, TlsVersion::tls1_3};
  std::string ciphers{};               ///< up to TLS 1.2; empty: OpenSSL's own
  std::string groups{};                ///< empty: OpenSSL's own
  std::string signature_algorithms{};  ///< empty: OpenSSL's own
  std::vector<KeyKind> keys{};  ///< of the certificate that it shows when it is asked; empty: none
};

struct Rehearsal {
  bool passed = false;
  std::string reason;  ///< what nginx would print: "no shared cipher"; empty when passed
  std::string version, cipher;
};

/// A handshake in memory between a listener as nginx would prepare it and a client as it is
/// supposed to be, with throw-away keys of the same kind: no key of ours is read and nothing goes
/// over the wire. Both ends are this process's own. Fails (invalid_input) when OpenSSL does not
/// take a value. At most a few milliseconds (RSA keys: tens).
Result<Rehearsal> rehearse(const ListenerOffer& listener, const ClientOffer& client);

/// The client's half alone, over a connected socket to an nginx of our own: no certificate is
/// verified. Blocks until `deadline` at most.
Result<Rehearsal> visit(int socket, const ClientOffer& client,
                        std::chrono::steady_clock::time_point deadline);

}  // namespace handshaked::diagnose
