#include "nginx/governing.h"

#include <gtest/gtest.h>

namespace handshaked::nginx {
namespace {

struct Reading {
  Configuration configuration;
  PassInventory passes;
  ListenerInventory listeners;

  explicit Reading(std::string text)
      : configuration(load(std::move(text))),
        passes(configuration, {1, 22, 1}),
        listeners(configuration, {1, 22, 1}) {}

  static Configuration load(std::string text) {
    MemoryFiles files;
    files.add("/n.conf", std::move(text));
    return std::move(Configuration::load("/n.conf", files)).value();
  }
};

LoggedPlace upstream(std::string_view scheme, std::string_view peer, std::string_view server,
                     std::string_view target = "/") {
  LoggedPlace place;
  place.scheme = scheme;
  place.peer = peer;
  place.server = server;
  place.request_target = target;
  return place;
}

const Reading& shop() {
  static const Reading reading(
      "http {\n"
      "upstream pool { server 10.0.0.1:8443; server backend.test:8444; }\n"
      "server { listen 443 ssl; server_name shop.test www.shop.test;\n"
      "  location / { proxy_pass https://pool; }\n"                                    // 4
      "  location /api/ { proxy_ssl_verify on; proxy_pass https://pool/v2/; }\n"       // 5
      "  location /name { proxy_pass https://backend.test:8444; }\n"                   // 6
      "  location ~ ^/(?!x)look { proxy_pass https://10.0.0.1:8443; }\n"               // 7
      "  location /var { proxy_pass https://$http_x:8443; }\n"                         // 8
      "  location /plain { proxy_pass http://10.0.0.1:8443; }\n"                       // 9
      "  error_page 502 @spare; location @spare { proxy_pass https://10.0.0.7; } }\n"  // 10
      "server { listen 443 ssl; server_name other.test; location / { proxy_pass "
      "https://10.0.0.1:8443; } }\n"                                                          // 11
      "server { listen 444; location / { grpc_pass grpcs://10.0.0.1:8443; } } }\n"            // 12
      "stream { server { listen 127.0.0.1:5000; proxy_ssl on; proxy_pass 10.0.0.1:8443; }\n"  // 13
      "server { listen 6000-6010; proxy_ssl on; proxy_pass 10.0.0.1:8443; } }\n");            // 14
  return reading;
}

std::uint32_t best_line(const LoggedPlace& place, const ResolveName& resolve = {}) {
  const auto found = governing_targets(shop().passes, place, resolve);
  return found.empty() ? 0 : found.front().target->pass->line;
}

TEST(Governing, FindsASocketThatIsLoggedWithThePathOfTheRequest) {
  const Reading reading(
      "http { server { listen 80; location / { proxy_pass https://unix:/run/app:; } } }\n");
  EXPECT_EQ(
      governing_targets(reading.passes, upstream("https", "unix:/run/app/orders/7", ""), {}).size(),
      1u);
  EXPECT_TRUE(
      governing_targets(reading.passes, upstream("https", "unix:/run/apple", ""), {}).empty());
}

TEST(Governing, FollowsSchemePeerServerAndLocation) {
  EXPECT_EQ(best_line(upstream("https", "10.0.0.1:8443", "shop.test", "/x")), 4u);
  EXPECT_EQ(best_line(upstream("https", "10.0.0.1:8443", "shop.test", "/api/x?y")), 5u);
  EXPECT_EQ(best_line(upstream("https", "10.0.0.1:8443", "shop.test", "/%61pi/x")), 5u);
  EXPECT_EQ(best_line(upstream("https", "10.0.0.1:8443", "other.test")), 11u);
  EXPECT_EQ(best_line(upstream("http", "10.0.0.1:8443", "shop.test", "/plain")), 9u);
  EXPECT_EQ(best_line(upstream("grpcs", "10.0.0.1:8443", "")), 12u);
  EXPECT_EQ(best_line(upstream("", "10.0.0.1:8443", "127.0.0.1:5000", "")), 13u);
  EXPECT_EQ(best_line(upstream("", "10.0.0.1:8443", "0.0.0.0:6004", "")), 14u);
  EXPECT_EQ(best_line(upstream("https", "10.0.0.7:443", "shop.test")), 10u);
  EXPECT_EQ(best_line(upstream("https", "10.9.9.9:1", "shop.test")), 0u);
  EXPECT_EQ(best_line(upstream("suwsgi", "10.0.0.1:8443", "shop.test")), 0u);
}

TEST(Governing, NamesTheMemberAndWhy) {
  const auto found =
      governing_targets(shop().passes, upstream("https", "10.0.0.1:8443", "shop.test", "/api/x"));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].destination->group->name, "pool");
  EXPECT_EQ(found[0].member->directive->argument(0), "10.0.0.1:8443");
  EXPECT_DOUBLE_EQ(found[0].confidence,
                   0.8);  // "^/(?!x)look" cannot be tried, and might match first
  EXPECT_NE(found[0].why.find("pool"), std::string::npos);
  EXPECT_NE(found[0].why.find("location /api/"), std::string::npos);
}

TEST(Governing, TheGroupsNameIsEnough) {
  const auto found = governing_targets(shop().passes, upstream("https", "POOL", "shop.test", "/x"));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].target->pass->line, 4u);
  EXPECT_EQ(found[0].member, nullptr);
}

TEST(Governing, NamesAreResolvedByTheCaller) {
  int asked = 0;
  const ResolveName resolve = [&](const std::string& name) -> std::vector<std::string> {
    ++asked;
    return name == "backend.test" ? std::vector<std::string>{"10.0.0.2"}
                                  : std::vector<std::string>{};
  };
  const LoggedPlace place = upstream("https", "10.0.0.2:8444", "shop.test", "/name");
  const auto found = governing_targets(shop().passes, place, resolve);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].target->pass->line, 6u);
  EXPECT_EQ(asked, 1);
  const double resolved = found[0].confidence;
  EXPECT_LT(governing_targets(shop().passes, place)[0].confidence, resolved);
  EXPECT_LT(governing_targets(shop().passes,
                              upstream("https", "10.0.0.3:8444", "shop.test", "/name"), resolve)[0]
                .confidence,
            resolved);
}

TEST(Governing, VariablesAreWeakCandidates) {
  const auto found =
      governing_targets(shop().passes, upstream("https", "10.0.0.99:8443", "shop.test", "/var"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].target->pass->line, 8u);
  EXPECT_EQ(found[0].destination, nullptr);
  EXPECT_LT(found[0].confidence, 0.4);
  EXPECT_TRUE(
      governing_targets(shop().passes, upstream("https", "10.0.0.99:1", "shop.test", "/var"))
          .empty());
}

TEST(Governing, PeersThatLuaChoosesBelongToTheLocationOfTheRequest) {
  const Reading reading(
      "http { upstream balancer { server 0.0.0.1; balancer_by_lua_block { b.balance() } }\n"
      "upstream plain { server 10.0.0.1:443; }\n"
      "server { server_name s; location / { proxy_pass https://balancer; }\n"
      "location /a { proxy_pass https://balancer; } location /b { proxy_pass https://plain; } } "
      "}\n");
  const auto found =
      governing_targets(reading.passes, upstream("https", "10.9.9.9:8443", "s", "/a"));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].target->pass->line, 4u);
  EXPECT_EQ(found[0].destination, nullptr) << "the configuration does not say where it goes";
  EXPECT_NE(found[0].why.find("Lua"), std::string::npos);
}

TEST(Governing, TheExpectedNameDecidesBetweenEquals) {
  const Reading reading(
      "http { server { server_name s; location /a { proxy_ssl_name a.test; proxy_pass "
      "https://10.0.0.1; }\n"
      "location /b { proxy_ssl_name b.test; proxy_pass https://10.0.0.1; } } }");
  LoggedPlace place = upstream("https", "10.0.0.1:443", "s", "");
  EXPECT_DOUBLE_EQ(governing_targets(reading.passes, place)[0].confidence, 0.5);
  place.expected_name = "b.test";
  const auto found = governing_targets(reading.passes, place);
  EXPECT_EQ(found[0].target->pass->line, 2u);
  EXPECT_DOUBLE_EQ(found[0].confidence, 1);
}

TEST(Governing, AServerThatIsGoneLeavesWeakCandidates) {
  const auto found =
      governing_targets(shop().passes, upstream("https", "10.0.0.1:8443", "renamed.test", "/"));
  ASSERT_FALSE(found.empty());
  EXPECT_LE(found[0].confidence, 0.2);
  EXPECT_NE(found[0].why.find("renamed.test"), std::string::npos);
}

TEST(Governing, ListenersAreFoundByAddressAndByName) {
  LoggedPlace place;
  place.server = "0.0.0.0:443";
  auto found = governing_listeners(shop().listeners, place);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].server->server->names.logged, "shop.test");
  EXPECT_TRUE(found[0].server->is_default);
  EXPECT_GT(found[0].confidence, found[1].confidence);
  place.server = "other.test";
  found = governing_listeners(shop().listeners, place);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].listener->key, "0.0.0.0:443");
  place.server = "10.1.2.3:443";
  EXPECT_EQ(governing_listeners(shop().listeners, place).size(), 2u);
  place.server = "0.0.0.0:1";
  EXPECT_TRUE(governing_listeners(shop().listeners, place).empty());
}

TEST(Governing, SurvivesHostileText) {
  for (const std::string_view text :
       {"", ":", "[", "unix:", "\xff", "https://x", "$host", "a:99999999999999999999"}) {
    LoggedPlace place = upstream("https", text, text, text);
    place.expected_name = place.host = place.upstream_path = text;
    governing_targets(shop().passes, place);
    governing_listeners(shop().listeners, place);
  }
}

}  // namespace
}  // namespace handshaked::nginx
