#include "net/http/http_request_parser.h"

#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/text/percent_decoded.h"

namespace handshaked::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastText = boost::beast::string_view;

/// The line before a chunk, and the trailer after the last.
constexpr std::size_t kChunkHeaderLimit = 4 * 1024;

}  // namespace

// Beast tells what it found through these functions.
class HttpRequestParser::Message final : public http::basic_parser<true> {
 public:
  explicit Message(const HttpRequestLimits& limits) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    body_limit(boost::none);  // kept by HttpBody, which knows what is a stream without end
    eager(false);
  }

  HttpRequest request;
  char* body_begin = nullptr;  ///< in the bytes that are being parsed
  std::size_t body_size = 0;
  bool has_two_lengths = false;

 private:
  void on_request_impl(http::verb, BeastText method, BeastText target, int, error_code&) override {
    request.method = method;
    const std::string_view text(target.data(), target.size());
    const auto mark = text.find('?');
    request.path = percent_decoded(text.substr(0, mark));
    if (mark != std::string_view::npos) request.query = text.substr(mark + 1);
  }
  void on_response_impl(int, BeastText, int, error_code&) override {}
  void on_field_impl(http::field field, BeastText name, BeastText value, error_code&) override {
    if (is_header_done()) return;  // a trailer: nobody needs it
    if (field == http::field::content_length || field == http::field::transfer_encoding) {
      has_two_lengths = has_two_lengths || lengths_++ > 0;
    }
    request.headers.emplace_back(std::string(name), std::string(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(BeastText bytes, error_code&) override { return keep(bytes); }
  void on_chunk_header_impl(std::uint64_t, BeastText, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, error_code&) override {
    return keep(bytes);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t keep(BeastText bytes) {
    // What Beast shows lies in the caller's own bytes, which may be written to.
    char* const begin = const_cast<char*>(bytes.data());
    if (body_size == 0) body_begin = begin;
    else if (body_begin + body_size != begin)
      std::memmove(body_begin + body_size, begin, bytes.size());
    body_size += bytes.size();
    return bytes.size();
  }

  int lengths_ = 0;
};

HttpRequestParser::HttpRequestParser(HttpRequestLimits limits)
    : limits_(limits), message_(std::make_unique<Message>(limits)) {}
HttpRequestParser::~HttpRequestParser() = default;

Result<HttpRequestParser::Step> HttpRequestParser::parse(std::span<char> bytes) {
  Step step;
  message_->body_size = 0;
  const bool stops_at_head = !message_->is_header_done();
  while (step.used < bytes.size() && !message_->is_done()) {
    error_code error;
    const std::size_t used = message_->put(
        boost::asio::buffer(bytes.data() + step.used, bytes.size() - step.used), error);
    step.used += used;
    if (error == http::error::need_more) {
      const std::size_t limit =
          message_->is_header_done() ? kChunkHeaderLimit : limits_.header_bytes;
      if (bytes.size() - step.used > limit)
        return fail(ErrorCode::limit_exceeded, "a line of the request is too long");
      if (used == 0) break;
      continue;
    }
    if (error == http::error::header_limit)
      return fail(ErrorCode::limit_exceeded, "the head of the request is too large");
    if (error) return fail(ErrorCode::invalid_input, "this is not HTTP: " + error.message());
    if (message_->is_header_done() && message_->has_two_lengths)
      return fail(ErrorCode::invalid_input, "the request says twice how long it is");
    if (stops_at_head && message_->is_header_done()) break;
  }
  if (message_->body_size > 0) step.body = {message_->body_begin, message_->body_size};
  return step;
}

bool HttpRequestParser::has_head() const { return message_->is_header_done(); }
bool HttpRequestParser::is_done() const { return message_->is_done(); }
const HttpRequest& HttpRequestParser::request() const { return message_->request; }

std::optional<std::uint64_t> HttpRequestParser::content_length() const {
  if (message_->chunked()) return std::nullopt;
  const auto length = message_->content_length();
  return length ? *length : 0;
}

bool HttpRequestParser::keeps_alive() const { return message_->keep_alive(); }

bool HttpRequestParser::expects_continue() const {
  return is_same_without_case(message_->request.header("expect"), "100-continue");
}

void HttpRequestParser::start_anew() { message_ = std::make_unique<Message>(limits_); }

}  // namespace handshaked::net
