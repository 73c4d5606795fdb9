#include "nginx/serving/listener_tls.h"

#include <gtest/gtest.h>

namespace handshaked::nginx {
namespace {

struct Reading {
  Configuration configuration;
  ListenerInventory inventory;

  explicit Reading(std::string text, NginxVersion version = {1, 22, 1})
      : configuration(load(std::move(text))), inventory(configuration, version) {}

  static Configuration load(std::string text) {
    MemoryFiles files;
    files.add("/etc/nginx/nginx.conf", std::move(text));
    return std::move(Configuration::load("/etc/nginx/nginx.conf", files)).value();
  }
  const Listener& listener(std::string_view key) const {
    for (const Listener& candidate : inventory.listeners()) {
      if (candidate.key == key) return candidate;
    }
    throw std::runtime_error("no listener " + std::string(key));
  }
};

TEST(ListenerTls, TheDefaultServerComesFirst) {
  const Reading reading(
      "http { ssl_protocols TLSv1.2; ssl_certificate h.pem;\n"
      "server { listen 443 ssl; server_name a.test; ssl_certificate a.pem; ssl_certificate "
      "a-ec.pem; }\n"
      "server { listen *:443 ssl default_server; server_name b.test; ssl_protocols TLSv1.3; }\n"
      "server { listen 0.0.0.0:443; listen 10.0.0.1:443 proxy_protocol; server_name *.c.test; } }");
  ASSERT_EQ(reading.inventory.listeners().size(), 2u);
  const Listener& any = reading.listener("0.0.0.0:443");
  ASSERT_EQ(any.servers.size(), 3u);
  EXPECT_TRUE(any.is_tls);
  EXPECT_EQ(any.default_server().server->names.logged, "b.test");
  EXPECT_TRUE(any.default_server().is_default);
  EXPECT_FALSE(any.servers[1].is_default);
  EXPECT_EQ(any.default_server().settings.protocols.first(), "TLSv1.3");
  EXPECT_EQ(any.default_server().settings.certificates.first(), "h.pem");
  EXPECT_EQ(any.servers[1].settings.certificates.values().size(), 2u);
  EXPECT_EQ(any.servers[1].settings.protocols.first(), "TLSv1.2");
  EXPECT_FALSE(reading.listener("10.0.0.1:443").is_tls);
  EXPECT_TRUE(reading.listener("10.0.0.1:443").is_proxy_protocol);
}

TEST(ListenerTls, TheNameChoosesTheServerAndItsCertificate) {
  const Reading reading(
      "http { server { listen 443 ssl; server_name a.test; ssl_certificate a.pem; }\n"
      "server { listen 443 ssl; server_name *.b.test www.*; }\n"
      "server { listen 443 ssl; server_name .c.test *.x.b.test; ssl_certificate c.pem; }\n"
      "server { listen 443 ssl; server_name ~^d\\d+\\.test$ '~^(?=look)'; ssl_certificate d.pem; } "
      "}");
  const Listener& listener = reading.listener("0.0.0.0:443");
  const auto index = [&](std::string_view name) {
    return ListenerInventory::served(listener, name).server - listener.servers.data();
  };
  EXPECT_EQ(index(""), 0);
  EXPECT_EQ(index("A.test"), 0);
  EXPECT_EQ(index("x.b.test"), 1);
  EXPECT_EQ(index("y.x.b.test"), 2);
  EXPECT_EQ(index("www.anything"), 1);
  EXPECT_EQ(index("c.test"), 2);
  EXPECT_EQ(index("q.c.test"), 2);
  EXPECT_EQ(index("d42.test"), 3);
  const ServedServer other = ListenerInventory::served(listener, "unheard-of.test");
  EXPECT_FALSE(other.has_name);
  EXPECT_FALSE(other.is_certain);  // the second expression cannot be tried
  EXPECT_EQ(ListenerInventory::served(listener, "x.b.test").context, &listener.servers[0]);
  EXPECT_EQ(ListenerInventory::served(listener, "c.test").context, &listener.servers[2]);
}

TEST(ListenerTls, ReadsEveryKindOfListener) {
  const Reading reading(
      "http { server { ssl on; ssl_certificate x; } server { listen 8443 quic; listen 9443 ssl "
      "http2; listen unix:/run/x.sock ssl; } }\n"
      "stream { server { listen 5000 ssl; ssl_verify_client on; ssl_client_certificate ca.pem; "
      "proxy_pass 10.0.0.1:1; } }\n"
      "mail { server_name mx; starttls only; server { listen 25; protocol smtp; } server { listen "
      "465 ssl; protocol smtp; starttls off; } "
      "}");
  EXPECT_TRUE(reading.listener("0.0.0.0:80").is_tls);
  EXPECT_EQ(reading.listener("0.0.0.0:80").listen, nullptr);
  EXPECT_TRUE(reading.listener("0.0.0.0:8443").is_quic);
  EXPECT_TRUE(reading.listener("0.0.0.0:9443").is_http2);
  EXPECT_TRUE(reading.listener("unix:/run/x.sock").is_tls);
  const Listener& stream = reading.listener("0.0.0.0:5000");
  EXPECT_EQ(stream.module, Module::stream_ssl);
  EXPECT_EQ(stream.default_server().settings.verify_client.first(), "on");
  EXPECT_EQ(stream.default_server().settings.verify_depth.first(), "1");
  EXPECT_TRUE(stream.default_server().settings.starttls.directive.empty());
  EXPECT_TRUE(reading.listener("0.0.0.0:25").is_starttls);
  EXPECT_FALSE(reading.listener("0.0.0.0:25").is_tls);
  EXPECT_TRUE(reading.listener("0.0.0.0:465").is_tls);
  EXPECT_FALSE(reading.listener("0.0.0.0:465").is_starttls);
}

TEST(ListenerTls, DefaultsFollowTheVersion) {
  const std::string text = "http { server { listen 1 ssl; } }";
  EXPECT_EQ(Reading(text, {1, 10, 3})
                .inventory.listeners()[0]
                .default_server()
                .settings.ecdh_curve.first(),
            "prime256v1");
  EXPECT_EQ(Reading(text).inventory.listeners()[0].default_server().settings.ecdh_curve.first(),
            "auto");
  EXPECT_EQ(Reading(text).inventory.listeners()[0].default_server().settings.ciphers.first(),
            "HIGH:!aNULL:!MD5");
  EXPECT_FALSE(Reading(text).inventory.listeners()[0].default_server().has_tls_context);
}

}  // namespace
}  // namespace handshaked::nginx
