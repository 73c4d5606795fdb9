#include "diagnose/tls/peer_address.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

std::string reason(const std::string& ip) {
  const auto address = ip_peer(ip, 443);
  EXPECT_TRUE(address) << ip;
  return address ? reason_never_probed(address.value()).value_or("") : "no address";
}

TEST(PeerAddress, TakesOnlyPlainForms) {
  EXPECT_EQ(ip_peer("192.0.2.7", 443).value().ip, "192.0.2.7");
  EXPECT_EQ(ip_peer("2001:DB8:0::1", 443).value().ip, "2001:db8::1");
  EXPECT_EQ(ip_peer("::ffff:192.0.2.7", 443).value().ip, "192.0.2.7");
  for (const char* const odd :
       {"", "127.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.01",
        "0177.0.0.1", "1.2.3.4.5", "256.1.1.1", "127.0.0.1 ", " 127.0.0.1", "127.0.0.1%eth0",
        "fe80::1%eth0", "[::1]", "::1::", "localhost", "１２７.0.0.1"})
    EXPECT_FALSE(ip_peer(odd, 443)) << odd;
  EXPECT_FALSE(ip_peer(std::string("127.0.0.1\0.evil", 15), 443));
  EXPECT_FALSE(ip_peer("192.0.2.7", 0));
  EXPECT_EQ(to_string(ip_peer("::1", 8443).value()), "[::1]:8443");
}

TEST(PeerAddress, TellsNamesFromOddNumbers) {
  for (const char* const name : {"backend.example", "backend", "a-b_c.example.", "1.example",
                                 "0x7f.example", "xn--bcher-kva.example"})
    EXPECT_EQ(form_of_host(name), HostForm::name) << name;
  for (const char* const odd : {"127.1", "2130706433", "0x7f000001", "0177.0.0.1", "1.2.3.4.5",
                                "example.0x10", "999.999.999.999", "0", "10."})
    EXPECT_EQ(form_of_host(odd), HostForm::odd_number) << odd;
  for (const char* const address : {"127.0.0.1", "::1", "[::1]", "::ffff:1.2.3.4"})
    EXPECT_EQ(form_of_host(address), HostForm::address) << address;
  for (const char* const bad : {"", ".", "a..b", ".a", "a b", "a\nb", "a/b", "user@host", "[::1",
                                "[x]", "fe80::1%1", "b\xc3\xbc"})
    EXPECT_EQ(form_of_host(bad), HostForm::malformed) << bad;
  EXPECT_EQ(form_of_host(std::string(64, 'a') + ".example"), HostForm::malformed);
  EXPECT_EQ(form_of_host(std::string(300, 'a')), HostForm::malformed);
}

TEST(PeerAddress, NeverProbesWhatIsNoPeer) {
  EXPECT_EQ(reason("169.254.169.254"), "cloud metadata");
  EXPECT_EQ(reason("100.100.100.200"), "cloud metadata");
  EXPECT_EQ(reason("168.63.129.16"), "cloud metadata");
  EXPECT_EQ(reason("169.254.1.1"), "link-local");
  EXPECT_EQ(reason("0.0.0.0"), "unspecified");
  EXPECT_EQ(reason("0.1.2.3"), "unspecified");
  EXPECT_EQ(reason("224.0.0.1"), "multicast");
  EXPECT_EQ(reason("239.255.255.250"), "multicast");
  EXPECT_EQ(reason("255.255.255.255"), "broadcast or reserved");
  EXPECT_EQ(reason("240.0.0.1"), "broadcast or reserved");
  EXPECT_EQ(reason("::"), "unspecified");
  EXPECT_EQ(reason("fe80::1"), "link-local");
  EXPECT_EQ(reason("febf::1"), "link-local");
  EXPECT_EQ(reason("fec0::1"), "site-local");
  EXPECT_EQ(reason("ff02::1"), "multicast");
  EXPECT_EQ(reason("fd00:ec2::254"), "cloud metadata");
  EXPECT_EQ(reason("fd20:ce::254"), "cloud metadata");
}

TEST(PeerAddress, SeesForbiddenAddressesInsideOthers) {
  EXPECT_EQ(reason("::ffff:169.254.169.254"), "cloud metadata");
  for (const char* const hidden :
       {"::169.254.169.254", "::ffff:0:169.254.169.254", "64:ff9b::169.254.169.254",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::169.254.169.254", "64:ff9b:1:a9fe:a9:fe00::",
        "2002:a9fe:a9fe::1", "2001:0:a9fe:a9fe::1", "2001::5601:5601", "fe00::5efe:169.254.169.254",
        "2001:db8::200:5efe:169.254.169.254", "64:ff9b::224.0.0.1", "2002:e000:1::"})
    EXPECT_TRUE(reason(hidden).ends_with("inside an IPv6 address"))
        << hidden << ": " << reason(hidden);
}

TEST(PeerAddress, AllowsOrdinaryPeers) {
  for (const char* const ip : {"127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1",
                               "8.8.8.8", "::1", "fd00::1", "2001:db8::1", "2002:c000:204::1",
                               "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1", "2606:4700::1111"})
    EXPECT_EQ(reason(ip), "") << ip;
}

TEST(PeerAddress, ReachesAWildcardListenerThroughLoopback) {
  EXPECT_EQ(reachable_form_of_listener("0.0.0.0"), "127.0.0.1");
  EXPECT_EQ(reachable_form_of_listener("*"), "127.0.0.1");
  EXPECT_EQ(reachable_form_of_listener("[::]"), "::1");
  EXPECT_EQ(reachable_form_of_listener("[::1]"), "::1");
  EXPECT_EQ(reachable_form_of_listener("192.0.2.7"), "192.0.2.7");
}

TEST(PeerAddress, TakesAbsoluteSocketPathsOnly) {
  EXPECT_EQ(to_string(unix_peer("/run/x.sock").value()), "unix:/run/x.sock");
  EXPECT_FALSE(unix_peer(""));
  EXPECT_FALSE(unix_peer("x.sock"));
  EXPECT_FALSE(unix_peer(std::string("\0abstract", 9)));
  EXPECT_FALSE(unix_peer(std::string(200, '/')));
}

}  // namespace
}  // namespace handshaked::diagnose
