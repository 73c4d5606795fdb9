#include "diagnose/case/generated_configuration.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

using nginx::Configuration;

Configuration read(std::string text) {
  nginx::MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", std::move(text));
  return std::move(Configuration::load("/etc/nginx/nginx.conf", files)).value();
}

const char* const kIngress =
    "# Configuration checksum: 15225632634713262894\n"                                  // 1
    "events {}\n"                                                                       // 2
    "http {\n"                                                                          // 3
    "  ssl_protocols TLSv1.2;\n"                                                        // 4
    "  server {\n"                                                                      // 5
    "    server_name shop.test;\n"                                                      // 6
    "    ssl_client_certificate /etc/ingress-controller/ssl/shop-clients.pem;\n"        // 7
    "    location / {\n"                                                                // 8
    "      set $namespace \"shop\"; set $ingress_name \"web\"; set $service_name w;\n"  // 9
    "      rewrite_by_lua_block { a } \n"                                               // 10
    "      proxy_ssl_trusted_certificate /etc/ingress-controller/ssl/shop-ca.pem;\n"    // 11
    "      proxy_ssl_verify_depth 1;\n"                                                 // 12
    "      proxy_pass https://upstream_balancer;\n"                                     // 13
    "    }\n"                                                                           // 14
    "  }\n"                                                                             // 15
    "}\n";                                                                              // 16

/// The fix that a diagnosis offers for one change, as its owner is told it.
Fix told(const Configuration& configuration, Change change) {
  Diagnosis diagnosis;
  diagnosis.place = GoverningPlace{"proxy_pass", "/etc/nginx/nginx.conf", 13};
  Fix fix;
  fix.how.en = "as written";
  fix.patch = "--- a/etc/nginx/nginx.conf\n";
  fix.commands = {"nginx -t", "nginx -s reload"};
  fix.proof.status = ProofStatus::proved;
  fix.changes.push_back(std::move(change));
  diagnosis.fixes.push_back(fix);
  name_what_owner_edits(diagnosis, configuration);
  return diagnosis.fixes.front();
}

Change change(std::uint32_t line, std::string directive, std::string after) {
  return {"/etc/nginx/nginx.conf", line, directive, "as it was",
          directive.empty() ? "" : directive + " " + after + ";"};
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(GeneratedConfiguration, NamesTheAnnotationOfTheIngress) {
  const Fix fix = told(read(kIngress), change(12, "proxy_ssl_verify_depth", "2"));
  EXPECT_SAYS(fix.how.en,
              "Set the annotation nginx.ingress.kubernetes.io/proxy-ssl-verify-depth: \"2\" of the "
              "Ingress shop/web.");
  EXPECT_SAYS(fix.how.zh, "Ingress shop/web");
  EXPECT_EQ(fix.commands,
            std::vector<std::string>{"kubectl -n shop annotate --overwrite ingress web "
                                     "nginx.ingress.kubernetes.io/proxy-ssl-verify-depth=2"});
  EXPECT_TRUE(fix.patch.empty());
  EXPECT_EQ(fix.changes.size(), 1u);
  EXPECT_EQ(fix.proof.status, ProofStatus::proved) << "nginx is given the same directive";
}

TEST(GeneratedConfiguration, QuotesWhatAShellWouldRead) {
  const Fix fix = told(read(kIngress), change(12, "proxy_ssl_protocols", "TLSv1.2 TLSv1.3"));
  ASSERT_EQ(fix.commands.size(), 1u);
  EXPECT_SAYS(fix.commands.front(),
              "'nginx.ingress.kubernetes.io/proxy-ssl-protocols=TLSv1.2 TLSv1.3'");
}

TEST(GeneratedConfiguration, NamesWhatEachDirectiveIsMadeFrom) {
  const Configuration configuration = read(kIngress);
  EXPECT_SAYS(told(configuration, change(13, "proxy_pass", "http://upstream_balancer")).how.en,
              "backend-protocol: \"HTTP\"");
  EXPECT_SAYS(told(configuration, change(4, "ssl_protocols", "TLSv1.2 TLSv1.3")).how.en,
              "ConfigMap, for all servers: ssl-protocols");
  EXPECT_SAYS(told(configuration, change(12, "proxy_ssl_crl", "/c.pem")).how.en,
              "put \"proxy_ssl_crl /c.pem;\" into "
              "nginx.ingress.kubernetes.io/configuration-snippet of the Ingress shop/web");
  EXPECT_SAYS(told(configuration, change(7, "ssl_verify_depth", "3")).how.en,
              "auth-tls-verify-depth: \"3\" of the Ingress shop/web")
      << "the server itself does not say whose it is";
  const Fix removed = told(configuration, {"/etc/nginx/nginx.conf", 12, "proxy_ssl_verify_depth",
                                           "proxy_ssl_verify_depth 1;", ""});
  EXPECT_SAYS(removed.how.en, "Remove the annotation");
  EXPECT_SAYS(removed.commands.at(0), "proxy-ssl-verify-depth-");
}

TEST(GeneratedConfiguration, AFileOfCertificatesIsAnEntryOfASecret) {
  const Configuration configuration = read(kIngress);
  const Fix fix =
      told(configuration, {"/etc/ingress-controller/ssl/shop-ca.pem", 0, "", "", "CN=root"});
  EXPECT_SAYS(fix.how.en,
              "the entry ca.crt of the Secret that nginx.ingress.kubernetes.io/proxy-ssl-secret of "
              "the Ingress shop/web names");
  EXPECT_SAYS(fix.how.en, "as written") << "which certificate it is";
  EXPECT_TRUE(fix.commands.empty());
  EXPECT_SAYS(told(configuration, {"/etc/ssl/certs/ca.pem", 0, "", "", "CN=root"}).how.en,
              "from which /etc/ssl/certs/ca.pem comes");
}

TEST(GeneratedConfiguration, KnowsTheResourcesOfTheOtherControllers) {
  const Configuration virtual_server = read(
      "http { server { set $resource_type \"virtualserver\"; set $resource_name \"cafe\"; set "
      "$resource_namespace \"food\";\n"
      "location / { set $service \"tea\";\n"
      "proxy_ssl_verify on;\n"
      "proxy_pass https://vs_food_cafe_tea; } } }\n");
  EXPECT_SAYS(
      told(virtual_server, change(3, "proxy_ssl_verify", "on")).how.en,
      "In the Policy of the VirtualServer food/cafe set spec.egressMTLS.verifyServer: true.");
  EXPECT_SAYS(told(virtual_server, change(4, "proxy_pass", "http://vs_food_cafe_tea")).how.en,
              "spec.upstreams[].tls.enable: false");
  const Configuration ingress = read(
      "http { server { set $resource_type \"ingress\"; set $resource_name \"cafe\"; set "
      "$resource_namespace \"food\";\n"
      "location / { set $service \"tea\"; proxy_pass http://food-cafe-tea; } } }\n");
  EXPECT_SAYS(told(ingress, change(2, "proxy_pass", "https://food-cafe-tea")).how.en,
              "nginx.org/ssl-services: \"tea\" of the Ingress food/cafe");
  const Configuration gateway = read(
      "http { js_preload_object matches from /etc/nginx/conf.d/matches.json;\n"
      "server { location / {\n"
      "proxy_ssl_name a.test; proxy_pass https://food_tea_443$request_uri; } } }\n");
  EXPECT_SAYS(told(gateway, change(3, "proxy_ssl_name", "tea.food.svc")).how.en,
              "In the BackendTLSPolicy of the Service food/tea set spec.validation.hostname: "
              "tea.food.svc.");
  EXPECT_SAYS(told(gateway, change(3, "proxy_ssl_verify_depth", "2")).how.en,
              "a SnippetsFilter with the context http.server.location");
}

TEST(GeneratedConfiguration, WhatPeopleWriteKeepsItsPatch) {
  const Fix fix = told(
      read("http { server { location / { proxy_ssl_verify_depth 1; proxy_pass https://a; } } }\n"),
      change(1, "proxy_ssl_verify_depth", "2"));
  EXPECT_EQ(fix.how.en, "as written");
  EXPECT_FALSE(fix.patch.empty());
  EXPECT_EQ(fix.commands.size(), 2u);
}

}  // namespace
}  // namespace handshaked::diagnose
