#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/acceptor.h"
#include "net/address_list.h"
#include "net/tls_server.h"
#include "receive/connection.h"
#include "receive/network_threads.h"
#include "receive/occasional_log.h"
#include "receive/senders.h"

namespace handshaked::receive {

/// What one configured source allows its senders, whatever the protocol.
struct ListenOptions {
  IntakeOptions intake;  ///< an empty `host` becomes each peer's address, unless it is this host
  std::vector<net::Endpoint> endpoints;
  net::AddressList allowed;                   ///< empty: whoever can connect
  std::shared_ptr<const net::TlsServer> tls;  ///< for tls endpoints, until use_tls() gives another
  std::size_t max_connections = 1000;         ///< further ones are closed at once
  std::size_t max_per_address = 250;  ///< the same for those of one address; Unix sockets have none
  std::chrono::milliseconds handshake{10'000};  ///< for TLS to be agreed on
  int unix_mode = 0660;                         ///< of socket files
  int receive_buffer_bytes = 4 * 1024 * 1024;   ///< asked of the kernel for datagrams
};

/// One configured source that listens: accepts, spreads connections over the network threads,
/// admits or refuses, and runs a session on each. Datagram endpoints are read by `datagrams`, which
/// gets the socket for itself.
class Listener {
 public:
  /// What reads a bound datagram socket until it fails or is closed: see syslog_session.h.
  struct DatagramContext {
    boost::asio::posix::stream_descriptor&
        readiness;  ///< waited for; cancelled when the end begins
    int descriptor;
    Intake& intake;
    const ListenOptions& options;
    SourceCounters& counters;
    std::span<char> scratch;
    std::function<void(const std::string& why)>
        refuse;  ///< says, now and then, that something was not taken
  };
  using DatagramReader = std::function<boost::asio::awaitable<void>(DatagramContext)>;

  Listener(ListenOptions options, Session session, DatagramReader datagrams,
           NetworkThreads& threads, IntakeFactory& intakes, Senders& senders,
           SourceCounters& counters);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Opens the sockets. Senders may connect from now on, and wait.
  Result<> open();
  /// Begins to accept, until the threads end. They must be running or be started soon, and be
  /// joined before this goes.
  void start();
  /// Connections that begin from now on speak TLS so. From any thread.
  void use_tls(std::shared_ptr<const net::TlsServer> tls);
  const ListenOptions& options() const { return options_; }
  const std::vector<net::ListeningSocket>& sockets() const { return sockets_; }

 private:
  struct Entrance;
  boost::asio::awaitable<void> accept(std::shared_ptr<Entrance> entrance);
  boost::asio::awaitable<void> read_datagrams(std::shared_ptr<Entrance> entrance);
  void admit(net::AcceptedSocket socket, net::Peer peer, bool with_tls);
  boost::asio::awaitable<void> serve(NetworkThread& thread, net::AcceptedSocket socket,
                                     net::Peer peer, bool with_tls);
  bool make_room_for(const net::Peer& peer);
  std::string group_of(const std::string& network) const;
  void refuse(const net::Peer& peer, const std::string& why);
  void end_session(NetworkThread& thread, const std::string& network,
                   const std::exception_ptr& failure);
  boost::asio::awaitable<Result<>> run_session(NetworkThread& thread, net::ServerStream& stream,
                                               net::Peer& peer, bool with_tls);
  bool is_allowed(const net::Peer& peer) const;
  std::shared_ptr<const net::TlsServer> tls() const;

  ListenOptions options_;
  mutable std::mutex tls_mutex_;  // guards tls_
  std::shared_ptr<const net::TlsServer> tls_;
  Session session_;
  DatagramReader datagrams_;
  NetworkThreads& threads_;
  IntakeFactory& intakes_;
  Senders& senders_;
  SourceCounters& counters_;
  std::vector<net::ListeningSocket> sockets_;
  std::vector<std::shared_ptr<Entrance>> entrances_;
  ConnectionCounts per_address_;
  std::atomic<std::size_t> next_closing_ = 0;
  OccasionalLog refusals_, failures_;
};

}  // namespace handshaked::receive
