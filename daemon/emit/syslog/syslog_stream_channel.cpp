#include "emit/syslog/syslog_channel.h"

#include <algorithm>
#include <array>
#include <functional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace handshaked::emit {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

// A connection whose read side is always being read. Collectors say nothing, so all that comes is
// their end (and session tickets of TLS 1.3, which must be taken out of the way to see it). Shared
// with that reader, which may finish later.
struct WatchedStream {
  std::unique_ptr<net::ClientStream> stream;
  bool has_ended = false;
  bool has_failed = false;  // by a reset, that is, not in order
  std::chrono::steady_clock::time_point connected_at = std::chrono::steady_clock::now();
};

awaitable<void> watch_for_end(std::shared_ptr<WatchedStream> watched) {
  std::array<char, 512> ignored;
  for (;;) {
    const auto size = co_await watched->stream->read_some(ignored);
    if (size && size.value() > 0) continue;
    watched->has_failed = !size;
    watched->has_ended = true;
    co_return;
  }
}

using Connect =
    std::function<awaitable<Result<std::unique_ptr<net::ClientStream>>>(net::Deadline&)>;

enum class Framing { octet_count, line_feed };

class StreamChannel final : public SyslogChannel {
 public:
  StreamChannel(asio::any_io_executor executor, Connect connect, Framing framing,
                SyslogLimits limits)
      : executor_(std::move(executor)),
        connect_(std::move(connect)),
        framing_(framing),
        limits_(limits) {}
  ~StreamChannel() override { close(); }

  awaitable<Result<>> send(const std::string& message, net::Deadline& deadline) override {
    const std::string frame = framing_ == Framing::octet_count
                                  ? std::to_string(message.size()) + ' ' + message
                                  : message + '\n';
    if (watched_ && !watched_->has_ended) {
      const auto sent = co_await send_on_open(frame, deadline);
      if (sent || deadline.is_over()) co_return sent;
      // Broken since the last message. The collector may see this one twice; better than not at
      // all.
    }
    close();
    auto stream = co_await connect_(deadline);
    if (!stream) co_return fail(stream.error());
    watched_ = std::make_shared<WatchedStream>();
    watched_->stream = std::move(stream.value());
    asio::co_spawn(executor_, watch_for_end(watched_), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
    const auto sent = co_await send_on_open(frame, deadline);
    if (!sent) close();
    co_return sent;
  }

  void close() override {
    if (watched_) watched_->stream->close();
    watched_.reset();
  }

 private:
  awaitable<Result<>> send_on_open(const std::string& frame, net::Deadline& deadline) {
    const std::shared_ptr<WatchedStream> watched = watched_;
    deadline.enter("sending", limits_.write);
    deadline.guard([watched] { watched->stream->close(); });
    const auto written = co_await watched->stream->write_all(frame);
    Result<> sent = success();
    if (written) sent = co_await wait_for_acknowledgement(*watched, deadline);
    else sent = fail(written.error());
    deadline.unguard();
    if (deadline.is_over()) co_return fail(deadline.error());
    co_return sent;
  }

  // The kernel offers no event for "all was acknowledged", so this looks again and again, ever less
  // often. A collector that ends in order after that has read everything: a socket that is closed
  // with something unread in it sends a reset.
  awaitable<Result<>> wait_for_acknowledgement(WatchedStream& watched, net::Deadline& deadline) {
    deadline.enter("waiting for the acknowledgement", limits_.acknowledge);
    const auto is_broken = [&] {
      return watched.has_failed || watched.stream->is_broken() || deadline.is_over();
    };
    asio::steady_timer timer(executor_);
    auto pause = std::chrono::milliseconds(1);
    // A TLS 1.3 collector refuses our certificate after our handshake and our first message: an
    // alert, or its end.
    const auto may_be_refused = [&] {
      return !watched.stream->is_accepted() &&
             std::chrono::steady_clock::now() - watched.connected_at < limits_.refusal;
    };
    const auto is_refused = [&] { return !watched.stream->is_accepted() && watched.has_ended; };
    while ((watched.stream->unacknowledged_bytes() > 0 || may_be_refused()) && !is_broken() &&
           !is_refused()) {
      timer.expires_after(pause);
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      pause = std::min(pause * 2, std::chrono::milliseconds(50));
    }
    // Lets the watching reader see a reset that has arrived meanwhile.
    co_await asio::post(executor_, asio::use_awaitable);
    if (is_refused())
      co_return fail(ErrorCode::network,
                     "the collector has ended the connection at its beginning; it may want a "
                     "client certificate");
    if (is_broken()) co_return fail(ErrorCode::network, "the collector has broken the connection");
    co_return success();
  }

  asio::any_io_executor executor_;
  Connect connect_;
  Framing framing_;
  SyslogLimits limits_;
  std::shared_ptr<WatchedStream> watched_;
};

}  // namespace

std::unique_ptr<SyslogChannel> open_syslog_tcp(asio::any_io_executor executor, net::TcpPeer peer,
                                               std::optional<net::TlsClient> tls,
                                               SyslogLimits limits) {
  // A std::function must be copyable, a TlsClient is not.
  const auto shared_tls = tls ? std::make_shared<const net::TlsClient>(std::move(*tls)) : nullptr;
  Connect connect = [executor, peer = std::move(peer), shared_tls,
                     limits](net::Deadline& deadline) {
    return net::connect_tcp(executor, peer, shared_tls.get(), limits.connect, deadline);
  };
  return std::make_unique<StreamChannel>(executor, std::move(connect), Framing::octet_count,
                                         limits);
}

std::unique_ptr<SyslogChannel> open_syslog_unix_stream(asio::any_io_executor executor,
                                                       std::string path, SyslogLimits limits) {
  Connect connect = [executor, path = std::move(path), limits](net::Deadline& deadline) {
    deadline.enter("connecting", limits.connect.connect);
    return net::connect_unix(executor, path, deadline);
  };
  return std::make_unique<StreamChannel>(executor, std::move(connect), Framing::line_feed, limits);
}

}  // namespace handshaked::emit
