#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/diagnose/local_bench.h"

namespace handshaked::diagnose {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConfigurationDiagnosis : public testing::Test {
 protected:
  ConfigurationDiagnosis()
      : root_(TestIdentity::root("Root")),
        intermediate_(root_.intermediate("Int")),
        leaf_(intermediate_.leaf("www.corp.test")) {
    bench_.file("/etc/nginx/tls/front.pem", leaf_.pem() + intermediate_.pem());
    bench_.file("/etc/nginx/tls/front.key", leaf_.key_pem());
    bench_.server(kPair);
  }
  Diagnosis diagnose(const std::string& cause, const std::string& message) {
    return bench_.diagnose(bench_.symptom(parse::Side::config, cause, message));
  }
  Diagnosis diagnose_key_mismatch() {
    return diagnose("config_key_mismatch",
                    "SSL_CTX_use_PrivateKey(\"/etc/nginx/tls/front.key\") failed (SSL: "
                    "error:05800074:x509 certificate routines::key "
                    "values mismatch)");
  }

  static constexpr const char* kPair =
      "        ssl_certificate tls/front.pem;\n        ssl_certificate_key tls/front.key;\n";
  LocalBench bench_;
  TestIdentity root_, intermediate_, leaf_;
};

TEST_F(ConfigurationDiagnosis, TellsDerFromPem) {
  bench_.file("/etc/nginx/tls/front.pem", leaf_.der());
  const Diagnosis diagnosis = diagnose(
      "config_pem_invalid",
      "cannot load certificate \"/etc/nginx/tls/front.pem\": PEM_read_bio_X509_AUX() failed (SSL: "
      "error:0480006C:PEM routines::no start line)");
  EXPECT_EQ(diagnosis.cause, "config_der_instead_of_pem");
  ASSERT_TRUE(diagnosis.place);
  EXPECT_EQ(diagnosis.place->directive, "ssl_certificate");
  EXPECT_EQ(diagnosis.place->line, 6U);
  EXPECT_EQ(first_patch(diagnosis), nullptr);
  EXPECT_THAT(diagnosis.fixes.front().commands.front(),
              HasSubstr("openssl x509 -inform der -in /etc/nginx/tls/front.pem"));
}

TEST_F(ConfigurationDiagnosis, SplitsJoinedBlocksByPatch) {
  std::string joined = leaf_.pem();
  joined.pop_back();
  bench_.file("/etc/nginx/tls/front.pem", joined + intermediate_.pem());
  const Diagnosis diagnosis = diagnose(
      "config_pem_concatenation",
      "cannot load certificate \"/etc/nginx/tls/front.pem\": PEM_read_bio_X509_AUX() failed (SSL: "
      "error:04800066:PEM routines::bad end line)");
  EXPECT_EQ(diagnosis.cause, "config_pem_concatenation");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("+-----BEGIN CERTIFICATE-----"));
}

TEST_F(ConfigurationDiagnosis, FindsTheMatchingKeyBesideTheWrongOne) {
  bench_.file("/etc/nginx/tls/front.key", TestIdentity::root("Stranger").key_pem());
  bench_.file("/etc/nginx/tls/renewed.key", leaf_.key_pem());
  const Diagnosis diagnosis = diagnose_key_mismatch();
  EXPECT_EQ(diagnosis.cause, "config_key_mismatch");
  EXPECT_THAT(first_patch_text(diagnosis),
              HasSubstr("+        ssl_certificate_key tls/renewed.key;"));
  for (const Fix& fix : diagnosis.fixes) EXPECT_THAT(fix.patch, Not(HasSubstr("PRIVATE KEY")));
}

TEST_F(ConfigurationDiagnosis, ReadsNoKeyWithoutPermission) {
  bench_.surroundings.may_read_keys = false;
  bench_.file("/etc/nginx/tls/front.key", TestIdentity::root("Stranger").key_pem());
  bench_.file("/etc/nginx/tls/renewed.key", leaf_.key_pem());
  const Diagnosis diagnosis = diagnose_key_mismatch();
  EXPECT_EQ(first_patch(diagnosis), nullptr);
}

TEST_F(ConfigurationDiagnosis, PutsTheLeafInFront) {
  bench_.file("/etc/nginx/tls/front.pem", intermediate_.pem() + leaf_.pem());
  const Diagnosis diagnosis = diagnose_key_mismatch();
  EXPECT_EQ(diagnosis.cause, "config_chain_order");
  ASSERT_NE(first_patch(diagnosis), nullptr);
  EXPECT_EQ(first_patch(diagnosis)->id, "leaf-first");
}

TEST_F(ConfigurationDiagnosis, ExchangesSwappedFiles) {
  bench_.server(
      "        ssl_certificate tls/front.key;\n        ssl_certificate_key tls/front.pem;\n");
  const Diagnosis diagnosis = diagnose(
      "config_pem_invalid",
      "cannot load certificate \"/etc/nginx/tls/front.key\": PEM_read_bio_X509_AUX() failed (SSL: "
      "error:0480006C:PEM routines::no start line)");
  EXPECT_EQ(diagnosis.cause, "config_cert_key_swapped");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("+        ssl_certificate tls/front.pem;"));
}

TEST_F(ConfigurationDiagnosis, CorrectsCurvesAndCommands) {
  bench_.server(std::string(kPair) +
                "        ssl_ecdh_curve secp999r1;\n        ssl_conf_command Grups X25519;\n");
  const Diagnosis curve = diagnose("config_curve_invalid",
                                   "SSL_CTX_set1_curves_list(\"secp999r1\") failed (SSL: "
                                   "error:0A080106:SSL routines::passed invalid argument)");
  EXPECT_THAT(first_patch_text(curve),
              HasSubstr("+        ssl_ecdh_curve X25519:prime256v1:secp384r1;"));
  const Diagnosis command = diagnose("config_conf_command_invalid",
                                     "SSL_CONF_cmd(\"Grups\", \"X25519\") failed (SSL: "
                                     "error:0A000182:SSL routines::unknown cmd name:cmd=Grups)");
  EXPECT_THAT(first_patch_text(command), HasSubstr("+        ssl_conf_command Groups X25519;"));
}

TEST_F(ConfigurationDiagnosis, CorrectsProtocolsAndMisspeltDirectives) {
  bench_.server(std::string(kPair) + "        ssl_protocols TLSv12 TLSv1.3;\n");
  const Diagnosis protocols =
      diagnose("config_protocols_invalid", "invalid value \"TLSv12\" in /etc/nginx/nginx.conf:8");
  EXPECT_THAT(first_patch_text(protocols), HasSubstr("+        ssl_protocols TLSv1.2 TLSv1.3;"));
  bench_.server(
      "        ssl_certificat tls/front.pem;\n        ssl_certificate_key tls/front.key;\n");
  const Diagnosis word =
      diagnose("config_directive_invalid",
               "unknown directive \"ssl_certificat\" in /etc/nginx/nginx.conf:6");
  EXPECT_THAT(first_patch_text(word), HasSubstr("+        ssl_certificate tls/front.pem;"));
}

TEST_F(ConfigurationDiagnosis, RemovesSmallDhParameters) {
  bench_.server(std::string(kPair) + "        ssl_dhparam tls/dh.pem;\n");
  const Diagnosis diagnosis = diagnose("config_dhparam_too_small",
                                       "SSL_CTX_set_tmp_dh(\"/etc/nginx/tls/dh.pem\") failed (SSL: "
                                       "error:0A00018A:SSL routines::dh key too small)");
  EXPECT_EQ(diagnosis.cause, "config_dhparam_too_small");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("-        ssl_dhparam tls/dh.pem;"));
}

TEST_F(ConfigurationDiagnosis, GivesATlsListenerTheCertificateThatFits) {
  bench_.server(kPair,
                "    server {\n        listen 127.0.0.1:9443 ssl;\n        server_name "
                "www.corp.test;\n    }\n");
  const Diagnosis diagnosis = diagnose("server_cert_not_configured",
                                       "no \"ssl_certificate\" is defined for the \"listen ... "
                                       "ssl\" directive in /etc/nginx/nginx.conf:9");
  EXPECT_EQ(diagnosis.cause, "server_cert_not_configured");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("+        ssl_certificate tls/front.pem;"));
}

TEST_F(ConfigurationDiagnosis, SeesASlipInAFileName) {
  bench_.server(
      "        ssl_certificate tls/frnot.pem;\n        ssl_certificate_key tls/front.key;\n");
  const Diagnosis diagnosis =
      diagnose("config_file_missing",
               "cannot load certificate \"/etc/nginx/tls/frnot.pem\": BIO_new_file() failed (SSL: "
               "error:80000002:system library::No such file or directory)");
  EXPECT_EQ(diagnosis.cause, "config_file_missing");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("+        ssl_certificate tls/front.pem;"));
}

TEST_F(ConfigurationDiagnosis, RecoversADamagedCaFileFromTheCollection) {
  bench_.at_hand("root.pem", root_);
  bench_.file("/etc/nginx/tls/ca.pem", root_.pem().substr(0, root_.pem().size() / 2));
  bench_.server(std::string(kPair) +
                "        ssl_verify_client on;\n        ssl_client_certificate tls/ca.pem;\n");
  const Diagnosis diagnosis = diagnose(
      "config_ca_bundle_invalid",
      "SSL_CTX_load_verify_locations(\"/etc/nginx/tls/ca.pem\") failed (SSL: error:05800088:x509 "
      "certificate routines::no certificate or crl found)");
  EXPECT_EQ(diagnosis.cause, "config_ca_bundle_invalid");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("+-----END CERTIFICATE-----"));
}

TEST_F(ConfigurationDiagnosis, TakesDirectivesOfTheMainLevel) {
  bench_.configuration("ssl_certificate tls/gone.pem;\nssl_certificat x;\n");
  const Diagnosis missing =
      diagnose("config_file_missing",
               "cannot load certificate \"/etc/nginx/tls/gone.pem\": BIO_new_file() failed");
  EXPECT_EQ(missing.cause, "config_file_missing");
  ASSERT_TRUE(missing.place);
  EXPECT_EQ(missing.place->line, 2U);
  const Diagnosis word =
      diagnose("config_directive_invalid",
               "unknown directive \"ssl_certificat\" in /etc/nginx/nginx.conf:3");
  EXPECT_EQ(word.cause, "config_directive_invalid");
}

TEST_F(ConfigurationDiagnosis, CorrectsAGroupSoThatSomebodyIsServed) {
  // Until TLS 1.2 the curve of a client's key has to be among the groups: "X25519" alone would
  // start, and serve few.
  bench_.file("/etc/nginx/tls/clients.pem", root_.pem());
  bench_.server(std::string(kPair) +
                "        ssl_protocols TLSv1.2;\n        ssl_ecdh_curve X22519;\n        "
                "ssl_verify_client on;\n"
                "        ssl_client_certificate tls/clients.pem;\n");
  const Diagnosis diagnosis = diagnose("config_curve_invalid",
                                       "SSL_CTX_set1_curves_list(\"X22519\") failed (SSL: "
                                       "error:0A000080:SSL routines::passed invalid argument)");
  EXPECT_THAT(first_patch_text(diagnosis),
              HasSubstr("+        ssl_ecdh_curve X25519:prime256v1:secp384r1;"));
}

TEST_F(ConfigurationDiagnosis, PutsASemicolonBehindTheLineThatLacksIt) {
  bench_.server(
      "        ssl_certificate tls/front.pem\n        ssl_certificate_key tls/front.key;\n");
  const Diagnosis diagnosis = diagnose(
      "config_directive_invalid",
      "invalid number of arguments in \"ssl_certificate\" directive in /etc/nginx/nginx.conf:7");
  EXPECT_EQ(diagnosis.cause, "config_directive_invalid");
  EXPECT_THAT(first_patch_text(diagnosis),
              HasSubstr("-        ssl_certificate tls/front.pem\n+        ssl_certificate "
                        "tls/front.pem;\n         ssl_certificate_key"));
}

TEST_F(ConfigurationDiagnosis, MovesADirectiveOutOfALocation) {
  bench_.server(
      "        ssl_certificate_key tls/front.key;\n        location / {\n            "
      "ssl_certificate tls/front.pem;\n        }\n");
  const Diagnosis diagnosis =
      diagnose("config_directive_invalid",
               "\"ssl_certificate\" directive is not allowed here in /etc/nginx/nginx.conf:8");
  EXPECT_THAT(first_patch_text(diagnosis), HasSubstr("+        ssl_certificate tls/front.pem;"));
  EXPECT_THAT(first_patch_text(diagnosis),
              HasSubstr("-            ssl_certificate tls/front.pem;"));
}

TEST_F(ConfigurationDiagnosis, TakesYesForOnAndLeavesOneOfTwoThatSayTheSame) {
  bench_.server(std::string(kPair) + "        ssl_stapling yes;\n");
  const Diagnosis word = diagnose("config_directive_invalid",
                                  "invalid value \"yes\" in \"ssl_stapling\" directive, it must be "
                                  "\"on\" or \"off\" in /etc/nginx/nginx.conf:8");
  EXPECT_THAT(first_patch_text(word), HasSubstr("+        ssl_stapling on;"));
  bench_.server(std::string(kPair) + "        ssl_stapling on;\n        ssl_stapling on;\n");
  const std::string twice = "\"ssl_stapling\" directive is duplicate in /etc/nginx/nginx.conf:9";
  EXPECT_THAT(first_patch_text(diagnose("config_directive_invalid", twice)),
              HasSubstr("-        ssl_stapling on;"));
  bench_.server(std::string(kPair) + "        ssl_stapling on;\n        ssl_stapling off;\n");
  EXPECT_EQ(first_patch(diagnose("config_directive_invalid", twice)), nullptr);
}

TEST_F(ConfigurationDiagnosis, SaysWithWhatClientsAreVerifiedAlready) {
  bench_.file("/etc/nginx/tls/clients.pem", root_.pem());
  bench_.server(
      std::string(kPair) +
      "        ssl_verify_client on;\n        ssl_trusted_certificate tls/clients.pem;\n");
  const Diagnosis diagnosis =
      diagnose("config_directive_missing", "no ssl_client_certificate for ssl_verify_client");
  EXPECT_THAT(first_patch_text(diagnosis),
              HasSubstr("+        ssl_client_certificate tls/clients.pem;"));
}

TEST_F(ConfigurationDiagnosis, SaysSoWhenTheLineIsStrange) {
  const Diagnosis diagnosis = diagnose("unclassified", "SSL_something_new(\"x\") failed");
  EXPECT_EQ(diagnosis.cause, "unclassified");
  EXPECT_EQ(first_patch(diagnosis), nullptr);
}

}  // namespace
}  // namespace handshaked::diagnose
