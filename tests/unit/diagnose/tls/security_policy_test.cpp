#include "diagnose/tls/security_policy.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

TEST(SecurityPolicy, ReadsTheLevelFromTheCiphers) {
  EXPECT_EQ(security_policy("DEFAULT@SECLEVEL=0").value().security_level, 0);
  EXPECT_EQ(security_policy("HIGH:!aNULL@SECLEVEL=3").value().security_level, 3);
  EXPECT_EQ(security_policy("DEFAULT").value().security_level,
            security_policy("").value().security_level);
  EXPECT_EQ(
      security_policy("DEFAULT", {{"CipherString", "DEFAULT@SECLEVEL=1"}}).value().security_level,
      1);
  EXPECT_FALSE(security_policy("DEFAULT").value().suite_b);
  EXPECT_TRUE(security_policy("SUITEB128").value().suite_b);
  EXPECT_NE(security_policy("DEFAULT").value().description().find("security level"),
            std::string::npos);
}

TEST(SecurityPolicy, SaysWhyNginxWouldNotStart) {
  EXPECT_EQ(security_policy("nonsense").error().context(), "ciphers \"nonsense\": no cipher match");
  EXPECT_FALSE(security_policy("DEFAULT", {{"Groups", "nonsense"}}));
  EXPECT_FALSE(security_policy("DEFAULT", {{"Nonsense", "x"}}));
}

TEST(SecurityPolicy, RefusesCommandsThatNameFiles) {
  for (const char* const name : {"Certificate", "PrivateKey", "ChainCAFile", "VerifyCAFile",
                                 "VerifyCAPath", "RequestCAFile", "DHParameters", "ServerInfoFile"})
    EXPECT_FALSE(is_probe_command(name)) << name;
  EXPECT_TRUE(is_probe_command("groups"));
  EXPECT_TRUE(is_probe_command("Options"));
  EXPECT_EQ(security_policy("DEFAULT", {{"PrivateKey", "/etc/shadow"}}).error().code(),
            ErrorCode::invalid_input);
}

}  // namespace
}  // namespace handshaked::diagnose
