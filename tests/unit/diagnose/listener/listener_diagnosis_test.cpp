#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/diagnose/local_bench.h"

namespace handshaked::diagnose {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class ListenerDiagnosis : public testing::Test {
 protected:
  ListenerDiagnosis()
      : root_(TestIdentity::root("Root")),
        intermediate_(root_.intermediate("Int")),
        leaf_(intermediate_.leaf("www.corp.test")) {
    bench_.file("/etc/nginx/tls/front.pem", leaf_.pem() + intermediate_.pem());
    bench_.file("/etc/nginx/tls/front.key", leaf_.key_pem());
    bench_.server(kPair);
    bench_.at_hand("root.pem", root_);
    bench_.at_hand("int.pem", intermediate_);
  }
  Diagnosis alert(int number, const std::string& cause = "server_chain_incomplete") {
    Symptom symptom = bench_.symptom(parse::Side::client, cause, "SSL_do_handshake() failed");
    symptom.candidates.push_back({"client_distrusts_our_ca", 0.2, {}, {}});
    symptom.alert = number;
    return bench_.diagnose(symptom);
  }
  Diagnosis reason(const std::string& cause, const std::string& text) {
    Symptom symptom = bench_.symptom(parse::Side::client, cause, "SSL_do_handshake() failed");
    symptom.reason = text;
    return bench_.diagnose(symptom);
  }
  Diagnosis code(int number, const std::string& cause) {
    Symptom symptom =
        bench_.symptom(parse::Side::client, cause, "client SSL certificate verify error");
    symptom.verify_code = number;
    symptom.server = "www.corp.test";
    return bench_.diagnose(symptom);
  }

  static constexpr const char* kPair =
      "        ssl_certificate tls/front.pem;\n        ssl_certificate_key tls/front.key;\n";
  static constexpr const char* kClients =
      "        ssl_verify_client on;\n        ssl_client_certificate tls/clients.pem;\n";
  LocalBench bench_;
  TestIdentity root_, intermediate_, leaf_;
};

TEST_F(ListenerDiagnosis, AppendsTheMissingIntermediateAndProvesIt) {
  bench_.file("/etc/nginx/tls/front.pem", leaf_.pem());
  const Diagnosis diagnosis = alert(48);
  EXPECT_EQ(diagnosis.cause, "server_chain_incomplete");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::proved);
  EXPECT_EQ(first_patch(diagnosis)->proof.method, ProofMethod::replay);
  EXPECT_THAT(first_patch(diagnosis)->patch, HasSubstr("--- a/etc/nginx/tls/front.pem"));
}

TEST_F(ListenerDiagnosis, KeepsTheKeyOutOfThePatchOfACombinedFile) {
  bench_.file("/etc/nginx/tls/front.pem", leaf_.pem() + leaf_.key_pem());
  const Diagnosis diagnosis = alert(48);
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_THAT(first_patch(diagnosis)->patch, testing::Not(HasSubstr("PRIVATE KEY")));
  EXPECT_THAT(first_patch(diagnosis)->patch,
              HasSubstr("+        ssl_certificate tls/fullchain.pem;"));
}

TEST_F(ListenerDiagnosis, TellsExpiryNameAndDistrustApart) {
  TestCertificateOptions old;
  old.from_days = -90;
  old.to_days = -1;
  bench_.file("/etc/nginx/tls/front.pem",
              intermediate_.leaf("www.corp.test", old).pem() + intermediate_.pem());
  EXPECT_EQ(alert(45, "server_cert_expired").cause, "server_cert_expired");
  bench_.file("/etc/nginx/tls/front.pem",
              intermediate_.leaf("staging.corp.test").pem() + intermediate_.pem());
  EXPECT_EQ(alert(42, "server_cert_name_mismatch").cause, "server_cert_name_mismatch");
  bench_.file("/etc/nginx/tls/front.pem", leaf_.pem() + intermediate_.pem());
  const Diagnosis distrust = alert(48);
  EXPECT_EQ(distrust.cause, "client_distrusts_our_ca");
  EXPECT_EQ(distrust.fixes.front().owner, Owner::client);
  EXPECT_THAT(distrust.fixes.front().message.en, HasSubstr("SHA-256"));
}

TEST_F(ListenerDiagnosis, ServesAnotherCertificateThatCoversTheName) {
  bench_.file("/etc/nginx/tls/front.pem",
              intermediate_.leaf("staging.corp.test").pem() + intermediate_.pem());
  bench_.file("/etc/nginx/tls/new.pem", leaf_.pem() + intermediate_.pem());
  const Diagnosis diagnosis = alert(42, "server_cert_name_mismatch");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("+        ssl_certificate tls/new.pem;"));
}

TEST_F(ListenerDiagnosis, NamesTheVariableBehindACertificateThatIsNotThere) {
  bench_.server(
      "        ssl_certificate tls/$ssl_server_name.pem;\n        ssl_certificate_key "
      "tls/$ssl_server_name.key;\n");
  Symptom symptom = bench_.symptom(parse::Side::client, "server_cert_unreadable",
                                   "cannot load certificate \"/etc/nginx/tls/www.corp.test.pem\": "
                                   "BIO_new_file() failed (SSL: error:80000002:"
                                   "system library::No such file or directory:calling "
                                   "fopen(/etc/nginx/tls/www.corp.test.pem, r))");
  const Diagnosis missing = bench_.diagnose(symptom);
  EXPECT_EQ(missing.cause, "server_cert_unreadable");
  ASSERT_TRUE(missing.place);
  EXPECT_EQ(missing.place->directive, "ssl_certificate");
  ASSERT_FALSE(missing.evidence.empty());
  EXPECT_THAT(missing.evidence.back().text.en,
              HasSubstr("tls/$ssl_server_name.pem became /etc/nginx/tls/www.corp.test.pem"));
  ASSERT_FALSE(missing.fixes.empty());
  EXPECT_EQ(missing.fixes.front().id, "map-known-names");
  symptom.message.replace(symptom.message.find("No such file or directory"), 25,
                          "Permission denied");
  EXPECT_EQ(bench_.diagnose(symptom).fixes.front().id, "permissions");
}

TEST_F(ListenerDiagnosis, WidensProtocolsThatAreTooStrict) {
  bench_.server(std::string(kPair) + "        ssl_protocols TLSv1.3;\n");
  const Diagnosis diagnosis = reason("client_protocol_too_old", "unsupported protocol");
  EXPECT_EQ(diagnosis.cause, "server_protocols_too_strict");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::proved);
  EXPECT_THAT(first_patch(diagnosis)->patch, HasSubstr("+        ssl_protocols TLSv1.2 TLSv1.3;"));
  bench_.server(std::string(kPair) + "        ssl_protocols TLSv1.2;\n");
  EXPECT_EQ(reason("client_protocol_too_old", "unsupported protocol").cause,
            "server_protocols_mismatch");
  bench_.server(std::string(kPair) + "        ssl_protocols TLSv1.2 TLSv1.3;\n");
  const Diagnosis old_client = reason("client_protocol_too_old", "unsupported protocol");
  EXPECT_EQ(old_client.cause, "client_protocol_too_old");
  EXPECT_EQ(first_patch(old_client), nullptr);
}

TEST_F(ListenerDiagnosis, ProvesNothingForAnotherOpenssl) {
  bench_.server(std::string(kPair) + "        ssl_protocols TLSv1.3;\n");
  bench_.surroundings.installation.openssl_running = "OpenSSL 1.1.1w  11 Sep 2023";
  const Diagnosis diagnosis = reason("client_protocol_too_old", "unsupported protocol");
  EXPECT_EQ(diagnosis.cause, "server_protocols_too_strict");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::untested);
  EXPECT_THAT(first_patch(diagnosis)->proof.detail.en, HasSubstr("nginx runs with OpenSSL 1.1.1w"));
}

TEST_F(ListenerDiagnosis, WidensGroupsAndCiphers) {
  bench_.server(std::string(kPair) +
                "        ssl_protocols TLSv1.3;\n        ssl_ecdh_curve X25519;\n");
  const Diagnosis groups = reason("no_shared_group", "no suitable key share");
  EXPECT_EQ(groups.cause, "no_shared_group");
  ASSERT_NE(first_patch(groups), nullptr);
  EXPECT_EQ(first_patch(groups)->proof.status, ProofStatus::proved)
      << first_patch(groups)->proof.detail.en;
  EXPECT_THAT(first_patch(groups)->patch,
              HasSubstr("+        ssl_ecdh_curve X25519:prime256v1:secp384r1:secp521r1;"));
  bench_.server(
      std::string(kPair) +
      "        ssl_protocols TLSv1.2;\n        ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;\n");
  const Diagnosis ciphers = reason("no_shared_cipher", "no shared cipher");
  EXPECT_EQ(ciphers.cause, "server_cipher_cert_mismatch");
  ASSERT_NE(first_patch(ciphers), nullptr);
  EXPECT_EQ(first_patch(ciphers)->proof.status, ProofStatus::proved)
      << first_patch(ciphers)->proof.detail.en;
  bench_.server(std::string(kPair) + "        ssl_ciphers HIGH:!aNULL:!MD5;\n");
  EXPECT_EQ(reason("no_shared_cipher", "no shared cipher").cause, "client_ciphers_obsolete");
}

TEST_F(ListenerDiagnosis, PutsASuiteWhereNoExclusionKeepsItOut) {
  bench_.server(std::string(kPair) +
                "        ssl_protocols TLSv1.2;\n        ssl_ciphers ECDHE+AESGCM:!ECDSA;\n");
  const Diagnosis diagnosis = reason("no_shared_cipher", "no shared cipher");
  EXPECT_EQ(diagnosis.cause, "server_cipher_cert_mismatch");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::proved)
      << first_patch(diagnosis)->proof.detail.en;
  EXPECT_THAT(first_patch(diagnosis)->patch,
              Not(HasSubstr("+        ssl_ciphers ECDHE+AESGCM:!ECDSA")));
}

TEST_F(ListenerDiagnosis, LooksAtItsOwnKeysBeforeAClientIsCalledObsolete) {
  bench_.server(std::string(kPair) + "        ssl_protocols TLSv1.2;\n");
  const Diagnosis curve = reason("client_ciphers_obsolete", "no shared cipher");
  EXPECT_EQ(curve.cause, "no_shared_group");
  EXPECT_THAT(curve.also, Contains("client_ciphers_obsolete"));
  ASSERT_NE(first_patch(curve), nullptr);
  EXPECT_THAT(first_patch(curve)->patch, HasSubstr("+        ssl_protocols TLSv1.2 TLSv1.3;"));
  EXPECT_EQ(first_patch(curve)->proof.status, ProofStatus::untested);
  const TestIdentity second = intermediate_.leaf("www.corp.test", {.rsa_bits = 2048});
  bench_.file("/etc/nginx/tls/second.pem", second.pem() + intermediate_.pem());
  bench_.file("/etc/nginx/tls/second.key", second.key_pem());
  bench_.server(std::string(kPair) + "        ssl_protocols TLSv1.2 TLSv1.3;\n");
  const Diagnosis key = reason("client_ciphers_obsolete", "no shared cipher");
  EXPECT_EQ(key.cause, "no_shared_cipher");
  EXPECT_THAT(first_patch_text(key), HasSubstr("+        ssl_certificate tls/second.pem;"));
}

TEST_F(ListenerDiagnosis, ServesACertificateWhereThereIsNone) {
  bench_.server(
      "", "    server {\n        listen 127.0.0.1:9443 ssl;\n        server_name other.test;\n" +
              std::string(kPair) + "    }\n");
  Symptom symptom =
      bench_.symptom(parse::Side::client, "server_cert_not_configured",
                     "no \"ssl_certificate\" is defined in server listening on SSL port");
  const Diagnosis diagnosis = bench_.diagnose(symptom);
  EXPECT_EQ(diagnosis.cause, "server_cert_not_configured");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("+        ssl_certificate tls/front.pem;"));
}

TEST_F(ListenerDiagnosis, AnExpiredIntermediateThatClientsStillSendIsReplacedByItsSuccessor) {
  const TestIdentity clients = TestIdentity::root("Client Root"),
                     old = clients.intermediate("Client Int", {.from_days = -90, .to_days = -2});
  TestCertificateOptions renewed;
  renewed.subject = "Client Int";
  renewed.is_ca = true;
  bench_.at_hand("old.pem", old);
  bench_.at_hand("new.pem", old.recertified(renewed, &clients));
  bench_.file("/etc/nginx/tls/clients.pem", clients.pem());
  bench_.server(std::string(kPair) + kClients);
  const Diagnosis diagnosis = code(10, "client_cert_expired");
  EXPECT_EQ(diagnosis.cause, "client_intermediate_expired");
  EXPECT_THAT(diagnosis.also, Contains("client_cert_expired"));
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::untested);
}

TEST_F(ListenerDiagnosis, TriesADepthOnChainsOfCasThatAreNotAtHand) {
  const TestIdentity clients = TestIdentity::root("Client Root");
  bench_.file("/etc/nginx/tls/clients.pem", clients.pem());
  bench_.server(std::string(kPair) + kClients + "        ssl_verify_depth 1;\n");
  const Diagnosis diagnosis = code(20, "client_cert_unknown_ca");
  EXPECT_EQ(diagnosis.cause, "client_verify_depth_too_small");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("ssl_verify_depth 2;"));
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::untested);
}

TEST_F(ListenerDiagnosis, SeesAGroupBehindAMissingCipher) {
  bench_.server(std::string(kPair) +
                "        ssl_protocols TLSv1.2;\n        ssl_ecdh_curve secp521r1;\n");
  const Diagnosis diagnosis = reason("no_shared_cipher", "no shared cipher");
  EXPECT_EQ(diagnosis.cause, "no_shared_group");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::proved);
}

TEST_F(ListenerDiagnosis, DoesNotPromiseWhatAnObsoleteClientCouldNotUse) {
  bench_.server(std::string(kPair) + "        ssl_protocols TLSv1.2;\n");
  const Diagnosis diagnosis = reason("client_protocol_too_old", "unsupported protocol");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::untested);
}

TEST_F(ListenerDiagnosis, AddsTheForgottenSsl) {
  bench_.configuration(
      "http {\n    server {\n        listen 127.0.0.1:8443;\n        server_name www.corp.test;\n" +
      std::string(kPair) + "    }\n}\n");
  Symptom symptom = bench_.symptom(parse::Side::client, "client_tls_to_plain_port",
                                   "client sent invalid method while reading client request line");
  symptom.server = "www.corp.test";
  const Diagnosis diagnosis = bench_.diagnose(symptom);
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("+        listen 127.0.0.1:8443 ssl;"));
}

TEST_F(ListenerDiagnosis, ExpectsThePROXYHeaderThatIsSent) {
  Symptom symptom = bench_.symptom(parse::Side::client, "proxy_protocol_unexpected",
                                   "client sent invalid request while reading client request line");
  symptom.server = "www.corp.test";
  const Diagnosis diagnosis = bench_.diagnose(symptom);
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_THAT(first_patch(diagnosis)->patch,
              HasSubstr("+        listen 127.0.0.1:8443 ssl proxy_protocol;"));
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::proved);
}

TEST_F(ListenerDiagnosis, FindsTheNameThatNoServerHas) {
  TestCertificateOptions both;
  both.names = "DNS:www.corp.test,DNS:shop.corp.test";
  bench_.file("/etc/nginx/tls/front.pem",
              intermediate_.leaf("www.corp.test", both).pem() + intermediate_.pem());
  bench_.server(kPair,
                "    server {\n        listen 127.0.0.1:8443 ssl default_server;\n        "
                "ssl_reject_handshake on;\n    }\n");
  const Diagnosis diagnosis = bench_.diagnose(bench_.symptom(
      parse::Side::client, "server_reject_handshake", "handshake rejected while SSL handshaking"));
  EXPECT_EQ(diagnosis.cause, "server_name_not_configured");
  EXPECT_THAT(first_patch_text(diagnosis),
              HasSubstr("+        server_name www.corp.test shop.corp.test;"));
  bench_.file("/etc/nginx/tls/front.pem", leaf_.pem() + intermediate_.pem());
  EXPECT_EQ(bench_
                .diagnose(bench_.symptom(parse::Side::client, "server_reject_handshake",
                                         "handshake rejected while SSL handshaking"))
                .cause,
            "server_reject_handshake");
}

TEST_F(ListenerDiagnosis, AppendsTheRootThatTheClientBundleLacks) {
  const TestIdentity clients = TestIdentity::root("Client Root"),
                     issuing = clients.intermediate("Client Int");
  bench_.at_hand("croot.pem", clients);
  bench_.at_hand("cint.pem", issuing);
  bench_.file("/etc/nginx/tls/clients.pem", issuing.pem());
  bench_.server(std::string(kPair) + kClients);
  const Diagnosis diagnosis = code(2, "client_ca_bundle_lacks_root");
  EXPECT_EQ(diagnosis.cause, "client_ca_bundle_lacks_root");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::proved)
      << first_patch(diagnosis)->proof.detail.en;
}

TEST_F(ListenerDiagnosis, AppendsWhatStandsBetweenAListedCaAndItsRoot) {
  const TestIdentity clients = TestIdentity::root("Client Root"),
                     upper = clients.intermediate("Upper"), issuing = upper.intermediate("Issuing");
  bench_.at_hand("root.pem", clients);
  bench_.at_hand("upper.pem", upper);
  bench_.at_hand("issuing.pem", issuing);
  bench_.file("/etc/nginx/tls/clients.pem", issuing.pem());
  bench_.server(std::string(kPair) + kClients + "        ssl_verify_depth 3;\n");
  const Diagnosis diagnosis = code(2, "client_ca_bundle_lacks_root");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_THAT(first_patch(diagnosis)->title.en, HasSubstr("\"Upper\", \"Client Root\""));
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::proved)
      << first_patch(diagnosis)->proof.detail.en;
}

TEST_F(ListenerDiagnosis, FillsInTheIntermediateThatClientsLeaveOut) {
  const TestIdentity clients = TestIdentity::root("Client Root"),
                     issuing = clients.intermediate("Client Int");
  bench_.at_hand("cint.pem", issuing);
  bench_.file("/etc/nginx/tls/clients.pem", clients.pem());
  bench_.server(std::string(kPair) + kClients);
  const Diagnosis diagnosis = code(21, "client_chain_incomplete");
  EXPECT_EQ(diagnosis.cause, "client_chain_incomplete");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_THAT(first_patch(diagnosis)->title.en, HasSubstr("Client Int"));
  // A client of another CA that sends its certificate alone leaves the very same line.
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::untested)
      << first_patch(diagnosis)->proof.detail.en;
}

TEST_F(ListenerDiagnosis, NeverClaimsToKnowAStrangersCa) {
  const TestIdentity clients = TestIdentity::root("Client Root"),
                     partner = TestIdentity::root("Partner Root"),
                     third = TestIdentity::root("Third Root");
  bench_.at_hand("partner.pem", partner);
  bench_.at_hand("partner-int.pem", partner.intermediate("Partner Int"));
  bench_.at_hand("third.pem", third);
  bench_.at_hand("third-int.pem", third.intermediate("Third Int"));
  bench_.file("/etc/nginx/tls/clients.pem", clients.pem());
  bench_.server(std::string(kPair) + kClients);
  const Diagnosis diagnosis = code(20, "client_cert_unknown_ca");
  EXPECT_EQ(diagnosis.cause, "client_cert_unknown_ca");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_EQ(first_patch(diagnosis)->proof.status, ProofStatus::untested);
  EXPECT_THAT(first_patch(diagnosis)->title.en, HasSubstr("Partner Root"));
}

TEST_F(ListenerDiagnosis, RaisesADepthThatSomebodyWroteTooSmall) {
  const TestIdentity clients = TestIdentity::root("Client Root"),
                     middle = clients.intermediate("Client Middle"),
                     issuing = middle.intermediate("Client Int");
  bench_.at_hand("middle.pem", middle);
  bench_.at_hand("issuing.pem", issuing);
  bench_.file("/etc/nginx/tls/clients.pem", clients.pem());
  bench_.server(std::string(kPair) + kClients + "        ssl_verify_depth 1;\n");
  const Diagnosis diagnosis = code(20, "client_cert_unknown_ca");
  EXPECT_EQ(diagnosis.cause, "client_verify_depth_too_small");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("+        ssl_verify_depth 2;"));
}

TEST_F(ListenerDiagnosis, NamesTheCrlThatHasExpired) {
  const TestIdentity clients = TestIdentity::root("Client Root");
  bench_.file("/etc/nginx/tls/clients.pem", clients.pem());
  bench_.file("/etc/nginx/tls/crl.pem", pem_block("X509 CRL", make_crl(clients, {}, -60, -1)));
  bench_.server(std::string(kPair) + kClients + "        ssl_crl tls/crl.pem;\n");
  const Diagnosis expired = code(12, "crl_expired");
  EXPECT_EQ(expired.cause, "crl_expired");
  EXPECT_THAT(expired.summary.en, HasSubstr("Client Root"));
  EXPECT_EQ(first_patch(expired), nullptr);
  bench_.at_hand("fresh.crl", pem_block("X509 CRL", make_crl(clients, {}, -1, 30)));
  EXPECT_NE(first_patch(code(12, "crl_expired")), nullptr);
}

TEST_F(ListenerDiagnosis, ChoosesAResolverForTheResponder) {
  const std::string stapling =
      "        ssl_stapling on;\n        ssl_stapling_responder http://localhost:8888/x;\n";
  Symptom symptom = bench_.symptom(
      parse::Side::ocsp, "stapling_no_resolver",
      "no resolver defined to resolve localhost while requesting certificate status");
  symptom.certificate = "/etc/nginx/tls/front.pem";
  symptom.responder = "localhost";
  bench_.server(std::string(kPair) + stapling);
  bench_.file("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
  const Diagnosis by_address = bench_.diagnose(symptom);
  EXPECT_THAT(first_patch_text(by_address),
              HasSubstr("+        ssl_stapling_responder http://127.0.0.1:8888/x;"));
  bench_.server(std::string(kPair) + stapling,
                "    server {\n        listen 127.0.0.1:80;\n        resolver 192.0.2.53 "
                "valid=30s;\n    }\n");
  const Diagnosis resolver = bench_.diagnose(symptom);
  EXPECT_THAT(first_patch_text(resolver), HasSubstr("+        resolver 192.0.2.53 valid=30s;"));
}

TEST_F(ListenerDiagnosis, SaysSoWhenNoListenerFits) {
  Symptom symptom =
      bench_.symptom(parse::Side::client, "scanner_noise", "SSL_do_handshake() failed");
  symptom.server = "192.0.2.1:4711";
  EXPECT_EQ(bench_.diagnose(symptom).cause, "scanner_noise");
}

}  // namespace
}  // namespace handshaked::diagnose
