#include "emit/standard_webhooks.h"

#include <gtest/gtest.h>

namespace handshaked::emit {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::vector<WebhookSecret> secrets(std::initializer_list<std::string_view> texts) {
  std::vector<WebhookSecret> parsed;
  for (const auto text : texts) parsed.push_back(std::move(WebhookSecret::parse(text).value()));
  return parsed;
}

TEST(StandardWebhooks, SignsTheVectorOfTheSpecification) {
  EXPECT_EQ(webhook_signature(secrets({kSecret}), "msg_p5jXN8AQM9LWM0D4loKWxJek",
                              sys_seconds(seconds(1614265330)), R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(StandardWebhooks, SignsWithEverySecretWhileOneReplacesTheOther) {
  const std::string both =
      webhook_signature(secrets({kSecret, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}), "a",
                        sys_seconds(seconds(1)), "b");
  EXPECT_EQ(both.size(), 2 * (3 + 44) + 1);
  EXPECT_EQ(both.find(" v1,"), 47u);
}

TEST(StandardWebhooks, SignsNothingWithoutSecret) {
  EXPECT_EQ(webhook_signature({}, "a", sys_seconds(seconds(1)), "b"), "");
}

TEST(StandardWebhooks, ReadsSecretsWithTheLineFeedOfTheirFile) {
  const auto secret = WebhookSecret::parse(" " + std::string(kSecret) + "\r\n");
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret.value().key().size(), 24u);
}

TEST(StandardWebhooks, ReadsPaddedSecrets) {
  EXPECT_EQ(WebhookSecret::parse("whsec_AAAAAAAAAAAAAAAAAAAAAA==").value().key().size(), 16u);
  EXPECT_EQ(WebhookSecret::parse("whsec_AAAAAAAAAAAAAAAAAAAAAAA=").value().key().size(), 17u);
}

TEST(StandardWebhooks, RefusesOtherSecretsWithoutRepeatingThem) {
  for (const std::string_view text :
       {"", "hunter2hunter2", "whsec_", "whsec_hunter2", "whsec_AAAA", "whsec_hunter2!hunter2!",
        "whsec_AA=AAAAAAAAAAAAAAAAAAAAAAAAA",
        "whsec_AAAAAAAAAAAAAAAAAAAAA===", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
    const auto secret = WebhookSecret::parse(text);
    ASSERT_FALSE(secret) << text;
    EXPECT_EQ(secret.error().code(), ErrorCode::invalid_configuration);
    EXPECT_EQ(secret.error().message().find("hunter2"), std::string::npos);
  }
  EXPECT_FALSE(WebhookSecret::parse("whsec_" + std::string(4000, 'A')));
}

}  // namespace
}  // namespace handshaked::emit
