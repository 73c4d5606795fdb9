#include "diagnose/preflight/release_defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

TEST(OpensslRelease, HasTheDefaultLevelOfItsSeries) {
  EXPECT_EQ(openssl_release("3.0").value().security_level, 1);
  EXPECT_EQ(openssl_release("3.1.7").value().security_level, 1);
  EXPECT_EQ(openssl_release("3.2.0").value().security_level, 2);
  EXPECT_EQ(openssl_release("OpenSSL 3.5.4 30 Sep 2025").value().security_level, 2);
}

TEST(OpensslRelease, IsNothingForWhatIsNotKnown) {
  for (const char* const text : {"", "3", "9.9", "1.1.1", "latest", "3.5x", "3.x", ".5", "3.",
                                 "LibreSSL 3.5", "3.5.", "99999999999.1"})
    EXPECT_FALSE(openssl_release(text)) << text;
}

TEST(OpensslChanges, AreThoseBetweenTheTwo) {
  ASSERT_EQ(openssl_changes("3.0", "3.4").size(), 1U);
  EXPECT_THAT(openssl_changes("3.0", "3.4").front().what.en,
              testing::HasSubstr("security level is 2"));
  EXPECT_EQ(openssl_changes("3.0", "3.5").size(), 2U);
  EXPECT_TRUE(openssl_changes("3.5", "3.0").empty());
}

TEST(NginxChanges, NameTheirSource) {
  const auto changes = nginx_changes({1, 22, 1}, {1, 28, 0});
  const auto found = std::find_if(changes.begin(), changes.end(), [](const ChangedDefault& one) {
    return one.what.en.starts_with("proxy_ssl_protocols ");
  });
  ASSERT_NE(found, changes.end());
  EXPECT_THAT(found->source, testing::HasSubstr("1.27.3"));
  EXPECT_TRUE(nginx_changes({1, 28, 0}, {1, 28, 1}).empty());
}

}  // namespace
}  // namespace handshaked::diagnose
