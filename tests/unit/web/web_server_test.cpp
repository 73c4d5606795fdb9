#include "web/web_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <cstring>
#include <future>
#include <thread>

namespace handshaked::web {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kBig = std::size_t{64} << 20;  // more than sockets buffer

/// A server on a loop of its own, and clients on this thread.
class WebServerTest : public testing::Test {
 protected:
  void start(WebServerOptions options = {}) {
    options.endpoint = net::parse_endpoint("http://127.0.0.1:0").value();
    server_.emplace(loop_.get_executor(), std::move(options),
                    [this](const net::HttpRequest& request, WebReply reply) {
                      ++requests_;
                      if (request.path == "/later") {
                        asio::post(loop_, [reply] { reply({.body = "later"}); });
                      } else if (request.path == "/never") {
                        kept_.push_back(std::move(reply));
                      } else if (request.path == "/big") {
                        reply({.body = std::string(kBig, 'x')});
                      } else {
                        reply({.body = request.path});
                      }
                    });
    ASSERT_TRUE(server_->start().has_value());
    port_ = server_->port();
    thread_ = std::jthread([this] { loop_.run(); });
  }

  void TearDown() override {
    if (!server_) return;
    asio::post(loop_, [this] {
      server_->stop();
      guard_.reset();
    });
    thread_.join();
  }

  class Client {
   public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
      const timeval limit{.tv_sec = 20, .tv_usec = 0};
      setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { ::close(socket_); }

    Client& send(std::string_view text) {
      while (!text.empty()) {
        const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        text.remove_prefix(static_cast<std::size_t>(sent));
      }
      return *this;
    }
    /// Everything, to the end.
    std::string rest() {
      std::string all;
      for (char piece[65536];;) {
        const auto size = ::recv(socket_, piece, sizeof piece, 0);
        if (size <= 0) return all;
        all.append(piece, static_cast<std::size_t>(size));
      }
    }
    /// Until `text` has come.
    std::string until(std::string_view text) {
      std::string all;
      for (char piece[65536]; all.find(text) == std::string::npos;) {
        const auto size = ::recv(socket_, piece, sizeof piece, 0);
        if (size <= 0) return all;
        all.append(piece, static_cast<std::size_t>(size));
      }
      return all;
    }

   private:
    int socket_;
  };

  std::string ask(std::string_view request) { return Client(port_).send(request).rest(); }
  int status_of(std::string_view request) {
    const std::string answer = ask(request);
    return answer.starts_with("HTTP/1.1 ") ? std::atoi(answer.c_str() + 9) : 0;
  }

  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_{loop_.get_executor()};
  std::optional<WebServer> server_;
  std::vector<WebReply> kept_;
  std::atomic<int> requests_ = 0;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

TEST_F(WebServerTest, AnswersWithTheHeadersThatKeepBrowsersInCheck) {
  start();
  const std::string answer = ask("GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n/x")) << answer;
  for (const char* const header :
       {"X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
        "Cache-Control: no-store", "Content-Security-Policy: default-src 'none'",
        "X-Frame-Options: DENY", "Content-Length: 2"})
    EXPECT_NE(answer.find(header), std::string::npos) << header;
}

TEST_F(WebServerTest, KeepsTheConnectionAndReadsPipelinedRequests) {
  start();
  const std::string answers =
      ask("GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nHEAD /b HTTP/1.1\r\nHost: "
          "127.0.0.1\r\n\r\nGET /later HTTP/1.1\r\nHost: "
          "127.0.0.1\r\nConnection: "
          "close\r\n\r\n");
  EXPECT_NE(answers.find("\r\n\r\n/aHTTP/1.1 200 OK"), std::string::npos) << answers;
  EXPECT_EQ(answers.find("/b"), std::string::npos) << "an answer to HEAD has no body";
  EXPECT_TRUE(answers.ends_with("later")) << answers;
  EXPECT_EQ(requests_, 3);
}

TEST_F(WebServerTest, RefusesOtherMethodsBodiesAndHosts) {
  start();
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab"), 405);
  EXPECT_EQ(status_of("DELETE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), 405);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab"), 413);
  EXPECT_EQ(
      status_of("GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      413);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), 421);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), 421);
  EXPECT_EQ(
      status_of(
          "GET http://127.0.0.1/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
      421);
  EXPECT_EQ(status_of("no http at all\r\n\r\n"), 400);
  EXPECT_EQ(status_of("\x16\x03\x01\x02\x01\x01\xfc\x03\x03"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(100'000, 'x') +
                      "\r\n\r\n"),
            431);
  EXPECT_EQ(status_of("GET /" + std::string(100'000, 'x')), 431);
  EXPECT_EQ(requests_, 0);
}

TEST_F(WebServerTest, RefusesNobodyBecauseItTakesTooLongToFindOutWhoAsks) {
  // Without time for the look-up it is over before anything is known, or it is known: we ourselves
  // are no stranger.
  WebServerOptions options;
  options.is_for_operators = [](std::string_view) { return true; };
  options.make = std::chrono::milliseconds(0);
  start(std::move(options));
  for (int i = 0; i < 10; ++i) {
    const std::string answers =
        ask("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\nGET /b HTTP/1.1\r\nHost: "
            "localhost\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answers.starts_with("HTTP/1.1 503") || answers.starts_with("HTTP/1.1 200"))
        << answers;
    EXPECT_EQ(answers.find("403"), std::string::npos) << answers;
  }
}

TEST_F(WebServerTest, ClosesThoseWhoAreTooSlow) {
  WebServerOptions options;
  options.idle = std::chrono::milliseconds(300);
  options.head = std::chrono::milliseconds(200);
  options.make = std::chrono::milliseconds(100);
  options.take = std::chrono::milliseconds(50);
  start(std::move(options));
  EXPECT_EQ(ask(""), "") << "silence";
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: loc"), "") << "a head that never ends";
  EXPECT_EQ(status_of("GET /never HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), 503);
  // Takes nothing of a big answer: what it gets when it reads at last is a part.
  Client slow(port_);
  slow.send("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(
      ask("GET /beside HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").substr(0, 15),
      "HTTP/1.1 200 OK");
  EXPECT_EQ(ask(""), "") << "closed by a sweep that closes the slow one, too";
  EXPECT_LT(slow.rest().size(), kBig);
}

TEST_F(WebServerTest, HoldsNoMoreConnectionsThanItMay) {
  WebServerOptions options;
  options.max_connections = 3;
  start(std::move(options));
  std::vector<std::unique_ptr<Client>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<Client>(port_));
    // Answered, so it is one of the three.
    EXPECT_NE(held.back()
                  ->send("GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n")
                  .until("/held")
                  .find("200"),
              std::string::npos);
  }
  EXPECT_NE(ask("GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").find("200 OK"),
            std::string::npos);
  EXPECT_EQ(held.front()->rest(), "") << "the quietest made room";
  EXPECT_NE(held.back()
                ->send("GET /again HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .until("/again")
                .find("200"),
            std::string::npos);
}

TEST_F(WebServerTest, ClosesNobodyWhoWaitsForAnAnswer) {
  WebServerOptions options;
  options.max_connections = 3;
  start(std::move(options));
  std::vector<std::unique_ptr<Client>> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(std::make_unique<Client>(port_));
    waiting.back()->send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (requests_ < 3 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  ASSERT_EQ(requests_, 3);
  EXPECT_EQ(ask("GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), "");
}

TEST_F(WebServerTest, StopsWhileClientsHang) {
  start();
  Client silent(port_);
  Client half(port_);
  half.send("GET / HT");
  Client waiting(port_);
  waiting.send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (requests_ == 0 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  EXPECT_EQ(requests_, 1);
  std::promise<void> stopped;
  asio::post(loop_, [&] {
    server_->stop();
    for (const WebReply& reply : kept_) reply({.body = "too late"});
    stopped.set_value();
  });
  stopped.get_future().wait();
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(waiting.rest(), "");
}

}  // namespace
}  // namespace handshaked::web
