#include "net/acceptor.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "base/file_descriptor.h"

namespace handshaked::net {
namespace {

namespace asio = boost::asio;

/// A listening socket on loopback, its acceptor, and what that has given until it ended.
class Door {
 public:
  Door()
      : socket_(ListeningSocket::open(parse_endpoint("tcp://127.0.0.1:0").value(), 0600).value()) {
    asio::co_spawn(loop_, accept(), asio::detached);
  }

  /// A client that is connected, or waits to be accepted.
  FileDescriptor knock() const {
    FileDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(socket_.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        ::connect(client.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return client;
  }

  void begin_to_wait() { loop_.poll(); }
  void run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done() && std::chrono::steady_clock::now() < deadline)
      loop_.run_one_for(std::chrono::milliseconds(200));
    EXPECT_TRUE(done());
  }

  std::vector<Acceptor::Connection> accepted;
  std::vector<std::string> complaints;
  bool has_ended = false;

 private:
  asio::awaitable<void> accept() {
    while (auto connection = co_await acceptor.next()) accepted.push_back(std::move(*connection));
    has_ended = true;
  }

  asio::io_context loop_;
  ListeningSocket socket_;

 public:
  Acceptor acceptor{loop_.get_executor(), socket_,
                    [this](const std::string& why) { complaints.push_back(why); }};
};

TEST(Acceptor, GivesOneConnectionAfterAnotherWithItsPeer) {
  Door door;
  const FileDescriptor first = door.knock();
  const FileDescriptor second = door.knock();
  door.run_until([&] { return door.accepted.size() == 2; });
  EXPECT_EQ(door.accepted[0].peer.address, "127.0.0.1");
  EXPECT_NE(door.accepted[0].peer.port, door.accepted[1].peer.port);
  EXPECT_TRUE(door.complaints.empty());
}

TEST(Acceptor, EndsWhenClosedAndGivesNothingAfterwards) {
  Door door;
  door.begin_to_wait();
  door.acceptor.close();
  door.acceptor.close();
  const FileDescriptor late = door.knock();
  door.run_until([&] { return door.has_ended; });
  EXPECT_TRUE(door.accepted.empty());
}

TEST(Acceptor, ComplainsWithoutDescriptorsAndTakesTheConnectionOnceThereAreSome) {
  Door door;
  const FileDescriptor client = door.knock();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  door.run_until([&] { return !door.complaints.empty(); });
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(door.accepted.empty());
  door.run_until([&] { return door.accepted.size() == 1; });
  EXPECT_TRUE(door.complaints[0].starts_with("a connection waits: ")) << door.complaints[0];
}

}  // namespace
}  // namespace handshaked::net
