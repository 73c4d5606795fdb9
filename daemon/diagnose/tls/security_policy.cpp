#include "diagnose/tls/security_policy.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "diagnose/certificates/openssl_handle.h"
#include "diagnose/tls/tls_context.h"

namespace handshaked::diagnose {

std::string SecurityPolicy::description() const {
  return openssl_version + ", security level " + std::to_string(security_level) +
         (suite_b ? ", Suite B" : "");
}

bool is_probe_command(const std::string& name) {
  static constexpr std::array<std::string_view, 13> kCommands = {
      "ciphersuites",  "cipherstring",        "groups",
      "curves",        "signaturealgorithms", "clientsignaturealgorithms",
      "options",       "minprotocol",         "maxprotocol",
      "protocol",      "ecdhparameters",      "recordpadding",
      "encryptthenmac"};
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return std::find(kCommands.begin(), kCommands.end(), lower) != kCommands.end();
}

Result<SecurityPolicy> security_policy(const std::string& ciphers,
                                       const std::vector<ConfCommand>& commands) {
  ERR_clear_error();
  const SslContextHandle context(SSL_CTX_new(TLS_client_method()));
  if (!context)
    return fail(ErrorCode::invalid_input, "no TLS context: " + take_openssl_error().reason);
  TRY(set_ciphers(context.get(), ciphers));
  TRY(run_conf_commands(context.get(), commands));
  const SslHandle connection(SSL_new(context.get()));
  if (!connection)
    return fail(ErrorCode::invalid_input, "no TLS connection: " + take_openssl_error().reason);
  SecurityPolicy policy;
  policy.security_level = SSL_get_security_level(connection.get());
  // Nothing is cleared: OpenSSL only answers with the flags that are set.
  policy.suite_b = (SSL_clear_cert_flags(connection.get(), 0) & SSL_CERT_FLAG_SUITEB_128_LOS) != 0;
  policy.openssl_version = OpenSSL_version(OPENSSL_VERSION);
  return policy;
}

}  // namespace handshaked::diagnose
