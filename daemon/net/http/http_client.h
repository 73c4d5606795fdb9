#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "net/client_stream.h"
#include "net/http/http_response_parser.h"
#include "net/receiver_url.h"
#include "net/tls_client.h"

namespace handshaked::net {

struct HttpClientRequest {
  std::string method = "POST";
  std::string target;  ///< as in ReceiverUrl
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< without host, content-length and connection
  std::string body;
};

struct HttpClientOptions {
  ConnectLimits connect;
  std::chrono::milliseconds write{10'000};
  std::chrono::milliseconds first_byte{15'000};
  std::chrono::milliseconds whole{30'000};
  /// For the body, once the status is known. Reading it serves the next request; it is not worth a
  /// long wait.
  std::chrono::milliseconds body{2'000};
  std::chrono::milliseconds keep_idle{60'000};
  std::size_t idle_connections = 4;
  HttpResponseLimits response;
};

/// HTTP/1.1 to one origin, connections kept between requests. Redirects are answers like any other,
/// never followed. Requests must be safe to repeat: one that fails on a connection kept from
/// before, without a byte of an answer, is sent once more on a new one, as the receiver had most
/// likely closed the old one meanwhile. Loop thread only.
class HttpClient {
 public:
  /// `tls` must be given if the URL says https.
  HttpClient(boost::asio::any_io_executor executor, ReceiverUrl origin,
             std::optional<TlsClient> tls, HttpClientOptions options);
  ~HttpClient();

  /// Fails with network, timeout, cancelled, or invalid_input (what came back is not HTTP). The
  /// client must outlive it.
  boost::asio::awaitable<Result<HttpResponse>> exchange(HttpClientRequest request);

  /// Ends the exchanges under way, closes the idle connections, and refuses further exchanges.
  void close();

 private:
  struct Attempt;
  class Pool;
  class Registration;

  boost::asio::awaitable<Attempt> attempt_on(std::unique_ptr<ClientStream> stream,
                                             const std::string& message, Deadline& deadline);
  boost::asio::awaitable<Result<>> read_response(ClientStream& stream, HttpResponseParser& parser,
                                                 bool& anything_read, Deadline& deadline);
  std::string request_text(const HttpClientRequest& request) const;

  boost::asio::any_io_executor executor_;
  ReceiverUrl origin_;
  std::optional<TlsClient> tls_;
  HttpClientOptions options_;
  std::unique_ptr<Pool> pool_;
  std::vector<Deadline*> under_way_;
  bool is_closed_ = false;
};

}  // namespace handshaked::net
