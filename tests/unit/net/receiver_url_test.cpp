#include "net/receiver_url.h"

#include <gtest/gtest.h>

namespace handshaked::net {
namespace {

TEST(ReceiverUrl, TakesAnAddressApart) {
  const auto url =
      parse_receiver_url("https://hooks.example.com:8443/services/T0/s3cret?token=s3cret#part");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url.value().is_tls);
  EXPECT_EQ(url.value().host, "hooks.example.com");
  EXPECT_EQ(url.value().port, "8443");
  EXPECT_EQ(url.value().target, "/services/T0/s3cret?token=s3cret");
  EXPECT_EQ(url.value().host_header, "hooks.example.com:8443");
  EXPECT_EQ(url.value().origin(), "https://hooks.example.com:8443");
}

TEST(ReceiverUrl, KnowsTheStandardPortsAndTheEmptyPath) {
  const auto https = parse_receiver_url("HTTPS://example.com:443");
  ASSERT_TRUE(https);
  EXPECT_EQ(https.value().host_header, "example.com");
  EXPECT_EQ(https.value().target, "/");
  EXPECT_EQ(parse_receiver_url("http://example.com?x").value().target, "/?x");
  EXPECT_EQ(parse_receiver_url("http://example.com:/").value().port, "80");
}

TEST(ReceiverUrl, TakesBracketsOffAddresses) {
  const auto url = parse_receiver_url("http://[::1]:8080/x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url.value().host, "::1");
  EXPECT_EQ(url.value().host_header, "[::1]:8080");
}

TEST(ReceiverUrl, RefusesOtherTextsWithoutRepeatingThem) {
  for (const std::string_view text :
       {"", "s3cret", "/s3cret", "ftp://example.com/s3cret", "https:///s3cret",
        "https://u:s3cret@example.com/", "https://example.com/s3cret path",
        "https://example.com/s3cret\r\nx: y", "https://ex%41mple.com/s3cret",
        "https://example.com:99999/s3cret", "https://example.com:0/s3cret",
        "https://b\xc3\xbc"
        "cher.example/s3cret"}) {
    const auto url = parse_receiver_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().message().find("s3cret"), std::string::npos);
  }
}

}  // namespace
}  // namespace handshaked::net
