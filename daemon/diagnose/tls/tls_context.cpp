#include "diagnose/tls/tls_context.h"

#include <algorithm>
#include <memory>

#include <openssl/err.h>

#include "diagnose/certificates/openssl_handle.h"

namespace handshaked::diagnose {

Result<> set_ciphers(SSL_CTX* context, const std::string& ciphers) {
  if (ciphers.empty() || SSL_CTX_set_cipher_list(context, ciphers.c_str())) return success();
  return fail(ErrorCode::invalid_input,
              "ciphers \"" + ciphers + "\": " + take_openssl_error().reason);
}

Result<> run_conf_commands(SSL_CTX* context, const std::vector<ConfCommand>& commands) {
  if (commands.empty()) return success();
  const OpensslHandle<SSL_CONF_CTX, SSL_CONF_CTX_free> configuration(SSL_CONF_CTX_new());
  SSL_CONF_CTX_set_flags(configuration.get(), SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CLIENT |
                                                  SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_SHOW_ERRORS);
  SSL_CONF_CTX_set_ssl_ctx(configuration.get(), context);
  for (const auto& [name, value] : commands) {
    if (!is_probe_command(name))
      return fail(ErrorCode::invalid_input,
                  "conf_command " + name + " is not one that a probe may use");
    if (SSL_CONF_cmd(configuration.get(), name.c_str(), value.c_str()) <= 0)
      return fail(ErrorCode::invalid_input,
                  "conf_command " + name + " " + value + ": " + take_openssl_error().reason);
  }
  if (SSL_CONF_CTX_finish(configuration.get()) != 1)
    return fail(ErrorCode::invalid_input, "conf_command: " + take_openssl_error().reason);
  return success();
}

void set_protocols(SSL_CTX* context, const std::vector<TlsVersion>& protocols) {
  // The system's MinProtocol does not hold for nginx: it takes the bounds away and then switches
  // versions off one by one.
  SSL_CTX_set_min_proto_version(context, 0);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  static constexpr struct {
    TlsVersion version;
    std::uint64_t off;
  } kVersions[] = {{TlsVersion::ssl3, SSL_OP_NO_SSLv3},
                   {TlsVersion::tls1_0, SSL_OP_NO_TLSv1},
                   {TlsVersion::tls1_1, SSL_OP_NO_TLSv1_1},
                   {TlsVersion::tls1_2, SSL_OP_NO_TLSv1_2},
                   {TlsVersion::tls1_3, SSL_OP_NO_TLSv1_3}};
  for (const auto& [version, off] : kVersions) {
    if (std::find(protocols.begin(), protocols.end(), version) != protocols.end())
      SSL_CTX_clear_options(context, off);
    else SSL_CTX_set_options(context, off);
  }
}

}  // namespace handshaked::diagnose
