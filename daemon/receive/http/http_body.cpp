#include "receive/http/http_body.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "receive/network_threads.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;

constexpr std::size_t kPiece = 256 * 1024;  ///< of decompressed bytes
constexpr std::size_t kSkipped =
    256 * 1024;  ///< of a refused body that is read all the same, to keep the connection

Result<Compression> compression_of(std::string_view encoding) {
  if (encoding.empty() || net::is_same_without_case(encoding, "identity")) return Compression::none;
  if (net::is_same_without_case(encoding, "gzip") || net::is_same_without_case(encoding, "x-gzip"))
    return Compression::gzip;
  if (net::is_same_without_case(encoding, "deflate")) return Compression::zlib;
  if (net::is_same_without_case(encoding, "zstd")) return Compression::zstd;
  // Snappy's blocks are undone by who expects them.
  if (net::is_same_without_case(encoding, "snappy")) return Compression::none;
  return fail(ErrorCode::invalid_input, "Content-Encoding is none of gzip, deflate, zstd, snappy");
}

}  // namespace

ConnectionBody::ConnectionBody(Connection connection, net::HttpRequestParser& parser,
                               std::string& pending, const HttpLimits& limits)
    : connection_(std::move(connection)),
      parser_(parser),
      pending_(pending),
      limits_(limits),
      compressed_(connection_.memory),
      decompressed_(connection_.memory) {}

Result<> ConnectionBody::begin(bool is_endless) {
  is_endless_ = is_endless;
  const auto length = parser_.content_length();
  owes_continue_ = parser_.expects_continue() && length != 0 && pending_.empty();
  if (!is_endless && length.value_or(0) > limits_.body_bytes)
    return fail(ErrorCode::limit_exceeded,
                "the body is larger than " + std::to_string(limits_.body_bytes) + " bytes");
  TRY(const Compression compression, compression_of(parser_.request().header("content-encoding")));
  if (compression == Compression::none) return success();
  DecompressionLimits limits;
  if (!is_endless) limits.max_output_bytes = limits_.body_bytes;
  TRY(decompressor_, make_decompressor(compression, limits, connection_.memory));
  return success();
}

Result<> ConnectionBody::count(std::uint64_t& total, std::size_t more) const {
  total += more;
  if (is_endless_ || total <= limits_.body_bytes) return success();
  return fail(ErrorCode::limit_exceeded,
              "the body is larger than " + std::to_string(limits_.body_bytes) + " bytes");
}

void ConnectionBody::renew_deadline() {
  using std::chrono::milliseconds;
  const milliseconds gap = is_endless_ ? milliseconds(limits_.endless_gap) : limits_.body_gap;
  const milliseconds whole =
      is_endless_ ? milliseconds(limits_.endless_whole)
                  : limits_.whole + std::chrono::seconds(wire_bytes_ / kSlowestBytes);
  const auto left =
      std::chrono::duration_cast<milliseconds>(began_ + whole - std::chrono::steady_clock::now());
  connection_.stream.expect_within(std::clamp(left, milliseconds(0), gap));
}

awaitable<Result<std::span<char>>> ConnectionBody::read_raw() {
  while (!parser_.is_done()) {
    std::size_t size = pending_.size();
    if (size == 0 || needs_more_) {
      renew_deadline();
      if (owes_continue_) {
        owes_continue_ = false;
        const auto written = co_await connection_.stream.write_all("HTTP/1.1 100 Continue\r\n\r\n");
        if (!written) co_return fail(written.error());
      }
      // What is there already is read without a wait.
      auto read = connection_.stream.read_now(connection_.scratch.subspan(size));
      while (read && read.value() == 0) {
        const auto ready = co_await connection_.stream.wait_readable();
        if (!ready) co_return fail(ready.error());
        read = connection_.stream.read_now(connection_.scratch.subspan(size));
      }
      if (!read) co_return fail(read.error().wrapped("the body broke off"));
      const auto counted = count(wire_bytes_, read.value());
      if (!counted) co_return fail(counted.error());
      std::memcpy(connection_.scratch.data(), pending_.data(), size);
      size += read.value();
    } else {
      const auto counted = count(wire_bytes_, size);
      if (!counted) co_return fail(counted.error());
      std::memcpy(connection_.scratch.data(), pending_.data(), size);
    }
    auto step = parser_.parse(connection_.scratch.first(size));
    if (!step) co_return fail(step.error());
    pending_.assign(connection_.scratch.data() + step.value().used, size - step.value().used);
    needs_more_ = true;
    if (!step.value().body.empty()) co_return step.value().body;
  }
  co_return std::span<char>();
}

awaitable<Result<std::span<char>>> ConnectionBody::read_decompressed() {
  decompressed_.consume(decompressed_.size());
  while (true) {
    std::string_view input = compressed_.view();
    auto made = decompressor_->decompress(input, decompressed_, kPiece);
    if (!made) co_return fail(made.error());
    compressed_.consume(compressed_.size() - input.size());
    if (made.value() > 0) {
      const auto counted = count(decoded_bytes_, made.value());
      if (!counted) co_return fail(counted.error());
      // The window's own bytes: nobody else holds them.
      co_return std::span<char>(const_cast<char*>(decompressed_.view().data()),
                                decompressed_.size());
    }
    if (!input.empty()) continue;
    const auto raw = co_await read_raw();
    if (!raw) co_return raw;
    if (raw.value().empty()) {
      if (!decompressor_->may_end())
        co_return fail(ErrorCode::invalid_input, "the compressed body is cut");
      co_return std::span<char>();
    }
    if (!compressed_.reserve(raw.value().size()))
      co_return fail(compressed_.refusal(raw.value().size()));
    compressed_.append({raw.value().data(), raw.value().size()});
  }
}

awaitable<Result<std::span<char>>> ConnectionBody::read_some() {
  // A small body can hold a minute's work, and a fast sender never lets the socket run dry.
  if (std::exchange(has_given_, true)) {
    co_await connection_.let_others_work();
    renew_deadline();  // the time was ours, not the peer's
  }
  if (decompressor_ ==
      nullptr) {  // not a conditional expression: g++ 12 destroys what co_await gives in one twice
    const auto raw = co_await read_raw();
    if (raw) connection_.counters.bytes += raw.value().size();
    co_return raw;
  }
  const auto piece = co_await read_decompressed();
  if (piece) connection_.counters.bytes += piece.value().size();
  co_return piece;
}

awaitable<Result<>> ConnectionBody::read_all(ByteWindow& into) {
  into.expect_at_most(into.size() + limits_.body_bytes);
  while (true) {
    const auto piece = co_await read_some();
    if (!piece) co_return fail(piece.error());
    if (piece.value().empty()) co_return success();
    if (!into.reserve(piece.value().size())) co_return fail(into.refusal(piece.value().size()));
    into.append({piece.value().data(), piece.value().size()});
  }
}

awaitable<bool> ConnectionBody::skip_rest() {
  if (parser_.is_done()) co_return true;
  if (owes_continue_ || parser_.content_length().value_or(kSkipped + 1) > kSkipped) co_return false;
  while (!parser_.is_done()) {
    const auto piece = co_await read_raw();
    if (!piece) co_return false;
  }
  co_return true;
}

}  // namespace handshaked::receive
