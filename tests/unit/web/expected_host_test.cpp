#include "web/expected_host.h"

#include <gtest/gtest.h>

#include <vector>

namespace handshaked::web {
namespace {

const std::vector<std::string> kNames{"proxy-7", "proxy-7.example.com"};

TEST(ExpectedHost, TakesAddressesLocalhostAndConfiguredNamesWithAnyPort) {
  for (const char* const host :
       {"127.0.0.1", "127.0.0.1:9433", "[::1]", "[::1]:9433", "10.0.0.7:80", "localhost",
        "LOCALHOST:9433", "proxy-7", "Proxy-7.Example.Com:9433", "proxy-7.example.com."})
    EXPECT_TRUE(is_expected_host(host, kNames)) << host;
}

TEST(ExpectedHost, RefusesNamesThatSomebodyElseMayHaveMadeStandForUs) {
  for (const char* const host :
       {"", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example",
        "proxy-7.evil.example", "127.0.0.1:9433.evil.example", "[::1].evil.example", "[::1]:9433x",
        "[::1", "[evil.example]", "localhost:", "localhost:port", "localhost@evil.example",
        "127.0.0.1 ", "127.0.0.1:123456", "0x7f000001", "2130706433", ":9433", "."})
    EXPECT_FALSE(is_expected_host(host, kNames)) << host;
  EXPECT_FALSE(is_expected_host(std::string_view("[::1\0evil]:9433", 16), kNames))
      << "found by the fuzzer";
  EXPECT_FALSE(is_expected_host(std::string_view("127.0.0.1\0.evil.example", 23), kNames));
}

}  // namespace
}  // namespace handshaked::web
