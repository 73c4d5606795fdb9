#include "diagnose/certificates/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/certificates/der_text.h"
#include "unit/diagnose/test_pki.h"

namespace handshaked::diagnose {
namespace {

using testing::ElementsAre;

Certificate parsed(const TestIdentity& identity) {
  return Certificate::from_der(identity.der()).value();
}

TEST(Certificate, SaysWhatIsInIt) {
  const auto root = TestIdentity::root("Root", {.path_length = 1});
  const auto leaf = root.issue(
      {.subject = "leaf.test",
       .names = "DNS:leaf.test,DNS:*.leaf.test,IP:127.0.0.1,IP:2001:db8::1,email:x@y.test",
       .extended_usage = "serverAuth,clientAuth",
       .usage = "digitalSignature,keyEncipherment",
       .more = "1.3.6.1.5.5.7.1.24=DER:30:03:02:01:05"});
  const Certificate certificate = parsed(leaf);
  const CertificateFacts& facts = certificate.facts();
  EXPECT_EQ(facts.subject, "CN=leaf.test,O=Corp");
  EXPECT_EQ(facts.issuer, "CN=Root,O=Corp");
  EXPECT_EQ(facts.common_name, "leaf.test");
  EXPECT_EQ(facts.issuer_hash, parsed(root).facts().subject_hash);
  EXPECT_EQ(facts.authority_key_id, parsed(root).facts().subject_key_id);
  EXPECT_THAT(facts.dns_names, ElementsAre("leaf.test", "*.leaf.test"));
  EXPECT_THAT(facts.ip_addresses, ElementsAre("127.0.0.1", "2001:db8::1"));
  EXPECT_THAT(facts.key_usage, ElementsAre("digitalSignature", "keyEncipherment"));
  EXPECT_THAT(facts.extended_key_usage, ElementsAre("serverAuth", "clientAuth"));
  EXPECT_EQ(facts.key_type, "EC");
  EXPECT_EQ(facts.key_bits, 256);
  EXPECT_EQ(facts.signature_digest, "SHA256");
  EXPECT_EQ(facts.sha256.size(), 64U);
  EXPECT_TRUE(facts.must_staple);
  EXPECT_FALSE(facts.is_ca);
  EXPECT_FALSE(facts.self_issued);
  EXPECT_TRUE(is_valid_at(facts, wall_clock_now()));
  EXPECT_FALSE(is_valid_at(facts, wall_clock_now() + std::chrono::days(400)));
  const CertificateFacts ca = parsed(root).facts();
  EXPECT_TRUE(ca.is_ca);
  EXPECT_EQ(ca.path_length, 1);
  EXPECT_TRUE(ca.self_signed);
}

TEST(Certificate, TellsSelfIssuedFromSelfSigned) {
  const auto root = TestIdentity::root("Same");
  const auto impostor = TestIdentity::root("Same").recertified({.is_ca = true}, &root);
  EXPECT_TRUE(parsed(impostor).facts().self_issued);
  EXPECT_FALSE(parsed(impostor).facts().self_signed);
}

TEST(Certificate, KnowsWhoSignedIt) {
  const auto root = TestIdentity::root("Root");
  const auto namesake = TestIdentity::root("Root");
  const auto leaf = parsed(root.leaf());
  EXPECT_TRUE(leaf.names_as_issuer(parsed(root)));
  EXPECT_TRUE(leaf.names_as_issuer(parsed(namesake)));
  EXPECT_TRUE(leaf.is_signed_by(parsed(root)));
  EXPECT_FALSE(leaf.is_signed_by(parsed(namesake)));
}

TEST(Certificate, KeepsTrustSettings) {
  const auto root = TestIdentity::root("Root");
  const auto trusted = Certificate::from_der(root.trusted_der(NID_server_auth, true));
  ASSERT_TRUE(trusted) << trusted.error().message();
  EXPECT_TRUE(trusted.value().has_trust_settings());
  EXPECT_EQ(trusted.value().der(), root.der());
  EXPECT_FALSE(parsed(root).has_trust_settings());
}

TEST(Certificate, RefusesRubbish) {
  const auto root = TestIdentity::root("Root");
  EXPECT_EQ(Certificate::from_der("").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(Certificate::from_der("rubbish").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(Certificate::from_der(root.der() + "rubbish").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(Certificate::from_der(std::string(Certificate::kMaxDerBytes + 1, '0')).error().code(),
            ErrorCode::limit_exceeded);
  for (std::size_t length = 0; length < root.der().size(); ++length)
    EXPECT_FALSE(Certificate::from_der(root.der().substr(0, length))) << length;
}

TEST(Certificate, EscapesControlCharactersOfNames) {
  const auto evil = TestIdentity::root("a\nFAKE LINE\x1b[31m");
  EXPECT_EQ(parsed(evil).facts().subject.find('\n'), std::string::npos);
  EXPECT_EQ(parsed(evil).facts().subject.find('\x1b'), std::string::npos);
  EXPECT_EQ(parsed(TestIdentity::root("Bücher")).facts().subject, "CN=Bücher,O=Corp");
}

TEST(Certificate, LimitsTheNumberOfNames) {
  std::string names = "DNS:n0.test";
  for (int i = 1; i < 1000; ++i) names += ",DNS:n" + std::to_string(i) + ".test";
  const auto facts = parsed(TestIdentity::root("Root").issue({.names = names})).facts();
  EXPECT_EQ(facts.dns_names.size(), CertificateFacts::kMaxNames);
  EXPECT_EQ(facts.names_left_out, 1000 - CertificateFacts::kMaxNames);
}

TEST(Certificate, CrossesToTheChildProcessUnchanged) {
  const auto root = TestIdentity::root("Root", {.path_length = 0,
                                                .name_constraints = "permitted;DNS:leaf.test",
                                                .more = "1.2.3.4=critical,ASN1:NULL"});
  for (const auto& identity : {root, root.leaf()}) {
    const auto facts = parsed(identity).facts();
    std::string text;
    JsonWriter json(text);
    write_facts(json, facts);
    EXPECT_EQ(read_facts(JsonDocument::parse(text).value().root()), facts) << text;
  }
  for (std::size_t size = 1; size < 20; ++size)
    EXPECT_EQ(der_from_text(der_to_text(std::string(size, '\xF0'))).value(),
              std::string(size, '\xF0'));
  EXPECT_FALSE(der_from_text("????"));
  EXPECT_FALSE(der_from_text(""));
}

TEST(RevocationList, SaysWhatIsInIt) {
  const auto root = TestIdentity::root("Root");
  const auto other = TestIdentity::root("Root");
  const auto leaf = root.leaf();
  const auto innocent = root.leaf();
  const auto list = RevocationList::from_der(make_crl(root, {&leaf}, -2, 5));
  ASSERT_TRUE(list) << list.error().message();
  EXPECT_EQ(list.value().facts().issuer, "CN=Root,O=Corp");
  EXPECT_EQ(list.value().facts().revoked, 1U);
  ASSERT_TRUE(list.value().facts().next_update);
  EXPECT_GT(*list.value().facts().next_update, wall_clock_now());
  EXPECT_TRUE(list.value().revokes(parsed(leaf)));
  EXPECT_FALSE(list.value().revokes(parsed(innocent)));
  EXPECT_TRUE(list.value().is_signed_by(parsed(root)));
  EXPECT_FALSE(list.value().is_signed_by(parsed(other)));
  EXPECT_FALSE(RevocationList::from_der(root.der()));
}

}  // namespace
}  // namespace handshaked::diagnose
