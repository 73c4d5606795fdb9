#include "net/tls_server.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstring>

namespace handshaked::net {
namespace {

auto refuse(const std::string& what, const std::string& file) {
  const unsigned long error = ERR_get_error();
  // What the system said has no text of OpenSSL's: "No such file or directory".
  const char* const reason = error == 0                ? nullptr
                             : ERR_SYSTEM_ERROR(error) ? std::strerror(ERR_GET_REASON(error))
                                                       : ERR_reason_error_string(error);
  ERR_clear_error();
  return fail(ErrorCode::invalid_configuration,
              what + " " + file + ": " + (reason == nullptr ? "OpenSSL does not say why" : reason));
}

// Without a callback OpenSSL would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

}  // namespace

void TlsServer::ContextEnd::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

TlsServer::TlsServer(std::unique_ptr<SSL_CTX, ContextEnd> context, bool verifies_clients)
    : context_(std::move(context)), verifies_clients_(verifies_clients) {}
TlsServer::TlsServer(TlsServer&&) noexcept = default;
TlsServer& TlsServer::operator=(TlsServer&&) noexcept = default;
TlsServer::~TlsServer() = default;

Result<TlsServer> TlsServer::create(const TlsServerOptions& options) {
  ERR_clear_error();
  std::unique_ptr<SSL_CTX, ContextEnd> context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return refuse("cannot prepare TLS", "");
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections give their buffers back; writes go on from wherever the socket stopped taking
  // them.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(raw, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(raw, options.certificate_file.c_str()) != 1)
    return refuse("cannot read the certificate", options.certificate_file);
  if (SSL_CTX_use_PrivateKey_file(raw, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return refuse("cannot use the key", options.key_file);
  if (SSL_CTX_check_private_key(raw) != 1)
    return refuse("the key does not belong to the certificate:", options.key_file);
  const bool verifies = !options.client_ca_file.empty();
  if (verifies) {
    if (SSL_CTX_load_verify_file(raw, options.client_ca_file.c_str()) != 1)
      return refuse("cannot read the client CA", options.client_ca_file);
    SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(options.client_ca_file.c_str()));
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    static constexpr unsigned char kSessionContext[] = "handshaked";
    SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof kSessionContext - 1);
  }
  return TlsServer(std::move(context), verifies);
}

}  // namespace handshaked::net
