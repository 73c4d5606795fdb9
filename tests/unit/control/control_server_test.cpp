#include "control/control_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <cstring>
#include <filesystem>
#include <future>
#include <thread>

#include "control/control_client.h"
#include "support/temp_dir.h"

namespace handshaked::control {
namespace {

namespace asio = boost::asio;

/// A server on a thread of its own that echoes the verb.
class Served {
 public:
  explicit Served(ControlServerOptions options)
      : server_(loop_.get_executor(), std::move(options),
                [this](ControlRequest request, ControlServer::Reply reply) {
                  last_peer = request.peer;
                  if (request.verb == "late")
                    asio::post(loop_, [reply] { reply(ControlAnswer::done("{\"late\":true}")); });
                  else if (request.verb == "no")
                    reply(ControlAnswer::refused("not_found", "there is none"));
                  else if (request.verb != "never")
                    reply(ControlAnswer::done("{\"verb\":\"" + request.verb +
                                              "\",\"n\":" + request.text("n") + "}"));
                }) {}
  ~Served() {
    on_loop([this] { server_.stop(); });
    guard_.reset();
    thread_.join();
  }
  Result<> start() {
    std::promise<Result<>> started;
    asio::post(loop_, [&] { started.set_value(server_.start()); });
    return started.get_future().get();
  }
  void on_loop(const std::function<void()>& work) {
    std::promise<void> done;
    asio::post(loop_, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  Peer last_peer;

 private:
  asio::io_context loop_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_ = asio::make_work_guard(loop_);
  ControlServer server_;
  std::thread thread_{[this] { loop_.run(); }};
};

ControlRequest request_of(const std::string& verb,
                          std::map<std::string, std::vector<std::string>, std::less<>> arguments = {
                              {"n", {"7"}}}) {
  return {.verb = verb, .arguments = std::move(arguments), .peer = {}};
}

class ControlServerTest : public testing::Test {
 protected:
  test::TempDir directory;
  std::string socket = (directory / "control.sock").string();
};

TEST_F(ControlServerTest, AnswersAndKnowsWhoAsks) {
  Served served({.socket = socket, .group = ""});
  ASSERT_TRUE(served.start());
  struct stat status {};
  ASSERT_EQ(::stat(socket.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto answer = ask_daemon(socket, request_of("status"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer.value().result, "{\"verb\":\"status\",\"n\":7}");
  EXPECT_EQ(served.last_peer.user, ::geteuid());
  EXPECT_EQ(served.last_peer.process, static_cast<std::uint32_t>(::getpid()));
  EXPECT_FALSE(served.last_peer.name.empty());
  EXPECT_EQ(ask_daemon(socket, request_of("late")).value().result, "{\"late\":true}");
  const auto refused = ask_daemon(socket, request_of("no"));
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused.value().is_ok);
  EXPECT_EQ(refused.value().code, "not_found");
  EXPECT_EQ(ask_daemon(socket, request_of("never"), std::chrono::milliseconds(200)).error().code(),
            ErrorCode::timeout);
}

TEST_F(ControlServerTest, TakesSeveralRequestsInTurnOverOneConnection) {
  Served served({.socket = socket, .group = ""});
  ASSERT_TRUE(served.start());
  const int client = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, socket.c_str());
  ASSERT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::string two = to_line(request_of("one")) + to_line(request_of("two"));
  ASSERT_EQ(::send(client, two.data(), two.size(), 0), static_cast<ssize_t>(two.size()));
  std::string got;
  while (std::count(got.begin(), got.end(), '\n') < 2) {
    char chunk[512];
    const ssize_t size = ::recv(client, chunk, sizeof chunk, 0);
    ASSERT_GT(size, 0);
    got.append(chunk, static_cast<std::size_t>(size));
  }
  ::close(client);
  EXPECT_NE(got.find("\"one\""), std::string::npos);
  EXPECT_LT(got.find("\"one\""), got.find("\"two\""));
}

TEST_F(ControlServerTest, ReplacesASocketThatNobodyListensAt) {
  {
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, socket.c_str());
    ASSERT_EQ(::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(left);
  }
  EXPECT_EQ(ask_daemon(socket, request_of("status")).error().code(), ErrorCode::not_found);
  {
    Served first({.socket = socket, .group = ""});
    ASSERT_TRUE(first.start());
    Served second({.socket = socket, .group = ""});
    const auto refused = second.start();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("another daemon"), std::string::npos);
    EXPECT_TRUE(ask_daemon(socket, request_of("status")));
  }
  EXPECT_FALSE(std::filesystem::exists(socket));
}

TEST_F(ControlServerTest, SaysWhyItCannotListen) {
  Served nowhere({.socket = (directory / "no" / "control.sock").string(), .group = ""});
  EXPECT_FALSE(nowhere.start());
  Served too_long({.socket = (directory / std::string(120, 'x')).string(), .group = ""});
  EXPECT_EQ(too_long.start().error().code(), ErrorCode::invalid_configuration);
  Served no_group({.socket = socket, .group = "no-such-group-here"});
  EXPECT_EQ(no_group.start().error().code(), ErrorCode::invalid_configuration);
}

TEST_F(ControlServerTest, AsksNobodyWhoMayHavePlantedTheSocket) {
  constexpr uid_t kStranger = 54321;
  EXPECT_TRUE(check_listener(socket, 0));
  EXPECT_TRUE(check_listener(socket, ::geteuid()));
  // Below a directory in which anybody can make another.
  EXPECT_EQ(check_listener(socket, kStranger).error().code(), ErrorCode::permission_denied);
  EXPECT_EQ(check_listener("/tmp/no-such-directory/control.sock", kStranger).error().code(),
            ErrorCode::permission_denied);
  // Where only root can put something, root has: as systemd does for the service's user.
  EXPECT_TRUE(check_listener("/proc/control.sock", kStranger));
}

/// A process of another user that listens and answers like a daemon.
TEST_F(ControlServerTest, TellsAnImpostorNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const int listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0777));
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t impostor = ::fork();
  if (impostor == 0) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, socket.c_str());
    bool is_there = ::setresuid(54321, 54321, 54321) == 0;
    is_there = is_there &&
               ::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
               ::listen(listening, 4) == 0;
    [[maybe_unused]] const auto said = ::write(ready[1], is_there ? "y" : "n", 1);
    const int client = ::accept(listening, nullptr, nullptr);
    char got = 0;
    ::_exit(::read(client, &got, 1) == 0 ? 0 : 1);  // 1: it was told something
  }
  char is_there = 'n';
  ASSERT_EQ(::read(ready[0], &is_there, 1), 1);
  ASSERT_EQ(is_there, 'y');
  EXPECT_EQ(ask_daemon(socket, request_of("status")).error().code(), ErrorCode::permission_denied);
  int status = 0;
  ASSERT_EQ(::waitpid(impostor, &status, 0), impostor);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  for (const int descriptor : {listening, ready[0], ready[1]}) ::close(descriptor);
}

TEST_F(ControlServerTest, HoldsNoMoreConnectionsThanAllowed) {
  Served served({.socket = socket, .group = "", .max_connections = 2});
  ASSERT_TRUE(served.start());
  std::vector<int> clients;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, socket.c_str());
  for (int i = 0; i < 2; ++i) {
    clients.push_back(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::connect(clients.back(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_FALSE(ask_daemon(socket, request_of("status")));
  for (const int client : clients) ::close(client);
}

TEST(ControlMessage, SurvivesTheSocket) {
  const ControlRequest request = request_of(
      "silence.add",
      {{"matchers", {"server=\"a b\"", "rule!=x\n"}}, {"comment", {"über"}}, {"n", {"12"}}});
  const std::string line = to_line(request);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto read = request_from_line(line.substr(0, line.size() - 1));
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().texts("matchers"), request.texts("matchers"));
  EXPECT_EQ(read.value().number("n"), 12U);
  EXPECT_FALSE(read.value().number("comment"));
  EXPECT_EQ(read.value().text("missing"), "");
}

TEST(ControlMessage, KeepsFromTheTerminalWhatItWouldObey) {
  const std::string result = R"({"line":"a\u009b31m\u202e\u007f"})";
  const auto read = answer_from_line(to_line(ControlAnswer::done(result)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value().result, result)
      << "as the daemon wrote it, not as its reader understood it";
  EXPECT_EQ(answer_from_line("{\"ok\":true,\"result\":\"\u009b\"}").value().result, R"("\u009b")")
      << "nor as an impostor wrote it";
}

TEST(ControlMessage, RefusesWhatIsNoRequest) {
  for (const char* const line :
       {"", "[]", "{}", "{\"verb\":1}", "{\"verb\":\"\"}", "{\"verb\":\"a\",\"more\":1}",
        "{\"verb\":\"a\",\"arguments\":[]}", "{\"verb\":\"a\",\"arguments\":{\"x\":{}}}",
        "{\"verb\":\"a\",\"arguments\":{\"x\":[[]]}}", "{\"verb\":\"a\"} x"}) {
    EXPECT_FALSE(request_from_line(line)) << line;
  }
  EXPECT_FALSE(
      request_from_line("{\"verb\":\"" + std::string(ControlRequest::kMaxBytes, 'x') + "\"}"));
  for (const char* const line :
       {"", "{}", "{\"ok\":true}", "{\"ok\":false}", "{\"ok\":false,\"error\":{}}"})
    EXPECT_FALSE(answer_from_line(line)) << line;
}

}  // namespace
}  // namespace handshaked::control
