#include "web/web_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "control/peer_credentials.h"
#include "net/acceptor.h"
#include "net/http/http_request_parser.h"
#include "net/server_stream.h"
#include "receive/occasional_log.h"
#include "web/expected_host.h"
#include "web/local_client.h"

namespace handshaked::web {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using net::HttpRequestParser;
using net::ServerStream;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr auto kSweep = std::chrono::milliseconds(500);
constexpr auto kStillThere =
    std::chrono::milliseconds(15'000);  // between comments to one who listens for events
constexpr std::size_t kReadSize = 4 * 1024;
constexpr int kTurns = 64;
constexpr int kSocketMode = 0660;

/// Something that is waited for until the timer ends.
template <class T>
struct Awaited {
  explicit Awaited(const asio::any_io_executor& loop) : timer(loop) {}
  asio::steady_timer timer;
  std::optional<T> value;
};

constexpr std::string_view kOperatorsOnly =
    "incidents are shown only to root, the daemon's user and members of [control] group; page = "
    "true in [web] of the configuration "
    "shows them to anyone who can reach this address";

WebAnswer answer_for_head(const Error& error) {
  switch (error.code()) {
    case ErrorCode::timeout: return web_refusal(408, "the request took too long");
    case ErrorCode::limit_exceeded: return web_refusal(431, error.message());
    default: return web_refusal(400, error.message());
  }
}

}  // namespace

/// The socket that is listened at, and the connections that it gave. Kept alive by the coroutines
/// that run on it.
class WebServer::Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::any_io_executor loop, WebServerOptions options, WebHandler handler)
      : loop_(std::move(loop)),
        options_(std::move(options)),
        handler_(std::move(handler)),
        sweep_(loop_) {}

  Result<> open() {
    TRY(auto socket, net::ListeningSocket::open(options_.endpoint, kSocketMode));
    socket_.emplace(std::move(socket));
    acceptor_.emplace(loop_, *socket_, [this](const std::string& why) {
      refusals_.warn("the web listener: " + why);
    });
    return success();
  }

  void start() {
    spawn(accept(shared_from_this()));
    sweep();
  }

  void close() {
    is_closed_ = true;
    if (acceptor_) acceptor_->close();
    sweep_.cancel();
    for (const auto& [stream, client] : clients_) stream->close();
    socket_.reset();
  }

  std::uint16_t port() const { return socket_ ? socket_->port() : 0; }

 private:
  struct Client {
    std::string network;       ///< net::Peer::network
    bool is_answered = false;  ///< it has asked, and waits for us
    bool is_closing = false;   ///< it was closed, and its coroutine has not ended yet
  };
  /// Leaves the list whatever ends the conversation.
  class ClientEntry {
   public:
    ClientEntry(std::map<ServerStream*, Client>& clients, ServerStream& stream)
        : clients_(clients), stream_(stream) {}
    ~ClientEntry() { clients_.erase(&stream_); }
    ClientEntry(const ClientEntry&) = delete;
    ClientEntry& operator=(const ClientEntry&) = delete;

   private:
    std::map<ServerStream*, Client>& clients_;
    ServerStream& stream_;
  };

  /// A fault of ours in one conversation (no memory for it) ends that one only.
  void spawn(awaitable<void> coroutine) {
    asio::co_spawn(
        loop_, std::move(coroutine), [self = shared_from_this()](std::exception_ptr failure) {
          try {
            if (failure) std::rethrow_exception(failure);
          } catch (const std::exception& thrown) {
            self->refusals_.warn(
                std::string("the web listener lost a connection to an internal error: ") +
                thrown.what());
          }
        });
  }

  awaitable<void> accept(std::shared_ptr<Listener> /*keeps us*/) {
    while (!is_closed_) {
      // In a flood, those that were closed to make room end before the next ones come in.
      for (int turn = 0; turn < kTurns && clients_.size() >= 2 * options_.max_connections; ++turn)
        co_await asio::post(loop_, asio::use_awaitable);
      auto connection = co_await acceptor_->next();
      if (!connection) co_return;
      try {
        admit(std::move(connection->socket), std::move(connection->peer.network));
      } catch (const std::exception& thrown) {
        refusals_.warn(std::string("the web listener lost a connection to an internal error: ") +
                       thrown.what());
      }
    }
  }

  void admit(net::AcceptedSocket accepted, std::string network) {
    if (open_count() >= options_.max_connections && !make_room_for(network)) {
      refusals_.warn("the web listener refused a connection: there are " +
                     std::to_string(options_.max_connections) + " already");
      return;
    }
    const int on = 1;
    if (network != "unix")
      setsockopt(accepted.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto stream = std::make_shared<ServerStream>(std::move(accepted).register_at(loop_));
    clients_.emplace(stream.get(), Client{.network = std::move(network)});
    const ServerStream* const entered = stream.get();
    try {
      spawn(serve(shared_from_this(), std::move(stream)));
    } catch (...) {
      std::erase_if(clients_, [entered](const auto& one) { return one.first == entered; });
      throw;
    }
  }

  std::size_t open_count() const {
    return static_cast<std::size_t>(std::count_if(
        clients_.begin(), clients_.end(), [](const auto& one) { return !one.second.is_closing; }));
  }

  /// All connections are taken: one that waits for nothing of ours is closed, of the client that
  /// has most of them the one that has been quiet for the longest time. So nobody who only holds
  /// connections keeps others out. False when all of them wait for an answer.
  bool make_room_for(const std::string& network) {
    if (clients_.size() >= 2 * options_.max_connections) return false;  // many are on their way out
    std::map<std::string, std::size_t> counts;
    ++counts[network];
    for (const auto& [stream, client] : clients_)
      counts[client.network] += client.is_closing ? 0 : 1;
    auto chosen = clients_.end();
    for (auto it = clients_.begin(); it != clients_.end(); ++it) {
      if (it->second.is_closing || it->second.is_answered) continue;
      const auto rank = [&](const auto& one) {
        return std::pair(counts[one.second.network],
                         std::chrono::steady_clock::now() - one.first->progressed_at());
      };
      if (chosen == clients_.end() || rank(*it) > rank(*chosen)) chosen = it;
    }
    if (chosen == clients_.end()) return false;
    chosen->second.is_closing = true;
    chosen->first->close();
    return true;
  }

  void sweep() {
    sweep_.expires_after(kSweep);
    sweep_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (error || self->is_closed_) return;
      const auto now = std::chrono::steady_clock::now();
      for (const auto& [stream, client] : self->clients_) {
        if (stream->is_overdue(now)) stream->close_overdue();
      }
      self->sweep();
    });
  }

  awaitable<void> serve(std::shared_ptr<Listener> /*keeps us*/,
                        std::shared_ptr<ServerStream> stream) {
    const ClientEntry entry(clients_, *stream);
    co_await converse(*stream);
    stream->close();
  }

  awaitable<void> converse(ServerStream& stream) {
    std::string input;                // read, and not yet parsed
    std::optional<bool> is_operator;  // asked when a path needs it
    for (std::size_t requests = 0; requests < options_.max_requests && !is_closed_; ++requests) {
      const net::HttpRequestLimits limits{.header_bytes = options_.head_bytes};
      HttpRequestParser parser(limits);
      const auto head = co_await read_head(stream, parser, input);
      if (head && !head.value()) co_return;
      WebAnswer answer;
      bool keeps_alive = false;
      if (head) {
        stream.expect_nothing();  // it waits for us
        clients_[&stream].is_answered = true;
        answer = co_await answer_request(parser, stream, is_operator);
        keeps_alive = parser.is_done() && parser.keeps_alive() &&
                      requests + 1 < options_.max_requests && !answer.feed;
      } else {
        if (head.error().code() == ErrorCode::network || head.error().code() == ErrorCode::timeout)
          co_return;  // nobody is left to be told
        answer = answer_for_head(head.error());
      }
      const bool head_only = parser.has_head() && parser.request().method == "HEAD";
      const std::string bytes = to_bytes(answer, head_only, keeps_alive);
      stream.expect_within(options_.take);
      const auto written = co_await stream.write_all(bytes);
      clients_[&stream].is_answered = false;  // who listens for events only holds a connection, too
      if (written && answer.feed && !head_only) co_await send_events(stream, answer.feed);
      if (!written || !keeps_alive) co_return;
    }
  }

  /// Until the client is gone, which a write tells: at the latest that of the next comment.
  awaitable<void> send_events(ServerStream& stream, std::shared_ptr<EventFeed> feed) {
    EventFeed::Subscriber subscriber(feed);
    std::string_view bytes =
        "retry: 2000\n\nevent: change\ndata: {}\n\n";  // what was shown before may be old
    while (!is_closed_ && !feed->is_stopped()) {
      stream.expect_within(options_.take);
      const auto written = co_await stream.write_all(bytes);
      if (!written) co_return;
      stream.expect_nothing();
      const bool has_changed = co_await subscriber.wait(kStillThere);
      bytes = has_changed ? "event: change\ndata: {}\n\n" : ": still here\n\n";
    }
  }

  /// False when the client has ended, or said nothing, instead.
  awaitable<Result<bool>> read_head(ServerStream& stream, HttpRequestParser& parser,
                                    std::string& input) {
    bool began = !input.empty();
    stream.expect_within(began ? options_.head : options_.idle);
    while (true) {
      if (!input.empty()) {
        const auto step = parser.parse(input);
        if (!step) co_return fail(step.error());
        input.erase(0, step.value().used);
        if (parser.has_head()) co_return true;
        if (input.size() > options_.head_bytes)
          co_return fail(ErrorCode::limit_exceeded, "the head of the request is too large");
      }
      const std::size_t before = input.size();
      input.resize(before + kReadSize);
      const std::span<char> room(input.data() + before, kReadSize);
      const auto size = co_await stream.read_some(room);
      input.resize(before + (size ? size.value() : 0));
      if (!began && (!size || size.value() == 0)) co_return false;
      if (!size) co_return fail(size.error());
      if (size.value() == 0)
        co_return fail(ErrorCode::network, "the client ended in the middle of a request");
      if (!began) stream.expect_within(options_.head);
      began = true;
    }
  }

  awaitable<WebAnswer> answer_request(const HttpRequestParser& parser, ServerStream& stream,
                                      std::optional<bool>& is_operator) {
    const net::HttpRequest& request = parser.request();
    if (request.method != "GET" && request.method != "HEAD") {
      WebAnswer refusal = web_refusal(405, "only GET and HEAD are known here");
      refusal.headers.emplace_back("Allow", "GET, HEAD");
      co_return refusal;
    }
    if (!parser.is_done()) {
      WebAnswer refusal = web_refusal(413, "a request here has no body");
      co_return refusal;
    }
    const auto is_host = [](const auto& header) {
      return boost::beast::iequals(header.first, "host");
    };
    if (std::count_if(request.headers.begin(), request.headers.end(), is_host) > 1) {
      WebAnswer refusal = web_refusal(400, "more than one Host");  // RFC 9112, section 3.2
      co_return refusal;
    }
    if (!is_expected_host(request.header("host"), options_.host_names)) {
      WebAnswer refusal = web_refusal(
          421, "this name is not one of ours: add it to hosts in [web] of the configuration");
      co_return refusal;
    }
    if (options_.is_for_operators && options_.is_for_operators(request.path)) {
      if (!is_operator) is_operator = co_await is_client_operator(stream);
      if (!is_operator) {
        WebAnswer refusal = web_refusal(503, "it took too long to find out who asks");
        co_return refusal;
      }
      if (!*is_operator) {
        WebAnswer refusal = web_refusal(403, kOperatorsOnly);
        co_return refusal;
      }
    }
    const auto awaited = std::make_shared<Awaited<WebAnswer>>(loop_);
    awaited->timer.expires_after(options_.make);
    const WebReply reply = [awaited](WebAnswer answer) {
      if (!awaited->value) awaited->value = std::move(answer);
      awaited->timer.cancel();
    };
    handler_(request, reply);
    if (!awaited->value) co_await awaited->timer.async_wait(kAsTuple);
    if (!awaited->value) awaited->value = web_refusal(503, "the answer took too long");
    WebAnswer answer = std::move(*awaited->value);
    co_return answer;
  }

  /// On a thread of its own: the table of connections is long on a busy host, and the user database
  /// may be elsewhere. Nothing when that took too long: the next request asks again.
  awaitable<std::optional<bool>> is_client_operator(ServerStream& stream) {
    const auto client = LocalClient::of(stream.descriptor());
    if (!client) co_return false;
    const auto awaited = std::make_shared<Awaited<bool>>(loop_);
    awaited->timer.expires_after(options_.make);
    if (!lookups_) lookups_.emplace(1);
    asio::post(*lookups_, [awaited, loop = loop_, client = *client, group = options_.operators] {
      const auto user = client.user();
      const bool is_operator = user && control::is_operator(*user, group);
      asio::post(loop, [awaited, is_operator] {
        awaited->value = is_operator;
        awaited->timer.cancel();
      });
    });
    co_await awaited->timer.async_wait(kAsTuple);
    co_return awaited->value;
  }

  asio::any_io_executor loop_;
  const WebServerOptions options_;
  const WebHandler handler_;
  std::optional<net::ListeningSocket> socket_;
  std::optional<net::Acceptor> acceptor_;
  asio::steady_timer sweep_;
  std::map<ServerStream*, Client> clients_;
  std::optional<asio::thread_pool> lookups_;  ///< who asks
  receive::OccasionalLog refusals_;
  bool is_closed_ = false;
};

WebServer::WebServer(asio::any_io_executor loop, WebServerOptions options, WebHandler handler)
    : listener_(
          std::make_shared<Listener>(std::move(loop), std::move(options), std::move(handler))) {}

WebServer::~WebServer() { stop(); }

Result<> WebServer::start() {
  TRY(listener_->open());
  listener_->start();
  return success();
}

void WebServer::stop() { listener_->close(); }

std::uint16_t WebServer::port() const { return listener_->port(); }

}  // namespace handshaked::web
