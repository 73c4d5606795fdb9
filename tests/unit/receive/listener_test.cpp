#include "receive/listener.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <new>
#include <string>
#include <thread>

#include "support/recording_intake.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;

class Intakes final : public IntakeFactory {
 public:
  std::unique_ptr<Intake> open(const boost::asio::any_io_executor&, const IntakeOptions&) override {
    return std::make_unique<RecordingIntake>();
  }
};

/// Throws in the middle of every first session, and answers every other one with "ok".
class ListenerTest : public testing::Test {
 protected:
  void start(std::function<void()> fault, std::size_t max_connections = 100) {
    ListenOptions options;
    options.intake.source = "test";
    options.max_connections = max_connections;
    options.max_per_address = max_connections;
    options.endpoints.push_back(net::parse_endpoint("tcp://127.0.0.1:0").value());
    const Session session = [this, fault](Connection connection) {
      return answer(connection, fault);
    };
    listener_.emplace(std::move(options), session, Listener::DatagramReader{}, threads_, intakes_,
                      senders_, counters_);
    ASSERT_TRUE(listener_->open());
    listener_->start();
    threads_.start();
  }
  void TearDown() override { threads_.stop(std::chrono::seconds(1)); }

  awaitable<Result<>> answer(Connection connection, std::function<void()> fault) {
    if (sessions_++ == 0) fault();
    connection.stream.expect_within(std::chrono::seconds(20));
    auto written = co_await connection.stream.write_all("ok");
    co_return written;
  }

  /// What one connection hears to its end.
  std::string hear() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listener_->sockets().front().port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    std::string heard;
    char piece[16];
    for (ssize_t size = 0; (size = ::recv(socket, piece, sizeof piece, 0)) > 0;)
      heard.append(piece, static_cast<std::size_t>(size));
    ::close(socket);
    return heard;
  }

  /// The first session is counted a moment after its socket was closed, on a thread of its own.
  std::uint64_t failures() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (counters_.failed_connections == 0 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    return counters_.failed_connections;
  }

  Senders senders_{std::size_t{1} << 20};
  Intakes intakes_;
  SourceCounters counters_;
  NetworkThreads threads_{2};
  std::optional<Listener> listener_;
  std::atomic<int> sessions_ = 0;
};

TEST_F(ListenerTest, LosesOneConnectionWhenThereIsNoMemoryForIt) {
  start([] { throw std::bad_alloc(); });
  EXPECT_EQ(hear(), "");
  EXPECT_EQ(hear(), "ok");
  EXPECT_EQ(failures(), 1U);
}

TEST_F(ListenerTest, LosesOneConnectionWhenEpollTakesItNot) {
  start([] {
    throw std::system_error(std::make_error_code(std::errc::no_space_on_device), "epoll_ctl");
  });
  EXPECT_EQ(hear(), "");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(hear(), "ok");
  EXPECT_EQ(failures(), 1U);
}

}  // namespace
}  // namespace handshaked::receive
