#include "diagnose/probe/handshake_watch.h"

#include <algorithm>

#include <openssl/err.h>

#include "diagnose/certificates/certificate_reading.h"
#include "diagnose/certificates/openssl_handle.h"

namespace handshaked::diagnose {
namespace {

/// RFC 8879, from OpenSSL 3.2 on: the message stands for SSL3_MT_CERTIFICATE. Of an empty list none
/// is sent.
constexpr unsigned kCompressedCertificate = 25;

/// "RSA+SHA256" as OpenSSL's own tools print it.
std::string signature_text(int key, int digest) {
  const char* key_name = OBJ_nid2sn(key);
  if (key == EVP_PKEY_RSA_PSS) key_name = "RSA-PSS";
  else if (key == EVP_PKEY_RSA) key_name = "RSA";
  else if (key == EVP_PKEY_EC) key_name = "ECDSA";
  std::string text = key_name ? key_name : "?";
  if (digest != NID_undef) text.append("+").append(OBJ_nid2sn(digest));
  return text;
}

Der encode(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  Der der(reinterpret_cast<char*>(bytes), size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(bytes);
  return der;
}

}  // namespace

void HandshakeWatch::attach(SSL_CTX* context) {
  SSL_CTX_set_msg_callback(context, on_message);
  SSL_CTX_set_msg_callback_arg(context, this);
  // The chain is kept as it came and judged offline. nginx's callback lets every fault pass, so the
  // handshake goes on either way.
  SSL_CTX_set_cert_verify_callback(context, on_chain, this);
  SSL_CTX_set_cert_cb(context, on_certificate_request, this);
}

void HandshakeWatch::on_message(int is_sent, int, int type, const void* bytes, size_t size, SSL*,
                                void* watch) {
  auto& self = *static_cast<HandshakeWatch*>(watch);
  const auto* const content = static_cast<const unsigned char*>(bytes);
  if (type == SSL3_RT_HANDSHAKE && size > 0)
    self.note_handshake_message(is_sent != 0, content[0], size);
  if (type == SSL3_RT_ALERT && size == 2 && content[0] == SSL3_AL_FATAL)
    (is_sent ? self.result_.sent_alert : self.result_.alert) = content[1];
}

void HandshakeWatch::note_handshake_message(bool is_sent, unsigned type, std::size_t size) {
  if (is_sent) {
    // A certificate message of an empty list has 7 bytes in TLS 1.2 and 8 in 1.3.
    if ((type == SSL3_MT_CERTIFICATE || type == kCompressedCertificate) && size > 16)
      result_.sent_client_certificate = true;
    if (type == SSL3_MT_CLIENT_HELLO) reach(ProbePhase::client_hello);
    if (type == SSL3_MT_FINISHED) reach(ProbePhase::finished);
    return;
  }
  if (type == SSL3_MT_SERVER_HELLO) reach(ProbePhase::server_hello);
  if (type == SSL3_MT_CERTIFICATE || type == kCompressedCertificate) reach(ProbePhase::certificate);
  if (type == SSL3_MT_CERTIFICATE_REQUEST) reach(ProbePhase::client_auth);
  if (type == SSL3_MT_NEWSESSION_TICKET) saw_session_ticket_ = true;
}

int HandshakeWatch::on_chain(X509_STORE_CTX* context, void* watch) {
  static_cast<HandshakeWatch*>(watch)->note_chain(X509_STORE_CTX_get0_untrusted(context));
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

void HandshakeWatch::note_chain(STACK_OF(X509) * chain) {
  result_.chain.clear();
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    if (result_.chain.size() == ProbeResult::kMaxChain) {
      result_.chain_left_out =
          static_cast<std::size_t>(sk_X509_num(chain)) - ProbeResult::kMaxChain;
      break;
    }
    X509* const certificate = sk_X509_value(chain, i);
    Der der = encode(certificate);
    CertificateFacts facts = read_facts(certificate, der);
    result_.chain.push_back({std::move(der), std::move(facts)});
  }
}

int HandshakeWatch::on_certificate_request(SSL* connection, void* watch) {
  static_cast<HandshakeWatch*>(watch)->note_certificate_request(connection);
  return 1;
}

void HandshakeWatch::note_certificate_request(SSL* connection) {
  CertificateRequest& request = result_.certificate_request.emplace();
  const STACK_OF(X509_NAME)* const names = SSL_get0_peer_CA_list(connection);
  for (int i = 0; i < sk_X509_NAME_num(names); ++i) {
    if (request.accepted_cas.size() == CertificateRequest::kMaxAcceptedCas) {
      ++request.cas_left_out;
      continue;
    }
    request.accepted_cas.push_back(name_text(sk_X509_NAME_value(names, i)));
    request.accepted_ca_hashes.push_back(name_hash(sk_X509_NAME_value(names, i)));
  }
  const int count =
      std::min(SSL_get_sigalgs(connection, -1, nullptr, nullptr, nullptr, nullptr, nullptr), 64);
  for (int i = 0; i < count; ++i) {
    int key = NID_undef;
    int digest = NID_undef;
    SSL_get_sigalgs(connection, i, &key, &digest, nullptr, nullptr, nullptr);
    if (key != NID_undef) request.signature_algorithms.push_back(signature_text(key, digest));
  }
}

void HandshakeWatch::note_agreement(SSL* connection) {
  if (result_.phase < ProbePhase::server_hello) return;
  result_.version = SSL_get_version(connection);
  if (const SSL_CIPHER* const cipher = SSL_get_pending_cipher(connection)
                                           ? SSL_get_pending_cipher(connection)
                                           : SSL_get_current_cipher(connection))
    result_.cipher = SSL_CIPHER_get_name(cipher);
  EVP_PKEY* temporary = nullptr;
  if (SSL_get_peer_tmp_key(connection, &temporary)) {
    const KeyHandle key(temporary);
    char group[80];
    std::size_t size = 0;
    result_.key_exchange_bits = EVP_PKEY_get_bits(temporary);
    if (EVP_PKEY_get_group_name(temporary, group, sizeof group, &size))
      result_.group.assign(group, size);
    else if (const char* const type = EVP_PKEY_get0_type_name(temporary)) result_.group = type;
  }
  // The share of a hybrid group ("X25519MLKEM768", the default from OpenSSL 3.5 on) is a key
  // without a name.
  const int group_id =
      result_.group.empty() ? static_cast<int>(SSL_get_negotiated_group(connection)) : NID_undef;
  if (const char* const name =
          group_id == NID_undef ? nullptr : SSL_group_to_name(connection, group_id))
    result_.group = name;
  int key = NID_undef;
  int digest = NID_undef;
  if (SSL_get_peer_signature_type_nid(connection, &key)) {
    SSL_get_peer_signature_nid(connection, &digest);
    result_.peer_signature = signature_text(key, digest);
  }
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(connection, &protocol, &length);
  result_.alpn.assign(reinterpret_cast<const char*>(protocol), length);
  result_.secure_renegotiation = SSL_get_secure_renegotiation_support(connection) != 0;
  const unsigned char* staple = nullptr;
  const long staple_size = SSL_get_tlsext_status_ocsp_resp(connection, &staple);
  if (staple_size > 0) result_.staple_bytes = static_cast<std::size_t>(staple_size);
  const SSL_SESSION* const session = SSL_get_session(connection);
  result_.session_can_resume = session && SSL_SESSION_is_resumable(session);
  ERR_clear_error();
}

}  // namespace handshaked::diagnose
