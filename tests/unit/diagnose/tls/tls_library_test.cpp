#include "diagnose/tls/tls_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include "unit/diagnose/local_bench.h"

namespace handshaked::diagnose {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(TlsLibrary, PatchLevelsOfOneSeriesAreTheSame) {
  EXPECT_TRUE(is_same_series("OpenSSL 3.0.15 3 Sep 2024", "OpenSSL 3.0.22 25 Aug 2026"));
  EXPECT_TRUE(is_same_series("OpenSSL 3.0.15+quic 3 Sep 2024", "OpenSSL 3.0.22"));
  EXPECT_TRUE(is_same_series("OpenSSL 1.1.1k  FIPS 25 Mar 2021", "OpenSSL 1.1.1w"));
  EXPECT_TRUE(is_same_series("", "OpenSSL 3.0.22")) << "what is not known speaks against nothing";
  EXPECT_TRUE(is_same_series("OpenSSL", "OpenSSL 3.0.22"));
}

TEST(TlsLibrary, OtherSeriesAndOtherLibrariesDiffer) {
  EXPECT_FALSE(is_same_series("OpenSSL 1.1.1w", "OpenSSL 3.0.22"));
  EXPECT_FALSE(is_same_series("OpenSSL 1.1.0l", "OpenSSL 1.1.1w"));
  EXPECT_FALSE(is_same_series("OpenSSL 3.5.1", "OpenSSL 3.0.22"));
  EXPECT_FALSE(is_same_series("LibreSSL 3.0.2", "OpenSSL 3.0.2"));
  EXPECT_FALSE(is_same_series("BoringSSL", "OpenSSL 3.0.22"));
}

TEST(TlsLibrary, OursIsNoOther) {
  EXPECT_FALSE(why_proofs_do_not_count(OpenSSL_version(OPENSSL_VERSION)));
  const auto why = why_proofs_do_not_count("BoringSSL");
  ASSERT_TRUE(why);
  EXPECT_THAT(why->en, HasSubstr("BoringSSL"));
  EXPECT_THAT(why->en, HasSubstr(OpenSSL_version(OPENSSL_VERSION)));
  EXPECT_THAT(why->zh, HasSubstr("BoringSSL"));
}

TEST(TlsLibrary, OnlyWhatOurLibraryTriedIsWithdrawn) {
  const auto fix = [](ProofStatus status, ProofMethod method) {
    Fix made;
    made.proof = {status, method, {"it passed", "通过"}};
    return made;
  };
  Diagnosis diagnosis;
  diagnosis.fixes = {
      fix(ProofStatus::proved, ProofMethod::replay), fix(ProofStatus::refuted, ProofMethod::probe),
      fix(ProofStatus::proved, ProofMethod::nginx_t), fix(ProofStatus::untested, ProofMethod::none),
      fix(ProofStatus::proved, ProofMethod::nginx)};
  diagnosis.dead_ends.emplace_back().proof = {
      ProofStatus::proved, ProofMethod::replay, {"still fails", "仍失败"}};
  withdraw_proofs(diagnosis, {"why", "原因"});
  EXPECT_EQ(diagnosis.fixes[0].proof.status, ProofStatus::untested);
  EXPECT_EQ(diagnosis.fixes[0].proof.detail.en, "why; tried here: it passed");
  EXPECT_EQ(diagnosis.fixes[1].proof.status, ProofStatus::untested);
  EXPECT_EQ(diagnosis.fixes[2].proof.status, ProofStatus::proved) << "nginx itself has judged";
  EXPECT_EQ(diagnosis.fixes[2].proof.detail.en, "it passed");
  EXPECT_EQ(diagnosis.fixes[3].proof.detail.en, "it passed");
  EXPECT_EQ(diagnosis.fixes[4].proof.status, ProofStatus::proved)
      << "nginx itself has shaken hands";
  EXPECT_EQ(diagnosis.dead_ends[0].proof.status, ProofStatus::untested);
  EXPECT_THAT(diagnosis.dead_ends[0].proof.detail.zh, StartsWith("原因"));
}

}  // namespace
}  // namespace handshaked::diagnose
