#include "diagnose/tls/stand_in/tls_rehearsal.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>

#include <openssl/err.h>

#include "diagnose/certificates/openssl_handle.h"
#include "diagnose/tls/stand_in/stand_in_key.h"
#include "diagnose/tls/tls_context.h"

namespace handshaked::diagnose {
namespace {

constexpr int kMostTurns = 32;

Result<> give_certificate(SSL_CTX* context, const KeyKind& kind) {
  const KeyHandle key = make_stand_in_key(kind);
  const X509Handle certificate(X509_new());
  if (!key || !certificate)
    return fail(ErrorCode::invalid_input, "no key of the kind " + kind.type);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  const bool is_edwards = kind.type.starts_with("ED") || kind.type.starts_with("Ed");
  if (!X509_sign(certificate.get(), key.get(), is_edwards ? nullptr : EVP_sha256()) ||
      SSL_CTX_use_certificate(context, certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return fail(ErrorCode::invalid_input,
                "a key of " + std::to_string(kind.bits) + " bits: " + take_openssl_error().reason);
  }
  return success();
}

Result<SslContextHandle> listener_context(const ListenerOffer& offer) {
  SslContextHandle context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(ErrorCode::limit_exceeded, "no TLS context");
  set_protocols(context.get(), offer.protocols);
  TRY(set_ciphers(context.get(), offer.ciphers));
  if (!offer.curves.empty() && offer.curves != "auto" &&
      SSL_CTX_set1_curves_list(context.get(), offer.curves.c_str()) != 1)
    return fail(ErrorCode::invalid_input,
                "curves " + offer.curves + ": " + take_openssl_error().reason);
  for (const KeyKind& kind : offer.keys) {
    TRY(give_certificate(context.get(), kind));
  }
  TRY(run_conf_commands(context.get(), offer.conf_commands));
  if (offer.asks_clients)
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  return context;
}

Result<SslContextHandle> client_context(const ClientOffer& offer) {
  SslContextHandle context(SSL_CTX_new(TLS_client_method()));
  if (!context) return fail(ErrorCode::limit_exceeded, "no TLS context");
  set_protocols(context.get(), offer.protocols);
  TRY(set_ciphers(context.get(), offer.ciphers));
  if (!offer.groups.empty() && SSL_CTX_set1_groups_list(context.get(), offer.groups.c_str()) != 1)
    return fail(ErrorCode::invalid_input,
                "groups " + offer.groups + ": " + take_openssl_error().reason);
  if (!offer.signature_algorithms.empty() &&
      SSL_CTX_set1_sigalgs_list(context.get(), offer.signature_algorithms.c_str()) != 1)
    return fail(ErrorCode::invalid_input, "signature algorithms " + offer.signature_algorithms +
                                              ": " + take_openssl_error().reason);
  for (const KeyKind& kind : offer.keys) {
    TRY(give_certificate(context.get(), kind));
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  return context;
}

/// One step of one end; the reason of its failure, if it failed for good.
std::string step(SSL* end, bool& is_done) {
  ERR_clear_error();
  const int result = SSL_do_handshake(end);
  if (result == 1) {
    is_done = true;
    return {};
  }
  const int problem = SSL_get_error(end, result);
  if (problem == SSL_ERROR_WANT_READ || problem == SSL_ERROR_WANT_WRITE) return {};
  return take_openssl_error().reason;
}

}  // namespace

Result<Rehearsal> rehearse(const ListenerOffer& listener, const ClientOffer& client) {
  ERR_clear_error();
  TRY(const SslContextHandle listener_side, listener_context(listener));
  TRY(const SslContextHandle client_side, client_context(client));
  const SslHandle server(SSL_new(listener_side.get())), visitor(SSL_new(client_side.get()));
  BIO *server_end = nullptr, *client_end = nullptr;
  if (!server || !visitor || BIO_new_bio_pair(&server_end, 65536, &client_end, 65536) != 1)
    return fail(ErrorCode::limit_exceeded, "no memory for a handshake");
  SSL_set_bio(server.get(), server_end, server_end);
  SSL_set_bio(visitor.get(), client_end, client_end);
  SSL_set_accept_state(server.get());
  SSL_set_connect_state(visitor.get());

  Rehearsal rehearsal;
  bool is_server_done = false, is_client_done = false;
  for (int turn = 0; turn < kMostTurns && !(is_server_done && is_client_done); ++turn) {
    std::string client_reason;
    if (!is_client_done) client_reason = step(visitor.get(), is_client_done);
    rehearsal.reason = step(server.get(), is_server_done);
    if (rehearsal.reason.empty()) rehearsal.reason = std::move(client_reason);
    if (!rehearsal.reason.empty()) break;
  }
  rehearsal.passed = is_server_done && is_client_done && rehearsal.reason.empty();
  if (rehearsal.passed) {
    rehearsal.version = SSL_get_version(server.get());
    rehearsal.cipher = SSL_get_cipher_name(server.get());
  } else if (rehearsal.reason.empty()) {
    rehearsal.reason = "no end of the handshake";
  }
  ERR_clear_error();
  return rehearsal;
}

Result<Rehearsal> visit(int socket, const ClientOffer& client,
                        std::chrono::steady_clock::time_point deadline) {
  ERR_clear_error();
  TRY(const SslContextHandle context, client_context(client));
  const SslHandle visitor(SSL_new(context.get()));
  BIO *ours = nullptr, *wire = nullptr;
  if (!visitor || BIO_new_bio_pair(&ours, 65536, &wire, 65536) != 1)
    return fail(ErrorCode::limit_exceeded, "no memory for a handshake");
  SSL_set_bio(visitor.get(), ours, ours);
  const BioHandle held(wire);
  SSL_set_connect_state(visitor.get());
  Rehearsal rehearsal;
  std::array<char, 16384> bytes;
  for (bool is_done = false; rehearsal.reason.empty();) {
    rehearsal.reason = step(visitor.get(), is_done);
    for (int size = BIO_read(wire, bytes.data(), bytes.size()); size > 0;
         size = BIO_read(wire, bytes.data(), bytes.size())) {
      if (::send(socket, bytes.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) != size)
        rehearsal.reason = "the connection has ended";
    }
    if (is_done || !rehearsal.reason.empty()) {
      rehearsal.passed = is_done && rehearsal.reason.empty();
      break;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd waited{socket, POLLIN, 0};
    const int ready = left.count() > 0 ? ::poll(&waited, 1, static_cast<int>(left.count())) : 0;
    if (ready <= 0) return fail(ErrorCode::timeout, "no end of the handshake in time");
    const ssize_t came = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (came <= 0) rehearsal.reason = "the connection has ended";
    else BIO_write(wire, bytes.data(), static_cast<int>(came));
  }
  if (rehearsal.passed) {
    rehearsal.version = SSL_get_version(visitor.get());
    rehearsal.cipher = SSL_get_cipher_name(visitor.get());
  }
  ERR_clear_error();
  return rehearsal;
}

}  // namespace handshaked::diagnose
