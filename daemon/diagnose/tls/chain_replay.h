#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "diagnose/certificates/certificate_facts.h"

namespace handshaked::diagnose {

/// Whose certificate nginx verifies.
enum class VerifiedSide {
  server,  ///< nginx is the client: *_ssl_verify towards an upstream
  client,  ///< nginx is the server: ssl_verify_client
};

/// All that nginx's verdict on a chain depends on. A value: vary one member and replay again.
struct ReplayInput {
  std::vector<Der> chain{};    ///< as the peer sent it, leaf first
  std::vector<Der> trusted{};  ///< every certificate of *_ssl_trusted_certificate (client side: of
                               ///< ssl_client_certificate, then ssl_trusted_certificate), in the
                               ///< order of the file; Certificate::der_with_trust()
  std::vector<Der> crls{};     ///< every CRL of *_ssl_crl; certificates in that file belong to
                               ///< `trusted`: OpenSSL trusts them
  bool check_crls = false;     ///< *_ssl_crl is set: every CA of the chain needs a CRL
  int depth = 1;               ///< *_ssl_verify_depth: how many intermediates
  int security_level = 2;  ///< what the ciphers and the system's policy make it (security_policy.h)
  bool suite_b = false;    ///< the ciphers are a SUITEB profile
  VerifiedSide side = VerifiedSide::server;
  std::optional<std::string> name{};  ///< *_ssl_name as nginx passes it to the name check; none: no
                                      ///< name is checked (client side)
  Time at{};
};

/// One fault that OpenSSL told the callback about, which let it run on.
struct ReplayFault {
  int code = 0;   ///< X509_V_ERR_*
  int depth = 0;  ///< 0 is the leaf
  std::string subject;

  bool operator==(const ReplayFault&) const = default;
};

struct ReplayResult {
  int verify_code = 0;      ///< what nginx logs: the last fault, 0 without one
  std::string verify_text;  ///< OpenSSL's words for it
  std::vector<ReplayFault>
      faults;  ///< all of them, in the order in which OpenSSL met them; at most kMaxFaults
  std::vector<std::string>
      built_chain;  ///< SHA-256 (hex) of the certificates of the path that was built, leaf first
  bool ends_in_trust = false;  ///< the last certificate of built_chain is one of `trusted`
  bool name_matches = true;    ///< X509_check_host; true when no name was to be checked
  bool verified = false;       ///< nginx would go on: no fault, and the name matches

  static constexpr std::size_t kMaxFaults = 64;
  bool operator==(const ReplayResult&) const = default;
};

/// Repeats the verification as nginx does it, offline: only the trusted certificates, no partial
/// chain, the peer's chain as hints, the purpose and security level that libssl sets, a callback
/// that always continues so that the last fault is the verdict, then X509_check_host on the leaf.
/// Pure: same input, same result; any thread. Fails (invalid_input) when a certificate or CRL
/// cannot be parsed, or the chain is empty. Chains that a peer sent go through ReplaySession, which
/// calls this in the child process.
Result<ReplayResult> replay_verification(const ReplayInput& input);

/// OpenSSL's text of a verify code, as nginx logs it.
std::string verify_code_text(int code);

}  // namespace handshaked::diagnose
