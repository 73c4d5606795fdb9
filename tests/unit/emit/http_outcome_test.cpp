#include "emit/http_outcome.h"

#include <gtest/gtest.h>

namespace handshaked::emit {
namespace {

using namespace std::chrono_literals;
using Kind = DeliveryOutcome::Kind;
// 1994-11-06T08:49:37Z
constexpr Time kNow{std::chrono::seconds(784111777)};

DeliveryOutcome outcome_for(unsigned status,
                            std::vector<std::pair<std::string, std::string>> headers = {}) {
  return outcome_of(
      net::HttpResponse{
          .status = status, .headers = std::move(headers), .body = "", .is_body_complete = true},
      kNow);
}

TEST(HttpOutcome, FollowsTheStatus) {
  for (const unsigned status : {200u, 201u, 202u, 204u, 299u})
    EXPECT_EQ(outcome_for(status).kind, Kind::delivered) << status;
  for (const unsigned status : {408u, 425u, 429u, 500u, 502u, 503u, 599u})
    EXPECT_EQ(outcome_for(status).kind, Kind::retry) << status;
  for (const unsigned status : {300u, 304u, 400u, 401u, 403u, 404u, 413u, 422u, 600u, 999u})
    EXPECT_EQ(outcome_for(status).kind, Kind::rejected) << status;
  EXPECT_EQ(outcome_for(410).kind, Kind::gone);
  EXPECT_EQ(outcome_for(404).reason, "HTTP 404");
  EXPECT_EQ(outcome_for(200).reason, "");
}

TEST(HttpOutcome, TriesAgainWhenThereWasNoAnswer) {
  const auto outcome = outcome_of(fail(ErrorCode::timeout, "timed out while connecting"), kNow);
  EXPECT_EQ(outcome.kind, Kind::retry);
  EXPECT_EQ(outcome.reason, "timed out while connecting");
  EXPECT_EQ(outcome_of(fail(ErrorCode::invalid_input, "not HTTP"), kNow).kind, Kind::retry);
}

TEST(HttpOutcome, TellsWhereARedirectGoesWithoutItsPath) {
  const auto outcome =
      outcome_for(302, {{"Location", "https://login.example.com/s3cret?x=s3cret"}});
  EXPECT_NE(outcome.reason.find("redirects to https://login.example.com;"), std::string::npos);
  EXPECT_EQ(outcome.reason.find("s3cret"), std::string::npos);
  EXPECT_NE(outcome_for(301, {{"location", "/s3cret"}}).reason.find("another path"),
            std::string::npos);
}

TEST(HttpOutcome, HonoursRetryAfter) {
  EXPECT_EQ(outcome_for(429, {{"Retry-After", "120"}}).retry_after, 120s);
  EXPECT_EQ(outcome_for(503, {{"retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"}}).retry_after, 60s);
  EXPECT_EQ(outcome_for(404, {{"retry-after", "120"}}).retry_after, std::nullopt);
}

TEST(RetryAfter, IsCapped) {
  EXPECT_EQ(parse_retry_after("86400", kNow), kLongestRetryAfter);
  EXPECT_EQ(parse_retry_after("99999999999999999999", kNow), kLongestRetryAfter);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", kNow), kLongestRetryAfter);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:30 GMT", kNow), 0s);
}

TEST(RetryAfter, IgnoresWhatItCannotRead) {
  for (const std::string_view text :
       {"", "-5", "soon", "1.5", " 5", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT"})
    EXPECT_EQ(parse_retry_after(text, kNow), std::nullopt) << text;
}

}  // namespace
}  // namespace handshaked::emit
