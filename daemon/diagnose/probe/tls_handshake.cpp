#include "diagnose/probe/tls_handshake.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "diagnose/certificates/openssl_handle.h"
#include "diagnose/probe/handshake_watch.h"
#include "diagnose/probe/probe_socket.h"
#include "diagnose/tls/tls_context.h"

namespace handshaked::diagnose {
namespace {

using Clock = std::chrono::steady_clock;

auto unusable(const std::string& what) {
  const OpensslError error = take_openssl_error();
  return fail(ErrorCode::invalid_input, error.code ? what + ": " + error.reason : what);
}

// --- the client certificate, as ngx_ssl_certificate() loads it ---

int give_password(char* buffer, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.size() > static_cast<std::size_t>(size)) return 0;
  text.copy(buffer, text.size());
  return static_cast<int>(text.size());
}

KeyHandle read_key(const std::string& key, const std::string& password) {
  ERR_clear_error();
  const BioHandle bio(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  // Without a callback OpenSSL would ask on the terminal.
  return KeyHandle(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, give_password,
                                                 const_cast<std::string*>(&password))
                       : nullptr);
}

/// nginx tries the passwords of the file one after the other.
Result<KeyHandle> read_key_with_passwords(const ClientKey& key, const std::string& file) {
  if (KeyHandle handle = read_key(key.pem, {})) return handle;
  for (const std::string& password : key.passwords)
    if (KeyHandle handle = read_key(key.pem, password)) return handle;
  return unusable("the client key " + file + " cannot be read");
}

Result<> present_certificate(SSL_CTX* context, const ClientCredentials& credentials,
                             const ClientKey& client_key) {
  if (credentials.chain.empty())
    return fail(ErrorCode::invalid_input, "a client certificate without certificates");
  for (std::size_t i = 0; i < credentials.chain.size(); ++i) {
    const Der& der = credentials.chain[i];
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const X509Handle certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!certificate) return unusable("the client certificate cannot be read");
    const bool is_taken = i == 0 ? SSL_CTX_use_certificate(context, certificate.get()) == 1
                                 : SSL_CTX_add1_chain_cert(context, certificate.get()) == 1;
    if (!is_taken) return unusable("the client certificate cannot be used");
  }
  TRY(const KeyHandle key, read_key_with_passwords(client_key, credentials.key_file));
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return unusable("the client key cannot be used");
  return success();
}

// --- the context, in nginx's order ---

std::string alpn_wire_form(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) continue;
    wire.push_back(static_cast<char>(protocol.size()));
    wire += protocol;
  }
  return wire;
}

Result<SslContextHandle> make_context(const ProbeRequest& request, const ClientKey& key,
                                      HandshakeWatch& watch) {
  ERR_clear_error();
  SslContextHandle context(SSL_CTX_new(TLS_client_method()));
  if (!context) return unusable("no TLS context");
  set_protocols(context.get(), request.protocols);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  TRY(set_ciphers(context.get(), request.ciphers));
  if (request.client) {
    TRY(present_certificate(context.get(), *request.client, key));
  }
  TRY(run_conf_commands(context.get(), request.conf_commands));
  if (request.security_level) SSL_CTX_set_security_level(context.get(), *request.security_level);
  const std::string alpn = alpn_wire_form(request.alpn);
  if (!alpn.empty() &&
      SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                              static_cast<unsigned>(alpn.size())) != 0)
    return unusable("the ALPN protocols cannot be used");
  watch.attach(context.get());
  return context;
}

// --- one connection ---

/// Moves the handshake on between OpenSSL, which only sees memory, and the socket. So every byte is
/// counted and every wait is ours.
class HandshakeDriver {
 public:
  HandshakeDriver(SSL* connection, ProbeSocket& socket, ProbeResult& result)
      : connection_(connection), socket_(socket), result_(result) {
    SSL_set_bio(connection, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(connection);
  }

  /// True when the handshake is complete; else the outcome is in the result.
  bool shake_hands(Clock::time_point deadline) {
    for (;;) {
      ERR_clear_error();
      const int done = SSL_do_handshake(connection_);
      const int error = SSL_get_error(connection_, done);
      if (!flush(deadline, error == SSL_ERROR_SSL)) return false;
      if (done == 1) return true;
      if (error != SSL_ERROR_WANT_READ) return end_with(error);
      if (!feed(deadline)) return false;
    }
  }

  /// Listens until the peer refuses, speaks, hands out a ticket (it has accepted us), or the time
  /// is over.
  void listen(Clock::time_point until, const HandshakeWatch& watch) {
    result_.outcome = ProbeOutcome::ok;
    char byte = 0;
    while (!watch.saw_session_ticket()) {
      ERR_clear_error();
      const int got = SSL_read(connection_, &byte, 1);
      if (got > 0 || watch.saw_session_ticket()) return;
      const int error = SSL_get_error(connection_, got);
      if (error != SSL_ERROR_WANT_READ) {
        end_with(error);
        return;
      }
      if (!flush(until, false)) return;
      if (!feed(until)) {
        // Silence is consent; what nginx would have sent by now is none of a probe's business.
        if (result_.outcome == ProbeOutcome::timed_out) result_.outcome = ProbeOutcome::ok;
        return;
      }
    }
  }

  void say_goodbye() {
    SSL_shutdown(connection_);
    flush(Clock::now() + std::chrono::milliseconds(50), true);
    ERR_clear_error();
  }

 private:
  /// Sends what OpenSSL has written. `best_effort`: an alert of ours may find a peer that is gone.
  bool flush(Clock::time_point deadline, bool best_effort) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(connection_), &bytes);
    if (size <= 0) return true;
    const std::string out(bytes, static_cast<std::size_t>(size));
    BIO_reset(SSL_get_wbio(connection_));
    const SocketStep sent = socket_.send_all(out, deadline);
    return sent.status == SocketStatus::ok || best_effort || read_what_is_left(deadline) ||
           end_with(sent);
  }

  /// A peer that resets may have sent an alert before: it explains more than the reset.
  bool read_what_is_left(Clock::time_point deadline) {
    std::string bytes;
    const auto soon = std::min(deadline, Clock::now() + std::chrono::milliseconds(100));
    if (socket_.receive(bytes, soon).status != SocketStatus::ok) return false;
    take(bytes);
    return true;
  }

  bool feed(Clock::time_point deadline) {
    std::string bytes;
    const SocketStep got = socket_.receive(bytes, deadline);
    if (got.status != SocketStatus::ok) return end_with(got);
    take(bytes);
    if (result_.bytes_received <= ProbeResult::kMaxBytes) return true;
    result_.outcome = ProbeOutcome::limit;
    result_.reason = "more bytes than a handshake needs";
    return false;
  }

  void take(const std::string& bytes) {
    constexpr std::size_t kKept = 512;
    result_.bytes_received += bytes.size();
    if (first_.size() < kKept) first_.append(bytes, 0, kKept - first_.size());
    result_.first_bytes = classify_first_bytes(first_);
    BIO_write(SSL_get_rbio(connection_), bytes.data(), static_cast<int>(bytes.size()));
  }

  bool end_with(const SocketStep& step) {
    result_.system_error = step.system_error;
    if (step.system_error) result_.reason = std::strerror(step.system_error);
    result_.outcome = step.status == SocketStatus::timed_out ? ProbeOutcome::timed_out
                      : step.status == SocketStatus::end     ? ProbeOutcome::closed
                                                             : ProbeOutcome::reset;
    if (is_no_tls()) result_.first_text = printable_first_line(first_);
    return false;
  }

  bool end_with(int ssl_error) {
    if (ssl_error == SSL_ERROR_ZERO_RETURN) {
      result_.outcome = ProbeOutcome::closed;
      return false;
    }
    const OpensslError error = take_openssl_error();
    result_.reason = error.reason;
    result_.reason_code = error.code ? openssl_code_text(error.code) : "";
    result_.outcome = result_.alert ? ProbeOutcome::alert : ProbeOutcome::tls_error;
    if (is_no_tls() && result_.phase <= ProbePhase::client_hello) {
      result_.outcome = ProbeOutcome::not_tls;
      read_first_line();
      result_.first_text = printable_first_line(first_);
    }
    return false;
  }

  bool is_no_tls() const {
    return result_.first_bytes != FirstBytes::none && result_.first_bytes != FirstBytes::tls;
  }

  /// OpenSSL gives up after five bytes; a banner that dribbles in says more.
  void read_first_line() {
    const auto until = Clock::now() + std::chrono::milliseconds(200);
    while (first_.size() < 200 && first_.find('\n') == std::string::npos) {
      std::string bytes;
      if (socket_.receive(bytes, until).status != SocketStatus::ok) return;
      take(bytes);
    }
  }

  SSL* connection_;
  ProbeSocket& socket_;
  ProbeResult& result_;
  std::string first_;
};

void shake_hands_over(ProbeSocket& socket, SSL_CTX* context, const ProbeRequest& request,
                      Clock::time_point deadline, HandshakeWatch& watch, ProbeResult& result) {
  const SslHandle connection(SSL_new(context));
  if (!connection) {
    result.reason = take_openssl_error().reason;
    return;
  }
  if (!request.server_name.empty() &&
      SSL_set_tlsext_host_name(connection.get(), request.server_name.c_str()) != 1) {
    result.reason = "the name cannot be sent: " + take_openssl_error().reason;
    return;
  }
  if (request.ask_for_staple) SSL_set_tlsext_status_type(connection.get(), TLSEXT_STATUSTYPE_ocsp);
  HandshakeDriver driver(connection.get(), socket, result);
  if (driver.shake_hands(deadline)) {
    result.phase = ProbePhase::after_handshake;
    result.outcome = ProbeOutcome::ok;
    if (SSL_version(connection.get()) == TLS1_3_VERSION) {
      // Nobody has anything to refuse who asked for no certificate; then it is only about the
      // ticket.
      constexpr std::chrono::milliseconds kWaitForTicket{150};
      const auto wait = result.certificate_request
                            ? request.late_alert_wait
                            : std::min(request.late_alert_wait, kWaitForTicket);
      driver.listen(std::min(deadline, Clock::now() + wait), watch);
    }
    watch.note_agreement(connection.get());
    if (result.outcome == ProbeOutcome::ok) driver.say_goodbye();
  } else {
    watch.note_agreement(connection.get());
  }
}

/// What a peer answers to bytes that are no TLS: another protocol than TLS shows itself.
void speak_plain_over(ProbeSocket& socket, const std::string& text, Clock::time_point deadline,
                      ProbeResult& result) {
  result.phase = ProbePhase::client_hello;
  result.outcome = ProbeOutcome::timed_out;
  std::string got, more;
  SocketStep step = socket.send_all(text, deadline);
  while (step.status == SocketStatus::ok && got.size() < 512 &&
         got.find('\n') == std::string::npos) {
    // What has begun to arrive is all here soon, or not meant for us.
    const auto until =
        got.empty() ? deadline : std::min(deadline, Clock::now() + std::chrono::milliseconds(200));
    step = socket.receive(more, until);
    if (step.status == SocketStatus::ok) got += std::exchange(more, {});
  }
  result.bytes_received = got.size();
  result.first_bytes = classify_first_bytes(got);
  if (!got.empty()) {
    result.outcome =
        result.first_bytes == FirstBytes::tls ? ProbeOutcome::tls_error : ProbeOutcome::not_tls;
    if (result.outcome == ProbeOutcome::not_tls) result.first_text = printable_first_line(got);
  } else if (step.status != SocketStatus::timed_out) {
    result.outcome = step.status == SocketStatus::end ? ProbeOutcome::closed : ProbeOutcome::reset;
  }
}

}  // namespace

ProbeResult make_handshake(ProbeSocket socket, const ProbeRequest& request, const ClientKey& key) {
  const auto deadline =
      Clock::now() + std::clamp(request.timeout, std::chrono::milliseconds(1), kMaxProbeTime);
  ProbeResult result;
  if (request.send_proxy_header) result.phase = ProbePhase::proxy_header;
  if (!request.instead_of_hello.empty()) {
    speak_plain_over(socket, request.instead_of_hello, deadline, result);
    return result;
  }
  HandshakeWatch watch(result);
  const auto context = make_context(request, key, watch);
  if (!context) {
    result.reason = context.error().context();
    return result;
  }
  shake_hands_over(socket, context.value().get(), request, deadline, watch, result);
  return result;
}

}  // namespace handshaked::diagnose
