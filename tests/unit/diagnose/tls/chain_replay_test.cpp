#include "diagnose/tls/chain_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/certificates/certificate.h"
#include "unit/diagnose/replay_situations.h"

namespace handshaked::diagnose {
namespace {

using testing::ElementsAre;
using testing::Field;

ReplayResult replay(const ReplayInput& input) {
  auto result = replay_verification(input);
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}

TEST(ChainReplay, GivesTheCodesThatWereMeasured) {
  const SituationTable table;
  for (const Situation& situation : table.all()) {
    const ReplayResult result = replay(replay_input(situation, wall_clock_now()));
    EXPECT_EQ(result.verify_code, situation.code) << situation.name << ": " << result.verify_text;
    EXPECT_EQ(result.name_matches, situation.name_matches) << situation.name;
    EXPECT_EQ(result.verified, situation.code == 0 && situation.name_matches) << situation.name;
    EXPECT_EQ(result.faults.empty(), situation.code == 0) << situation.name;
  }
}

TEST(ChainReplay, KeepsEveryFaultAndReportsTheLast) {
  const auto root = TestIdentity::root("Root");
  TestCertificateOptions expired;
  expired.to_days = -1;
  const auto leaf = root.leaf("leaf.test", expired);
  ReplayInput input{.chain = {leaf.der()}, .name = "leaf.test", .at = wall_clock_now()};
  const ReplayResult result = replay(input);
  EXPECT_EQ(result.verify_code, X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(result.verify_text, "certificate has expired");
  EXPECT_THAT(result.faults,
              ElementsAre(Field(&ReplayFault::code, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY),
                          Field(&ReplayFault::code, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE),
                          Field(&ReplayFault::code, X509_V_ERR_CERT_HAS_EXPIRED)));
  EXPECT_EQ(result.faults.back().subject, "CN=leaf.test,O=Corp");
}

TEST(ChainReplay, JudgesByTheGivenTime) {
  const auto root = TestIdentity::root("Root");
  const auto leaf = root.leaf();
  ReplayInput input{
      .chain = {leaf.der()}, .trusted = {root.der()}, .name = "leaf.test", .at = wall_clock_now()};
  EXPECT_TRUE(replay(input).verified);
  input.at = wall_clock_now() + std::chrono::days(400);
  EXPECT_EQ(replay(input).verify_code, X509_V_ERR_CERT_HAS_EXPIRED);
  input.at = wall_clock_now() - std::chrono::days(400);
  EXPECT_EQ(replay(input).verify_code, X509_V_ERR_CERT_NOT_YET_VALID);
}

TEST(ChainReplay, HonoursTheSecurityLevel) {
  const auto root = TestIdentity::root("Root");
  TestCertificateOptions weak;
  weak.rsa_bits = 1024;
  ReplayInput input{.chain = {root.leaf("leaf.test", weak).der()},
                    .trusted = {root.der()},
                    .name = "leaf.test",
                    .at = wall_clock_now()};
  EXPECT_EQ(replay(input).verify_code, X509_V_ERR_EE_KEY_TOO_SMALL);
  input.security_level = 1;
  EXPECT_TRUE(replay(input).verified);
}

TEST(ChainReplay, NamesThePathItBuilt) {
  const auto root = TestIdentity::root("Root");
  const auto issuing = root.intermediate("Issuing");
  const auto leaf = issuing.leaf();
  const ReplayInput input{.chain = {leaf.der(), issuing.der()},
                          .trusted = {root.der()},
                          .name = "leaf.test",
                          .at = wall_clock_now()};
  const ReplayResult result = replay(input);
  EXPECT_TRUE(result.ends_in_trust);
  EXPECT_THAT(result.built_chain,
              ElementsAre(Certificate::from_der(leaf.der()).value().facts().sha256,
                          Certificate::from_der(issuing.der()).value().facts().sha256,
                          Certificate::from_der(root.der()).value().facts().sha256));
}

TEST(ChainReplay, NeverMatchesAnEmptyName) {
  const auto root = TestIdentity::root("Root");
  const ReplayInput input{
      .chain = {root.leaf().der()}, .trusted = {root.der()}, .name = "", .at = wall_clock_now()};
  const ReplayResult result = replay(input);
  EXPECT_EQ(result.verify_code, 0);
  EXPECT_FALSE(result.name_matches);
  EXPECT_FALSE(result.verified);
}

TEST(ChainReplay, RefusesWhatIsNoCertificate) {
  const auto root = TestIdentity::root("Root");
  EXPECT_EQ(replay_verification({}).error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(replay_verification({.chain = {"rubbish"}}).error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(replay_verification({.chain = {root.der() + "x"}}).error().code(),
            ErrorCode::invalid_input);
  EXPECT_EQ(replay_verification({.chain = {root.der()}, .trusted = {""}}).error().code(),
            ErrorCode::invalid_input);
  EXPECT_EQ(replay_verification({.chain = {root.der()}, .crls = {root.der()}}).error().code(),
            ErrorCode::invalid_input);
}

}  // namespace
}  // namespace handshaked::diagnose
