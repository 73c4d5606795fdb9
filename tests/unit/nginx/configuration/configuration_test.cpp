#include "nginx/configuration/configuration.h"

#include <gtest/gtest.h>

#include <chrono>

namespace handshaked::nginx {
namespace {

Configuration load(MemoryFiles& files, ConfigurationOptions options = {}) {
  auto configuration = Configuration::load("/etc/nginx/nginx.conf", files, options);
  EXPECT_TRUE(configuration);
  return std::move(configuration).value();
}

Configuration load_text(std::string text, ConfigurationOptions options = {}) {
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", std::move(text));
  return load(files, options);
}

std::vector<std::string> messages(const Configuration& configuration) {
  std::vector<std::string> all;
  for (const auto& problem : configuration.problems()) all.push_back(problem.message());
  return all;
}

using Messages = std::vector<std::string>;

TEST(Configuration, ReadsIncludesInPlaceAndRemembersWhereTheyCameFrom) {
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", "http {\n  include conf.d/*.conf;\n  include tls.inc;\n}\n");
  files.add("/etc/nginx/conf.d/b.conf", "server { listen 2; }");
  files.add("/etc/nginx/conf.d/a.conf", "\nserver { listen 1; }");
  files.add("/etc/nginx/conf.d/.hidden.conf", "server { listen 9; }");
  files.add("/etc/nginx/tls.inc", "ssl_protocols TLSv1.2;");
  const Configuration configuration = load(files);
  EXPECT_EQ(messages(configuration), Messages{});
  const Directive* http = configuration.root().find_first("http");
  ASSERT_NE(http, nullptr);
  const auto servers = http->find("server");
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[0]->file->path, "/etc/nginx/conf.d/a.conf");
  EXPECT_EQ(servers[0]->line, 2u);
  EXPECT_EQ(servers[0]->included_by->line, 2u);
  EXPECT_EQ(servers[1]->find_first("listen")->argument(0), "2");
  EXPECT_EQ(servers[1]->parent, http);
  EXPECT_EQ(http->find_first("ssl_protocols")->file->path, "/etc/nginx/tls.inc");
}

TEST(Configuration, KeepsBytesForAPatch) {
  const Configuration configuration =
      load_text("http {\n\tserver {\n\t\tproxy_ssl_name \"a b\"; # why\n\t}\n}\n");
  const Directive* server = configuration.root().find_first("http")->find_first("server");
  const Directive* name = server->find_first("proxy_ssl_name");
  EXPECT_EQ(raw_text(*name, name->raw), "proxy_ssl_name \"a b\";");
  EXPECT_EQ(raw_text(*name, name->arguments[0].raw), "\"a b\"");
  EXPECT_EQ(raw_text(*name, name->name_raw), "proxy_ssl_name");
  EXPECT_EQ(raw_text(*server, server->body), "\n\t\tproxy_ssl_name \"a b\"; # why\n\t");
  EXPECT_EQ(raw_text(*server, server->raw), "server {\n\t\tproxy_ssl_name \"a b\"; # why\n\t}");
  EXPECT_EQ(name->column, 3u);
}

TEST(Configuration, MissingFilesAreAProblemOnlyWithoutAGlob) {
  const Configuration configuration =
      load_text("include none/*.conf;\ninclude modules/x.conf;\nevents {}\n");
  EXPECT_EQ(messages(configuration),
            Messages{"/etc/nginx/nginx.conf:2: open() \"/etc/nginx/modules/x.conf\" failed (2: No "
                     "such file or directory)"});
  EXPECT_NE(configuration.root().find_first("events"), nullptr);
}

TEST(Configuration, IncludesNeverGoInACircle) {
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", "include a;\nworker_processes 1;");
  files.add("/etc/nginx/a", "include b;");
  files.add("/etc/nginx/b", "\ninclude a;\ninclude nginx.conf;\nuser x;");
  const Configuration configuration = load(files);
  EXPECT_EQ(messages(configuration),
            (Messages{"/etc/nginx/b:2: \"/etc/nginx/a\" includes itself",
                      "/etc/nginx/b:3: \"/etc/nginx/nginx.conf\" includes itself"}));
  EXPECT_NE(configuration.root().find_first("user"), nullptr);
  EXPECT_NE(configuration.root().find_first("worker_processes"), nullptr);
}

TEST(Configuration, BoundsTheDepthOfIncludes) {
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", "include 0;");
  for (int i = 0; i < 100; ++i)
    files.add("/etc/nginx/" + std::to_string(i), "include " + std::to_string(i + 1) + ";");
  const Configuration configuration = load(files);
  ASSERT_EQ(configuration.problems().size(), 1u);
  EXPECT_NE(configuration.problems()[0].reason.find("nested too deeply"), std::string::npos);
}

TEST(Configuration, BoundsIncludesThatMultiply) {
  MemoryFiles files;
  const auto twice = [](const std::string& name) {
    return "include " + name + ";include " + name + ";";
  };
  files.add("/etc/nginx/nginx.conf", twice("0"));
  for (int i = 0; i < 29; ++i)
    files.add("/etc/nginx/" + std::to_string(i), twice(std::to_string(i + 1)));
  files.add("/etc/nginx/29", "a b;");
  ConfigurationOptions options;
  options.limits.includes = 1000;
  const Configuration configuration = load(files, options);
  ASSERT_FALSE(configuration.problems().empty());
  EXPECT_NE(configuration.problems().back().reason.find("too many files"), std::string::npos);
  EXPECT_LT(configuration.directive_count(), 5000u);
}

TEST(Configuration, BoundsTheDepthOfBlocks) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "a {";
  const Configuration configuration = load_text(text);
  ASSERT_FALSE(configuration.problems().empty());
  EXPECT_NE(configuration.problems()[0].reason.find("nested too deeply"), std::string::npos);
}

TEST(Configuration, BoundsItsSize) {
  ConfigurationOptions options;
  options.limits.words = 1000;
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "a;";
  EXPECT_EQ(
      messages(load_text(text, options)),
      Messages{"/etc/nginx/nginx.conf:1: the configuration is too large, the rest is not read"});
  options = {};
  options.limits.file_bytes = 10;
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", "events { worker_connections 1; }");
  const auto refused = Configuration::load("/etc/nginx/nginx.conf", files, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::limit_exceeded);
}

TEST(Configuration, ReportsEveryProblemAndReadsTheRest) {
  const Configuration configuration = load_text(
      "events {}\n"
      "}\n"
      "http {\n"
      "  server {\n"
      "    listen 443 ssl }\n"
      "  ;\n"
      "  upstream x { server 10.0.0.1:443; }\n");
  EXPECT_EQ(messages(configuration),
            (Messages{"/etc/nginx/nginx.conf:2: unexpected \"}\"",
                      "/etc/nginx/nginx.conf:5: unexpected \"}\"",
                      "/etc/nginx/nginx.conf:6: unexpected \";\"",
                      "/etc/nginx/nginx.conf:8: unexpected end of file, expecting \"}\""}));
  const Directive* http = configuration.root().find_first("http");
  ASSERT_NE(http, nullptr);
  EXPECT_EQ(http->find_first("server")->find_first("listen")->argument(0), "443");
  EXPECT_NE(http->find_first("upstream"), nullptr);
}

/// A "}" in an included file does not close the block that includes it.
TEST(Configuration, BlocksDoNotSpanFiles) {
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", "http {\ninclude x;\nserver {}\n}");
  files.add("/etc/nginx/x", "gzip on;\n}\nserver { listen 1;");
  const Configuration configuration = load(files);
  EXPECT_EQ(messages(configuration),
            (Messages{"/etc/nginx/x:2: unexpected \"}\"",
                      "/etc/nginx/x:3: unexpected end of file, expecting \"}\""}));
  EXPECT_EQ(configuration.root().find_first("http")->find("server").size(), 2u);
}

TEST(Configuration, LuaBlocksAreNotRead) {
  const Configuration configuration = load_text(
      "http { init_by_lua_block { a = { b = 'x;}' } }\n set_by_lua_block $x { return '}' } "
      "proxy_ssl_verify on; }");
  EXPECT_EQ(messages(configuration), Messages{});
  const Directive* http = configuration.root().find_first("http");
  EXPECT_TRUE(http->find_first("init_by_lua_block")->is_lua);
  EXPECT_TRUE(http->find_first("init_by_lua_block")->block.empty());
  EXPECT_EQ(http->find_first("set_by_lua_block")->argument(0), "$x");
  EXPECT_NE(http->find_first("proxy_ssl_verify"), nullptr);
  EXPECT_EQ(messages(load_text("http { a_by_lua_block { {{")).size(), 2u);
}

TEST(Configuration, ResolvesPathsAsNginxDoes) {
  const Configuration configuration = load_text("", {.prefix = "/usr/share/nginx", .limits = {}});
  EXPECT_EQ(configuration.full_path("tls/ca.pem", PathBase::configuration),
            "/etc/nginx/tls/ca.pem");
  EXPECT_EQ(configuration.full_path("logs/error.log", PathBase::prefix),
            "/usr/share/nginx/logs/error.log");
  EXPECT_EQ(configuration.full_path("/x", PathBase::prefix), "/x");
  MemoryFiles files;
  files.add("/opt/nginx/conf/nginx.conf", "include x;");
  files.add("/opt/nginx/conf/x", "a;");
  const auto relative =
      Configuration::load("conf/nginx.conf", files, {.prefix = "/opt/nginx/", .limits = {}});
  ASSERT_TRUE(relative);
  EXPECT_EQ(relative.value().main_path(), "/opt/nginx/conf/nginx.conf");
  EXPECT_TRUE(relative.value().problems().empty());
}

TEST(Configuration, AMissingMainFileIsAnError) {
  MemoryFiles files;
  const auto missing = Configuration::load("/nowhere/nginx.conf", files);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
}

TEST(Configuration, ADumpIsTheSameTreeWithItsFiles) {
  const auto configuration = Configuration::from_dump(
      "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n"
      "nginx: configuration file /etc/nginx/nginx.conf test is successful\n"
      "# configuration file /etc/nginx/nginx.conf:\n"
      "http {\n"
      "    include sites/*;\n"
      "    # configuration file relative:\n"
      "}\n"
      "\n"
      "# configuration file /etc/nginx/sites/a:\n"
      "server {\n"
      "    listen 443 ssl;\n"
      "}\n"
      "\n");
  ASSERT_TRUE(configuration);
  EXPECT_EQ(messages(configuration.value()), Messages{});
  const Directive* listen =
      configuration.value().root().find_first("http")->find_first("server")->find_first("listen");
  EXPECT_EQ(listen->file->path, "/etc/nginx/sites/a");
  EXPECT_EQ(listen->line, 2u);
  EXPECT_EQ(configuration.value().file("/etc/nginx/sites/a")->text,
            "server {\n    listen 443 ssl;\n}\n");
  EXPECT_EQ(configuration.value().configuration_prefix(), "/etc/nginx/");
}

TEST(Configuration, WhatIsNoDumpIsRefused) {
  const auto refused = Configuration::from_dump("nginx: [emerg] host not found\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::invalid_input);
}

TEST(Configuration, SurvivesGarbage) {
  const std::string_view words[] = {
      "http", "server", "{", "}",  ";", "include",  "nginx.conf",     "*",  "\"", "'",
      "\\",   "$",      "#", "\n", " ", "location", "x_by_lua_block", "[[", "--", "\xff\xfe"};
  std::uint32_t state = 99;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 80; ++i) {
      state = state * 1664525u + 1013904223u;
      text += words[(state >> 16) % std::size(words)];
    }
    const Configuration configuration = load_text(text);
    EXPECT_LE(configuration.problems().size(), 3000u);
  }
}

/// 50,000 lines must not be felt; the bound is generous for slow machines and sanitizers. About 20
/// ms in a release build.
TEST(Configuration, ReadsFiftyThousandLinesAtOnce) {
  std::string text = "http {\n";
  std::size_t lines = 2;
  while (lines < 50'000) {
    const std::string number = std::to_string(lines);
    text += "    server {\n        listen 443 ssl;\n        server_name s" + number +
            ".corp.test;\n        location / {\n" +
            "            proxy_pass https://10.0.0.1:8443;\n            proxy_ssl_verify on;  # as "
            "agreed\n            "
            "proxy_ssl_trusted_certificate /etc/ssl/ca.pem;\n        }\n    }\n\n";
    lines += 10;
  }
  text += "}\n";
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", text);
  const auto begin = std::chrono::steady_clock::now();
  const Configuration configuration = load(files);
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  RecordProperty("milliseconds", std::to_string(elapsed.count()));
  EXPECT_TRUE(configuration.problems().empty());
  EXPECT_EQ(configuration.root().find_first("http")->find("server").size(), 5000u);
  EXPECT_LT(elapsed.count(), 2000);
}

}  // namespace
}  // namespace handshaked::nginx
