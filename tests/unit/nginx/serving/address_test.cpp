#include "nginx/serving/address.h"

#include <gtest/gtest.h>

namespace handshaked::nginx {
namespace {

TEST(Address, TakesApartWhatNginxTakesApart) {
  const auto url = parse_address("api.corp.test:8443/a?b", AddressForm::url, 443);
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "api.corp.test");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->uri, "/a?b");
  const auto plain = parse_address("api.corp.test?x:1", AddressForm::url, 443);
  EXPECT_EQ(plain->port, 443);
  EXPECT_FALSE(plain->has_port);
  EXPECT_EQ(plain->uri, "?x:1");
  EXPECT_EQ(parse_address("[2001:db8::1]:443", AddressForm::peer)->kind, Address::Kind::ipv6);
  EXPECT_EQ(parse_address("[2001:db8::1]", AddressForm::peer, 80)->text(), "[2001:db8::1]:80");
  const auto socket = parse_address("unix:/run/a.sock:/uri", AddressForm::url);
  EXPECT_EQ(socket->host, "/run/a.sock");
  EXPECT_EQ(socket->uri, "/uri");
  EXPECT_EQ(parse_address("unix:/run/a:b", AddressForm::peer)->host, "/run/a:b");
}

TEST(Address, ListensOnPortsStarsAndRanges) {
  EXPECT_EQ(parse_address("443", AddressForm::listen)->host, "*");
  EXPECT_EQ(parse_address("443", AddressForm::listen)->port, 443);
  EXPECT_EQ(parse_address("*:443", AddressForm::listen)->kind, Address::Kind::any);
  EXPECT_EQ(parse_address("127.0.0.1", AddressForm::listen, 80)->port, 80);
  EXPECT_EQ(parse_address("127.0.0.1:8000-8010", AddressForm::listen)->last_port, 8010);
  EXPECT_EQ(parse_address("[::]:443", AddressForm::listen)->kind, Address::Kind::ipv6);
}

TEST(Address, RefusesWhatNginxRefuses) {
  for (const char* text :
       {"", ":443", "h:", "h:0", "h:65536", "h:4x", "[::1", "[x]:1", "h/x", "unix:"}) {
    EXPECT_FALSE(parse_address(text, AddressForm::peer)) << text;
  }
  EXPECT_FALSE(parse_address("8010-8000", AddressForm::listen));
}

TEST(Address, ComparesAddressesByTheirBytes) {
  const auto same = [](const char* left, const char* right) {
    return is_same_endpoint(*parse_address(left, AddressForm::peer),
                            *parse_address(right, AddressForm::peer));
  };
  EXPECT_TRUE(same("[2001:db8::1]:443", "[2001:DB8:0:0::1]:443"));
  EXPECT_TRUE(same("API.corp.test:1", "api.corp.test:1"));
  EXPECT_FALSE(same("10.0.0.1:443", "10.0.0.1:444"));
  EXPECT_FALSE(same("10.0.0.1:443", "010.0.0.1:443"));
  EXPECT_TRUE(same("unix:/a", "unix:/a"));
  EXPECT_FALSE(same("unix:/a", "unix:/A"));
}

}  // namespace
}  // namespace handshaked::nginx
