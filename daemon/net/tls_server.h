#pragma once

#include <memory>
#include <string>

#include "base/result.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace handshaked::net {

struct TlsServerOptions {
  std::string certificate_file;  ///< PEM with chain
  std::string key_file;          ///< PEM without passphrase
  std::string client_ca_file;    ///< PEM; senders must show a certificate that it verifies. Empty:
                                 ///< none is asked for
};

/// How senders speak TLS to us: 1.2 or newer. Files are read once, at creation; files that have
/// changed make a new one (Listener::use_tls). Immutable; safe to share between threads.
class TlsServer {
 public:
  static Result<TlsServer> create(const TlsServerOptions& options);

  TlsServer(TlsServer&&) noexcept;
  TlsServer& operator=(TlsServer&&) noexcept;
  ~TlsServer();

  SSL_CTX* context() const { return context_.get(); }
  bool verifies_clients() const { return verifies_clients_; }

 private:
  struct ContextEnd {
    void operator()(SSL_CTX* context) const;
  };
  explicit TlsServer(std::unique_ptr<SSL_CTX, ContextEnd> context, bool verifies_clients);

  std::unique_ptr<SSL_CTX, ContextEnd> context_;
  bool verifies_clients_ = false;
};

}  // namespace handshaked::net
