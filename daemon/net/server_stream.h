#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "base/result.h"

typedef struct ssl_st SSL;

namespace handshaked::net {

class TlsServer;

/// An accepted connection: TCP, TLS over TCP, or a Unix socket. Holds no buffer of its own while it
/// is idle. One read and one write at a time. Belongs to one network thread.
///
/// Every wait is bounded by `expect_within()`: a peer that has not done by then what it should is
/// closed by the thread's regular sweep, and the operation under way fails with timeout.
class ServerStream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  explicit ServerStream(Socket socket);
  ~ServerStream();
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

  /// Agrees on TLS, before anything else. Fails with network, and OpenSSL's words.
  boost::asio::awaitable<Result<>> start_tls(const TlsServer& tls);

  /// Waits until something can be read, or the peer has ended: then read_now() does not have to
  /// wait.
  boost::asio::awaitable<Result<>> wait_readable();
  /// Reads what is there: 0 bytes when there is nothing yet. ErrorCode::network with `is_ended()`
  /// when the peer has ended.
  Result<std::size_t> read_now(std::span<char> into);
  /// Both in a row: at least one byte, or 0 at the peer's end.
  boost::asio::awaitable<Result<std::size_t>> read_some(std::span<char> into);
  boost::asio::awaitable<Result<>> write_all(std::string_view bytes);

  /// The peer's side has ended in an orderly way.
  bool is_ended() const { return ended_; }
  bool is_tls() const { return session_ != nullptr; }
  /// The name in the client certificate that was verified: the common name, or else the first DNS
  /// name. Empty without one.
  std::string peer_certificate_name() const;

  /// When it was given time last, for what it had done; at first, when it came.
  std::chrono::steady_clock::time_point progressed_at() const { return progressed_at_; }
  /// From now on the peer has this long before it is closed. Renew it whenever it has made
  /// progress.
  void expect_within(std::chrono::milliseconds limit) {
    progressed_at_ = std::chrono::steady_clock::now();
    deadline_ = progressed_at_ + limit;
  }
  /// No limit: while we let the peer wait.
  void expect_nothing() { deadline_ = std::chrono::steady_clock::time_point::max(); }
  /// For the sweep.
  bool is_overdue(std::chrono::steady_clock::time_point now) const { return now > deadline_; }
  void close_overdue();

  /// Ends reads and writes under way. Safe to call twice.
  void close();
  /// Ends reading: an operation that waits for bytes ends as if the peer had ended. For shutdown.
  void end_reading();

  int descriptor() { return socket_.native_handle(); }

 private:
  struct SessionEnd {
    void operator()(SSL* session) const;
  };

  boost::asio::awaitable<Result<>> wait(bool for_reading);
  Result<std::size_t> read_tls(std::span<char> into);
  Error failure(std::string doing) const;

  Socket socket_;
  std::unique_ptr<SSL, SessionEnd> session_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point progressed_at_ = std::chrono::steady_clock::now();
  bool ended_ = false;
  bool overdue_ = false;
  bool wants_write_ = false;  ///< TLS has to write before it can read on
};

}  // namespace handshaked::net
