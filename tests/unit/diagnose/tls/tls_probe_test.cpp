#include "diagnose/tls/tls_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/certificates/certificate.h"
#include "diagnose/probe/probe_json.h"
#include "diagnose/probe/tls_handshake.h"
#include "diagnose/tls/peer_observation.h"
#include "unit/diagnose/probe_bench.h"

namespace handshaked::diagnose {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<TlsVersion> kOnly12 = {TlsVersion::tls1_2};
const std::vector<TlsVersion> kOnly13 = {TlsVersion::tls1_3};

class TlsProbe : public testing::Test {
 protected:
  ClientCredentials credentials(const std::vector<TestIdentity>& chain,
                                const std::string& password = {}) {
    ClientCredentials client;
    for (const TestIdentity& one : chain) client.chain.push_back(one.der());
    client.key_file = (directory / "client.key").string();
    write_file(client.key_file, chain.front().key_pem(password));
    if (!password.empty()) {
      client.password_file = (directory / "passwords").string();
      write_file(client.password_file, "wrong\n" + password + "\n");
    }
    return client;
  }
  std::string file(const std::string& name, const std::string& text) {
    write_file(directory / name, text);
    return (directory / name).string();
  }

  test::TempDir directory;
  TestIdentity root = TestIdentity::root("Root");
  TestIdentity issuing = root.intermediate("Issuing");
  TestIdentity leaf = issuing.leaf();
};

TEST_F(TlsProbe, BringsTheChainAndWhatWasAgreed) {
  const OpensslServer server(directory, "s", {leaf, issuing}, {});
  for (const auto& [protocols, version] :
       {std::pair{kOnly12, "TLSv1.2"}, std::pair{kOnly13, "TLSv1.3"}}) {
    const ProbeResult seen =
        probe(peer_of(server), {.server_name = "leaf.test", .protocols = protocols});
    EXPECT_EQ(seen.outcome, ProbeOutcome::ok) << summary_of(seen);
    EXPECT_EQ(seen.phase, ProbePhase::after_handshake);
    EXPECT_EQ(seen.version, version);
    EXPECT_FALSE(seen.cipher.empty());
    EXPECT_THAT(seen.group, AnyOf("X25519", "X25519MLKEM768"))
        << version;  // the latter from OpenSSL 3.5 on
    EXPECT_THAT(seen.peer_signature, HasSubstr("ECDSA"));
    ASSERT_EQ(seen.chain.size(), 2U);
    EXPECT_EQ(seen.chain[0].der, leaf.der());
    EXPECT_EQ(seen.chain[0].facts.common_name, "leaf.test");
    EXPECT_EQ(seen.chain[1].der, issuing.der());
    EXPECT_TRUE(seen.session_can_resume) << version;
    EXPECT_TRUE(seen.secure_renegotiation || seen.version == "TLSv1.3");
    EXPECT_FALSE(seen.certificate_request);
    EXPECT_GT(seen.elapsed.count(), 0);
  }
}

TEST_F(TlsProbe, SaysThatTls12NeedsAClientCertificate) {
  const auto client_root = TestIdentity::root("Client Root");
  const OpensslServer server(
      directory, "s", {leaf, issuing},
      {"-Verify", "1", "-verify_return_error", "-CAfile", file("ca", client_root.pem())});
  const ProbeResult seen = probe(peer_of(server), {.protocols = kOnly12});
  EXPECT_EQ(seen.outcome, ProbeOutcome::alert) << summary_of(seen);
  EXPECT_EQ(seen.alert, 40);
  EXPECT_THAT(seen.reason,
              AnyOf("sslv3 alert handshake failure",
                    "ssl/tls alert handshake failure"));  // the latter from OpenSSL 3.2 on
  EXPECT_EQ(seen.reason_code, "0A000410");
  EXPECT_EQ(seen.phase, ProbePhase::finished);
  ASSERT_TRUE(seen.certificate_request);
  EXPECT_THAT(seen.certificate_request->accepted_cas, ElementsAre("CN=Client Root,O=Corp"));
  EXPECT_THAT(seen.certificate_request->accepted_ca_hashes,
              ElementsAre(Certificate::from_der(client_root.der()).value().facts().subject_hash));
  EXPECT_FALSE(seen.certificate_request->signature_algorithms.empty());
  EXPECT_FALSE(seen.sent_client_certificate);
  EXPECT_EQ(seen.chain.size(), 2U);
}

TEST_F(TlsProbe, WaitsForTheLateRefusalOfTls13) {
  const auto client_root = TestIdentity::root("Client Root");
  const auto stranger = root.leaf("stranger", {.extended_usage = "clientAuth"});
  const auto client = client_root.leaf("client", {.extended_usage = "clientAuth"});
  const OpensslServer server(
      directory, "s", {leaf, issuing},
      {"-Verify", "1", "-verify_return_error", "-CAfile", file("ca", client_root.pem())});
  const ProbeResult without = probe(peer_of(server), {.protocols = kOnly13});
  EXPECT_EQ(without.outcome, ProbeOutcome::alert) << summary_of(without);
  EXPECT_EQ(without.alert, 116);
  EXPECT_EQ(without.phase, ProbePhase::after_handshake);
  EXPECT_EQ(without.reason_code, "0A00045C");
  const ProbeResult unknown =
      probe(peer_of(server), {.protocols = kOnly13, .client = credentials({stranger})});
  EXPECT_EQ(unknown.alert, 48) << summary_of(unknown);
  EXPECT_TRUE(unknown.sent_client_certificate);
  const ProbeResult accepted =
      probe(peer_of(server), {.protocols = kOnly13, .client = credentials({client})});
  EXPECT_EQ(accepted.outcome, ProbeOutcome::ok) << summary_of(accepted);
  EXPECT_TRUE(accepted.sent_client_certificate);
}

TEST_F(TlsProbe, SendsTheClientChainThatItIsGiven) {
  const auto client_root = TestIdentity::root("Client Root");
  const auto client_issuing = client_root.intermediate("Client Issuing");
  const auto client = client_issuing.leaf("client", {.extended_usage = "clientAuth"});
  const OpensslServer server(
      directory, "s", {leaf, issuing},
      {"-Verify", "3", "-verify_return_error", "-CAfile", file("ca", client_root.pem())});
  EXPECT_EQ(probe(peer_of(server), {.protocols = kOnly12, .client = credentials({client})}).outcome,
            ProbeOutcome::alert);
  EXPECT_EQ(probe(peer_of(server),
                  {.protocols = kOnly12, .client = credentials({client, client_issuing})})
                .outcome,
            ProbeOutcome::ok);
  EXPECT_EQ(probe(peer_of(server),
                  {.protocols = kOnly12, .client = credentials({client, client_issuing}, "secret")})
                .outcome,
            ProbeOutcome::ok);
}

TEST_F(TlsProbe, SaysWhyAClientCertificateCannotBeUsed) {
  const OpensslServer server(directory, "s", {leaf, issuing}, {});
  ClientCredentials wrong_key = credentials({leaf});
  wrong_key.chain = {issuing.der()};
  const ProbeResult mismatch = probe(peer_of(server), {.client = wrong_key});
  EXPECT_EQ(mismatch.outcome, ProbeOutcome::local_error);
  EXPECT_THAT(mismatch.reason, HasSubstr("key values mismatch"));
  ClientCredentials no_key = credentials({leaf});
  no_key.key_file = (directory / "nowhere").string();
  EXPECT_THAT(probe(peer_of(server), {.client = no_key}).reason, HasSubstr("cannot be read"));
  ClientCredentials locked = credentials({leaf}, "secret");
  locked.password_file.clear();
  EXPECT_EQ(probe(peer_of(server), {.client = locked}).outcome, ProbeOutcome::local_error);
  TestCertificateOptions weak;
  weak.rsa_bits = 1024;
  EXPECT_THAT(
      probe(peer_of(server), {.client = credentials({issuing.leaf("client", weak)})}).reason,
      HasSubstr("key too small"));
}

TEST_F(TlsProbe, GetsTheCertificateOfTheName) {
  const auto other = issuing.leaf("other.test");
  const OpensslServer server(directory, "s", {leaf, issuing},
                             {"-servername", "other.test", "-cert2", file("other.crt", other.pem()),
                              "-key2", file("other.key", other.key_pem())});
  EXPECT_EQ(probe(peer_of(server), {}).chain.front().der, leaf.der());
  EXPECT_EQ(probe(peer_of(server), {.server_name = "other.test"}).chain.front().der, other.der());
}

TEST_F(TlsProbe, ReportsTheAlertForAnUnknownName) {
  const auto other = issuing.leaf("other.test");
  const OpensslServer server(
      directory, "s", {leaf, issuing},
      {"-servername", "other.test", "-servername_fatal", "-cert2", file("other.crt", other.pem()),
       "-key2", file("other.key", other.key_pem())});
  const ProbeResult seen = probe(peer_of(server), {.server_name = "unknown.test"});
  EXPECT_EQ(seen.outcome, ProbeOutcome::alert);
  EXPECT_EQ(seen.alert, 112);
  EXPECT_EQ(seen.phase, ProbePhase::client_hello);
  EXPECT_EQ(seen.reason_code, "0A000458");
  EXPECT_EQ(summary_of(seen), "alert 112 after the ClientHello");
}

TEST_F(TlsProbe, SeparatesProtocolsCiphersAndGroups) {
  const OpensslServer new_only(directory, "n", {leaf, issuing}, {"-tls1_3"});
  EXPECT_EQ(probe(peer_of(new_only)).alert, 70);
  EXPECT_EQ(probe(peer_of(new_only), {.protocols = kOnly13}).outcome, ProbeOutcome::ok);
  const OpensslServer narrow(
      directory, "c", {leaf, issuing},
      {"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "-groups", "P-384"});
  EXPECT_EQ(probe(peer_of(narrow), {.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"}).alert, 40);
  EXPECT_EQ(probe(peer_of(narrow), {.conf_commands = {{"Groups", "P-256"}}}).alert, 40);
  const ProbeResult agreed = probe(peer_of(narrow));
  EXPECT_EQ(agreed.outcome, ProbeOutcome::ok);
  EXPECT_EQ(agreed.cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
  EXPECT_EQ(agreed.group, "secp384r1");
  EXPECT_EQ(agreed.key_exchange_bits, 384);
}

TEST_F(TlsProbe, NegotiatesAlpn) {
  const OpensslServer server(directory, "s", {leaf, issuing}, {"-alpn", "h2"});
  EXPECT_EQ(probe(peer_of(server), {.alpn = {"h2"}}).alpn, "h2");
  EXPECT_EQ(probe(peer_of(server)).alpn, "");
  EXPECT_EQ(probe(peer_of(server), {.alpn = {"http/1.1"}}).alert, 120);
}

TEST_F(TlsProbe, RefusesSettingsThatNginxWouldRefuse) {
  const OpensslServer server(directory, "s", {leaf, issuing}, {});
  EXPECT_EQ(probe(peer_of(server), {.ciphers = "nonsense"}).outcome, ProbeOutcome::local_error);
  EXPECT_EQ(probe(peer_of(server), {.conf_commands = {{"PrivateKey", "/etc/passwd"}}}).outcome,
            ProbeOutcome::local_error);
  const ProbeResult no_protocol = probe(peer_of(server), {.protocols = {}});
  EXPECT_EQ(no_protocol.reason, "no protocols available");
  EXPECT_EQ(probe(peer_of(server), {.server_name = std::string(300, 'a')}).outcome,
            ProbeOutcome::local_error);
}

TEST_F(TlsProbe, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    port = ScriptedPeer([](int) {}).port();
  }
  EXPECT_EQ(probe(allowed({"127.0.0.1", port})).outcome, ProbeOutcome::refused);
  const ProbeResult no_socket = probe(allowed({"unix:/nowhere/x.sock", 0}));
  EXPECT_EQ(no_socket.outcome, ProbeOutcome::unreachable);
  EXPECT_EQ(no_socket.phase, ProbePhase::connect);
}

TEST_F(TlsProbe, ChecksAgainBeforeItConnectsWhatIsNeverProbed) {
  const SocketStep step = ProbeSocket().connect({.ip = "169.254.169.254", .port = 80},
                                                std::chrono::steady_clock::now() + 1s);
  EXPECT_EQ(step.status, SocketStatus::failed);
  EXPECT_EQ(step.system_error, EACCES);
}

TEST(ProbeRequest, CrossesToTheChildProcessUnchanged) {
  const ProbeRequest request{
      .server_name = "a\"b\n",
      .protocols = {TlsVersion::ssl3, TlsVersion::tls1_3},
      .ciphers = "HIGH",
      .conf_commands = {{"Groups", "P-256"}, {"Options", "UnsafeLegacyServerConnect"}},
      .security_level = 0,
      .alpn = {"h2"},
      .send_proxy_header = true,
      .ask_for_staple = true,
      .client = ClientCredentials{{"\x30\x01"}, "/k", ""},
      .timeout = 1234ms,
      .late_alert_wait = 5ms};
  std::string text;
  JsonWriter json(text);
  write_probe(json, request, {"PEM", {"one", "two\xff"}});
  const auto read = read_probe(JsonDocument::parse(text).value().root());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read.value().request, request);
  EXPECT_EQ(read.value().key.pem, "PEM");
  EXPECT_EQ(read.value().key.passwords, (std::vector<std::string>{"one", "two\xff"}));
}

TEST(ProbeResult, IsNotMadeOfNonsense) {
  for (const char* const text :
       {"{}", R"({"phase":"x","outcome":"ok","first_bytes":"none"})",
        R"({"phase":"connect","outcome":"ok","first_bytes":"none","chain":[{"der":"?"}]})"})
    EXPECT_FALSE(read_probe_result(JsonDocument::parse(text).value().root())) << text;
  EXPECT_TRUE(read_probe_result(
      JsonDocument::parse(R"({"phase":"connect","outcome":"ok","first_bytes":"none"})")
          .value()
          .root()));
}

TEST(NameIndication, IsWhatNginxSends) {
  EXPECT_EQ(sni_of("backend.example:443"), "backend.example");
  EXPECT_EQ(sni_of("backend.example"), "backend.example");
  EXPECT_EQ(sni_of("192.0.2.7:443"), "");
  EXPECT_EQ(sni_of("[::1]:443"), "");
  EXPECT_EQ(sni_of(""), "");
  EXPECT_EQ(checked_name("192.0.2.7:443"), "192.0.2.7");
  EXPECT_EQ(checked_name("[::1]:443"), "[::1]");
  EXPECT_EQ(checked_name("a:1:2"), "a");
}

}  // namespace
}  // namespace handshaked::diagnose
