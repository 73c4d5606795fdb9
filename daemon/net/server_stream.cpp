#include "net/server_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/tls_server.h"

namespace handshaked::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr std::size_t kLongestName = 255;
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

std::string openssl_reason() {
  const unsigned long error = ERR_peek_last_error();
  const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  ERR_clear_error();
  return reason == nullptr ? "the peer closed the connection" : reason;
}

std::string common_name(const X509* certificate) {
  std::array<char, kLongestName + 1> name{};
  const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                               name.data(), name.size());
  return length > 0 ? std::string(name.data(), static_cast<std::size_t>(length)) : std::string();
}

/// Many an authority leaves the subject empty.
std::string first_dns_name(const X509* certificate) {
  const auto free = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
  const std::unique_ptr<GENERAL_NAMES, decltype(free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      free);
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const ASN1_IA5STRING* const text = name->d.dNSName;
    const std::string found(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                            static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (found.size() <= kLongestName && found.find('\0') == std::string::npos) return found;
  }
  return {};
}

}  // namespace

void ServerStream::SessionEnd::operator()(SSL* session) const { SSL_free(session); }

ServerStream::ServerStream(Socket socket) : socket_(std::move(socket)) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
}
ServerStream::~ServerStream() = default;

Error ServerStream::failure(std::string doing) const {
  if (overdue_) return Error(ErrorCode::timeout, "the peer was too slow");
  return Error(ErrorCode::network, std::move(doing));
}

void ServerStream::close_overdue() {
  overdue_ = true;
  close();
}

void ServerStream::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void ServerStream::end_reading() {
  boost::system::error_code ignored;
  if (socket_.is_open()) socket_.shutdown(Socket::shutdown_receive, ignored);
}

awaitable<Result<>> ServerStream::wait(bool for_reading) {
  if (!socket_.is_open()) co_return fail(failure("the connection is closed"));
  const auto what = for_reading ? Socket::wait_read : Socket::wait_write;
  const auto [error] = co_await socket_.async_wait(what, kAsTuple);
  if (error || !socket_.is_open()) co_return fail(failure("waiting failed: " + error.message()));
  co_return success();
}

awaitable<Result<>> ServerStream::start_tls(const TlsServer& tls) {
  session_.reset(SSL_new(tls.context()));
  if (session_ == nullptr || SSL_set_fd(session_.get(), socket_.native_handle()) != 1)
    co_return fail(failure("TLS: " + openssl_reason()));
  SSL_set_accept_state(session_.get());
  while (true) {
    ERR_clear_error();
    const int done = SSL_do_handshake(session_.get());
    if (done == 1) co_return success();
    const int why = SSL_get_error(session_.get(), done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
      co_return fail(failure("the TLS handshake failed: " + openssl_reason()));
    const auto ready = co_await wait(why == SSL_ERROR_WANT_READ);
    if (!ready) co_return fail(ready.error());
  }
}

awaitable<Result<>> ServerStream::wait_readable() {
  if (session_ != nullptr && SSL_has_pending(session_.get()) == 1 && !wants_write_)
    co_return success();
  const auto ready = co_await wait(!wants_write_);
  co_return ready;
}

Result<std::size_t> ServerStream::read_now(std::span<char> into) {
  if (!socket_.is_open()) return fail(failure("the connection is closed"));
  if (session_ != nullptr) return read_tls(into);
  while (true) {
    const auto size = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    if (size > 0) return static_cast<std::size_t>(size);
    if (size == 0) {
      ended_ = true;
      return fail(failure("the peer has ended"));
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::size_t{0};
    if (errno != EINTR)
      return fail(failure("reading failed: " + std::system_category().message(errno)));
  }
}

Result<std::size_t> ServerStream::read_tls(std::span<char> into) {
  std::size_t total = 0;
  wants_write_ = false;
  while (total < into.size()) {  // a TLS record holds 16 KiB at most
    ERR_clear_error();
    std::size_t size = 0;
    const int done = SSL_read_ex(session_.get(), into.data() + total, into.size() - total, &size);
    if (done == 1) {
      total += size;
      continue;
    }
    const int why = SSL_get_error(session_.get(), done);
    if (why == SSL_ERROR_WANT_READ) return total;
    if (why == SSL_ERROR_WANT_WRITE) {
      wants_write_ = true;
      return total;
    }
    if (total > 0) return total;  // the end is met again
    ended_ = why == SSL_ERROR_ZERO_RETURN;
    return fail(failure(ended_ ? "the peer has ended" : "reading failed: " + openssl_reason()));
  }
  return total;
}

awaitable<Result<std::size_t>> ServerStream::read_some(std::span<char> into) {
  while (true) {
    auto size = read_now(into);
    if (!size && ended_) co_return std::size_t{0};
    if (!size || size.value() > 0) co_return size;
    const auto ready = co_await wait_readable();
    if (!ready) co_return fail(ready.error());
  }
}

awaitable<Result<>> ServerStream::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!socket_.is_open()) co_return fail(failure("the connection is closed"));
    bool waits_for_reading = false;
    if (session_ == nullptr) {
      const auto size = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(size));
        continue;
      }
      if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        co_return fail(failure("writing failed: " + std::system_category().message(errno)));
    } else {
      ERR_clear_error();
      std::size_t size = 0;
      const int done = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &size);
      if (done == 1) {
        bytes.remove_prefix(size);
        continue;
      }
      const int why = SSL_get_error(session_.get(), done);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        co_return fail(failure("writing failed: " + openssl_reason()));
      waits_for_reading = why == SSL_ERROR_WANT_READ;
    }
    const auto ready = co_await wait(waits_for_reading);
    if (!ready) co_return fail(ready.error());
  }
  co_return success();
}

std::string ServerStream::peer_certificate_name() const {
  if (session_ == nullptr) return {};
  const X509* const certificate = SSL_get0_peer_certificate(session_.get());
  if (certificate == nullptr || SSL_get_verify_result(session_.get()) != X509_V_OK) return {};
  std::string name = common_name(certificate);
  return name.empty() ? first_dns_name(certificate) : name;
}

}  // namespace handshaked::net
