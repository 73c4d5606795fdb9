#include "emit/circuit_breaker.h"

#include <gtest/gtest.h>

namespace handshaked::emit {
namespace {

using namespace std::chrono_literals;
constexpr Time kStart{std::chrono::hours(500'000)};

CircuitBreaker opened_breaker() {
  CircuitBreaker breaker({.failures_to_open = 3, .first_rest = 4s, .last_rest = 16s});
  for (int failure = 0; failure < 3; ++failure) breaker.record_failure(kStart, 0);
  return breaker;
}

TEST(CircuitBreaker, StaysClosedWhileFailuresAreNotInARow) {
  CircuitBreaker breaker({.failures_to_open = 2, .first_rest = 4s, .last_rest = 16s});
  for (int round = 0; round < 5; ++round) {
    breaker.record_failure(kStart, 0);
    breaker.record_answer();
  }
  EXPECT_EQ(breaker.allowance(kStart, 4), 4u);
}

TEST(CircuitBreaker, OpensAfterFailuresInARowAndLetsOneProbeThroughLater) {
  const CircuitBreaker breaker = opened_breaker();
  EXPECT_EQ(breaker.allowance(kStart, 4), 0u);
  EXPECT_EQ(breaker.rests_until(), kStart + 4s);
  EXPECT_EQ(breaker.allowance(kStart + 4s, 4), 1u);
}

TEST(CircuitBreaker, ClosesWhenTheProbeSucceeds) {
  CircuitBreaker breaker = opened_breaker();
  breaker.record_answer();
  EXPECT_EQ(breaker.allowance(kStart, 4), 4u);
}

TEST(CircuitBreaker, RestsTwiceAsLongAfterEachFailedProbeUpToTheLast) {
  CircuitBreaker breaker = opened_breaker();
  Time now = kStart;
  for (const auto rest : {8s, 16s, 16s}) {
    now = breaker.rests_until();
    breaker.record_failure(now, 0);
    EXPECT_EQ(breaker.rests_until(), now + rest);
  }
}

TEST(CircuitBreaker, DoesNotRestLongerForSendsThatFailLate) {
  CircuitBreaker breaker = opened_breaker();
  breaker.record_failure(kStart + 1s, 0);
  EXPECT_EQ(breaker.rests_until(), kStart + 4s);
}

TEST(CircuitBreaker, DoesNotRestForeverWhenTheClockIsSetBack) {
  EXPECT_EQ(opened_breaker().state(kStart - 24h), CircuitBreaker::State::probing);
}

}  // namespace
}  // namespace handshaked::emit
