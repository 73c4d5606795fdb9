#include "diagnose/upstream/handshake/handshake_widening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/tls/cipher_lists.h"
#include "diagnose/upstream/handshake/other_ports.h"
#include "diagnose/upstream/resolver_faults.h"

namespace handshaked::diagnose {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const std::vector<Widening> kSafe{Widening::sni, Widening::protocols, Widening::groups,
                                  Widening::signatures, Widening::ciphers};

/// A peer that takes what `takes` says; counts what it is asked.
struct PretendedPeer {
  std::function<bool(const ProbeRequest&)> takes;
  int asked = 0;

  MakeHandshake make() {
    return [this](const ProbeRequest& request) -> std::optional<ProbeResult> {
      ++asked;
      ProbeResult seen;
      seen.outcome = takes(request) ? ProbeOutcome::ok : ProbeOutcome::alert;
      return seen;
    };
  }
};

bool offers(const ProbeRequest& request, TlsVersion version) {
  return std::find(request.protocols.begin(), request.protocols.end(), version) !=
         request.protocols.end();
}

TEST(HandshakeWidening, FindsTheOneThingThatThePeerWants) {
  PretendedPeer peer{[](const ProbeRequest& request) { return request.server_name == "api.test"; }};
  const auto found = find_widening({}, kSafe, "api.test", peer.make());
  ASSERT_TRUE(found);
  EXPECT_THAT(found->needed, ElementsAre(Widening::sni));
  EXPECT_EQ(found->request.ciphers, "DEFAULT");
  EXPECT_LE(peer.asked, 6);
}

TEST(HandshakeWidening, FindsPairs) {
  PretendedPeer peer{[](const ProbeRequest& request) {
    return request.server_name == "api.test" && offers(request, TlsVersion::tls1_3);
  }};
  const auto found = find_widening({}, kSafe, "api.test", peer.make());
  ASSERT_TRUE(found);
  EXPECT_THAT(found->needed, ElementsAre(Widening::sni, Widening::protocols));
}

TEST(HandshakeWidening, OfTwoThatWouldDoKeepsTheMoreTrusted) {
  const ProbeRequest own{.protocols = {TlsVersion::tls1_2}, .ciphers = "ECDHE+AESGCM"};
  PretendedPeer peer{[](const ProbeRequest& request) {
    return offers(request, TlsVersion::tls1_3) || request.ciphers.find("ALL") != std::string::npos;
  }};
  const auto found = find_widening(own, kSafe, "", peer.make());
  ASSERT_TRUE(found);
  EXPECT_THAT(found->needed, ElementsAre(Widening::protocols));
}

TEST(HandshakeWidening, SaysNothingWhenThePeerRefusesEverything) {
  PretendedPeer peer{[](const ProbeRequest&) { return false; }};
  EXPECT_FALSE(find_widening({}, kSafe, "api.test", peer.make()));
  EXPECT_EQ(peer.asked, 1);
}

TEST(HandshakeWidening, StopsWhereNobodyMayLook) {
  EXPECT_FALSE(
      find_widening({}, kSafe, "api.test", [](const ProbeRequest&) { return std::nullopt; }));
}

TEST(HandshakeWidening, KeepsTheSecurityLevelUnlessItIsToBeObsolete) {
  const ProbeRequest own{.ciphers = "HIGH:@SECLEVEL=3"};
  const auto wider = widened(own, Widening::ciphers, "");
  ASSERT_TRUE(wider);
  EXPECT_TRUE(wider->ciphers.ends_with(":@SECLEVEL=3")) << wider->ciphers;
  EXPECT_TRUE(widened(own, Widening::obsolete, "")->ciphers.ends_with(":@SECLEVEL=0"));
  for (const Widening one : kSafe) EXPECT_FALSE(is_unsafe(one));
}

TEST(HandshakeWidening, WhatIsNoDifferenceIsNotAsked) {
  const ProbeRequest own{.server_name = "api.test",
                         .protocols = {TlsVersion::tls1_2, TlsVersion::tls1_3}};
  EXPECT_FALSE(widened(own, Widening::sni, "api.test"));
  EXPECT_FALSE(widened(own, Widening::protocols, ""));
  EXPECT_FALSE(widened(own, Widening::signatures, ""));
  EXPECT_FALSE(widened(own, Widening::without_alpn, ""));
}

TEST(CipherLists, AppendsTheOneSuite) {
  EXPECT_EQ(with_cipher("ECDHE+AESGCM", "AES128-SHA"), "ECDHE+AESGCM:AES128-SHA");
}

TEST(CipherLists, TakesOutOnlyWhatExcludesTheSuite) {
  const std::string list = with_cipher("HIGH:!aNULL:!kRSA", "AES128-SHA");
  const std::vector<std::string> before = expanded_ciphers("HIGH:!aNULL:!kRSA");
  std::vector<std::string> expected = before;
  expected.emplace_back("AES128-SHA");
  EXPECT_THAT(expanded_ciphers(list), testing::UnorderedElementsAreArray(expected)) << list;
  EXPECT_THAT(before, Not(Contains("AES128-SHA")));
}

TEST(CipherLists, KnowsWhatCannotBeHad) {
  EXPECT_EQ(with_cipher("DEFAULT", "NO-SUCH-SUITE"), "");
  EXPECT_THAT(expanded_ciphers("nonsense"), IsEmpty());
}

TEST(OtherPorts, ReadsTheKernelsTable) {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000\n"
      "   1: 0100007F:1F91 0100007F:9C40 01 00000000:00000000\n"
      "   2: broken\n"
      "   3: 00000000000000000000000001000000:01BB 0:0 0A x\n";
  EXPECT_THAT(listening_ports(table), ElementsAre(8080, 443));
  EXPECT_THAT(listening_ports(""), IsEmpty());
}

TEST(ResolverFaults, TakesNameServersAsNginxDoes) {
  EXPECT_THAT(name_servers("# c\nsearch corp.test\nnameserver 10.0.0.53\nnameserver "
                           "2001:db8::53\nnameserver fe80::1%eth0\nnameserver x\n"),
              ElementsAre("10.0.0.53", "[2001:db8::53]"));
  EXPECT_TRUE(
      is_in_hosts_file("127.0.0.1 localhost\n10.0.0.1\tAPI.test api # other\n", "api.test"));
  EXPECT_FALSE(is_in_hosts_file("10.0.0.1 a # api.test\n", "api.test"));
}

}  // namespace
}  // namespace handshaked::diagnose
