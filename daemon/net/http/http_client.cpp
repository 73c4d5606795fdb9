#include "net/http/http_client.h"

#include <algorithm>
#include <array>
#include <deque>

#include <boost/asio/steady_timer.hpp>

#include "base/check.h"

namespace handshaked::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using SteadyTime = std::chrono::steady_clock::time_point;

bool breaks_a_header(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char byte) { return byte == '\r' || byte == '\n' || byte == '\0'; });
}

Result<> refuse_injection(const HttpClientRequest& request) {
  bool is_bad = breaks_a_header(request.method) || breaks_a_header(request.target);
  for (const auto& [name, value] : request.headers)
    is_bad = is_bad || breaks_a_header(name) || breaks_a_header(value);
  if (is_bad) return fail(ErrorCode::invalid_input, "a line feed in a header of a request");
  return success();
}

}  // namespace

// What one try on one connection gave.
struct HttpClient::Attempt {
  Result<HttpResponse> response;
  bool anything_read = false;
};

// Connections that wait for the next request, newest at the back; the oldest go when there are too
// many or when they have waited too long. A timer runs only while there are some, so that nothing
// stays open for nothing.
class HttpClient::Pool {
 public:
  Pool(const asio::any_io_executor& executor, std::size_t limit,
       std::chrono::milliseconds keep_idle)
      : state_(std::make_shared<State>(executor)), limit_(limit), keep_idle_(keep_idle) {}
  ~Pool() { clear(); }

  std::unique_ptr<ClientStream> take() {
    while (!state_->idle.empty()) {
      auto stream = std::move(state_->idle.back().stream);
      state_->idle.pop_back();
      if (stream->is_quiet()) return stream;
    }
    return nullptr;
  }

  void put(std::unique_ptr<ClientStream> stream) {
    if (limit_ == 0) return;
    if (state_->idle.size() == limit_) state_->idle.pop_front();
    state_->idle.push_back({std::move(stream), std::chrono::steady_clock::now() + keep_idle_});
    if (state_->idle.size() == 1) wait_for_oldest(state_);
  }

  void clear() {
    state_->idle.clear();
    state_->timer.cancel();
  }

 private:
  struct Idle {
    std::unique_ptr<ClientStream> stream;
    SteadyTime until;
  };
  struct State {  // shared with the timer's handler only, which may still be queued when the pool
                  // is gone
    explicit State(const asio::any_io_executor& executor) : timer(executor) {}
    std::deque<Idle> idle;
    asio::steady_timer timer;
  };

  static void wait_for_oldest(const std::shared_ptr<State>& state) {
    state->timer.expires_at(state->idle.front().until);
    state->timer.async_wait(
        [weak = std::weak_ptr<State>(state)](const boost::system::error_code& error) {
          const auto alive = weak.lock();
          if (error || !alive) return;
          const auto now = std::chrono::steady_clock::now();
          while (!alive->idle.empty() && alive->idle.front().until <= now) alive->idle.pop_front();
          if (!alive->idle.empty()) wait_for_oldest(alive);
        });
  }

  std::shared_ptr<State> state_;
  std::size_t limit_;
  std::chrono::milliseconds keep_idle_;
};

// Lets close() find the deadline of an exchange while that is under way.
class HttpClient::Registration {
 public:
  Registration(std::vector<Deadline*>& list, Deadline& deadline)
      : list_(list), deadline_(&deadline) {
    list_.push_back(deadline_);
  }
  ~Registration() { std::erase(list_, deadline_); }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  std::vector<Deadline*>& list_;
  Deadline* deadline_;
};

HttpClient::HttpClient(asio::any_io_executor executor, ReceiverUrl origin,
                       std::optional<TlsClient> tls, HttpClientOptions options)
    : executor_(std::move(executor)),
      origin_(std::move(origin)),
      tls_(std::move(tls)),
      options_(options),
      pool_(std::make_unique<Pool>(executor_, options.idle_connections, options.keep_idle)) {
  CHECK(!origin_.is_tls || tls_.has_value());
}

HttpClient::~HttpClient() = default;

void HttpClient::close() {
  is_closed_ = true;
  pool_->clear();
  for (Deadline* deadline : std::vector<Deadline*>(under_way_)) deadline->stop();
}

std::string HttpClient::request_text(const HttpClientRequest& request) const {
  std::string text =
      request.method + " " + request.target + " HTTP/1.1\r\nhost: " + origin_.host_header + "\r\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
  text += "content-length: " + std::to_string(request.body.size()) + "\r\n\r\n";
  text += request.body;
  return text;
}

awaitable<Result<HttpResponse>> HttpClient::exchange(HttpClientRequest request) {
  if (is_closed_) co_return fail(ErrorCode::cancelled, "stopped");
  CO_TRY(refuse_injection(request));
  const std::string message = request_text(request);
  Deadline deadline(executor_, options_.whole);
  const Registration registration(under_way_, deadline);

  auto kept = pool_->take();
  if (kept) {
    Attempt attempt = co_await attempt_on(std::move(kept), message, deadline);
    if (attempt.response || attempt.anything_read || deadline.is_over())
      co_return std::move(attempt.response);
  }
  TcpPeer peer{origin_.host, origin_.port};
  const TlsClient* tls = origin_.is_tls ? &*tls_ : nullptr;
  auto fresh = co_await connect_tcp(executor_, std::move(peer), tls, options_.connect, deadline);
  if (!fresh) co_return fail(fresh.error());
  Attempt attempt = co_await attempt_on(std::move(fresh.value()), message, deadline);
  co_return std::move(attempt.response);
}

awaitable<HttpClient::Attempt> HttpClient::attempt_on(std::unique_ptr<ClientStream> stream,
                                                      const std::string& message,
                                                      Deadline& deadline) {
  deadline.enter("sending the request", options_.write);
  deadline.guard([raw = stream.get()] { raw->close(); });
  const auto written = co_await stream->write_all(message);

  // A receiver may answer and close before it has read everything (413, 401), so a failed write
  // still asks for an answer.
  HttpResponseParser parser(options_.response);
  deadline.enter("waiting for the answer", options_.first_byte);
  bool anything_read = false;
  const auto read = co_await read_response(*stream, parser, anything_read, deadline);
  deadline.unguard();
  if (!read) {
    const bool write_tells_more = !anything_read && !written && !deadline.is_over();
    Attempt failed{fail(write_tells_more ? written.error() : read.error()), anything_read};
    co_return failed;
  }
  const bool reuse = written && !deadline.is_over() && parser.can_reuse_connection() && !is_closed_;
  if (reuse) pool_->put(std::move(stream));
  Attempt answered{parser.take_response(), anything_read};
  co_return answered;
}

// Succeeds once the status is known, even if the body is then cut, broken or too slow: the receiver
// has decided.
awaitable<Result<>> HttpClient::read_response(ClientStream& stream, HttpResponseParser& parser,
                                              bool& anything_read, Deadline& deadline) {
  std::array<char, 8192> buffer;
  bool reads_body = false;
  while (!parser.is_complete() && !parser.is_body_cut()) {
    const auto size = co_await stream.read_some(buffer);
    Result<> fed = success();
    if (deadline.is_over()) fed = fail(deadline.error());
    else if (!size) fed = fail(size.error());
    else if (size.value() == 0) fed = parser.end_of_stream();
    else fed = parser.feed(std::string_view(buffer.data(), size.value()));

    if (size && size.value() > 0 && !anything_read) {
      anything_read = true;
      deadline.enter("reading the answer", options_.whole);
    }
    if (!fed && !parser.has_header()) co_return fail(fed.error());
    if (!fed) break;
    if (parser.has_header() && !reads_body) {
      reads_body = true;
      deadline.enter("reading the answer", options_.body);
    }
  }
  co_return success();
}

}  // namespace handshaked::net
