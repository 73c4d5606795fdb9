#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/diagnose/upstream_bench.h"

namespace handshaked::diagnose {
namespace {

TEST_F(UpstreamDiagnosis, NamesTheRootThatIsNotTrustedAndAppendsItFromTheCollection) {
  trust(other_root.pem());
  at_hand("root.pem", root.pem());
  const auto diagnosis = diagnose_chain({leaf, issuing}, 20);
  expect_cured(diagnosis, "upstream_ca_not_trusted", "append-root");
  EXPECT_THAT(diagnosis.fixes.front().how.en, HasSubstr("CN=Root"));
  EXPECT_EQ(diagnosis.cause_key, "trust file|" + bench.path("ca.pem"));
  EXPECT_EQ(diagnosis.would_log,
            "upstream SSL certificate verify error: (20:unable to get local issuer certificate) "
            "while SSL handshaking to upstream");
}

TEST_F(UpstreamDiagnosis, NeverTrustsARootThatOnlyThePeerSends) {
  trust(other_root.pem());
  const auto diagnosis = diagnose_chain({leaf, issuing, root}, 19);
  expect_others(diagnosis, "upstream_ca_not_trusted");
  EXPECT_THAT(diagnosis.fixes.front().how.en,
              HasSubstr(Certificate::from_der(root.der()).value().facts().sha256));
}

TEST_F(UpstreamDiagnosis, CompletesTheChainAndProvesTheUpstreamsOwnCureToo) {
  trust(root.pem());
  at_hand("issuing.pem", issuing.pem());
  const auto diagnosis = diagnose_chain({leaf}, 21);
  expect_cured(diagnosis, "upstream_chain_incomplete", "append-intermediate");
  const Fix* const theirs = fix_of(diagnosis, "upstream-sends-fullchain");
  ASSERT_NE(theirs, nullptr);
  EXPECT_EQ(theirs->proof.status, ProofStatus::proved);
  EXPECT_THAT(theirs->message.en, HasSubstr("intermediate"));
}

TEST_F(UpstreamDiagnosis, WhatIsSentAboveAGapIsNotWrong) {
  const auto lower = issuing.intermediate("Lower");
  trust(root.pem());
  at_hand("lower.pem", lower.pem());
  // Appending the missing one alone does not help: above a trusted certificate OpenSSL looks for
  // issuers among trusted ones only.
  const Diagnosis found =
      diagnose_chain({lower.leaf("backend.test"), issuing}, 21, "proxy_ssl_verify_depth 3;");
  EXPECT_EQ(found.cause, "upstream_chain_incomplete") << found.summary.en;
  expect_well_formed(found);
}

TEST_F(UpstreamDiagnosis, SeesThatTheIntermediateBelongsToAnotherChain) {
  const auto foreign = other_root.intermediate("Foreign");
  trust(root.pem());
  at_hand("issuing.pem", issuing.pem());
  expect_cured(diagnose_chain({leaf, foreign}, 21), "upstream_wrong_intermediate",
               "append-right-intermediate");
}

TEST_F(UpstreamDiagnosis, AppendsTheRootBesideItsIntermediate) {
  trust(issuing.pem());
  at_hand("root.pem", root.pem());
  expect_cured(diagnose_chain({leaf, issuing}, 2), "trusted_bundle_lacks_root", "append-the-root");
}

TEST_F(UpstreamDiagnosis, TellsALeafInTheTrustedFileFromARoot) {
  trust(leaf.pem());
  at_hand("root.pem", root.pem());
  expect_cured(diagnose_chain({leaf, issuing}, 20), "trusted_bundle_holds_leaf", "trust-the-root");
}

TEST_F(UpstreamDiagnosis, TakesTrustSettingsOffTheTrustedFile) {
  trust(root.trusted_pem(NID_server_auth, true));
  const auto diagnosis = diagnose_chain({leaf, issuing}, 26);
  expect_cured(diagnosis, "trusted_bundle_trust_settings", "plain-pem");
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("-----BEGIN TRUSTED CERTIFICATE-----"));
}

/// What the picture of the chain says of its end.
std::string end_of_chain(const Diagnosis& diagnosis) {
  std::string end;
  for (const Evidence& one : diagnosis.evidence)
    if (one.kind.starts_with("chain_")) end = one.kind + ": " + one.text.en;
  return end;
}

TEST_F(UpstreamDiagnosis, RaisesTheDepthThatPrintsTwenty) {
  const auto second = issuing.intermediate("Second");
  trust(root.pem());
  const auto diagnosis = diagnose_chain({second.leaf("backend.test"), second, issuing}, 20);
  expect_cured(diagnosis, "verify_depth_too_small", "raise-depth");
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_ssl_verify_depth 2;"));
  EXPECT_THAT(end_of_chain(diagnosis), ::testing::StartsWith("chain_trusted: CN=Root,O=Corp; in "));
  EXPECT_THAT(end_of_chain(diagnosis), HasSubstr("beyond the permitted depth"));
}

TEST_F(UpstreamDiagnosis, RaisesTheDepthThatPrintsTwo) {
  const auto second = issuing.intermediate("Second");
  trust(root.pem() + issuing.pem() + second.pem());
  expect_cured(diagnose_chain({second.leaf("backend.test")}, 2), "verify_depth_too_small",
               "raise-depth");
}

TEST_F(UpstreamDiagnosis, CuresDepthAndRootTogether) {
  const auto second = issuing.intermediate("Second");
  trust(other_root.pem());
  at_hand("root.pem", root.pem());
  const auto diagnosis = diagnose_chain({second.leaf("backend.test"), second, issuing}, 20);
  expect_cured(diagnosis, "verify_depth_too_small", "raise-depth+append-root");
  EXPECT_THAT(diagnosis.also, Contains("upstream_ca_not_trusted"));
}

TEST_F(UpstreamDiagnosis, CuresRootAndNameTogether) {
  trust(other_root.pem());
  at_hand("root.pem", root.pem());
  bench.configure(
      "http { upstream pool { server 127.0.0.1:" + std::to_string(serve({leaf, issuing})) +
      "; }\n server { listen 127.0.0.1:1; server_name gw.test;\n location / {\n proxy_pass "
      "https://pool;\n proxy_ssl_server_name on;\n"
      " proxy_ssl_verify on;\n proxy_ssl_trusted_certificate ca.pem;\n }\n }\n}\n");
  symptom().peer = "127.0.0.1:" + std::to_string(servers.back()->port());
  logged(20);
  const auto diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_ca_not_trusted");
  EXPECT_THAT(diagnosis.also, Contains("upstream_name_is_upstream_block"));
  EXPECT_TRUE(is_cured_first(diagnosis, "set-ssl-name+append-root"));
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("+ proxy_ssl_name backend.test;"));
}

TEST_F(UpstreamDiagnosis, FindsTheRekeyedCaOfTheSameName) {
  const auto former = TestIdentity::root("Root");
  trust(former.pem());
  at_hand("root.pem", root.pem());
  const auto diagnosis = diagnose_chain({leaf, issuing}, 20);
  EXPECT_EQ(diagnosis.cause, "upstream_ca_rekeyed");
  EXPECT_THAT(end_of_chain(diagnosis), HasSubstr("did not sign it"));
  EXPECT_EQ(diagnosis.fixes.front().proof.status, ProofStatus::proved);
  EXPECT_FALSE(diagnosis.fixes.front().patch.empty());
}

TEST_F(UpstreamDiagnosis, NamesTheFingerprintOfASelfSignedCertificateWithoutTrustingIt) {
  const auto self =
      TestIdentity::self_signed({.subject = "backend.test", .names = "DNS:backend.test"});
  trust(root.pem());
  const auto diagnosis = diagnose_chain({self}, 18);
  expect_others(diagnosis, "upstream_self_signed");
  EXPECT_THAT(diagnosis.summary.en,
              HasSubstr(Certificate::from_der(self.der()).value().facts().sha256));
}

TEST_F(UpstreamDiagnosis, PinsASelfSignedCertificateThatIsAtHand) {
  const auto self = TestIdentity::self_signed({.subject = "backend.test",
                                               .names = "DNS:backend.test",
                                               .is_ca = true,
                                               .usage = "digitalSignature,keyCertSign"});
  trust(root.pem());
  at_hand("self.pem", self.pem());
  expect_cured(diagnose_chain({self}, 18), "upstream_self_signed", "pin-certificate");
}

TEST_F(UpstreamDiagnosis, LeavesAnExpiredLeafToTheUpstream) {
  trust(root.pem());
  const auto diagnosis = diagnose_chain(
      {issuing.leaf("backend.test", {.from_days = -90, .to_days = -3}), issuing}, 10);
  expect_others(diagnosis, "upstream_cert_expired");
  EXPECT_THAT(diagnosis.cause_key, HasSubstr("expired|"));
  EXPECT_EQ(diagnosis.fixes.front().owner, Owner::upstream);
}

TEST_F(UpstreamDiagnosis, SeesTheMissingIntermediateBehindAnExpiredLeaf) {
  trust(root.pem());
  at_hand("issuing.pem", issuing.pem());
  const auto diagnosis =
      diagnose_chain({issuing.leaf("backend.test", {.from_days = -90, .to_days = -3})}, 10);
  expect_others(diagnosis, "upstream_cert_expired");
  EXPECT_THAT(diagnosis.also, Contains("upstream_chain_incomplete"));
}

TEST_F(UpstreamDiagnosis, TrustsTheRenewedTwinOfAnExpiredIntermediate) {
  const auto expired = issuing.recertified({.is_ca = true, .from_days = -90, .to_days = -3}, &root);
  trust(root.pem());
  at_hand("issuing.pem", issuing.pem());
  expect_cured(diagnose_chain({leaf, expired}, 10), "upstream_intermediate_expired",
               "trust-renewed-intermediate");
}

TEST_F(UpstreamDiagnosis, ReplacesAnExpiredRootByItsRenewedTwin) {
  const auto expired = root.recertified({.is_ca = true, .from_days = -90, .to_days = -3});
  trust(expired.pem());
  at_hand("root.pem", root.pem());
  expect_cured(diagnose_chain({leaf, issuing}, 10), "trusted_root_expired", "replace-root");
}

TEST_F(UpstreamDiagnosis, LeavesTheExpiredCrossSigningRootForTheNewRoot) {
  const auto old = TestIdentity::root("Old Root", {.from_days = -900, .to_days = -3});
  const auto cross = root.recertified({.is_ca = true}, &old);
  trust(old.pem());
  at_hand("root.pem", root.pem());
  const auto diagnosis = diagnose_chain({leaf, issuing, cross}, 10, "proxy_ssl_verify_depth 3;");
  expect_cured(diagnosis, "cross_signed_root_expired", "add-new-root");
}

struct Unfixable {
  const char* cause;
  int code;
  TestCertificateOptions issuer{};
  TestCertificateOptions leaf{};
};

TEST_F(UpstreamDiagnosis, TellsWhatOnlyTheIssuerCanCure) {
  const std::vector<Unfixable> situations = {
      {.cause = "upstream_cert_not_yet_valid", .code = 9, .leaf = {.from_days = 2, .to_days = 90}},
      {.cause = "upstream_intermediate_not_yet_valid",
       .code = 9,
       .issuer = {.from_days = 2, .to_days = 90}},
      {.cause = "upstream_intermediate_expired",
       .code = 10,
       .issuer = {.from_days = -90, .to_days = -2}},
      {.cause = "upstream_cert_wrong_usage", .code = 26, .leaf = {.extended_usage = "clientAuth"}},
      {.cause = "upstream_issuer_bad_key_usage",
       .code = 32,
       .issuer = {.usage = "digitalSignature"}},
      {.cause = "upstream_name_constraints",
       .code = 47,
       .issuer = {.name_constraints = "permitted;DNS:prod.test"}},
      {.cause = "upstream_unhandled_critical_ext",
       .code = 34,
       .leaf = {.more = "1.2.3.4.5=critical,ASN1:UTF8String:x"}},
      {.cause = "upstream_ca_weak_key", .code = 67, .issuer = {.rsa_bits = 1024}},
  };
  trust(root.pem());
  for (const Unfixable& situation : situations) {
    SCOPED_TRACE(situation.cause);
    const auto issuer = root.intermediate("Odd", situation.issuer);
    const auto odd = issuer.leaf("backend.test", situation.leaf);
    expect_others(
        diagnose_chain({odd, issuer}, situation.code, {}, {"-cipher", "DEFAULT@SECLEVEL=0"}),
        situation.cause);
  }
}

TEST_F(UpstreamDiagnosis, SeesACaThatIsNone) {
  const auto no_ca = root.issue(
      {.subject = "Device", .extended_usage = "", .usage = "digitalSignature,keyCertSign"});
  trust(root.pem());
  const auto diagnosis = diagnose_chain({no_ca.leaf("backend.test"), no_ca}, 26);
  expect_others(diagnosis, "upstream_issuer_not_ca");
}

class UpstreamCrlDiagnosis : public UpstreamDiagnosis {
 protected:
  Diagnosis with_crls(const std::string& crls, int code) {
    trust(root.pem());
    bench.put("crl.pem", crls);
    return diagnose_chain({leaf, issuing}, code, "proxy_ssl_crl crl.pem;");
  }
  static std::string pem(const std::string& crl) { return pem_block("X509 CRL", crl); }
  std::string of_root = pem(make_crl(root, {}, -5, 30));
  std::string of_issuing = pem(make_crl(issuing, {}, -5, 30));
};

TEST_F(UpstreamCrlDiagnosis, CompletesTheListsFromTheCollection) {
  at_hand("root.crl", of_root);
  const auto diagnosis = with_crls(of_issuing, 3);
  expect_cured(diagnosis, "crl_missing", "all-crls");
}

TEST_F(UpstreamCrlDiagnosis, SeesDepthBeforeTheListsThatItHides) {
  const auto second = issuing.intermediate("Second");
  trust(root.pem());
  bench.put("crl.pem", of_issuing + pem(make_crl(second, {}, -5, 30)));
  const auto diagnosis =
      diagnose_chain({second.leaf("backend.test"), second, issuing}, 8, "proxy_ssl_crl crl.pem;");
  expect_others(diagnosis, "verify_depth_too_small");
  EXPECT_THAT(diagnosis.also, Contains("crl_missing"));
  ASSERT_NE(fix_of(diagnosis, "raise-depth"), nullptr);
  EXPECT_THAT(fix_of(diagnosis, "raise-depth")->how.en,
              HasSubstr("Set proxy_ssl_verify_depth 2 (now 1)"));
  EXPECT_THAT(diagnosis.dead_ends,
              Not(Contains(testing::Field(
                  &DeadEnd::action, testing::Field(&Text::en, "Raise proxy_ssl_verify_depth")))));
}

TEST_F(UpstreamCrlDiagnosis, NamesTheListThatIsMissing) {
  const auto diagnosis = with_crls(of_issuing, 3);
  expect_others(diagnosis, "crl_missing");
  EXPECT_THAT(diagnosis.fixes.front().how.en, HasSubstr("CN=Root"));
}

TEST_F(UpstreamCrlDiagnosis, TellsExpiredFutureAndForeignLists) {
  expect_others(with_crls(of_root + pem(make_crl(issuing, {}, -60, -1)), 12), "crl_expired");
  expect_others(with_crls(of_root + pem(make_crl(issuing, {}, 1, 60)), 11), "crl_not_yet_valid");
  expect_others(with_crls(of_root + pem(make_crl(issuing, {}, -5, 30, &other_root)), 8),
                "crl_signature_invalid");
}

TEST_F(UpstreamCrlDiagnosis, ProvesThatDroppingTheListsIsUnsafe) {
  const auto diagnosis = with_crls(of_root + pem(make_crl(issuing, {&leaf}, -5, 30)), 23);
  expect_others(diagnosis, "upstream_cert_revoked");
  EXPECT_THAT(diagnosis.dead_ends, Contains(testing::Truly([](const DeadEnd& one) {
                return one.action.en.find("Remove proxy_ssl_crl") != std::string::npos &&
                       one.is_unsafe && one.proof.status == ProofStatus::proved;
              })));
  expect_others(with_crls(of_issuing + pem(make_crl(root, {&issuing}, -5, 30)), 23),
                "upstream_ca_revoked");
}

TEST_F(UpstreamDiagnosis, StaysWithinNginxsOwnSettingsInTheDaemon) {
  trust(other_root.pem());
  at_hand("root.pem", root.pem());
  bench.scope = ProbeScope::frugal;
  expect_cured(diagnose_chain({leaf, issuing}, 20), "upstream_ca_not_trusted", "append-root");
  EXPECT_LE(bench.probes.size(), 2U);
}

TEST_F(UpstreamDiagnosis, SaysSoWhenNobodyMayLook) {
  trust(other_root.pem());
  bench.scope = ProbeScope::none;
  const auto diagnosis = diagnose_chain({leaf, issuing}, 20);
  EXPECT_TRUE(bench.probes.empty());
  for (const Fix& fix : diagnosis.fixes) EXPECT_EQ(fix.proof.status, ProofStatus::untested);
  ASSERT_TRUE(diagnosis.place);
  EXPECT_EQ(diagnosis.place->directive, "proxy_pass");
}

TEST_F(UpstreamDiagnosis, KnowsAVerdictThatOnlyAnOldSessionCarries) {
  trust(root.pem());
  bench.configure_http(serve({leaf, issuing}, {"-tls1_2"}), verified());
  logged(21);
  const auto diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_stale_session_verdict");
  EXPECT_TRUE(diagnosis.is_healthy_now);
  ASSERT_FALSE(diagnosis.fixes.empty());
  EXPECT_EQ(diagnosis.fixes.front().id, "reload-nginx");
  ASSERT_NE(fix_of(diagnosis, "no-session-reuse"), nullptr);
  EXPECT_THAT(fix_of(diagnosis, "no-session-reuse")->patch,
              HasSubstr("proxy_ssl_session_reuse off;"));
}

TEST_F(UpstreamDiagnosis, FindsThePlaceThatSharesItsVerdict) {
  trust(root.pem());
  const std::string port = std::to_string(serve({leaf, issuing}, {"-tls1_2"}));
  bench.configure("http { upstream backend.test { server 127.0.0.1:" + port +
                  "; }\n server { listen 127.0.0.1:1;\n location /a {\n proxy_pass "
                  "https://backend.test;\n }\n location /b {\n " +
                  verified() + "\n }\n }\n}\n");
  symptom().peer = "127.0.0.1:" + port;
  symptom().request_target = "GET /b HTTP/1.1";
  logged(20);
  const auto diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_shared_session_verdict");
  EXPECT_TRUE(is_cured_first(diagnosis, "no-session-reuse"));
}

TEST_F(UpstreamDiagnosis, SaysThatAnotherFaultIsThereNow) {
  trust(other_root.pem());
  at_hand("root.pem", root.pem());
  const auto diagnosis = diagnose_chain({leaf, issuing}, 10);
  EXPECT_EQ(diagnosis.cause, "upstream_ca_not_trusted");
  EXPECT_LT(diagnosis.confidence, 0.9);
  EXPECT_THAT(diagnosis.evidence,
              Contains(testing::Field(&Evidence::text,
                                      testing::Field(&Text::en, HasSubstr("another fault")))));
}

TEST_F(UpstreamDiagnosis, DoesNotCallAGrpcFixProvedWhenThePeerHasNoHttp2) {
  trust(other_root.pem());
  at_hand("root.pem", root.pem());
  const std::string port = std::to_string(serve({leaf, issuing}));
  symptom().scheme = "grpcs";
  symptom().peer = "127.0.0.1:" + port;
  bench.configure("http { upstream backend.test { server 127.0.0.1:" + port +
                  "; }\n server { listen 127.0.0.1:1;\n location / {\n grpc_pass "
                  "grpcs://backend.test; grpc_ssl_verify on; "
                  "grpc_ssl_trusted_certificate ca.pem;\n }\n }\n}\n");
  logged(20);
  const auto diagnosis = bench.diagnose();
  EXPECT_EQ(diagnosis.cause, "upstream_ca_not_trusted");
  ASSERT_NE(fix_of(diagnosis, "append-root"), nullptr);
  EXPECT_EQ(fix_of(diagnosis, "append-root")->proof.status, ProofStatus::untested);
}

TEST_F(UpstreamDiagnosis, LooksAtTheLocationOfTheRequest) {
  trust(root.pem());
  bench.put("wrong.pem", other_root.pem());
  at_hand("root.pem", root.pem());
  const std::string port = std::to_string(serve({leaf, issuing}));
  bench.configure("http { upstream backend.test { server 127.0.0.1:" + port +
                  "; }\n server { listen 127.0.0.1:1;\n location /good {\n " + verified() +
                  "\n }\n location /bad {\n proxy_pass https://backend.test; proxy_ssl_verify on; "
                  "proxy_ssl_trusted_certificate "
                  "wrong.pem;\n }\n }\n}\n");
  symptom().peer = "127.0.0.1:" + port;
  symptom().request_target = "GET /bad/x?y HTTP/1.1";
  logged(20);
  const auto diagnosis = bench.diagnose();
  expect_cured(diagnosis, "upstream_ca_not_trusted", "append-root");
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("wrong.pem"));
}

TEST_F(UpstreamDiagnosis, WorksForStreamAndGrpc) {
  trust(other_root.pem());
  at_hand("root.pem", root.pem());
  bench.configure_stream(serve({leaf, issuing}),
                         "proxy_ssl on; proxy_ssl_server_name on; proxy_ssl_verify on; "
                         "proxy_ssl_trusted_certificate ca.pem; proxy_ssl_name backend.test;");
  logged(20);
  EXPECT_TRUE(is_cured_first(bench.diagnose(), "append-root"));
  const std::string port = std::to_string(serve({leaf, issuing}, {"-alpn", "h2"}));
  symptom().peer = "127.0.0.1:" + port;
  symptom().scheme = "grpcs";
  symptom().server.clear();
  bench.configure("http { upstream backend.test { server 127.0.0.1:" + port +
                  "; }\n server { listen 127.0.0.1:1;\n location / {\n grpc_pass "
                  "grpcs://backend.test; grpc_ssl_verify on; "
                  "grpc_ssl_trusted_certificate ca.pem;\n }\n }\n}\n");
  const auto diagnosis = bench.diagnose();
  EXPECT_TRUE(is_cured_first(diagnosis, "append-root"));
  EXPECT_THAT(diagnosis.summary.en, HasSubstr("CN=Root"));
}

}  // namespace
}  // namespace handshaked::diagnose
