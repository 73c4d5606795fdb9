#include "nginx/effective_tls.h"

#include <gtest/gtest.h>

namespace handshaked::nginx {
namespace {

/// A configuration and what is read out of it, kept together.
struct Reading {
  Configuration configuration;
  PassInventory inventory;

  explicit Reading(std::string text, NginxVersion version = {1, 22, 1})
      : configuration(load(std::move(text))), inventory(configuration, version) {}

  static Configuration load(std::string text) {
    MemoryFiles files;
    files.add("/etc/nginx/nginx.conf", std::move(text));
    auto loaded = Configuration::load("/etc/nginx/nginx.conf", files);
    EXPECT_TRUE(loaded);
    for (const auto& problem : loaded.value().problems()) ADD_FAILURE() << problem.message();
    return std::move(loaded).value();
  }
  const PassTarget& target(std::size_t index = 0) const { return inventory.targets().at(index); }
};

std::string joined(const EffectiveValue& value) {
  std::string text;
  for (const auto word : value.values()) text += (text.empty() ? "" : " ") + std::string(word);
  return text;
}

TEST(EffectiveTls, InheritsThroughEveryLevel) {
  const Reading reading(
      "http {\n"                                         // 1
      "  proxy_ssl_verify on;\n"                         // 2
      "  proxy_ssl_verify_depth 2;\n"                    // 3
      "  proxy_ssl_conf_command Options X;\n"            // 4
      "  proxy_ssl_conf_command Groups Y;\n"             // 5
      "  server {\n"                                     // 6
      "    proxy_ssl_verify_depth 3;\n"                  // 7
      "    proxy_ssl_trusted_certificate server.pem;\n"  // 8
      "    location /a {\n"                              // 9
      "      proxy_ssl_name outer;\n"                    // 10
      "      location /a/b {\n"                          // 11
      "        proxy_ssl_verify off;\n"                  // 12
      "        if ($arg_x) { proxy_pass https://10.0.0.1; }\n"
      "        proxy_pass https://10.0.0.2;\n"
      "        proxy_ssl_conf_command Options Z;\n"  // 15
      "        limit_except GET { proxy_pass https://10.0.0.3; }\n"
      "      }\n"
      "      proxy_pass https://10.0.0.4:8443;\n"
      "    }\n"
      "  }\n"
      "}\n");
  ASSERT_EQ(reading.inventory.targets().size(), 4u);
  const PassTarget& in_if = reading.target(0);
  const PassTarget& nested = reading.target(1);
  const PassTarget& outer = reading.target(3);
  EXPECT_EQ(in_if.enclosing_blocks.size(), 4u);
  EXPECT_TRUE(in_if.enclosing_blocks.front()->is("if"));
  EXPECT_EQ(in_if.location, nested.location);
  EXPECT_TRUE(reading.target(2).enclosing_blocks.front()->is("limit_except"));
  for (const PassTarget* target : {&in_if, &nested, &reading.target(2)}) {
    EXPECT_FALSE(target->settings.verify.is_on());
    EXPECT_EQ(target->settings.verify.line(), 12u);
    EXPECT_EQ(target->settings.verify_depth.first(), "3");
    EXPECT_EQ(target->settings.verify_depth.line(), 7u);
    EXPECT_EQ(target->settings.name.first(), "outer");
    EXPECT_EQ(joined(target->settings.conf_commands), "Options Z");
    EXPECT_EQ(target->settings.trusted_certificate.level(), target->server->directive);
  }
  EXPECT_TRUE(outer.settings.verify.is_on());
  EXPECT_EQ(outer.settings.verify.line(), 2u);
  EXPECT_EQ(joined(outer.settings.conf_commands), "Options X Groups Y");
  EXPECT_TRUE(outer.settings.ciphers.is_default());
  EXPECT_EQ(joined(outer.settings.ciphers), "DEFAULT");
  EXPECT_EQ(outer.settings.ciphers.line(), 0u);
  EXPECT_EQ(outer.settings.verify.file(), "/etc/nginx/nginx.conf");
}

TEST(EffectiveTls, ModulesDoNotShareTheirSettings) {
  const Reading reading(
      "http { proxy_ssl_verify on; grpc_ssl_verify_depth 4; uwsgi_ssl_name u; server {\n"
      "location /g { grpc_pass GRPCS://10.0.0.1:443; } location /p { grpc_pass 10.0.0.1:80; }\n"
      "location /u { uwsgi_pass suwsgi://10.0.0.1:3031; } location /v { uwsgi_pass "
      "unix:/run/u.sock; } } }\n"
      "stream { proxy_ssl_verify on; server { listen 1; proxy_ssl on; proxy_pass 10.0.0.1:5432; "
      "proxy_protocol on; }\n"
      "server { listen 2; proxy_pass 10.0.0.1:5432; } }\n");
  ASSERT_EQ(reading.inventory.targets().size(), 6u);
  const PassTarget& grpc = reading.target(0);
  EXPECT_EQ(grpc.module, Module::grpc);
  EXPECT_TRUE(grpc.is_tls);
  EXPECT_EQ(grpc.destinations[0].scheme, "grpcs");
  EXPECT_FALSE(grpc.settings.verify.is_on());
  EXPECT_EQ(grpc.settings.verify_depth.first(), "4");
  EXPECT_EQ(grpc.settings.verify.directive, "grpc_ssl_verify");
  EXPECT_FALSE(reading.target(1).is_tls);
  EXPECT_EQ(reading.target(1).destinations[0].scheme, "grpc");
  EXPECT_TRUE(reading.target(2).is_tls);
  EXPECT_EQ(reading.target(2).settings.name.first(), "u");
  EXPECT_EQ(reading.target(3).destinations[0].address.kind, Address::Kind::unix_socket);
  EXPECT_EQ(reading.target(3).destinations[0].scheme, "uwsgi");
  EXPECT_TRUE(reading.target(4).is_tls);
  EXPECT_TRUE(reading.target(4).settings.proxy_protocol.is_on());
  EXPECT_EQ(reading.target(4).location, nullptr);
  EXPECT_FALSE(reading.target(5).is_tls);
}

TEST(EffectiveTls, DefaultsFollowTheVersion) {
  const auto protocols = [](NginxVersion version) {
    return joined(
        Reading("http { server { location / { proxy_pass https://10.0.0.1; } } }", version)
            .target()
            .settings.protocols);
  };
  EXPECT_EQ(protocols({1, 8, 1}), "SSLv3 TLSv1 TLSv1.1 TLSv1.2");
  EXPECT_EQ(protocols({1, 22, 1}), "TLSv1 TLSv1.1 TLSv1.2");
  EXPECT_EQ(protocols({1, 23, 4}), "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3");
  EXPECT_EQ(protocols({1, 27, 3}), "TLSv1.2 TLSv1.3");
  EXPECT_EQ(protocols({}), "TLSv1.2 TLSv1.3");
  const Reading unknown("http { server { location / { proxy_pass https://10.0.0.1; } } }", {});
  EXPECT_TRUE(unknown.target().settings.protocols.default_value.depends_on_version);
  EXPECT_FALSE(unknown.target().settings.verify.default_value.depends_on_version);
  EXPECT_FALSE(
      default_value(Module::http_proxy, UpstreamSetting::ssl_conf_command, {1, 18, 0}).exists);
  EXPECT_TRUE(
      default_value(Module::http_proxy, UpstreamSetting::ssl_conf_command, {1, 19, 4}).exists);
  EXPECT_FALSE(default_value(Module::http_proxy, UpstreamSetting::ssl_alpn, {1, 31, 0}).exists);
}

struct NameCase {
  std::string written, verified;
  std::optional<std::string> sni;
};

TEST(EffectiveTls, TheNameIsTheHostWithoutItsPort) {
  const NameCase cases[] = {
      {"https://api.corp.test:8443/x", "api.corp.test", "api.corp.test"},
      {"https://pool", "pool", "pool"},
      {"https://10.0.0.1", "10.0.0.1", std::nullopt},
      {"https://[2001:db8::1]:443", "[2001:db8::1]", std::nullopt},
      {"https://unix:/run/x.sock:/uri", "/run/x.sock", "/run/x.sock"},
  };
  for (const NameCase& expected : cases) {
    const Reading reading(
        "http { upstream POOL { server 10.0.0.9; } server { location / { proxy_ssl_server_name on; "
        "proxy_pass " +
        expected.written + "; } } }");
    const auto names =
        reading.inventory.peer_names(reading.target(), reading.target().destinations.at(0));
    ASSERT_EQ(names.size(), 1u);
    EXPECT_EQ(to_lower(names[0].verified), expected.verified) << expected.written;
    EXPECT_EQ(names[0].sni.has_value(), expected.sni.has_value()) << expected.written;
  }
}

TEST(EffectiveTls, ANameOfOnesOwnLosesItsPortToo) {
  const Reading reading(
      "http { server { location / { proxy_ssl_server_name on; proxy_ssl_name $proxy_host; "
      "proxy_pass https://api.corp.test:8443; } } }\n"
      "stream { server { listen 1; proxy_ssl on; proxy_ssl_name [::1]:5; proxy_pass 10.0.0.1:1; } "
      "}");
  auto names =
      reading.inventory.peer_names(reading.target(0), reading.target(0).destinations.at(0));
  ASSERT_EQ(names.size(), 1u);
  EXPECT_EQ(names[0].verified, "api.corp.test");
  EXPECT_EQ(names[0].sni, "api.corp.test");
  names = reading.inventory.peer_names(reading.target(1), reading.target(1).destinations.at(0));
  EXPECT_EQ(names.at(0).verified, "[::1]");
  EXPECT_FALSE(names.at(0).sni);
}

TEST(EffectiveTls, ANameFromTheRequestIsSaidToBe) {
  const Reading reading(
      "http { server { location / { proxy_ssl_name $host; proxy_pass https://10.0.0.1; } } }");
  const auto names =
      reading.inventory.peer_names(reading.target(), reading.target().destinations.at(0));
  ASSERT_EQ(names.size(), 1u);
  EXPECT_FALSE(names[0].is_known);
  EXPECT_TRUE(names[0].is_client_chosen);
  EXPECT_NE(names[0].reason.find("$host"), std::string::npos);
}

TEST(EffectiveTls, GroupsHaveAPlaceForEachSpace) {
  const Reading reading(
      "http { upstream a { server 10.0.0.1; server b.corp.test:8443 backup weight=3; server "
      "unix:/x down; zone z 64k; ip_hash; }\n"
      "  server { location / { proxy_pass https://A; } location /x { proxy_pass https://a:444; } } "
      "}\n"
      "stream { upstream a { server 10.0.0.2:5; server 10.0.0.3; } server { listen 1; proxy_pass "
      "a; } server { listen 2; proxy_pass b; } "
      "}");
  ASSERT_EQ(reading.inventory.groups().all().size(), 2u);
  const UpstreamGroup& http = reading.inventory.groups().all()[0];
  ASSERT_EQ(http.servers.size(), 3u);
  EXPECT_EQ(http.servers[0].address.port, 80);
  EXPECT_TRUE(http.servers[0].is_port_default);
  EXPECT_TRUE(http.servers[1].is_backup);
  EXPECT_EQ(http.servers[1].weight, 3u);
  EXPECT_TRUE(http.servers[2].is_down);
  EXPECT_EQ(http.zone, "z");
  EXPECT_EQ(http.balance, "ip_hash");
  EXPECT_EQ(reading.target(0).destinations.at(0).group, &http);
  EXPECT_EQ(reading.target(1).destinations.at(0).group,
            nullptr);  // nginx refuses a port on a group
  EXPECT_EQ(reading.target(1).destinations.at(0).address.port, 444);
  const UpstreamGroup& stream = reading.inventory.groups().all()[1];
  EXPECT_EQ(reading.target(2).destinations.at(0).group, &stream);
  EXPECT_FALSE(stream.servers[1].is_valid);
  EXPECT_TRUE(reading.target(3).is_refused);
}

TEST(EffectiveTls, VariablesAreFilledInWhereConstantsAllowIt) {
  const Reading reading(
      "http { map $http_x $pool { default a; eu b; }\n"
      " upstream a { server 10.0.0.1:1; } upstream b { server 10.0.0.2:1; }\n"
      " server { set $port 8443;\n"
      "  location /1 { set $be api.corp.test; proxy_pass https://$be:$port/v1; }\n"
      "  location /2 { proxy_pass https://$pool; }\n"
      "  location /3 { proxy_pass https://$http_x; }\n"
      "  location /4 { proxy_pass https://api.corp.test:8443; }\n"
      "  location /5 { set $be other; if ($arg_x) { set $be more; } proxy_pass https://$be; }\n"
      "  location /6 { proxy_pass http://$arg_x; }\n"
      "  location /7 { proxy_pass $arg_url; } } }\n");
  const PassTarget& constant = reading.target(0);
  ASSERT_EQ(constant.destinations.size(), 1u);
  EXPECT_EQ(constant.destinations[0].address.host, "api.corp.test");
  EXPECT_EQ(constant.destinations[0].address.port, 8443);
  EXPECT_EQ(constant.destinations[0].address.uri, "/v1");
  EXPECT_TRUE(constant.has_variables);
  EXPECT_FALSE(constant.destinations[0].is_resolved_at_run_time);  // location /4 names it
  const PassTarget& mapped = reading.target(1);
  ASSERT_EQ(mapped.destinations.size(), 2u);
  EXPECT_EQ(mapped.destinations[1].group->name, "b");
  EXPECT_TRUE(mapped.written.is_complete);
  const PassTarget& open = reading.target(2);
  EXPECT_TRUE(open.destinations.empty());
  EXPECT_TRUE(open.is_tls);
  EXPECT_FALSE(open.written.is_complete);
  EXPECT_TRUE(open.written.is_client_chosen);
  EXPECT_FALSE(open.is_refused);
  const PassTarget& either = reading.target(4);
  ASSERT_EQ(either.destinations.size(), 2u);
  EXPECT_TRUE(either.destinations[0].is_resolved_at_run_time);
  EXPECT_FALSE(reading.target(5).is_tls);
  EXPECT_TRUE(reading.target(6).is_tls);
}

TEST(EffectiveTls, SaysWhatNginxRefuses) {
  for (const char* written : {"proxy_pass 10.0.0.1:443", "proxy_pass https://",
                              "proxy_pass https://h:0", "proxy_pass https://h:99999",
                              "grpc_pass grpcs://api.corp.test", "uwsgi_pass suwsgi://h:1/x"}) {
    const Reading reading("http { server { location / { " + std::string(written) + "; } } }");
    EXPECT_TRUE(reading.target().is_refused) << written;
    EXPECT_TRUE(reading.target().destinations.empty()) << written;
  }
}

TEST(EffectiveTls, PlainPassesAreListedToo) {
  const Reading reading(
      "http { server { listen 8080; server_name A.test b.test; location / { proxy_pass "
      "HTTP://10.0.0.1:443; } } }");
  EXPECT_FALSE(reading.target().is_tls);
  EXPECT_EQ(reading.target().destinations.at(0).scheme, "http");
  EXPECT_EQ(reading.target().server->names.logged, "a.test");
  EXPECT_EQ(reading.target().server->listens.at(0).key, "0.0.0.0:8080");
}

}  // namespace
}  // namespace handshaked::nginx
