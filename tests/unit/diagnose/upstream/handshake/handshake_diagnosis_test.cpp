#include "diagnose/upstream/handshake/handshake_diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>

#include "unit/diagnose/handshake_bench.h"

namespace handshaked::diagnose {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class HandshakeDiagnosis : public testing::Test {
 protected:
  HandshakeDiagnosis() {
    bench.put("ca.pem", root.pem());
    bench.put("client.key", client.key_pem());
  }
  std::string verified() const {
    return " proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.pem;";
  }
  OpensslServer server(const std::vector<std::string>& options,
                       const TestIdentity* identity = nullptr) {
    return OpensslServer(bench.directory, "peer" + std::to_string(++servers),
                         {identity ? *identity : leaf, issuing}, options);
  }
  /// Wants a client certificate that client-ca.pem leads to.
  OpensslServer demanding_server() {
    return server({"-Verify", "3", "-verify_return_error", "-CAfile", bench.path("client-ca.pem")});
  }
  /// Of a location: the peer is verified, and shown client.pem.
  std::string with_client_certificate() const {
    return "proxy_pass https://backend.test;" + verified() +
           " proxy_ssl_certificate client.pem; proxy_ssl_certificate_key client.key;";
  }
  void expect_no_unsafe_first(const Diagnosis& diagnosis) {
    ASSERT_FALSE(diagnosis.fixes.empty());
    EXPECT_FALSE(diagnosis.fixes.front().is_unsafe) << diagnosis.fixes.front().id;
    EXPECT_THAT(diagnosis.fixes.front().patch, Not(HasSubstr("SECLEVEL")));
    EXPECT_THAT(diagnosis.fixes.front().patch, Not(HasSubstr("Unsafe")));
  }
  void expect_proved_dead_end(const Diagnosis& diagnosis, const std::string& words) {
    for (const DeadEnd& one : diagnosis.dead_ends) {
      if (one.action.en.find(words) == std::string::npos) continue;
      EXPECT_EQ(one.proof.status, ProofStatus::proved)
          << one.action.en << ": " << one.proof.detail.en;
      EXPECT_FALSE(one.proof.detail.zh.empty());
      return;
    }
    ADD_FAILURE() << "no dead end: " << words;
  }

  HandshakeBench bench;
  int servers = 0;
  TestIdentity root = TestIdentity::root("Root");
  TestIdentity issuing = root.intermediate("Issuing");
  TestIdentity leaf = issuing.leaf("backend.test");
  TestIdentity client_root = TestIdentity::root("Client Root");
  TestIdentity client_issuing = client_root.intermediate("Client Issuing");
  TestIdentity client = client_issuing.leaf("proxy", {.extended_usage = "clientAuth"});
};

std::string alert_bytes(char code) { return std::string("\x15\x03\x03\x00\x02\x02", 6) + code; }

/// Passes bytes on in both directions until one side has ended.
void relay(int fd, int other) {
  pollfd both[2]{{fd, POLLIN, 0}, {other, POLLIN, 0}};
  for (;;) {
    if (::poll(both, 2, 5000) <= 0) return;
    for (const int i : {0, 1}) {
      if (both[i].revents == 0) continue;
      const std::string bytes = ScriptedPeer::receive_some(both[i].fd);
      if (bytes.empty() || !ScriptedPeer::send_all(both[1 - i].fd, bytes)) return;
    }
  }
}

/// In front of a TLS server: lets connections through whose first bytes hold `words`, and does
/// `otherwise` to all others. With `is_eaten` the first line is taken away, as whoever reads a
/// PROXY header does.
ScriptedPeer::Script gate(std::uint16_t port, const std::string& words, bool is_eaten,
                          const std::function<void(int)>& otherwise) {
  return [=](int fd) {
    std::string first = ScriptedPeer::receive_some(fd);
    if (first.find(words) == std::string::npos) return otherwise(fd);
    if (is_eaten) first.erase(0, first.find('\n') + 1);
    const int other = connect_loopback(port);
    ScriptedPeer::send_all(other, first);
    relay(fd, other);
    ::close(other);
  };
}

TEST_F(HandshakeDiagnosis, SniIsMissingWhenThePeerRefusesNamelessClients) {
  const OpensslServer hidden = server({});
  for (const int code : {112, 40, 80}) {
    const ScriptedPeer peer(gate(hidden.port(), "backend.test", false, [code](int fd) {
      ScriptedPeer::send_all(fd, alert_bytes(static_cast<char>(code)));
    }));
    bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified());
    bench.symptom.alert = code;
    const Diagnosis diagnosis = bench.diagnose();
    EXPECT_EQ(diagnosis.cause, "upstream_sni_missing") << code;
    EXPECT_TRUE(is_cured_first(diagnosis, "enable-sni"));
    EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_ssl_server_name on;"));
    expect_proved_dead_end(diagnosis, "Set the Host header");
    expect_proved_dead_end(diagnosis, "Force a TLS version");
  }
}

TEST_F(HandshakeDiagnosis, SniIsMissingWhenThePeerClosesOnNamelessClients) {
  const OpensslServer hidden = server({});
  const ScriptedPeer peer(gate(hidden.port(), "backend.test", false, [](int) {}));
  bench.configure_http(peer.port(), "uwsgi_pass suwsgi://backend.test;");
  bench.symptom.scheme = "suwsgi";
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_sni_missing");
  EXPECT_TRUE(is_cured_first(diagnosis, "enable-sni"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("uwsgi_ssl_server_name on;"));
}

TEST_F(HandshakeDiagnosis, ALargeClientHelloIsNotTaken) {
  const OpensslServer hidden = server({"-tls1_3"});
  const ScriptedPeer peer([&](int fd) {
    constexpr std::size_t kOnePacket = 900;
    const std::string first = ScriptedPeer::receive_some(fd);
    if (first.size() > kOnePacket) return;  // it closes
    const int other = connect_loopback(hidden.port());
    ScriptedPeer::send_all(other, first);
    relay(fd, other);
    ::close(other);
  });
  bench.configure_http(
      peer.port(),
      "proxy_pass https://backend.test; proxy_ssl_protocols TLSv1.3; proxy_ssl_server_name on; "
      "proxy_ssl_conf_command Groups ffdhe8192:X25519;" +
          verified());
  bench.symptom.message = "peer closed connection in SSL handshake";
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_rejects_large_hello");
  EXPECT_TRUE(is_cured_first(diagnosis, "classical-groups"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_ssl_conf_command Groups X25519;"));
  EXPECT_THAT(diagnosis.fixes.front().how.en, HasSubstr("quantum"));
}

TEST_F(HandshakeDiagnosis, ASilentServiceIsAskedInPlainBeforeItIsCalledSlow) {
  const ScriptedPeer uwsgi([](int fd) {
    const std::string head = ScriptedPeer::receive_some(fd);
    if (head.starts_with(std::string(4, '\0'))) return;  // an empty packet: it is over at once
    while (!ScriptedPeer::receive_some(fd).empty()) {
    }
  });
  bench.configure_http(uwsgi.port(), "uwsgi_pass suwsgi://backend.test; uwsgi_connect_timeout 1s;");
  bench.symptom.scheme = "suwsgi";
  bench.symptom.message = "upstream timed out (110: Connection timed out)";
  EXPECT_EQ(bench.diagnose().cause, "upstream_not_tls");
  const ScriptedPeer lines([](int fd) {
    for (std::string got = ScriptedPeer::receive_some(fd); !got.empty();
         got = ScriptedPeer::receive_some(fd)) {
      if (got == "?\r\n\r\n") ScriptedPeer::send_all(fd, "HTTP/1.0 400 Bad request syntax\r\n\r\n");
    }
  });
  bench.configure_http(lines.port(), "proxy_pass https://backend.test; proxy_connect_timeout 1s;");
  bench.symptom.scheme = "https";
  EXPECT_EQ(bench.diagnose().cause, "upstream_is_plain_http");
}

TEST_F(HandshakeDiagnosis, ThePeerKnowsAnotherName) {
  const OpensslServer hidden = server({});
  const ScriptedPeer peer(gate(hidden.port(), "backend.test", false,
                               [](int fd) { ScriptedPeer::send_all(fd, alert_bytes(112)); }));
  bench.configure_http(
      peer.port(),
      "proxy_pass https://backend.test; proxy_ssl_server_name on; proxy_ssl_name other.test;" +
          verified());
  bench.symptom.alert = 112;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "proxy_ssl_name_wrong");
  EXPECT_TRUE(is_cured_first(diagnosis, "correct-name"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_ssl_name backend.test;"));
}

TEST_F(HandshakeDiagnosis, ThePeerWantsAProxyHeader) {
  const OpensslServer hidden = server({});
  const ScriptedPeer peer(gate(hidden.port(), "PROXY ", true, [](int) {}));
  bench.configure_stream(peer.port(),
                         "proxy_ssl on; proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.pem; "
                         "proxy_ssl_name backend.test;");
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_expects_proxy_protocol");
  EXPECT_TRUE(is_cured_first(diagnosis, "send-proxy-protocol"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_protocol on;"));
}

TEST_F(HandshakeDiagnosis, AnHttpProxyCannotSendAProxyHeader) {
  const OpensslServer hidden = server({});
  const ScriptedPeer peer(gate(hidden.port(), "PROXY ", true, [](int) {}));
  bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified());
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_expects_proxy_protocol");
  EXPECT_EQ(diagnosis.fixes.front().owner, Owner::upstream);
}

TEST_F(HandshakeDiagnosis, ThePeerTakesNoProxyHeader) {
  const OpensslServer peer = server({});
  bench.configure_stream(
      peer.port(),
      "proxy_ssl on; proxy_protocol on; proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.pem; "
      "proxy_ssl_name backend.test;");
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_rejects_proxy_protocol");
  EXPECT_TRUE(is_cured_first(diagnosis, "stop-proxy-protocol"));
}

std::string plain_refusal() {
  return "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nThe plain HTTP request was sent to "
         "HTTPS port";
}

/// In front of a TLS server: what does not begin with a ClientHello is answered in plain text, as
/// nginx does on a TLS port.
ScriptedPeer::Script refusing_plain_text(std::uint16_t port) {
  return [=](int fd) {
    const std::string first = ScriptedPeer::receive_some(fd);
    if (!first.starts_with('\x16')) {
      ScriptedPeer::send_all(fd, plain_refusal());
      return;
    }
    const int other = connect_loopback(port);
    ScriptedPeer::send_all(other, first);
    relay(fd, other);
    ::close(other);
  };
}

constexpr std::string_view kHeaderToTls =
    "proxy_ssl on; proxy_protocol on; proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.pem; "
    "proxy_ssl_name backend.test;";

TEST_F(HandshakeDiagnosis, APlainAnswerToAProxyHeaderIsNoPlainPort) {
  const OpensslServer hidden = server({});
  const ScriptedPeer peer(refusing_plain_text(hidden.port()));
  bench.configure_stream(peer.port(), std::string(kHeaderToTls));
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_rejects_proxy_protocol");
  EXPECT_TRUE(is_cured_first(diagnosis, "stop-proxy-protocol"));
  for (const Fix& fix : diagnosis.fixes)
    EXPECT_THAT(fix.patch, Not(HasSubstr("proxy_ssl off"))) << fix.id;
}

TEST_F(HandshakeDiagnosis, WhereNobodyMayTryWithoutTheHeaderNothingIsConcludedFromThePlainAnswer) {
  const OpensslServer hidden = server({});
  const ScriptedPeer peer(refusing_plain_text(hidden.port()));
  bench.configure_stream(peer.port(), std::string(kHeaderToTls));
  bench.scope = ProbeScope::frugal;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_LE(diagnosis.confidence, 0.5);
  EXPECT_THAT(diagnosis.also, Contains("upstream_is_plain_http"));
  for (const Fix& fix : diagnosis.fixes) EXPECT_NE(fix.proof.status, ProofStatus::proved) << fix.id;
}

TEST_F(HandshakeDiagnosis, APeerThatSpeaksTlsOnlyToClientsThatNameItsHostIsNoPlainPort) {
  const OpensslServer hidden = server({});
  const ScriptedPeer peer(gate(hidden.port(), "backend.test", false,
                               [](int fd) { ScriptedPeer::send_all(fd, plain_refusal()); }));
  bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified());
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_sni_missing");
  EXPECT_TRUE(is_cured_first(diagnosis, "enable-sni"));
}

/// Lets small answers of the server through and swallows what is longer than a packet that gets
/// through.
TEST_F(HandshakeDiagnosis, OnlyLargePacketsVanish) {
  const OpensslServer hidden = server({});
  ScriptedPeer peer([port = hidden.port()](int fd) {
    const int other = connect_loopback(port);
    pollfd both[2]{{fd, POLLIN, 0}, {other, POLLIN, 0}};
    while (::poll(both, 2, 1000) > 0) {
      const int from = both[0].revents != 0 ? 0 : 1;
      const std::string bytes = ScriptedPeer::receive_some(both[from].fd);
      if (bytes.empty()) break;
      if (from == 0 || bytes.size() < 600) ScriptedPeer::send_all(both[1 - from].fd, bytes);
    }
    ::close(other);
  });
  bench.configure_http(
      peer.port(),
      "proxy_pass https://backend.test; proxy_ssl_server_name on; proxy_connect_timeout 300ms;" +
          verified());
  EXPECT_EQ(bench.diagnose().cause, "upstream_mtu_blackhole");
}

TEST_F(HandshakeDiagnosis, APeerThatNeverAnswers) {
  std::unique_ptr<ScriptedPeer> peer;
  peer = std::make_unique<ScriptedPeer>([&peer](int fd) { peer->wait_for_end(fd); });
  bench.configure_http(
      peer->port(),
      "proxy_pass https://backend.test; proxy_ssl_server_name on; proxy_connect_timeout 300ms;" +
          verified());
  EXPECT_EQ(bench.diagnose().cause, "upstream_handshake_timeout");
}

TEST_F(HandshakeDiagnosis, APeerThatIsSlowerThanNginxWaits) {
  const OpensslServer hidden = server({});
  const ScriptedPeer peer([port = hidden.port()](int fd) {
    const std::string hello = ScriptedPeer::receive_some(fd);
    // Answers late, not never: until then it only looks whether the other side is still there.
    pollfd gone{fd, POLLIN, 0};
    if (::poll(&gone, 1, 800) != 0) return;
    const int other = connect_loopback(port);
    ScriptedPeer::send_all(other, hello);
    relay(fd, other);
    ::close(other);
  });
  bench.configure_http(
      peer.port(),
      "proxy_pass https://backend.test; proxy_ssl_server_name on; proxy_connect_timeout 300ms;" +
          verified());
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_handshake_timeout");
  EXPECT_TRUE(is_cured_first(diagnosis, "raise-connect-timeout"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_connect_timeout 3s;"));
}

TEST_F(HandshakeDiagnosis, WidensProtocolsToAPeerThatSpeaksOnlyTls13) {
  const OpensslServer peer = server({"-tls1_3"});
  bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified() +
                                        " proxy_ssl_protocols TLSv1.2;");
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "proxy_ssl_protocols_mismatch");
  EXPECT_TRUE(is_cured_first(diagnosis, "widen-ssl-protocols"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_ssl_protocols TLSv1.2 TLSv1.3;"));
  expect_proved_dead_end(diagnosis, "Add older protocols");
  expect_proved_dead_end(diagnosis, "proxy_ssl_verify off");
}

TEST_F(HandshakeDiagnosis, AddsExactlyTheSuiteThatThePeerHas) {
  const TestIdentity rsa =
      issuing.leaf("backend.test", {.usage = "digitalSignature,keyEncipherment", .rsa_bits = 2048});
  const OpensslServer peer = server({"-tls1_2", "-cipher", "AES128-SHA"}, &rsa);
  bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified() +
                                        " proxy_ssl_ciphers ECDHE+AESGCM;");
  bench.symptom.alert = 40;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_no_shared_cipher");
  EXPECT_TRUE(is_cured_first(diagnosis, "widen-ssl-ciphers"));
  EXPECT_THAT(diagnosis.fixes.front().patch,
              HasSubstr("proxy_ssl_ciphers ECDHE+AESGCM:AES128-SHA;"));
  expect_proved_dead_end(diagnosis, "Add TLSv1.3");
}

TEST_F(HandshakeDiagnosis, AddsExactlyTheGroupThatThePeerHas) {
  const OpensslServer peer = server({"-groups", "P-384"});
  bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified() +
                                        " proxy_ssl_conf_command Groups X25519;");
  bench.symptom.alert = 40;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_no_shared_group");
  EXPECT_TRUE(is_cured_first(diagnosis, "set-groups"));
  EXPECT_THAT(diagnosis.fixes.front().patch,
              HasSubstr("proxy_ssl_conf_command Groups X25519:P-384:P-256;"));
}

TEST_F(HandshakeDiagnosis, CommandsOfAnOuterLevelAreKept) {
  const OpensslServer peer = server({"-groups", "P-384"});
  bench.configure(
      "http { proxy_ssl_conf_command Groups X25519; proxy_ssl_conf_command Options "
      "ServerPreference; server { listen 127.0.0.1:1; "
      "location / { proxy_pass https://127.0.0.1:" +
      std::to_string(peer.port()) + "; } } }\n");
  bench.symptom.peer = "127.0.0.1:" + std::to_string(peer.port());
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_TRUE(is_cured_first(diagnosis, "set-groups"));
  EXPECT_THAT(diagnosis.fixes.front().patch,
              HasSubstr("proxy_ssl_conf_command Options ServerPreference;"));
}

TEST_F(HandshakeDiagnosis, TwoFaultsOfTheHandshakeAreCuredTogether) {
  const OpensslServer peer = server({"-tls1_3", "-groups", "P-384"});
  bench.configure_http(peer.port(),
                       "proxy_pass https://backend.test;" + verified() +
                           " proxy_ssl_protocols TLSv1.2; proxy_ssl_conf_command Groups X25519;");
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "proxy_ssl_protocols_mismatch");
  EXPECT_THAT(diagnosis.also, Contains("upstream_no_shared_group"));
  EXPECT_TRUE(is_cured_first(diagnosis, "widen-ssl-protocols"));
}

TEST_F(HandshakeDiagnosis, AnObsoletePeerIsItsOwnersToUpgrade) {
  const OpensslServer peer = server({"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
  bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified());
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_protocol_too_old");
  ASSERT_FALSE(diagnosis.fixes.empty());
  EXPECT_EQ(diagnosis.fixes.front().owner, Owner::upstream);
  EXPECT_THAT(diagnosis.fixes.front().message.en, HasSubstr("TLSv1.1"));
  expect_no_unsafe_first(diagnosis);
}

TEST_F(HandshakeDiagnosis, DropsDheForAPeerWithSmallParameters) {
  bench.put("dh.pem",
            "-----BEGIN DH "
            "PARAMETERS-----\nMIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR\n"
            "Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL\n/1y29Aa37e44a/"
            "taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC\n"
            "-----END DH PARAMETERS-----\n");
  const TestIdentity rsa =
      issuing.leaf("backend.test", {.usage = "digitalSignature,keyEncipherment", .rsa_bits = 2048});
  const OpensslServer peer = server(
      {"-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0",
       "-dhparam", bench.path("dh.pem"), "-serverpref"},
      &rsa);
  bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified());
  bench.symptom.reason = "dh key too small";
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_dh_key_too_small");
  EXPECT_TRUE(is_cured_first(diagnosis, "drop-dhe"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_ssl_ciphers DEFAULT:!kDHE;"));
}

TEST_F(HandshakeDiagnosis, AppendsTheIntermediateOfOurClientCertificate) {
  bench.put("client.pem", client.pem());
  bench.put("client-ca.pem", client_root.pem());
  bench.put("cas/issuing.pem", client_issuing.pem());
  const OpensslServer peer = demanding_server();
  bench.configure_http(peer.port(), with_client_certificate());
  bench.symptom.alert = 48;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "proxy_client_chain_incomplete");
  EXPECT_TRUE(is_cured_first(diagnosis, "append-intermediate"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("client.pem"));
  expect_proved_dead_end(diagnosis, "proxy_ssl_verify off");
}

TEST_F(HandshakeDiagnosis, WithoutPermissionToReadTheKeyTheProofSaysSo) {
  bench.put("client.pem", client.pem());
  bench.put("client-ca.pem", client_root.pem());
  bench.put("cas/issuing.pem", client_issuing.pem());
  bench.may_read_keys = false;
  const OpensslServer peer = demanding_server();
  bench.configure_http(peer.port(), with_client_certificate());
  bench.symptom.alert = 48;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "proxy_client_chain_incomplete");
  const Fix* const fix = fix_of(diagnosis, "append-intermediate");
  ASSERT_NE(fix, nullptr);
  EXPECT_EQ(fix->proof.status, ProofStatus::untested);
  EXPECT_FALSE(fix->patch.empty());
}

TEST_F(HandshakeDiagnosis, OurClientCertificateExpired) {
  const TestIdentity old =
      client_issuing.leaf("proxy", {.extended_usage = "clientAuth", .to_days = -2});
  bench.put("client.pem", old.pem() + client_issuing.pem());
  bench.put("client.key", old.key_pem());
  bench.put("client-ca.pem", client_root.pem());
  const OpensslServer peer = demanding_server();
  bench.configure_http(peer.port(), with_client_certificate() + " proxy_ssl_protocols TLSv1.3;");
  bench.symptom.alert = 45;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "proxy_client_cert_expired");
  ASSERT_FALSE(diagnosis.fixes.empty());
  EXPECT_EQ(diagnosis.fixes.front().owner, Owner::proxy);
  EXPECT_TRUE(diagnosis.fixes.front().patch.empty());
  EXPECT_FALSE(diagnosis.fixes.front().commands.empty());
}

TEST_F(HandshakeDiagnosis, ARenewedClientCertificateBesideTheOldOneIsTaken) {
  const TestIdentity old =
      client_issuing.leaf("proxy", {.extended_usage = "clientAuth", .to_days = -2});
  const TestIdentity renewed =
      old.recertified({.subject = "proxy", .extended_usage = "clientAuth"}, &client_issuing);
  bench.put("client.pem", old.pem() + client_issuing.pem());
  bench.put("client-2026.pem", renewed.pem() + client_issuing.pem());
  bench.put("client.key", old.key_pem());
  bench.put("client-ca.pem", client_root.pem());
  const OpensslServer peer = demanding_server();
  bench.configure_http(peer.port(), with_client_certificate());
  bench.symptom.alert = 45;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "proxy_client_cert_expired");
  EXPECT_TRUE(is_cured_first(diagnosis, "renew-client-cert"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("client-2026.pem"));
}

TEST_F(HandshakeDiagnosis, AServerCertificateIsNoClientCertificate) {
  const TestIdentity wrong = client_issuing.leaf("proxy");
  bench.put("client.pem", wrong.pem() + client_issuing.pem());
  bench.put("client.key", wrong.key_pem());
  bench.put("client-ca.pem", client_root.pem());
  const OpensslServer peer = demanding_server();
  bench.configure_http(peer.port(), with_client_certificate());
  EXPECT_EQ(bench.diagnose().cause, "proxy_client_cert_wrong_usage");
}

TEST_F(HandshakeDiagnosis, AClientCertificateOfAForeignCa) {
  bench.put("client.pem", client.pem() + client_issuing.pem());
  bench.put("client-ca.pem", root.pem());
  const OpensslServer peer = demanding_server();
  bench.configure_http(peer.port(), with_client_certificate());
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_rejects_client_cert_ca");
  ASSERT_FALSE(diagnosis.fixes.empty());
  EXPECT_EQ(diagnosis.fixes.front().owner, Owner::upstream);
  EXPECT_THAT(diagnosis.fixes.front().message.en, HasSubstr("CN=proxy"));
}

TEST_F(HandshakeDiagnosis, ThePeerDemandsAClientCertificate) {
  bench.put("client-ca.pem", client_root.pem());
  for (const char* const version : {"-tls1_2", "-tls1_3"}) {
    const OpensslServer peer = server(
        {version, "-Verify", "3", "-verify_return_error", "-CAfile", bench.path("client-ca.pem")});
    bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified() +
                                          " proxy_ssl_protocols TLSv1.2 TLSv1.3;");
    bench.symptom.alert = version == std::string("-tls1_2") ? 40 : 116;
    const Diagnosis diagnosis = bench.diagnose();
    EXPECT_EQ(diagnosis.cause, "upstream_requires_client_cert") << version;
    EXPECT_THAT(diagnosis.fixes.front().how.en, HasSubstr("Client Root")) << version;
  }
}

TEST_F(HandshakeDiagnosis, TheClientCertificateOfAnotherPlaceForTheSameUpstream) {
  bench.put("client.pem", client.pem() + client_issuing.pem());
  bench.put("client-ca.pem", client_root.pem());
  const OpensslServer peer = demanding_server();
  const std::string port = std::to_string(peer.port());
  bench.configure(
      "http { server { listen 127.0.0.1:1; location /a { proxy_pass https://127.0.0.1:" + port +
      "; } location /b { proxy_pass https://127.0.0.1:" + port +
      "; proxy_ssl_certificate client.pem; proxy_ssl_certificate_key client.key; } } }\n");
  bench.symptom.peer = "127.0.0.1:" + port;
  bench.symptom.request_target = "/a";
  bench.symptom.upstream_path = "/a";
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_requires_client_cert");
  EXPECT_TRUE(is_cured_first(diagnosis, "configure-client-cert"));
}

ScriptedPeer::Script answering(const std::string& answer) {
  return [answer](int fd) {
    ScriptedPeer::receive_some(fd);
    ScriptedPeer::send_all(fd, answer);
  };
}

TEST_F(HandshakeDiagnosis, APlainPeerOnThisHostIsNoReasonToCallPlainTextSafe) {
  ScriptedPeer peer(answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
  bench.configure_stream(peer.port(),
                         "proxy_ssl on; proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.pem; "
                         "proxy_ssl_name backend.test;");
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_is_plain_http");
  expect_no_unsafe_first(diagnosis);
  const Fix* const plain = fix_of(diagnosis, "use-plain-scheme");
  ASSERT_NE(plain, nullptr);
  EXPECT_THAT(plain->patch, HasSubstr("proxy_ssl off;"));
  EXPECT_TRUE(plain->is_unsafe);
}

TEST_F(HandshakeDiagnosis, OnePlainMemberOfAPoolIsTakenOut) {
  ScriptedPeer plain(answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
  const OpensslServer good = server({});
  const std::string first = std::to_string(plain.port());
  bench.configure(
      "http { upstream backend.test {\n server 127.0.0.1:" + first +
      ";\n server 127.0.0.1:" + std::to_string(good.port()) +
      ";\n}\n server { listen 127.0.0.1:1; location / { proxy_pass https://backend.test;" +
      verified() + " } } }\n");
  bench.symptom.peer = "127.0.0.1:" + first;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_is_plain_http");
  EXPECT_TRUE(is_cured_first(diagnosis, "use-tls-port"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("server 127.0.0.1:" + first + " down;"));
  for (const Fix& fix : diagnosis.fixes)
    EXPECT_THAT(fix.patch, Not(HasSubstr("http://backend.test")));
}

TEST_F(HandshakeDiagnosis, ThePortOfTheSameHostThatAnotherPlaceNames) {
  ScriptedPeer ssh([](int fd) {
    ScriptedPeer::send_all(fd, "SSH-2.0-OpenSSH_9.2p1\r\n");
    ScriptedPeer::receive_some(fd);
  });
  const OpensslServer good = server({});
  const std::string wrong = std::to_string(ssh.port());
  const std::string right = std::to_string(good.port());
  bench.configure("http { upstream backend.test {\n server 127.0.0.1:" + wrong +
                  ";\n}\n server { listen 127.0.0.1:1; location / { proxy_pass "
                  "https://backend.test;" +
                  verified() + " } location /b { proxy_pass https://127.0.0.1:" + right +
                  "; } } }\n");
  bench.symptom.peer = "127.0.0.1:" + wrong;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_not_tls");
  EXPECT_TRUE(is_cured_first(diagnosis, "correct-port"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("server 127.0.0.1:" + right + ";"));
}

TEST_F(HandshakeDiagnosis, AnSshServerWithoutAnotherPortHasNoPatch) {
  ScriptedPeer ssh([](int fd) {
    ScriptedPeer::send_all(fd, "SSH-2.0-OpenSSH_9.2p1\r\n");
    ScriptedPeer::receive_some(fd);
  });
  bench.configure_http(ssh.port(), "proxy_pass https://backend.test;" + verified());
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_not_tls");
  for (const Fix& fix : diagnosis.fixes) EXPECT_EQ(fix.patch, "") << fix.id;
  for (const std::string& probe : bench.probes)
    EXPECT_THAT(probe, HasSubstr(std::to_string(ssh.port())));
}

TEST_F(HandshakeDiagnosis, HttpToATlsPort) {
  const OpensslServer peer = server({});
  bench.configure_http(peer.port(), "proxy_pass http://backend.test/x;");
  bench.symptom.scheme = "http";
  bench.symptom.message = "upstream sent no valid HTTP/1.0 header";
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "proxy_http_to_tls_port");
  EXPECT_TRUE(is_cured_first(diagnosis, "use-tls-scheme"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_pass https://backend.test/x;"));
}

TEST_F(HandshakeDiagnosis, GrpcToATlsPort) {
  const OpensslServer peer = server({"-alpn", "h2"});
  bench.configure_http(peer.port(), "grpc_pass grpc://backend.test;");
  bench.symptom.scheme = "grpc";
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "proxy_grpc_to_tls_port");
  EXPECT_TRUE(is_cured_first(diagnosis, "use-grpcs"));
}

TEST_F(HandshakeDiagnosis, PlainGrpcToAPlainPortOfHttp1LacksHttp2AndNoScheme) {
  const ScriptedPeer peer(answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
  bench.configure_http(peer.port(), "grpc_pass grpc://backend.test;");
  bench.symptom.scheme = "grpc";
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_not_http2");
  for (const Fix& fix : diagnosis.fixes) EXPECT_EQ(fix.patch, "") << fix.id;
}

TEST_F(HandshakeDiagnosis, AGrpcPeerWithoutHttp2) {
  const OpensslServer peer = server({"-alpn", "http/1.1"});
  bench.configure_http(peer.port(), "grpc_pass grpcs://backend.test; grpc_ssl_server_name on;");
  bench.symptom.scheme = "grpcs";
  bench.symptom.alert = 120;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_alpn_mismatch");
  EXPECT_EQ(diagnosis.fixes.front().owner, Owner::upstream);
}

struct Ending {
  std::string cause;
  ScriptedPeer::Script script;
};

TEST_F(HandshakeDiagnosis, WhatThePeerDoesToEveryHelloIsItsOwn) {
  const std::vector<Ending> endings{
      {"upstream_sent_alert_internal_error", answering(alert_bytes(80))},
      {"upstream_sent_alert_access_denied", answering(alert_bytes(49))},
      {"upstream_sent_alert_illegal_parameter", answering(alert_bytes(47))},
      {"upstream_sent_alert_insufficient_security", answering(alert_bytes(71))},
      {"upstream_sent_alert", answering(alert_bytes(40))},
      {"upstream_closed_in_handshake", [](int fd) { ScriptedPeer::receive_some(fd); }},
      {"upstream_reset_in_handshake",
       [](int fd) {
         ScriptedPeer::receive_some(fd);
         ScriptedPeer::reset(fd);
       }},
  };
  for (const Ending& ending : endings) {
    ScriptedPeer peer(ending.script);
    bench.configure_http(peer.port(),
                         "proxy_pass https://backend.test; proxy_ssl_server_name on;" + verified());
    const Diagnosis diagnosis = bench.diagnose();
    EXPECT_EQ(diagnosis.cause, ending.cause);
    expect_no_unsafe_first(diagnosis);
    for (const Fix& fix : diagnosis.fixes)
      EXPECT_NE(fix.proof.status, ProofStatus::proved) << ending.cause << " " << fix.id;
  }
}

TEST_F(HandshakeDiagnosis, NobodyListens) {
  std::uint16_t port = 0;
  {
    const ScriptedPeer gone([](int) {});
    port = gone.port();
  }
  bench.configure_http(port, "proxy_pass https://backend.test;" + verified());
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_connect_refused");
  EXPECT_EQ(diagnosis.fixes.front().owner, Owner::upstream);
  EXPECT_FALSE(diagnosis.fixes.front().message.zh.empty());
}

TEST_F(HandshakeDiagnosis, NoResolverTakesTheOneOfAnotherBlock) {
  const OpensslServer peer = server({});
  const std::string port = std::to_string(peer.port());
  bench.configure(
      "http { server { listen 127.0.0.1:1; resolver 10.9.8.7 valid=30s; location / { return 200; } "
      "}\n server { listen "
      "127.0.0.1:2; location / { set $be resolves.test; proxy_pass https://$be:" +
      port + "; } } }\n");
  bench.symptom.scheme.clear();
  bench.symptom.message = "no resolver defined to resolve resolves.test";
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "resolver_missing");
  const Fix* const fix = fix_of(diagnosis, "add-resolver");
  ASSERT_NE(fix, nullptr);
  EXPECT_THAT(fix->patch, HasSubstr("resolver 10.9.8.7 valid=30s;"));
  const Fix* const literal = fix_of(diagnosis, "static-upstream-group");
  ASSERT_NE(literal, nullptr);
  EXPECT_EQ(literal->proof.status, ProofStatus::proved);
  EXPECT_THAT(literal->patch, HasSubstr("proxy_pass https://resolves.test:" + port + ";"));
}

TEST_F(HandshakeDiagnosis, WhereItWorksNowNothingIsProved) {
  const OpensslServer peer = server({});
  bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified());
  bench.symptom.message = "peer closed connection in SSL handshake";
  bench.symptom.candidates = {{"upstream_closed_in_handshake", 0.5, "", ""}};
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_TRUE(diagnosis.is_healthy_now);
  EXPECT_EQ(diagnosis.cause, "upstream_closed_in_handshake");
  for (const Fix& fix : diagnosis.fixes) EXPECT_EQ(fix.proof.status, ProofStatus::untested);
}

TEST_F(HandshakeDiagnosis, WithoutProbesTheLineAndTheConfigurationDecide) {
  bench.scope = ProbeScope::none;
  bench.configure_http(4433,
                       "proxy_pass https://backend.test; proxy_ssl_server_name on;" + verified());
  bench.symptom.alert = 40;
  bench.symptom.candidates = {{"upstream_sni_missing", 0.5, "", ""},
                              {"upstream_no_shared_cipher", 0.3, "", ""}};
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_no_shared_cipher");
  for (const Fix& fix : diagnosis.fixes) EXPECT_EQ(fix.proof.status, ProofStatus::untested);
  for (const DeadEnd& one : diagnosis.dead_ends) EXPECT_EQ(one.proof.status, ProofStatus::untested);
}

TEST_F(HandshakeDiagnosis, AFrugalLookNeverVariesMoreThanTheName) {
  bench.scope = ProbeScope::frugal;
  const OpensslServer peer = server({"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"});
  bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified() +
                                        " proxy_ssl_ciphers ECDHE+AESGCM;");
  bench.symptom.alert = 40;
  bench.symptom.candidates = {{"upstream_requires_client_cert", 0.3, "", ""},
                              {"upstream_sni_missing", 0.25, "", ""},
                              {"upstream_no_shared_group", 0.22, "", ""},
                              {"upstream_no_shared_cipher", 0.2, "", ""}};
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_no_shared_cipher");
  EXPECT_LE(bench.probes.size(), 2U);
  for (const Fix& fix : diagnosis.fixes) EXPECT_NE(fix.proof.status, ProofStatus::proved) << fix.id;
}

TEST_F(HandshakeDiagnosis, AFrugalLookStillProvesAMissingName) {
  bench.scope = ProbeScope::frugal;
  const OpensslServer hidden = server({});
  const ScriptedPeer peer(gate(hidden.port(), "backend.test", false,
                               [](int fd) { ScriptedPeer::send_all(fd, alert_bytes(112)); }));
  bench.configure_http(peer.port(), "proxy_pass https://backend.test;" + verified());
  bench.symptom.alert = 112;
  const Diagnosis diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_sni_missing");
  EXPECT_TRUE(is_cured_first(diagnosis, "enable-sni"));
  EXPECT_LE(bench.probes.size(), 2U);
}

}  // namespace
}  // namespace handshaked::diagnose
