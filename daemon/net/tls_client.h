#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/receiver_url.h"

struct ssl_st;

namespace boost::asio::ssl {
class context;
}

namespace handshaked::net {

struct TlsClientOptions {
  std::string ca_file;           ///< PEM; empty: the system's store
  std::string certificate_file;  ///< PEM with chain, shown to receivers that ask; empty: none
  std::string key_file;          ///< PEM without passphrase; goes with certificate_file
};

/// How we speak TLS to a receiver: 1.2 or newer, its certificate always verified against the store
/// and against the host's name. There is no switch to turn that off. Files are read once, at
/// creation. Loop thread only.
class TlsClient {
 public:
  static Result<TlsClient> create(const TlsClientOptions& options);
  /// Nothing where the address is not https.
  static Result<std::optional<TlsClient>> create_for(const ReceiverUrl& url,
                                                     const TlsClientOptions& options);

  TlsClient(TlsClient&&) noexcept;
  TlsClient& operator=(TlsClient&&) noexcept;
  ~TlsClient();

  boost::asio::ssl::context& context() const { return *context_; }

  /// Lets `has_ticket`, which must outlive the session, become true when the peer has sent a
  /// session ticket. Under TLS 1.3 our handshake is over before the peer has looked at our
  /// certificate; a ticket comes after that, else an alert.
  static void watch_for_ticket(ssl_st* session, bool& has_ticket);

 private:
  explicit TlsClient(std::unique_ptr<boost::asio::ssl::context> context);
  std::unique_ptr<boost::asio::ssl::context> context_;
};

}  // namespace handshaked::net
