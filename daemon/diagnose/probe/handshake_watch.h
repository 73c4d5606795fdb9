#pragma once

#include <optional>
#include <vector>

#include <openssl/ssl.h>

#include "diagnose/tls/tls_probe.h"

namespace handshaked::diagnose {

/// Follows one handshake through OpenSSL's callbacks and notes in a ProbeResult what passes by.
/// Must outlive the connection.
class HandshakeWatch {
 public:
  explicit HandshakeWatch(ProbeResult& result) : result_(result) {}
  HandshakeWatch(const HandshakeWatch&) = delete;

  /// Before SSL_new().
  void attach(SSL_CTX* context);

  bool saw_session_ticket() const { return saw_session_ticket_; }
  /// Notes what was agreed; after the handshake, or after it broke.
  void note_agreement(SSL* connection);

 private:
  static void on_message(int is_sent, int version, int type, const void* bytes, size_t size,
                         SSL* connection, void* watch);
  static int on_chain(X509_STORE_CTX* context, void* watch);
  static int on_certificate_request(SSL* connection, void* watch);
  void reach(ProbePhase phase) { result_.phase = std::max(result_.phase, phase); }
  void note_handshake_message(bool is_sent, unsigned type, std::size_t size);
  void note_chain(STACK_OF(X509) * chain);
  void note_certificate_request(SSL* connection);

  ProbeResult& result_;
  bool saw_session_ticket_ = false;
};

}  // namespace handshaked::diagnose
