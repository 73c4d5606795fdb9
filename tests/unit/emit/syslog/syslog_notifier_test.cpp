#include "emit/syslog/syslog_notifier.h"

#include <filesystem>
#include <fstream>
#include <mutex>

#include <sys/un.h>

#include <gtest/gtest.h>

#include "support/loopback_server.h"
#include "support/run_coroutine.h"
#include "support/temp_dir.h"

namespace handshaked::emit {
namespace {

using namespace std::chrono_literals;
using Kind = DeliveryOutcome::Kind;

event::RemediationEvent event_named(const std::string& id) {
  event::RemediationEvent event;
  event.event_id = id;
  event.event_type = "io.handshaked.incident.opened";
  event.summary = "summary of " + id;
  return event;
}

/// Octet-counted frames that a collector has read, over all connections.
class Frames {
 public:
  void read_one(test::LoopbackConnection& connection) {
    const std::string frame = connection.read_frame();
    const std::lock_guard lock(mutex_);
    if (!frame.empty()) frames_.push_back(frame);
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return frames_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> frames_;
};

class SyslogNotifierTest : public testing::Test {
 protected:
  std::unique_ptr<SyslogNotifier> sink_for(SyslogOptions options) {
    options.name = "syslog";
    options.limits.acknowledge = 2s;
    return std::move(SyslogNotifier::create(loop_.get_executor(), std::move(options)).value());
  }
  std::unique_ptr<SyslogNotifier> tcp_sink(int port) {
    SyslogOptions options;
    options.transport = SyslogTransport::tcp;
    options.host = "127.0.0.1";
    options.port = std::to_string(port);
    return sink_for(options);
  }
  DeliveryOutcome send(SyslogNotifier& notifier, const std::string& id) {
    const event::RemediationEvent event = event_named(id);
    return test::run_coroutine(loop_, notifier.send(event));
  }

  /// A Unix socket of `kind` bound to a fresh path.
  int bind_unix(int kind) {
    path_ = directory_ / "log";
    std::filesystem::remove(path_);
    const int descriptor = ::socket(AF_UNIX, kind | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.native().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return descriptor;
  }
  std::unique_ptr<SyslogNotifier> local_sink() {
    SyslogOptions options;
    options.path = path_.native();
    return sink_for(options);
  }
  static std::string receive(int descriptor) {
    char buffer[4096];
    const auto size = ::recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
    return size < 0 ? std::string("nothing") : std::string(buffer, static_cast<std::size_t>(size));
  }

  boost::asio::io_context loop_;
  test::TempDir directory_;
  std::filesystem::path path_;
};

TEST_F(SyslogNotifierTest, CountsOctetsOverTcpAndKeepsTheConnection) {
  Frames frames;
  test::LoopbackServer server([&](test::LoopbackConnection& connection, int) {
    while (connection.is_good()) frames.read_one(connection);
  });
  const auto notifier = tcp_sink(server.port());
  EXPECT_EQ(send(*notifier, "a").kind, Kind::delivered);
  EXPECT_EQ(send(*notifier, "b").kind, Kind::delivered);
  EXPECT_TRUE(test::run_until(loop_, [&] { return frames.all().size() == 2; }));
  EXPECT_EQ(server.connections(), 1);
  const std::string first = frames.all().at(0);
  EXPECT_EQ(std::stoul(first), first.size() - first.find(' ') - 1);
  EXPECT_NE(first.find(" <29>1 "), std::string::npos);
  notifier->close();
}

TEST_F(SyslogNotifierTest, LosesNoMessageToACollectorThatClosesAfterEachOne) {
  // Closed in order. A reset that arrives after the peer's kernel took the message can lose it:
  // syslog has no answer.
  {
    Frames frames;
    test::LoopbackServer server([&](test::LoopbackConnection& connection, int) {
      frames.read_one(connection);
      connection.close(false);
    });
    const auto notifier = tcp_sink(server.port());
    for (const std::string id : {"a", "b", "c", "d"}) {
      DeliveryOutcome outcome = send(*notifier, id);
      for (int again = 0; again < 5 && outcome.kind != Kind::delivered; ++again)
        outcome = send(*notifier, id);
      ASSERT_EQ(outcome.kind, Kind::delivered) << outcome.reason;
      const auto has_come = [&] {
        for (const auto& frame : frames.all())
          if (frame.ends_with("summary of " + id)) return true;
        return false;
      };
      EXPECT_TRUE(test::run_until(loop_, has_come)) << id;
    }
    notifier->close();
  }
}

TEST_F(SyslogNotifierTest, SpeaksTls) {
  Frames frames;
  const auto authority = test::TestCertificate::authority();
  const auto certificate = test::TestCertificate::server("IP:127.0.0.1", authority);
  test::LoopbackServer server(
      [&](test::LoopbackConnection& connection, int) {
        while (connection.is_good()) frames.read_one(connection);
      },
      &certificate);
  SyslogOptions options;
  options.transport = SyslogTransport::tls;
  options.host = "127.0.0.1";
  options.port = std::to_string(server.port());
  options.tls.ca_file = directory_ / "ca.pem";
  std::ofstream(options.tls.ca_file) << authority.certificate_pem();
  const auto notifier = sink_for(options);
  for (const char* id : {"a", "b", "c"}) {
    const auto outcome = send(*notifier, id);
    EXPECT_EQ(outcome.kind, Kind::delivered) << outcome.reason;
  }
  EXPECT_TRUE(test::run_until(loop_, [&] { return frames.all().size() == 3; }));
  EXPECT_EQ(server.connections(), 1);
  notifier->close();
}

TEST_F(SyslogNotifierTest, SendsDatagramsOverUdp) {
  const int collector = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(collector, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(collector, reinterpret_cast<sockaddr*>(&address), &size);
  SyslogOptions options;
  options.transport = SyslogTransport::udp;
  options.host = "127.0.0.1";
  options.port = std::to_string(ntohs(address.sin_port));
  const auto notifier = sink_for(options);
  EXPECT_EQ(send(*notifier, "a").kind, Kind::delivered);
  EXPECT_EQ(receive(collector).substr(0, 7), "<29>1 1");
  ::close(collector);
  notifier->close();
}

TEST_F(SyslogNotifierTest, RejectsADatagramThatCanNeverPass) {
  SyslogOptions options;
  options.transport = SyslogTransport::udp;
  options.host = "127.0.0.1";
  options.port = "9";
  options.format.limit_bytes = 1 << 20;
  const auto notifier = sink_for(options);
  event::RemediationEvent event = event_named("a");
  event.summary.assign(200'000, 'x');
  EXPECT_EQ(test::run_coroutine(loop_, notifier->send(event)).kind, Kind::rejected);
}

TEST_F(SyslogNotifierTest, SurvivesARestartOfTheLocalCollector) {
  int collector = bind_unix(SOCK_DGRAM);
  const auto notifier = local_sink();
  EXPECT_EQ(send(*notifier, "a").kind, Kind::delivered);
  EXPECT_NE(receive(collector).find("of a"), std::string::npos);
  ::close(collector);
  EXPECT_EQ(send(*notifier, "b").kind, Kind::retry);
  collector = bind_unix(SOCK_DGRAM);
  EXPECT_EQ(send(*notifier, "b").kind, Kind::delivered);
  EXPECT_NE(receive(collector).find("of b"), std::string::npos);
  ::close(collector);
  notifier->close();
}

TEST_F(SyslogNotifierTest, UsesAStreamWhereTheLocalCollectorHasMadeItThat) {
  const int collector = bind_unix(SOCK_STREAM);
  ASSERT_EQ(::listen(collector, 4), 0);
  std::string text;
  std::thread reader([&] {
    test::LoopbackConnection connection(::accept(collector, nullptr, nullptr), nullptr);
    text = connection.read_unit([](const std::string& seen) -> std::size_t {
      return std::count(seen.begin(), seen.end(), '\n') == 2 ? seen.size() : 0;
    });
  });
  const auto notifier = local_sink();
  EXPECT_EQ(send(*notifier, "a").kind, Kind::delivered);
  send(*notifier, "b");
  reader.join();
  ::close(collector);
  EXPECT_NE(text.find("summary of a\n<"), std::string::npos) << text;
  notifier->close();
}

TEST_F(SyslogNotifierTest, WaitsForALocalCollectorThatIsNotThere) {
  path_ = directory_ / "missing";
  const auto notifier = local_sink();
  const auto outcome = send(*notifier, "a");
  EXPECT_EQ(outcome.kind, Kind::retry);
  EXPECT_NE(outcome.reason.find("No such file"), std::string::npos) << outcome.reason;
}

TEST_F(SyslogNotifierTest, RefusesABadConfiguration) {
  SyslogOptions options;
  options.transport = SyslogTransport::tcp;
  EXPECT_FALSE(SyslogNotifier::create(loop_.get_executor(), options));
  options.transport = SyslogTransport::local;
  options.path = std::string(200, 'x');
  EXPECT_FALSE(SyslogNotifier::create(loop_.get_executor(), options));
}

}  // namespace
}  // namespace handshaked::emit
