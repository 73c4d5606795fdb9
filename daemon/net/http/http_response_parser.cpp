#include "net/http/http_response_parser.h"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace handshaked::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastText = boost::beast::string_view;

constexpr unsigned kInterimResponseLimit = 8;
constexpr std::size_t kChunkHeaderLimit = 4 * 1024;

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

// Beast tells what it found through these functions. The body is cut here and not by Beast's own
// limit, which would turn a long answer into an error although its status is all that we need.
class HttpResponseParser::Message final : public http::basic_parser<false> {
 public:
  explicit Message(HttpResponseLimits limits) : body_limit_bytes_(limits.body_bytes) {
    header_limit(limits.header_bytes);
    body_limit(boost::none);
    eager(true);
  }

  HttpResponse response;
  bool is_body_cut = false;

 private:
  void on_request_impl(http::verb, BeastText, BeastText, int, error_code&) override {}
  void on_response_impl(int status, BeastText, int, error_code&) override {
    response.status = static_cast<unsigned>(status);
  }
  void on_field_impl(http::field, BeastText name, BeastText value, error_code&) override {
    response.headers.emplace_back(std::string(name), std::string(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(BeastText bytes, error_code&) override { return keep(bytes); }
  void on_chunk_header_impl(std::uint64_t, BeastText, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, error_code&) override {
    return keep(bytes);
  }
  void on_finish_impl(error_code&) override { response.is_body_complete = !is_body_cut; }

  std::size_t keep(std::string_view bytes) {
    const std::size_t room = body_limit_bytes_ - response.body.size();
    response.body += bytes.substr(0, room);
    if (bytes.size() > room) is_body_cut = true;
    return bytes.size();
  }

  std::size_t body_limit_bytes_;
};

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [header_name, value] : headers)
    if (is_same_name(header_name, name)) return value;
  return {};
}

HttpResponseParser::HttpResponseParser(HttpResponseLimits limits)
    : limits_(limits), message_(std::make_unique<Message>(limits)) {}

HttpResponseParser::~HttpResponseParser() = default;

Result<> HttpResponseParser::feed(std::string_view bytes) {
  pending_ += bytes;
  while (!pending_.empty() && !message_->is_done() && !message_->is_body_cut) {
    error_code error;
    const std::size_t used = message_->put(boost::asio::buffer(pending_), error);
    pending_.erase(0, used);
    if (error == http::error::need_more) {
      // Beast bounds headers; the line before a chunk, and the trailer after the last, are bounded
      // here.
      const std::size_t limit =
          message_->is_header_done() ? kChunkHeaderLimit : limits_.header_bytes;
      if (pending_.size() > limit)
        return fail(ErrorCode::invalid_input, "the answer is not HTTP: a line without end");
      return success();
    }
    if (error) return fail(ErrorCode::invalid_input, "the answer is not HTTP: " + error.message());
    if (message_->is_header_done() && message_->response.status < 100)
      return fail(ErrorCode::invalid_input, "the answer is not HTTP: its status is below 100");
    if (message_->is_done() && message_->response.status / 100 == 1) {
      if (message_->response.status == 101 || ++interim_responses_ > kInterimResponseLimit)
        return fail(ErrorCode::invalid_input,
                    "the answer is not HTTP: unexpected interim responses");
      message_ = std::make_unique<Message>(limits_);
    }
  }
  return success();
}

Result<> HttpResponseParser::end_of_stream() {
  if (!message_->got_some())
    return fail(ErrorCode::network, "the receiver closed the connection without an answer");
  if (message_->is_done()) return success();
  error_code error;
  message_->put_eof(error);
  if (error)
    return fail(ErrorCode::network,
                "the receiver closed the connection in the middle of its answer");
  return success();
}

bool HttpResponseParser::has_header() const {
  return message_->is_header_done() && message_->response.status / 100 != 1;
}
bool HttpResponseParser::is_complete() const { return message_->is_done(); }
bool HttpResponseParser::is_body_cut() const { return message_->is_body_cut; }

bool HttpResponseParser::can_reuse_connection() const {
  return message_->is_done() && !message_->is_body_cut && pending_.empty() &&
         message_->keep_alive();
}

HttpResponse HttpResponseParser::take_response() {
  HttpResponse response = std::move(message_->response);
  message_ = std::make_unique<Message>(limits_);
  pending_.clear();
  return response;
}

}  // namespace handshaked::net
