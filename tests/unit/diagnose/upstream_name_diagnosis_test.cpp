#include "diagnose/upstream/verification/cause_sentences.h"
#include "diagnose/upstream/verification/name_candidates.h"
#include "upstream_bench.h"

namespace handshaked::diagnose {
namespace {

class UpstreamNameDiagnosis : public UpstreamDiagnosis {
 protected:
  /// A group of that name, its place verified with `more`, and the line that names what was
  /// compared.
  Diagnosis named(const std::string& group, const TestIdentity& shown, const std::string& more,
                  const std::string& compared, std::vector<std::string> options = {}) {
    trust(root.pem());
    const std::string port = std::to_string(serve({shown, issuing}, std::move(options)));
    bench.configure("http {\n    upstream " + group + " {\n        server 127.0.0.1:" + port +
                    ";\n    }\n    server {\n        listen 127.0.0.1:1;\n        server_name "
                    "gw.corp.test;\n        location / {\n        "
                    "    proxy_pass https://" +
                    group +
                    ";\n            proxy_ssl_verify on;\n            "
                    "proxy_ssl_trusted_certificate ca.pem;\n            " +
                    more + "\n        }\n    }\n}\n");
    symptom().peer = "127.0.0.1:" + port;
    logged_name(compared);
    return bench.diagnose();
  }
  static constexpr const char* kSni = "proxy_ssl_server_name on;";
};

TEST_F(UpstreamNameDiagnosis, VerifiesTheHostInsteadOfTheGroup) {
  const auto diagnosis = named("backend_pool", issuing.leaf("api.corp.test"), kSni, "backend_pool");
  expect_cured(diagnosis, "upstream_name_is_upstream_block", "set-ssl-name");
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_ssl_name api.corp.test;"));
}

TEST_F(UpstreamNameDiagnosis, PrefersTheNameThatTheConfigurationSuggests) {
  const auto many =
      issuing.leaf("x", {.names = "DNS:aaa.corp.test,DNS:api.corp.test,DNS:zzz.corp.test"});
  const auto diagnosis =
      named("backend_pool", many, std::string(kSni) + " proxy_set_header Host api.corp.test;",
            "backend_pool");
  expect_cured(diagnosis, "upstream_name_is_upstream_block", "set-ssl-name");
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_ssl_name api.corp.test;"));
  EXPECT_THAT(diagnosis.fixes.front().how.en, HasSubstr("Host header"));
}

TEST_F(UpstreamNameDiagnosis, ACertificateThatNamesTheAddressTellsTheNameOfThatHost) {
  for (const bool names_address : {true, false}) {
    const std::string address = names_address ? "127.0.0.1" : "127.0.0.9";
    const auto both =
        issuing.leaf("x", {.names = "DNS:api.corp.test,DNS:orders.corp.test,IP:" + address});
    const auto diagnosis = named("backend_pool", both, kSni, "backend_pool");
    ASSERT_FALSE(diagnosis.fixes.empty());
    EXPECT_EQ(diagnosis.fixes.front().proof.status,
              names_address ? ProofStatus::proved : ProofStatus::untested)
        << address;
  }
}

TEST_F(UpstreamNameDiagnosis, CorrectsASlipWhereItStands) {
  const auto diagnosis =
      named("api.corp.test", issuing.leaf("api.corp.test"),
            std::string(kSni) + " proxy_ssl_name api.crop.test;", "api.crop.test");
  expect_cured(diagnosis, "proxy_ssl_name_wrong", "correct-name");
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_ssl_name api.corp.test;"));
}

TEST_F(UpstreamNameDiagnosis, CutsANameToTheLabelThatAWildcardCovers) {
  const auto diagnosis =
      named("v1.pay.apps.corp.test", issuing.leaf("x", {.names = "DNS:*.apps.corp.test"}), kSni,
            "v1.pay.apps.corp.test");
  EXPECT_EQ(diagnosis.cause, "upstream_wildcard_depth");
  ASSERT_FALSE(diagnosis.fixes.empty());
  EXPECT_EQ(diagnosis.fixes.front().id, "name-one-label");
  // It passes, and is another host than the one that is configured.
  EXPECT_EQ(diagnosis.fixes.front().proof.status, ProofStatus::untested);
  EXPECT_THAT(diagnosis.fixes.front().patch, HasSubstr("proxy_ssl_name pay.apps.corp.test;"));
  EXPECT_THAT(diagnosis.fixes.front().patch, Not(HasSubstr("*.")));
}

TEST_F(UpstreamNameDiagnosis, NeverTakesTheNameOfAnotherHost) {
  const auto diagnosis =
      named("api.corp.test", issuing.leaf("other.corp.test"), kSni, "api.corp.test");
  expect_others(diagnosis, "upstream_wrong_cert_served");
}

TEST_F(UpstreamNameDiagnosis, KnowsThatTheCommonNameDoesNotCountBesideNames) {
  const auto diagnosis =
      named("api.corp.test", issuing.leaf("api.corp.test", {.names = "DNS:api-v2.corp.test"}), kSni,
            "api.corp.test");
  EXPECT_EQ(diagnosis.cause, "upstream_name_mismatch");
  EXPECT_TRUE(is_cured_first(diagnosis, "set-ssl-name"));
}

TEST_F(UpstreamNameDiagnosis, TurnsSniOnWhenThePeerShowsItsDefaultCertificate) {
  const auto right = issuing.leaf("api.corp.test");
  bench.put("right.crt", right.pem() + issuing.pem());
  bench.put("right.key", right.key_pem());
  at_hand("issuing.pem", issuing.pem());
  const auto diagnosis =
      named("api.corp.test", issuing.leaf("default.corp.test"), "", "api.corp.test",
            {"-servername", "api.corp.test", "-cert2", bench.path("right.crt"), "-key2",
             bench.path("right.key")});
  // `openssl s_server` sends the second certificate alone: two faults, of which SNI is the one to
  // begin with.
  EXPECT_EQ(diagnosis.cause, "upstream_sni_missing");
  EXPECT_THAT(diagnosis.also, Contains("upstream_chain_incomplete"));
  EXPECT_TRUE(is_cured_first(diagnosis, "enable-sni+append-intermediate"));
  EXPECT_EQ(diagnosis.fixes.front().proof.method, ProofMethod::probe);
}

TEST_F(UpstreamNameDiagnosis, ReplacesANameThatClientsChoose) {
  const auto diagnosis = named("api.corp.test", issuing.leaf("api.corp.test"),
                               std::string(kSni) + " proxy_ssl_name $http_x_backend;", "evil.test");
  expect_cured(diagnosis, "proxy_ssl_name_wrong", "constant-name");
  EXPECT_THAT(diagnosis.also, Contains("proxy_ssl_name_from_client"));
  EXPECT_THAT(bench.probes, Not(Contains(HasSubstr("evil"))));
}

TEST_F(UpstreamNameDiagnosis, ReplacesAnEmptyName) {
  expect_cured(named("api.corp.test", issuing.leaf("api.corp.test"),
                     std::string(kSni) + " proxy_ssl_name $http_x_backend;", ""),
               "proxy_ssl_name_wrong", "constant-name");
}

TEST(NameCandidates, TellHostsFromGroups) {
  EXPECT_TRUE(is_host_name("api.corp.test"));
  EXPECT_FALSE(is_host_name("backend_pool"));
  EXPECT_FALSE(is_host_name("10.0.0.1"));
  EXPECT_FALSE(is_host_name("nginx.conf"));
  EXPECT_FALSE(is_host_name(".corp.test"));
  EXPECT_FALSE(is_host_name("a..b"));
  EXPECT_FALSE(is_host_name(""));
}

TEST(NameCandidates, TellMisspellingsFromHostsSideBySide) {
  EXPECT_TRUE(is_misspelling("api.crop.test", "api.corp.test"));
  EXPECT_TRUE(is_misspelling("paymets.corp.test", "payments.corp.test"));
  EXPECT_TRUE(is_misspelling("aip.corp.test", "api.corp.test"));
  EXPECT_FALSE(is_misspelling("api.corp.test", "app.corp.test"));
  EXPECT_FALSE(is_misspelling("api1.corp.test", "api2.corp.test"));
  EXPECT_FALSE(is_misspelling("mail.corp.test", "main.corp.test"));
  EXPECT_FALSE(is_misspelling("api-v2.corp.test", "api.corp.test"));
  EXPECT_FALSE(is_misspelling("www.corp.test", "corp.test"));
  EXPECT_FALSE(is_misspelling("api.corp.test", "api.corp.test"));
}

TEST_F(UpstreamNameDiagnosis, ANameOfAnotherHostIsNeverCalledProved) {
  for (const std::string shown : {"api2.corp.test", "app.corp.test", "api-staging.corp.test"}) {
    const auto diagnosis = named("api1.corp.test", issuing.leaf(shown), kSni, "api1.corp.test");
    for (const Fix& fix : diagnosis.fixes) {
      EXPECT_FALSE(fix.proof.status == ProofStatus::proved &&
                   fix.patch.find(shown) != std::string::npos)
          << fix.id;
    }
  }
}

TEST(NameCandidates, TellSlipsFromOtherHosts) {
  EXPECT_TRUE(is_near("api.crop.test", "api.corp.test"));
  EXPECT_TRUE(is_near("api.corp.test", "api-v2.corp.test"));
  EXPECT_TRUE(is_near("www.corp.test", "corp.test"));
  EXPECT_FALSE(is_near("other.corp.test", "api.corp.test"));
  EXPECT_FALSE(is_near("pool", "api.corp.test"));
  EXPECT_TRUE(is_below_wildcard("a.b.corp.test", "*.corp.test"));
  EXPECT_FALSE(is_below_wildcard("b.corp.test", "*.corp.test"));
  EXPECT_FALSE(is_below_wildcard("corp.test", "*.corp.test"));
}

TEST(CauseSentences, PutFactsInAsTheyAre) {
  const SentenceFacts facts{{"crl", "{issuer}"}, {"issuer", "CN=corp CA"}};
  EXPECT_EQ(fault_sentence("crl_expired", facts),
            (Text{"The CRL of CN=corp CA in {issuer} is out of date.",
                  "{issuer} 中 CN=corp CA 的 CRL 已过期。"}));
  EXPECT_TRUE(fault_sentence("no_such_cause", facts).empty());
  EXPECT_EQ(date_text(Time{}), "1970-01-01 00:00:00 UTC");
}

}  // namespace
}  // namespace handshaked::diagnose
