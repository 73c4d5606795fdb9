#pragma once

#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "base/result.h"
#include "diagnose/tls/security_policy.h"
#include "diagnose/tls/tls_probe.h"

namespace handshaked::diagnose {

/// The steps in which nginx prepares the TLS context of an upstream (ngx_event_openssl.c:
/// ngx_ssl_create, ngx_ssl_ciphers, ngx_ssl_conf_commands), each failing with invalid_input and
/// OpenSSL's reason.
Result<> set_ciphers(SSL_CTX* context, const std::string& ciphers);
Result<> run_conf_commands(SSL_CTX* context, const std::vector<ConfCommand>& commands);
void set_protocols(SSL_CTX* context, const std::vector<TlsVersion>& protocols);

}  // namespace handshaked::diagnose
