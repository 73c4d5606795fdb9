#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "net/http/http_request_parser.h"
#include "receive/decompressor.h"
#include "receive/http/http_exchange.h"
#include "receive/record/byte_window.h"

namespace handshaked::receive {

struct HttpLimits {
  net::HttpRequestLimits request;
  std::size_t body_bytes = std::size_t{64} << 20;  ///< on the wire, and after decompression
  std::chrono::milliseconds idle{75'000};          ///< between two requests
  std::chrono::milliseconds head{15'000};          ///< for the head to be there in whole
  std::chrono::milliseconds body_gap{30'000};      ///< without a byte
  std::chrono::milliseconds whole{
      120'000};  ///< for a request, and a second more for each kSlowestBytes
  std::chrono::minutes endless_gap{
      15};  ///< the same two for a stream that may go on: a journal can be quiet
  std::chrono::hours endless_whole{24};
};

/// A body that may take this long for each second beyond HttpLimits::whole.
constexpr std::uint64_t kSlowestBytes = 16 * 1024;

/// The body of one request, off the connection. `pending` holds what was read and belongs to it,
/// and afterwards what belongs to the next request.
class ConnectionBody final : public HttpBody {
 public:
  ConnectionBody(Connection connection, net::HttpRequestParser& parser, std::string& pending,
                 const HttpLimits& limits);

  /// Looks at the head: fails with limit_exceeded for a length that is too large, and with
  /// invalid_input for an encoding that we do not know. `is_endless`: a stream for which no length
  /// is too long, and that may be quiet for long.
  Result<> begin(bool is_endless);

  boost::asio::awaitable<Result<std::span<char>>> read_some() override;
  boost::asio::awaitable<Result<>> read_all(ByteWindow& into) override;

  /// Nothing of it will be read any more: can the next request follow? Reads and throws away a
  /// little.
  boost::asio::awaitable<bool> skip_rest();

 private:
  boost::asio::awaitable<Result<std::span<char>>> read_raw();
  boost::asio::awaitable<Result<std::span<char>>> read_decompressed();
  Result<> count(std::uint64_t& total, std::size_t more) const;
  void renew_deadline();

  Connection connection_;
  net::HttpRequestParser& parser_;
  std::string& pending_;
  const HttpLimits& limits_;
  bool is_endless_ = false;
  bool owes_continue_ = false;
  bool has_given_ = false;   ///< a piece, before
  bool needs_more_ = false;  ///< what is pending is the beginning of something
  std::uint64_t wire_bytes_ = 0, decoded_bytes_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::unique_ptr<Decompressor> decompressor_;
  ByteWindow compressed_;  ///< read and not yet decompressed
  ByteWindow decompressed_;
};

}  // namespace handshaked::receive
