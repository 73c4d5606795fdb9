#include "diagnose/probe/prober.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

using namespace std::chrono_literals;

/// Port 1 of loopback: nobody listens, so every probe ends at once.
class ProberTest : public testing::Test {
 protected:
  Prober make(ProbeScope scope, std::size_t most_probes = 64) {
    ProberOptions options;
    options.scope = scope;
    options.deadline = std::chrono::steady_clock::now() + 20s;
    options.most_probes = most_probes;
    options.on_probe = [this](const std::string& probe) { told.push_back(probe); };
    options.resolve = [this](const std::string& host) -> Result<std::vector<std::string>> {
      ++look_ups;
      if (host != "backend.corp.test") return fail(ErrorCode::not_found, host);
      return std::vector<std::string>{"127.0.0.1"};
    };
    return Prober(policy, std::move(options));
  }
  static ProbeRequest with_sni(const std::string& name) { return {.server_name = name}; }

  const ProbePolicy policy =
      ProbePolicy::create({{"127.0.0.1", 1}, {"backend.corp.test", 1}}, {}).value();
  std::vector<std::string> told;
  int look_ups = 0;
};

TEST_F(ProberTest, ConnectsToNothingWhenItIsSwitchedOff) {
  Prober prober = make(ProbeScope::none);
  const AllowedPeer peer = prober.addresses_of({"127.0.0.1", 1}).value().front();
  EXPECT_FALSE(prober.may_probe(peer, {}, true));
  EXPECT_EQ(prober.observe(peer, {}, true).error().code(), ErrorCode::permission_denied);
  EXPECT_TRUE(told.empty());
}

TEST_F(ProberTest, MakesTheSameProbeOnce) {
  Prober prober = make(ProbeScope::all);
  const AllowedPeer peer = prober.addresses_of({"127.0.0.1", 1}).value().front();
  EXPECT_EQ(prober.observe(peer, {}, true).value().seen.outcome, ProbeOutcome::refused);
  EXPECT_EQ(prober.observe(peer, {}, false).value().seen.outcome, ProbeOutcome::refused);
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(ProberTest, UnattendedSendsItsOwnSettingsAndOneOtherSni) {
  Prober prober = make(ProbeScope::frugal);
  const AllowedPeer peer = prober.addresses_of({"127.0.0.1", 1}).value().front();
  EXPECT_FALSE(prober.may_probe(peer, with_sni("a.corp.test"), false))
      << "before nginx's own settings were tried";
  ASSERT_TRUE(prober.observe(peer, {}, true));
  ASSERT_TRUE(prober.observe(peer, with_sni("a.corp.test"), false));
  EXPECT_TRUE(prober.observe(peer, with_sni("a.corp.test"), false))
      << "what was seen may be asked again";
  EXPECT_EQ(prober.observe(peer, with_sni("b.corp.test"), false).error().code(),
            ErrorCode::permission_denied);
  EXPECT_FALSE(prober.may_probe(peer, {.ciphers = "ALL"}, false));
  EXPECT_EQ(told.size(), 2U);
}

TEST_F(ProberTest, KeepsItsBudget) {
  Prober prober = make(ProbeScope::all, 2);
  const AllowedPeer peer = prober.addresses_of({"127.0.0.1", 1}).value().front();
  ASSERT_TRUE(prober.observe(peer, with_sni("a.corp.test"), false));
  ASSERT_TRUE(prober.observe(peer, with_sni("b.corp.test"), false));
  EXPECT_EQ(prober.observe(peer, with_sni("c.corp.test"), false).error().code(),
            ErrorCode::permission_denied);
}

TEST_F(ProberTest, LooksANameUpOnceAndNeverOneThatOnlyALogNames) {
  Prober prober = make(ProbeScope::all);
  ASSERT_TRUE(prober.addresses_of({"backend.corp.test", 1}));
  ASSERT_TRUE(prober.addresses_of({"backend.corp.test", 1}));
  EXPECT_EQ(look_ups, 1);
  EXPECT_FALSE(prober.addresses_of({"stranger.example", 1}));
  EXPECT_FALSE(prober.address_in_log("127.0.0.9:1"));
  EXPECT_FALSE(prober.address_in_log("127.1:1"));
  EXPECT_FALSE(prober.address_in_log("169.254.169.254:1"));
  EXPECT_TRUE(prober.address_in_log("127.0.0.1:1"));
  EXPECT_EQ(look_ups, 1);
}

}  // namespace
}  // namespace handshaked::diagnose
