#include "receive/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <new>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "telemetry/log.h"

namespace handshaked::receive {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr std::size_t kMostClosing =
    256;  // connections that were told to make room and have not ended yet

}  // namespace

/// A socket that is listened at, and the thread that does it.
struct Listener::Entrance {
  Entrance(NetworkThread& on, const net::ListeningSocket& listening,
           std::function<void(const std::string& why)> complain)
      : thread(on),
        socket(listening),
        acceptor(on.context().get_executor(), listening, std::move(complain)) {}
  void close() {
    if (socket.endpoint().is_stream()) acceptor.close();
    else acceptor.readiness().cancel();  // what has arrived is still taken
  }
  NetworkThread& thread;
  const net::ListeningSocket& socket;
  net::Acceptor acceptor;
};

Listener::Listener(ListenOptions options, Session session, DatagramReader datagrams,
                   NetworkThreads& threads, IntakeFactory& intakes, Senders& senders,
                   SourceCounters& counters)
    : options_(std::move(options)),
      tls_(options_.tls),
      session_(std::move(session)),
      datagrams_(std::move(datagrams)),
      threads_(threads),
      intakes_(intakes),
      senders_(senders),
      counters_(counters) {}

Listener::~Listener() = default;

void Listener::use_tls(std::shared_ptr<const net::TlsServer> tls) {
  const std::lock_guard lock(tls_mutex_);
  tls_ = std::move(tls);
}

std::shared_ptr<const net::TlsServer> Listener::tls() const {
  const std::lock_guard lock(tls_mutex_);
  return tls_;
}

Result<> Listener::open() {
  for (const net::Endpoint& endpoint : options_.endpoints) {
    TRY(auto opened, net::ListeningSocket::open_all(endpoint, options_.unix_mode));
    for (net::ListeningSocket& socket : opened) {
      if (!socket.endpoint().is_stream() && !datagrams_)
        return fail(ErrorCode::invalid_configuration,
                    "cannot listen on " + socket.endpoint().text + ": it takes datagrams");
      sockets_.push_back(std::move(socket));
    }
  }
  return success();
}

void Listener::start() {
  std::size_t next = 0;
  for (const net::ListeningSocket& socket : sockets_) {
    NetworkThread& thread = threads_.at(next++ % threads_.size());
    auto entrance = std::make_shared<Entrance>(thread, socket, [this](const std::string& why) {
      refusals_.warn(options_.intake.source + ": " + why);
    });
    entrances_.push_back(entrance);
    ++thread.sessions;
    // Nobody else would accept: systemd starts us again.
    const auto finished = [&thread](std::exception_ptr failure) {
      --thread.sessions;
      if (failure) std::rethrow_exception(failure);
    };
    if (socket.endpoint().is_stream()) asio::co_spawn(thread.context(), accept(entrance), finished);
    else asio::co_spawn(thread.context(), read_datagrams(entrance), finished);
    asio::post(thread.context(), [&thread, weak = std::weak_ptr<Entrance>(entrance)] {
      thread.at_end([weak] {
        if (const auto held = weak.lock()) held->close();
      });
    });
  }
}

awaitable<void> Listener::accept(std::shared_ptr<Entrance> entrance) {
  const bool with_tls = entrance->socket.endpoint().transport == net::Endpoint::Transport::tls;
  while (!entrance->thread.is_ending()) {
    auto connection = co_await entrance->acceptor.next();
    if (!connection) co_return;
    try {
      admit(std::move(connection->socket), std::move(connection->peer), with_tls);
    } catch (const std::bad_alloc&) {
      refusals_.warn(options_.intake.source + ": a connection was refused because memory ran out");
    }
  }
}

bool Listener::is_allowed(const net::Peer& peer) const {
  return options_.allowed.empty() || peer.address == "unix" ||
         options_.allowed.contains(peer.address);
}

void Listener::refuse(const net::Peer& peer, const std::string& why) {
  ++counters_.refused_connections;
  refusals_.warn(options_.intake.source + ": a connection from " + peer.description() +
                 " was refused: " + why);
}

void Listener::admit(net::AcceptedSocket socket, net::Peer peer, bool with_tls) {
  if (!is_allowed(peer)) return refuse(peer, "its address is not in the list of allowed ones");
  if (counters_.open_connections >= options_.max_connections && !make_room_for(peer))
    return refuse(peer, "there are " + std::to_string(options_.max_connections) +
                            " already (max_connections)");
  const std::size_t most =
      peer.network == "unix" ? options_.max_connections : options_.max_per_address;
  if (!per_address_.try_add(peer.network, most))
    return refuse(
        peer, "its address has " + std::to_string(most) + " already, a quarter of max_connections");
  ++counters_.connections;
  ++counters_.open_connections;
  NetworkThread& thread = threads_.least_busy();
  ++thread.sessions;
  const std::string network = peer.network;
  const auto finished = [this, &thread, network](std::exception_ptr failure) {
    end_session(thread, network, failure);
  };
  try {
    asio::co_spawn(thread.context(), serve(thread, std::move(socket), std::move(peer), with_tls),
                   finished);
  } catch (...) {
    end_session(thread, network, std::current_exception());
  }
}

/// All connections are taken. A sender that has fewer than another gets one of that one's: the
/// quietest.
bool Listener::make_room_for(const net::Peer& peer) {
  const std::string greedy = per_address_.greedier_than(peer.network);
  if (greedy.empty() || counters_.open_connections >= options_.max_connections + kMostClosing)
    return false;
  NetworkThread& thread = threads_.at(next_closing_++ % threads_.size());
  asio::post(thread.context(),
             [&thread, group = group_of(greedy)] { thread.close_quietest(group); });
  ++counters_.refused_connections;
  refusals_.warn(options_.intake.source + ": a quiet connection of " + greedy +
                 " was closed for one of " + peer.address + ": there are " +
                 std::to_string(options_.max_connections) + " (max_connections)");
  return true;
}

/// For NetworkThread::Watch: the connections of one sender at this listener.
std::string Listener::group_of(const std::string& network) const {
  return options_.intake.source + ' ' + network;
}

/// Whatever went wrong in a session (no memory for it, no place for its socket in epoll) ends that
/// session and no other.
void Listener::end_session(NetworkThread& thread, const std::string& network,
                           const std::exception_ptr& failure) {
  --counters_.open_connections;
  --thread.sessions;
  per_address_.remove(network);
  if (!failure) return;
  ++counters_.failed_connections;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& thrown) {
    failures_.warn(options_.intake.source +
                   ": a connection was closed after an internal error: " + thrown.what());
  }
}

awaitable<void> Listener::serve(NetworkThread& thread, net::AcceptedSocket socket, net::Peer peer,
                                bool with_tls) {
  const int descriptor = socket.descriptor();
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  const int on = 1;
  if (address.ss_family != AF_UNIX) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
  net::ServerStream stream(std::move(socket).register_at(thread.context().get_executor()));
  const NetworkThread::Watch watch(thread, stream, group_of(peer.network));
  const auto ended = co_await run_session(thread, stream, peer, with_tls);
  if (ended || thread.is_ending()) co_return;
  ++counters_.failed_connections;
  failures_.warn(options_.intake.source + ": the connection of " + peer.description() +
                 " was ended: " + ended.error().message());
}

awaitable<Result<>> Listener::run_session(NetworkThread& thread, net::ServerStream& stream,
                                          net::Peer& peer, bool with_tls) {
  if (with_tls) {
    stream.expect_within(options_.handshake);
    const std::shared_ptr<const net::TlsServer> server = tls();
    const auto agreed = co_await stream.start_tls(*server);
    if (!agreed) co_return fail(agreed.error());
    peer.common_name = stream.peer_certificate_name();
  }
  IntakeOptions intake_options = options_.intake;
  if (intake_options.host.empty() && !peer.is_this_host) intake_options.host = peer.address;
  intake_options.memory = senders_.memory_of(peer.network);
  intake_options.sender = peer.common_name.empty() ? peer.network : peer.common_name;
  const auto intake = intakes_.open(thread.context().get_executor(), intake_options);
  const Connection connection{.stream = stream,
                              .intake = *intake,
                              .peer = peer,
                              .memory = intake_options.memory,
                              .counters = counters_,
                              .scratch = thread.scratch(),
                              .json = thread.json(),
                              .executor = thread.context().get_executor()};
  const auto ended = co_await session_(connection);
  co_return ended;
}

awaitable<void> Listener::read_datagrams(std::shared_ptr<Entrance> entrance) {
  const int descriptor = entrance->socket.descriptor();
  const int size = options_.receive_buffer_bytes;
  // The first is for those who may; the second asks as much as anybody may have.
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  const auto intake = intakes_.open(entrance->thread.context().get_executor(), options_.intake);
  const DatagramContext context{.readiness = entrance->acceptor.readiness(),
                                .descriptor = descriptor,
                                .intake = *intake,
                                .options = options_,
                                .counters = counters_,
                                .scratch = entrance->thread.scratch(),
                                .refuse = [this](const std::string& why) {
                                  refusals_.warn(options_.intake.source + ": " + why);
                                }};
  co_await datagrams_(context);
}

}  // namespace handshaked::receive
