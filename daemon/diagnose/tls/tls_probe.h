#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "diagnose/certificates/certificate_facts.h"
#include "diagnose/tls/first_bytes.h"
#include "diagnose/tls/peer_address.h"
#include "diagnose/tls/probe_policy.h"
#include "diagnose/tls/security_policy.h"

namespace handshaked::diagnose {

/// The versions of *_ssl_protocols.
enum class TlsVersion { ssl3, tls1_0, tls1_1, tls1_2, tls1_3 };
std::string_view to_string(TlsVersion version);  ///< as nginx writes it: "TLSv1.2"
std::optional<TlsVersion> tls_version_from(std::string_view nginx_word);

/// What nginx would present when it is asked for a client certificate. Only ever filled in with the
/// operator's permission. We read the files for the child process, which can open none.
struct ClientCredentials {
  std::vector<Der>
      chain{};  ///< leaf first, as the certificate file has it (or with what a fix would add)
  std::string key_file{};
  std::string password_file{};  ///< *_ssl_password_file; empty for none

  bool operator==(const ClientCredentials&) const = default;
};

/// One handshake as nginx would make it. Defaults are those of nginx 1.22.
struct ProbeRequest {
  std::string server_name{};  ///< the SNI; empty: none is sent (see sni_of)
  std::vector<TlsVersion> protocols = {TlsVersion::tls1_0, TlsVersion::tls1_1, TlsVersion::tls1_2};
  std::string ciphers = "DEFAULT";
  std::vector<ConfCommand> conf_commands{};  ///< Groups, Ciphersuites, SignatureAlgorithms,
                                             ///< Options, …: *_ssl_conf_command
  std::optional<int> security_level{};  ///< sets it aside from the ciphers; none: what they and the
                                        ///< system's policy say
  std::vector<std::string> alpn{};      ///< {"h2"} for grpc
  bool send_proxy_header = false;  ///< proxy_protocol on: a PROXY v1 line before the ClientHello
  bool ask_for_staple = false;     ///< nginx never asks upstreams; for listeners of our own
  std::string instead_of_hello{};  ///< sent in the place of a handshake, to hear whether the peer
                                   ///< speaks something else
  std::optional<ClientCredentials> client{};
  std::chrono::milliseconds timeout{10'000};  ///< for everything together; at most kMaxProbeTime
  std::chrono::milliseconds late_alert_wait{
      700};  ///< how long to listen for a refusal after a TLS 1.3 handshake

  bool operator==(const ProbeRequest&) const = default;
};
inline constexpr std::chrono::milliseconds kMaxProbeTime{30'000};

/// How far it came: the last step that was begun by us or seen from the peer.
enum class ProbePhase {
  connect,          ///< no connection yet
  proxy_header,     ///< connected; the PROXY line is on its way
  client_hello,     ///< sent; nothing of TLS has come back
  server_hello,     ///< version and cipher are agreed
  certificate,      ///< its chain is here
  client_auth,      ///< it has asked for a client certificate
  finished,         ///< our Finished is sent, its own is awaited (TLS 1.2)
  after_handshake,  ///< the handshake is complete on our side
};
std::string_view to_string(ProbePhase phase);

enum class ProbeOutcome {
  ok,           ///< complete, and not refused within late_alert_wait
  refused,      ///< connect: nobody listens
  unreachable,  ///< connect: no route, prohibited, no such socket
  timed_out,    ///< in `phase`
  reset,        ///< by a reset (ECONNRESET, EPIPE)
  closed,       ///< by an orderly end, with or without close_notify, and no alert
  alert,        ///< the peer sent `alert`; in after_handshake: TLS 1.3's late refusal
  not_tls,      ///< what came is no TLS: `first_bytes` says what it looks like
  tls_error,    ///< our OpenSSL ended it: `reason`
  local_error,  ///< could not begin: unusable ciphers, key or certificate (`reason`)
  limit,        ///< more bytes than a handshake needs
};
std::string_view to_string(ProbeOutcome outcome);

/// A certificate as the peer sent it, and what the child process read in it.
struct PeerCertificate {
  Der der;
  CertificateFacts facts;

  bool operator==(const PeerCertificate&) const = default;
};

/// The peer's CertificateRequest.
struct CertificateRequest {
  std::vector<std::string> accepted_cas;        ///< RFC 2253; at most kMaxAcceptedCas
  std::vector<std::string> accepted_ca_hashes;  ///< the same, as CertificateFacts::subject_hash
  std::size_t cas_left_out = 0;
  std::vector<std::string> signature_algorithms;  ///< "RSA+SHA256", "ECDSA+SHA384"

  static constexpr std::size_t kMaxAcceptedCas = 256;
  bool operator==(const CertificateRequest&) const = default;
};

struct ProbeResult {
  ProbePhase phase = ProbePhase::connect;
  ProbeOutcome outcome = ProbeOutcome::local_error;
  std::optional<int> alert;       ///< received from the peer, fatal
  std::optional<int> sent_alert;  ///< sent by our side, fatal
  std::string reason;  ///< OpenSSL's reason or the system's error text, as nginx prints it ("wrong
                       ///< version number")
  std::string reason_code;  ///< of an OpenSSL reason, as nginx prints it: "0A00010B"
  int system_error = 0;     ///< errno of reset, refused, unreachable
  FirstBytes first_bytes = FirstBytes::none;
  std::string first_text;  ///< what came first when it was no TLS: printable, at most 80 characters

  std::string version;  ///< "TLSv1.3"; empty before a ServerHello, like the following
  std::string cipher;   ///< "ECDHE-RSA-AES256-GCM-SHA384"
  std::string
      group;  ///< as OpenSSL names it: "X25519", "prime256v1", "ffdhe2048"; "DH" without a name
  int key_exchange_bits = 0;
  std::string peer_signature;  ///< "RSA-PSS+SHA256"
  std::string alpn;
  bool secure_renegotiation = false;
  std::vector<PeerCertificate> chain;  ///< leaf first, as sent; at most kMaxChain
  std::size_t chain_left_out = 0;
  std::optional<CertificateRequest> certificate_request;
  bool sent_client_certificate = false;
  bool session_can_resume = false;
  std::size_t staple_bytes = 0;  ///< length of the OCSP answer; 0 for none
  std::size_t bytes_received = 0;
  std::chrono::microseconds elapsed{0};

  static constexpr std::size_t kMaxChain = 64;
  static constexpr std::size_t kMaxBytes = 1U << 20;  ///< received, all in all
  bool is_ok() const { return outcome == ProbeOutcome::ok; }
  bool operator==(const ProbeResult&) const = default;
};

/// The name that nginx compares with the certificate: *_ssl_name cut at its first colon, which
/// takes a port off (an IPv6 address keeps what is inside its brackets).
std::string checked_name(std::string_view ssl_name);
/// What nginx sends as SNI when *_ssl_server_name is on: the same; nothing for an address.
std::string sni_of(std::string_view ssl_name);

/// Connects, and lets a child process of this binary make the handshake over that connection. Waits
/// at most until `deadline`, when the child is killed and the outcome is timed_out (the child
/// itself keeps request.timeout, and then says where it stood). Blocks: call it on a worker. Any
/// number may run at once; the caller bounds how many. Fails when the child cannot be started or
/// answers nonsense (io, invalid_input), never because of what the peer does.
Result<ProbeResult> run_probe(const AllowedPeer& peer, const ProbeRequest& request,
                              std::chrono::steady_clock::time_point deadline);

}  // namespace handshaked::diagnose
