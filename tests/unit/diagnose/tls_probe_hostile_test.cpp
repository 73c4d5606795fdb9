// Peers that do not play by the rules: other protocols, silence, floods, one byte at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/tls/peer_observation.h"
#include "diagnose/tls/tls_probe.h"
#include "probe_bench.h"

namespace handshaked::diagnose {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

std::string record(char type, const std::string& content) {
  return std::string{type, 3, 3, static_cast<char>(content.size() >> 8),
                     static_cast<char>(content.size() & 255)} +
         content;
}
std::string handshake(char type, std::size_t announced, const std::string& content) {
  return std::string{type, static_cast<char>(announced >> 16),
                     static_cast<char>((announced >> 8) & 255),
                     static_cast<char>(announced & 255)} +
         content;
}
/// TLS 1.2, ECDHE-RSA-AES128-GCM-SHA256.
std::string server_hello(bool has_renegotiation_info) {
  std::string body = "\x03\x03"s + std::string(32, 'r') + "\0\xC0\x2F\0"s;
  if (has_renegotiation_info) body += "\0\x05\xFF\x01\0\x01\0"s;
  return record(0x16, handshake(2, body.size(), body));
}

TEST(HostilePeer, SpeaksSomethingElse) {
  const struct {
    std::string says;
    FirstBytes kind;
    std::string text;
  } cases[] = {{"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n", FirstBytes::http,
                "HTTP/1.1 400 Bad Request"},
               {"SSH-2.0-OpenSSH_9.2\r\n", FirstBytes::ssh, "SSH-2.0-OpenSSH_9.2"},
               {"220 mail.test ESMTP\r\n", FirstBytes::smtp, "220 mail.test ESMTP"}};
  for (const auto& one : cases) {
    ScriptedPeer peer([&](int fd) {
      ScriptedPeer::receive_some(fd);
      for (const char c : one.says) ScriptedPeer::send_all(fd, std::string(1, c));
    });
    const ProbeResult seen = probe(peer_of(peer));
    EXPECT_EQ(seen.outcome, ProbeOutcome::not_tls) << summary_of(seen);
    EXPECT_EQ(seen.phase, ProbePhase::client_hello);
    EXPECT_EQ(seen.reason, "wrong version number");
    EXPECT_EQ(seen.reason_code, "0A00010B");
    EXPECT_EQ(seen.first_bytes, one.kind);
    EXPECT_EQ(seen.first_text, one.text);
  }
}

TEST(HostilePeer, ClosesOrResets) {
  ScriptedPeer closing([](int fd) { ScriptedPeer::receive_some(fd); });
  const ProbeResult closed = probe(peer_of(closing));
  EXPECT_EQ(closed.outcome, ProbeOutcome::closed);
  EXPECT_EQ(closed.phase, ProbePhase::client_hello);
  ScriptedPeer resetting([](int fd) {
    ScriptedPeer::receive_some(fd);
    ScriptedPeer::reset(fd);
  });
  const ProbeResult was_reset = probe(peer_of(resetting));
  EXPECT_EQ(was_reset.outcome, ProbeOutcome::reset);
  EXPECT_EQ(was_reset.system_error, ECONNRESET);
  ScriptedPeer polite([](int fd) {
    ScriptedPeer::receive_some(fd);
    ScriptedPeer::send_all(fd, record(0x15, "\x01\0"s));
  });
  EXPECT_EQ(probe(peer_of(polite)).outcome, ProbeOutcome::closed);
}

TEST(HostilePeer, SaysNothingUntilTheDeadline) {
  ScriptedPeer* self = nullptr;
  ScriptedPeer peer([&](int fd) { self->wait_for_end(fd); });
  self = &peer;
  const ProbeResult seen = probe(peer_of(peer), {.timeout = 200ms});
  EXPECT_EQ(seen.outcome, ProbeOutcome::timed_out);
  EXPECT_EQ(seen.phase, ProbePhase::client_hello);
  EXPECT_GE(seen.elapsed, 200ms);
  EXPECT_LT(seen.elapsed, 5s);
  // The deadline of the caller is kept by killing the child.
  const auto begin = std::chrono::steady_clock::now();
  const auto killed = run_probe(peer_of(peer), {.timeout = 30s}, begin + 300ms);
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed.value().outcome, ProbeOutcome::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST(HostilePeer, DribblesUntilTheDeadline) {
  ScriptedPeer peer([](int fd) {
    pollfd pace{fd, POLLERR, 0};
    const std::string endless = record(0x16, handshake(0, 0, ""));
    for (std::size_t i = 0; ScriptedPeer::send_all(fd, std::string(1, endless[i % endless.size()]));
         ++i)
      ::poll(&pace, 1, 5);
  });
  const ProbeResult seen = probe(peer_of(peer), {.timeout = 300ms});
  EXPECT_EQ(seen.outcome, ProbeOutcome::timed_out) << summary_of(seen);
  EXPECT_LT(seen.elapsed, 5s);
}

TEST(HostilePeer, SendsWithoutEnd) {
  // HelloRequests are passed over by the protocol, so that only our own count ends it.
  ScriptedPeer peer([](int fd) {
    ScriptedPeer::receive_some(fd);
    std::string many;
    for (int i = 0; i < 1000; ++i) many += record(0x16, handshake(0, 0, ""));
    while (ScriptedPeer::send_all(fd, many)) {
    }
  });
  const ProbeResult seen = probe(peer_of(peer));
  EXPECT_EQ(seen.outcome, ProbeOutcome::limit) << summary_of(seen);
  EXPECT_LT(seen.bytes_received, 2 * ProbeResult::kMaxBytes);
}

TEST(HostilePeer, SendsAnEndlessOrEnormousChain) {
  for (const std::size_t announced : {std::size_t{0xFFFFFF}, std::size_t{102'000}}) {
    ScriptedPeer peer([announced](int fd) {
      ScriptedPeer::receive_some(fd);
      if (!ScriptedPeer::send_all(
              fd, server_hello(true) + record(0x16, handshake(11, announced, "\x01\x8E\x6D"s))))
        return;
      const std::string certificate = "\0\x01\0"s + std::string(256, '\x30');
      while (ScriptedPeer::send_all(fd, record(0x16, certificate))) {
      }
    });
    const ProbeResult seen = probe(peer_of(peer));
    EXPECT_EQ(seen.outcome, ProbeOutcome::tls_error) << summary_of(seen);
    EXPECT_GE(seen.phase, ProbePhase::server_hello);
    EXPECT_TRUE(seen.chain.empty());
    if (announced == 0xFFFFFF) {
      EXPECT_EQ(seen.reason, "excessive message size");
    }
  }
}

TEST(HostilePeer, LacksSecureRenegotiation) {
  ScriptedPeer peer([](int fd) {
    ScriptedPeer::receive_some(fd);
    ScriptedPeer::send_all(fd, server_hello(false));
    ScriptedPeer::receive_some(fd);
  });
  const ProbeResult strict = probe(peer_of(peer));
  EXPECT_EQ(strict.outcome, ProbeOutcome::tls_error);
  EXPECT_EQ(strict.reason_code, "0A000152");
  EXPECT_TRUE(strict.sent_alert);
  const ProbeResult lenient =
      probe(peer_of(peer),
            {.conf_commands = {{"Options", "UnsafeLegacyServerConnect"}}, .timeout = 300ms});
  EXPECT_EQ(lenient.phase, ProbePhase::server_hello);
  EXPECT_NE(lenient.reason_code, "0A000152");
}

TEST(HostilePeer, SendsOneByteAtATime) {
  const test::TempDir directory;
  const auto root = TestIdentity::root("Root");
  const auto leaf = root.leaf();
  const OpensslServer server(directory, "s", {leaf, root}, {});
  // Everything that the server says passes through here, byte by byte.
  ScriptedPeer relay([&](int fd) {
    const int behind = connect_loopback(server.port());
    pollfd both[2] = {{fd, POLLIN, 0}, {behind, POLLIN, 0}};
    while (::poll(both, 2, 20'000) > 0) {
      if (both[0].revents) {
        const std::string bytes = ScriptedPeer::receive_some(fd);
        if (bytes.empty() || !ScriptedPeer::send_all(behind, bytes)) break;
      }
      if (both[1].revents) {
        const std::string bytes = ScriptedPeer::receive_some(behind);
        if (bytes.empty()) break;
        for (const char c : bytes) ScriptedPeer::send_all(fd, std::string(1, c));
      }
    }
    ::close(behind);
  });
  for (const TlsVersion version : {TlsVersion::tls1_2, TlsVersion::tls1_3}) {
    const ProbeResult seen = probe(peer_of(relay), {.protocols = {version}});
    EXPECT_EQ(seen.outcome, ProbeOutcome::ok) << summary_of(seen);
    EXPECT_EQ(seen.chain.size(), 2U);
  }
}

TEST(HostilePeer, GetsNothingButAHandshake) {
  std::string heard;
  {
    ScriptedPeer peer([&](int fd) {
      heard = ScriptedPeer::receive_some(fd);
      ScriptedPeer::send_all(fd, "HTTP/1.1 400 x\r\n");
    });
    probe(peer_of(peer), {.server_name = "leaf.test"});
    EXPECT_EQ(peer.connections(), 1);
  }
  ASSERT_GT(heard.size(), 5U);
  EXPECT_EQ(heard[0], 0x16);
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(heard[3])) * 256 +
                      static_cast<unsigned char>(heard[4]);
  EXPECT_EQ(heard.size(), 5 + length) << "one record, the ClientHello, and no more";
}

TEST(HostilePeer, GetsTheProxyHeaderFirst) {
  std::string heard;
  std::uint16_t port = 0;
  {
    ScriptedPeer peer([&](int fd) {
      while (heard.size() < 60) {
        const std::string more = ScriptedPeer::receive_some(fd);
        if (more.empty()) break;
        heard += more;
      }
    });
    port = peer.port();
    probe(peer_of(peer), {.send_proxy_header = true});
  }
  EXPECT_THAT(heard, testing::MatchesRegex("PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 [0-9]+ " +
                                           std::to_string(port) + "\r\n.*"));
}

TEST(HostilePeer, SendsAlertsOfEveryKind) {
  for (const int number : {40, 48, 49, 70, 71, 80, 112, 120}) {
    ScriptedPeer peer([&](int fd) {
      ScriptedPeer::receive_some(fd);
      ScriptedPeer::send_all(fd, record(0x15, {2, static_cast<char>(number)}));
    });
    const ProbeResult seen = probe(peer_of(peer));
    EXPECT_EQ(seen.outcome, ProbeOutcome::alert);
    EXPECT_EQ(seen.alert, number);
  }
}

}  // namespace
}  // namespace handshaked::diagnose
