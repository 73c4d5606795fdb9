#include "net/address_list.h"

#include <gtest/gtest.h>

#include "net/endpoint.h"

namespace handshaked::net {
namespace {

TEST(AddressList, ContainsWhatItsNetworksCover) {
  const auto list = AddressList::parse({"10.0.0.0/8", "192.0.2.7", "2001:db8::/33"});
  ASSERT_TRUE(list);
  for (const char* in :
       {"10.0.0.0", "10.255.255.255", "192.0.2.7", "2001:db8:7fff::1", "::ffff:10.1.2.3"})
    EXPECT_TRUE(list.value().contains(in)) << in;
  for (const char* out :
       {"11.0.0.0", "9.255.255.255", "192.0.2.8", "2001:db8:8000::", "::1", "unix", "", "10.0.0"})
    EXPECT_FALSE(list.value().contains(out)) << out;
}

TEST(AddressList, CoversEverythingWithPrefixZero) {
  const auto list = AddressList::parse({"0.0.0.0/0"});
  ASSERT_TRUE(list);
  EXPECT_TRUE(list.value().contains("203.0.113.9"));
  EXPECT_FALSE(list.value().contains("2001:db8::1"));
}

TEST(AddressList, RefusesWhatIsNoNetwork) {
  for (const char* wrong : {"", "host", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x",
                            "2001:db8::/129", "1.2.3"})
    EXPECT_FALSE(AddressList::parse({wrong})) << wrong;
}

TEST(Endpoint, ReadsEveryForm) {
  const auto udp = parse_endpoint("udp://0.0.0.0:514");
  ASSERT_TRUE(udp);
  EXPECT_EQ(udp.value().port, 514);
  EXPECT_FALSE(udp.value().is_stream());
  EXPECT_FALSE(udp.value().is_local());
  const auto tls = parse_endpoint("https://[::1]:8443");
  ASSERT_TRUE(tls);
  EXPECT_EQ(tls.value().host, "::1");
  EXPECT_EQ(tls.value().transport, Endpoint::Transport::tls);
  EXPECT_TRUE(tls.value().is_local());
  const auto local = parse_endpoint("unixgram:/run/log.sock");
  ASSERT_TRUE(local);
  EXPECT_EQ(local.value().path, "/run/log.sock");
}

TEST(Endpoint, SaysWhatIsWrong) {
  for (const char* wrong : {"", "tcp://", "tcp://127.0.0.1", "tcp://localhost:1", "tcp://::1:5",
                            "udp://1.2.3.4:65536", "unix:run", "ftp://1.2.3.4:1"})
    EXPECT_FALSE(parse_endpoint(wrong)) << wrong;
  EXPECT_FALSE(parse_endpoint("unix:/" + std::string(200, 'x')));
}

}  // namespace
}  // namespace handshaked::net
