#include "net/http/http_client.h"

#include <fstream>

#include <gtest/gtest.h>
#include <boost/asio/steady_timer.hpp>

#include "support/loopback_server.h"
#include "support/run_coroutine.h"
#include "support/temp_dir.h"
#include "support/test_certificate.h"

namespace handshaked::net {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A file that is there as long as the object.
class TestFile {
 public:
  explicit TestFile(const std::string& text) { std::ofstream(path_) << text; }
  const std::string& path() const { return path_; }

 private:
  test::TempDir directory_;
  std::string path_ = directory_ / "file";
};

class HttpClientTest : public testing::Test {
 protected:
  HttpClient client_of(const test::LoopbackServer& server, HttpClientOptions options = {}) {
    const auto url =
        parse_receiver_url("http://127.0.0.1:" + std::to_string(server.port()) + "/hook");
    return HttpClient(loop_.get_executor(), url.value(), std::nullopt, options);
  }

  Result<HttpResponse> post(HttpClient& client, std::string body = "{}") {
    HttpClientRequest request;
    request.target = "/hook";
    request.headers = {{"webhook-id", "ev1"}};
    request.body = std::move(body);
    return test::run_coroutine(loop_, client.exchange(std::move(request)));
  }

  boost::asio::io_context loop_;
};

void answer_all(test::LoopbackConnection& connection, int) {
  while (!connection.read_request().empty()) connection.write(kOk);
}

TEST_F(HttpClientTest, SendsARequestAndReadsTheAnswer) {
  std::string seen;
  test::LoopbackServer server([&](test::LoopbackConnection& connection, int) {
    seen = connection.read_request();
    connection.write(kOk);
    connection.wait_for_end();
  });
  HttpClient client = client_of(server);
  const auto response = post(client, "{\"a\":1}");
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response.value().status, 200u);
  EXPECT_EQ(response.value().body, "ok");
  EXPECT_EQ(seen, "POST /hook HTTP/1.1\r\nhost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nwebhook-id: ev1\r\ncontent-length: 7\r\n\r\n{\"a\":1}");
  client.close();
}

TEST_F(HttpClientTest, KeepsTheConnection) {
  test::LoopbackServer server(answer_all);
  HttpClient client = client_of(server);
  for (int count = 0; count < 5; ++count) ASSERT_TRUE(post(client));
  EXPECT_EQ(server.connections(), 1);
  client.close();
}

TEST_F(HttpClientTest, ClosesAConnectionThatWasIdleForTooLong) {
  test::LoopbackServer server(answer_all);
  HttpClientOptions options;
  options.keep_idle = 1ms;
  HttpClient client = client_of(server, options);
  ASSERT_TRUE(post(client));
  loop_.restart();
  loop_.run_for(10s);  // ends when nothing is left to wait for: the idle timer was the last
  EXPECT_TRUE(loop_.stopped());
  ASSERT_TRUE(post(client));
  EXPECT_EQ(server.connections(), 2);
  client.close();
}

TEST_F(HttpClientTest, OpensANewConnectionWhenTheReceiverClosedTheKeptOne) {
  test::LoopbackServer server([](test::LoopbackConnection& connection, int) {
    connection.read_request();
    connection.write(kOk);
  });
  HttpClient client = client_of(server);
  for (int count = 0; count < 3; ++count) ASSERT_TRUE(post(client));
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(HttpClientTest, SendsAgainWhenTheKeptConnectionBreaksWithoutAnAnswer) {
  for (const bool by_reset : {false, true}) {
    test::LoopbackServer server([by_reset](test::LoopbackConnection& connection, int number) {
      connection.read_request();
      connection.write(kOk);
      if (connection.read_request().empty()) return;
      if (number == 0) connection.close(by_reset);  // took the second request, and dies
      else connection.write(kOk);
    });
    HttpClient client = client_of(server);
    ASSERT_TRUE(post(client));
    EXPECT_TRUE(post(client));
    EXPECT_EQ(server.connections(), 2);
    client.close();
  }
}

TEST_F(HttpClientTest, DoesNotSendAgainWhenAFreshConnectionBreaks) {
  test::LoopbackServer server(
      [](test::LoopbackConnection& connection, int) { connection.read_request(); });
  HttpClient client = client_of(server);
  const auto response = post(client);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::network);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClientTest, RefusesGarbage) {
  test::LoopbackServer server([](test::LoopbackConnection& connection, int) {
    connection.read_request();
    connection.write("220 mail.example.com ESMTP\r\n");
    connection.wait_for_end();
  });
  HttpClient client = client_of(server);
  const auto response = post(client);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::invalid_input);
}

TEST_F(HttpClientTest, GivesUpOnAReceiverThatNeverAnswers) {
  test::LoopbackServer server(
      [](test::LoopbackConnection& connection, int) { connection.wait_for_end(); });
  HttpClientOptions options;
  options.first_byte = 50ms;
  HttpClient client = client_of(server, options);
  const auto response = post(client);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message(), "timed out while waiting for the answer");
}

TEST_F(HttpClientTest, GivesUpOnAReceiverThatDripsItsHeader) {
  test::LoopbackServer server([](test::LoopbackConnection& connection, int) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\n");
    connection.wait_for_end();
  });
  HttpClientOptions options;
  options.whole = 100ms;
  HttpClient client = client_of(server, options);
  const auto response = post(client);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::timeout);
}

TEST_F(HttpClientTest, GivesUpOnAReceiverThatDoesNotRead) {
  const int blocked = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);  // listens, never accepts
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(blocked, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(blocked, 1), 0);
  ::getsockname(blocked, reinterpret_cast<sockaddr*>(&address), &size);
  const auto url =
      parse_receiver_url("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  HttpClientOptions options;
  options.write = 50ms;
  HttpClient client(loop_.get_executor(), url.value(), std::nullopt, options);
  const auto response = post(client, std::string(32 << 20, 'x'));
  ::close(blocked);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message(), "timed out while sending the request");
}

TEST_F(HttpClientTest, ReportsAnAnswerThatBreaksOffInItsHeader) {
  test::LoopbackServer server([](test::LoopbackConnection& connection, int) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\ncontent-le");
  });
  HttpClient client = client_of(server);
  const auto response = post(client);
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().message().find("in the middle"), std::string::npos);
}

TEST_F(HttpClientTest, TakesTheStatusOfAnAnswerThatBreaksOffInItsBody) {
  test::LoopbackServer server([](test::LoopbackConnection& connection, int) {
    connection.read_request();
    connection.write("HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\nabc");
  });
  HttpClient client = client_of(server);
  const auto response = post(client);
  ASSERT_TRUE(response);
  EXPECT_EQ(response.value().status, 202u);
  EXPECT_FALSE(response.value().is_body_complete);
}

TEST_F(HttpClientTest, DoesNotWaitForABodyThatDoesNotCome) {
  test::LoopbackServer server([](test::LoopbackConnection& connection, int) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc");
    connection.wait_for_end();
  });
  HttpClientOptions options;
  options.body = 50ms;
  HttpClient client = client_of(server, options);
  const auto response = post(client);
  ASSERT_TRUE(response);
  EXPECT_EQ(response.value().body, "abc");
}

TEST_F(HttpClientTest, TakesNoMoreThanTheLimitOfAHundredMegabytes) {
  std::atomic<std::size_t> sent = 0;
  test::LoopbackServer server([&](test::LoopbackConnection& connection, int) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n");
    const std::string block(65536, 'x');
    while (sent < 104857600 && connection.write(block)) sent += block.size();
  });
  HttpClient client = client_of(server);
  const auto response = post(client);
  ASSERT_TRUE(response);
  EXPECT_EQ(response.value().body.size(), 65536u);
  EXPECT_FALSE(response.value().is_body_complete);
  EXPECT_LT(sent, 104857600u);
}

TEST_F(HttpClientTest, ReadsAnAnswerThatComesBeforeTheRequestWasRead) {
  test::LoopbackServer server([](test::LoopbackConnection& connection, int) {
    connection.read_unit([](const std::string& seen) { return seen.size(); });
    connection.write("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    connection.wait_for_end();
  });
  HttpClient client = client_of(server);
  const auto response = post(client, std::string(1 << 20, 'x'));
  ASSERT_TRUE(response);
  EXPECT_EQ(response.value().status, 413u);
}

TEST_F(HttpClientTest, FollowsNoRedirect) {
  test::LoopbackServer server([](test::LoopbackConnection& connection, int) {
    connection.read_request();
    connection.write(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n");
    connection.wait_for_end();
  });
  HttpClient client = client_of(server);
  const auto response = post(client);
  ASSERT_TRUE(response);
  EXPECT_EQ(response.value().status, 307u);
  EXPECT_EQ(server.connections(), 1);
  client.close();
}

TEST_F(HttpClientTest, ReportsARefusedConnectionWithoutThePath) {
  int port = 0;
  {
    port = test::LoopbackServer([](test::LoopbackConnection&, int) {}).port();
  }
  const auto url = parse_receiver_url("http://127.0.0.1:" + std::to_string(port) + "/s3cret");
  HttpClient client(loop_.get_executor(), url.value(), std::nullopt, {});
  const auto response = post(client);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message(), "cannot connect to 127.0.0.1 port " + std::to_string(port) +
                                            " (127.0.0.1: Connection refused)");
}

TEST_F(HttpClientTest, ReportsANameThatDoesNotExist) {
  const auto url = parse_receiver_url("http://no-such-host.invalid/");
  HttpClientOptions options;
  options.connect.connect = 3s;
  HttpClient client(loop_.get_executor(), url.value(), std::nullopt, options);
  EXPECT_FALSE(post(client));
}

TEST_F(HttpClientTest, EndsWhatIsUnderWayWhenClosed) {
  test::LoopbackServer server(
      [](test::LoopbackConnection& connection, int) { connection.wait_for_end(); });
  HttpClient client = client_of(server);
  boost::asio::steady_timer timer(loop_, 20ms);
  timer.async_wait([&](boost::system::error_code) { client.close(); });
  const auto response = post(client);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::cancelled);
  EXPECT_EQ(post(client).error().code(), ErrorCode::cancelled);
}

TEST_F(HttpClientTest, RefusesLineFeedsInHeaders) {
  test::LoopbackServer server(answer_all);
  HttpClient client = client_of(server);
  HttpClientRequest request;
  request.target = "/";
  request.headers = {{"webhook-id", "a\r\nx: y"}};
  EXPECT_EQ(test::run_coroutine(loop_, client.exchange(std::move(request))).error().code(),
            ErrorCode::invalid_input);
  EXPECT_EQ(server.connections(), 0);
}

class HttpsClientTest : public HttpClientTest {
 protected:
  Result<HttpResponse> post_to(const std::string& host, const test::TestCertificate& certificate,
                               const std::string& ca_file, int times = 1) {
    test::LoopbackServer server(answer_all, &certificate);
    const auto url =
        parse_receiver_url("https://" + host + ":" + std::to_string(server.port()) + "/hook");
    auto tls = TlsClient::create({.ca_file = ca_file, .certificate_file = "", .key_file = ""});
    HttpClient client(loop_.get_executor(), url.value(), std::move(tls.value()), {});
    auto response = post(client);
    for (int count = 1; count < times; ++count) response = post(client);
    client.close();
    connections_ = server.connections();
    return response;
  }

  test::TestCertificate authority_ = test::TestCertificate::authority();
  TestFile ca_file_{authority_.certificate_pem()};
  int connections_ = 0;
};

TEST_F(HttpsClientTest, KeepsAVerifiedConnection) {
  const auto certificate = test::TestCertificate::server("IP:127.0.0.1", authority_);
  const auto response = post_to("127.0.0.1", certificate, ca_file_.path(), 3);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response.value().body, "ok");
  EXPECT_EQ(connections_, 1);
}

TEST_F(HttpsClientTest, VerifiesNames) {
  const auto certificate = test::TestCertificate::server("DNS:localhost", authority_);
  const auto response = post_to("localhost", certificate, ca_file_.path());
  EXPECT_TRUE(response) << response.error().message();
}

TEST_F(HttpsClientTest, RefusesACertificateOfAnUnknownAuthority) {
  const auto other = test::TestCertificate::authority();
  const auto certificate = test::TestCertificate::server("IP:127.0.0.1", other);
  const auto response = post_to("127.0.0.1", certificate, ca_file_.path());
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().message().find("is not trusted"), std::string::npos)
      << response.error().message();
  EXPECT_FALSE(post_to("127.0.0.1", certificate, ""));  // nor does the system's store know it
}

TEST_F(HttpsClientTest, RefusesACertificateForAnotherName) {
  const auto name = test::TestCertificate::server("DNS:example.com", authority_);
  const auto by_name = post_to("localhost", name, ca_file_.path());
  ASSERT_FALSE(by_name);
  EXPECT_NE(by_name.error().message().find("hostname mismatch"), std::string::npos)
      << by_name.error().message();
  const auto by_address = post_to("127.0.0.1", name, ca_file_.path());
  ASSERT_FALSE(by_address);
  EXPECT_NE(by_address.error().message().find("IP address mismatch"), std::string::npos)
      << by_address.error().message();
}

TEST_F(HttpsClientTest, GivesUpOnAHandshakeThatDoesNotGoOn) {
  test::LoopbackServer server(
      [](test::LoopbackConnection& connection, int) { connection.wait_for_end(); });
  const auto url = parse_receiver_url("https://127.0.0.1:" + std::to_string(server.port()));
  HttpClientOptions options;
  options.connect.tls_handshake = 50ms;
  HttpClient client(loop_.get_executor(), url.value(), std::move(TlsClient::create({}).value()),
                    options);
  const auto response = post(client);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message(), "timed out while agreeing on TLS");
}

TEST_F(HttpsClientTest, ReportsAPeerThatDoesNotSpeakTls) {
  test::LoopbackServer server([](test::LoopbackConnection& connection, int) {
    connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const auto url = parse_receiver_url("https://127.0.0.1:" + std::to_string(server.port()));
  HttpClient client(loop_.get_executor(), url.value(), std::move(TlsClient::create({}).value()),
                    {});
  EXPECT_EQ(post(client).error().code(), ErrorCode::network);
}

TEST(TlsClient, RefusesFilesThatItCannotUse) {
  EXPECT_FALSE(
      TlsClient::create({.ca_file = "/no/such/file", .certificate_file = "", .key_file = ""}));
  EXPECT_FALSE(
      TlsClient::create({.ca_file = "", .certificate_file = "/some/file", .key_file = ""}));
  const TestFile garbage("garbage");
  EXPECT_FALSE(
      TlsClient::create({.ca_file = garbage.path(), .certificate_file = "", .key_file = ""}));
  const auto one = test::TestCertificate::authority();
  const auto other = test::TestCertificate::authority();
  const TestFile certificate(one.certificate_pem());
  const TestFile key(one.key_pem());
  const TestFile wrong_key(other.key_pem());
  EXPECT_TRUE(TlsClient::create(
      {.ca_file = "", .certificate_file = certificate.path(), .key_file = key.path()}));
  EXPECT_FALSE(TlsClient::create(
      {.ca_file = "", .certificate_file = certificate.path(), .key_file = wrong_key.path()}));
}

}  // namespace
}  // namespace handshaked::net
