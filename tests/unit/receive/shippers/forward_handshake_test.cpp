#include "receive/shippers/forward_handshake.h"

#include <gtest/gtest.h>

#include "unit/receive/pack_text.h"

namespace handshaked::receive {
namespace {

// SHA-512 in hexadecimal, from sha512sum: "salt" "client" "nonce" "key" | "salt" "server" "nonce"
// "key" | "usersalt" "edge" "s3cret".
constexpr std::string_view kClientDigest =
    "3e248aa088bb87580dd4d9dadb22c4a0335df68b0741d007d17ec8005aeb9998e843e2a85c37bd98d796ff5e2bd5e6"
    "16e2c5fa1c72deb0a074e05ece1705ecba";
constexpr std::string_view kServerDigest =
    "1e07e0d86d96dbaf29f56a6b1497d4da9b91a6ae8e8ceb617cf7a6b89d4164172175274bf14d3cf697cb9f64f62e26"
    "4282a700046101af0ba9e7a8b051830c7f";
constexpr std::string_view kPasswordDigest =
    "5da4add1cde529cf40721240543390277494a759c379bd47cda5b7734cdf8f48a3a0aa16428e09046d95769d48d93b"
    "b3373b14bbc12e9f33295216c45044fced";

std::string ping(std::string_view key_digest, std::string_view user = "",
                 std::string_view password_digest = "") {
  return packed_array(6) + packed_text("PING") + packed_text("client") + packed_text("salt") +
         packed_text(key_digest) + packed_text(user) + packed_text(password_digest);
}

TEST(ForwardHandshake, AcceptsWhoKnowsTheKeyAndProvesThatItKnowsItToo) {
  const ForwardSecrets secrets{.shared_key = "key", .users = {}};
  const ForwardHandshake handshake(secrets, "server", "nonce", "usersalt");
  EXPECT_EQ(handshake.helo(), packed_array(2) + packed_short_text("HELO") + packed_map(3) +
                                  packed_short_text("nonce") + packed_short_text("nonce") +
                                  packed_short_text("auth") + packed_short_text("") +
                                  packed_short_text("keepalive") + "\xC3");
  const auto verdict = handshake.judge(ping(kClientDigest));
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict.value().accepted);
  EXPECT_EQ(verdict.value().client_hostname, "client");
  EXPECT_EQ(verdict.value().pong, packed_array(5) + packed_short_text("PONG") + "\xC3" +
                                      packed_short_text("") + packed_short_text("server") +
                                      "\xD9\x80" + std::string(kServerDigest));
}

TEST(ForwardHandshake, RefusesAWrongKeyWithoutTellingAnythingOfItsOwn) {
  const ForwardSecrets secrets{.shared_key = "other key", .users = {}};
  const ForwardHandshake handshake(secrets, "server", "nonce", "usersalt");
  const auto verdict = handshake.judge(ping(kClientDigest));
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict.value().accepted);
  EXPECT_EQ(verdict.value().pong, packed_array(5) + packed_short_text("PONG") + "\xC2" +
                                      packed_short_text("shared_key mismatch") +
                                      packed_short_text("") + packed_short_text(""));
}

TEST(ForwardHandshake, AsksForAUserWhenThereAreUsers) {
  const ForwardSecrets secrets{
      .shared_key = "key",
      .users = {{.name = "other", .password = "s3cret"}, {.name = "edge", .password = "s3cret"}}};
  const ForwardHandshake handshake(secrets, "server", "nonce", "usersalt");
  EXPECT_NE(handshake.helo().find("usersalt"), std::string::npos);
  EXPECT_TRUE(handshake.judge(ping(kClientDigest, "edge", kPasswordDigest)).value().accepted);
  EXPECT_FALSE(handshake.judge(ping(kClientDigest, "other", kPasswordDigest)).value().accepted);
  EXPECT_FALSE(handshake.judge(ping(kClientDigest)).value().accepted);
}

TEST(ForwardHandshake, RefusesWhatIsNoPing) {
  const ForwardSecrets secrets{.shared_key = "key", .users = {}};
  const ForwardHandshake handshake(secrets, "server", "nonce", "usersalt");
  EXPECT_FALSE(handshake.judge(packed_array(2) + packed_text("tag") + packed_array(0)));
  EXPECT_FALSE(handshake.judge(packed_array(6) + packed_text("PONG")));
  EXPECT_FALSE(handshake.judge(""));
}

TEST(ForwardHandshake, MakesDifferentRandomTexts) {
  const auto one = random_text(16);
  const auto other = random_text(16);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one.value().size(), 32U);
  EXPECT_NE(one.value(), other.value());
}

}  // namespace
}  // namespace handshaked::receive
