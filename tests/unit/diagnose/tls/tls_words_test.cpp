#include "diagnose/tls/tls_words.h"

#include <array>

#include <gtest/gtest.h>

#include "diagnose/tls/nearest_word.h"

namespace handshaked::diagnose {
namespace {

TEST(NearestWord, CountsSwappedLettersOnce) {
  EXPECT_EQ(edit_distance("Grups", "Groups"), 1U);
  EXPECT_EQ(edit_distance("X25591", "X25519"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

TEST(NearestWord, GivesNothingWhenNothingIsNear) {
  static constexpr std::array<std::string_view, 2> kKnown = {"Groups", "Options"};
  EXPECT_EQ(nearest_word("Grups", kKnown), "Groups");
  EXPECT_FALSE(nearest_word("Certificate", kKnown));
}

TEST(TlsWords, CorrectsCurves) {
  EXPECT_FALSE(corrected_curves("X25519:prime256v1"));
  EXPECT_EQ(corrected_curves("X25591:prime256v1"), "X25519:prime256v1");
  EXPECT_EQ(corrected_curves("X25519MLKEM768x:secp384r1"), "secp384r1");
  EXPECT_EQ(corrected_curves("secp999r1"), "X25519:prime256v1:secp384r1");
}

TEST(TlsWords, CorrectsCiphersAndTakesTls13SuitesOut) {
  const auto corrected = corrected_ciphers("ECDHE-RSA-AES128-GCM-SHA265:!aNUL");
  ASSERT_TRUE(corrected);
  EXPECT_EQ(corrected->ciphers, "ECDHE-RSA-AES128-GCM-SHA256:!aNULL");
  const auto suites = corrected_ciphers("TLS_AES_128_GCM_SHA256");
  ASSERT_TRUE(suites);
  EXPECT_TRUE(suites->ciphers.empty());
  EXPECT_EQ(suites->tls13, std::vector<std::string>{"TLS_AES_128_GCM_SHA256"});
  EXPECT_FALSE(corrected_ciphers("FOO"));
}

TEST(TlsWords, CorrectsConfCommands) {
  const auto groups = corrected_conf_command("Grups", "X25519");
  ASSERT_TRUE(groups);
  EXPECT_EQ(groups->name, "Groups");
  const auto protocol = corrected_conf_command("MinProtocol", "TLSv12");
  ASSERT_TRUE(protocol);
  EXPECT_EQ(protocol->value, "TLSv1.2");
  const auto suites = corrected_conf_command("Ciphersuites", "TLS_AES_256_GCM_SHA348");
  ASSERT_TRUE(suites);
  EXPECT_EQ(suites->value, "TLS_AES_256_GCM_SHA384");
  EXPECT_FALSE(corrected_conf_command("SomethingElse", "1"));
}

}  // namespace
}  // namespace handshaked::diagnose
