#include "nginx/installation.h"

#include <gtest/gtest.h>

namespace handshaked::nginx {
namespace {

constexpr std::string_view kDebian =
    "nginx version: nginx/1.22.1\n"
    "built with OpenSSL 3.0.20 7 Apr 2026 (running with OpenSSL 3.0.22 25 Aug 2026)\n"
    "TLS SNI support enabled\n"
    "configure arguments: --with-cc-opt='-g -O2 -fPIC' --prefix=/usr/share/nginx "
    "--conf-path=/etc/nginx/nginx.conf "
    "--error-log-path=stderr --with-http_v2_module --with-stream_ssl_module "
    "--with-stream=dynamic\n";

TEST(Installation, ReadsWhatDebiansNginxSays) {
  const Installation installation = parse_nginx_version_output(kDebian);
  EXPECT_EQ(installation.version, (NginxVersion{1, 22, 1}));
  EXPECT_EQ(installation.prefix, "/usr/share/nginx/");
  EXPECT_EQ(installation.configuration_path, "/etc/nginx/nginx.conf");
  EXPECT_EQ(installation.error_log, "stderr");
  EXPECT_EQ(installation.openssl_built, "OpenSSL 3.0.20 7 Apr 2026");
  EXPECT_EQ(installation.openssl_running, "OpenSSL 3.0.22 25 Aug 2026");
  EXPECT_EQ(installation.configure_arguments.front(), "--with-cc-opt=-g -O2 -fPIC");
  EXPECT_TRUE(installation.has_stream);
  EXPECT_FALSE(installation.has_mail);
}

TEST(Installation, KnowsOtherBuilds) {
  const Installation resty = parse_nginx_version_output(
      "nginx version: openresty/1.21.4.1\nbuilt with OpenSSL 1.1.1q\nconfigure arguments: "
      "--prefix=/usr/local/openresty/nginx\n");
  EXPECT_EQ(resty.product, "openresty");
  EXPECT_EQ(resty.version, (NginxVersion{1, 21, 4}));
  EXPECT_EQ(resty.configuration_path, "/usr/local/openresty/nginx/conf/nginx.conf");
  EXPECT_EQ(resty.openssl_running, "OpenSSL 1.1.1q");
  EXPECT_FALSE(parse_nginx_version_output("garbage\n\n").version.is_known());
  EXPECT_EQ(parse_banner("2026/11/21 02:58:07 [notice] 1#1: nginx/1.27.3"),
            (NginxVersion{1, 27, 3}));
  EXPECT_FALSE(parse_banner("nginx/x").is_known());
  EXPECT_FALSE(parse_banner("").is_known());
}

TEST(Installation, TheCommandLineWins) {
  Installation installation = parse_nginx_version_output(kDebian);
  const std::vector<std::string> arguments{"-p",         "/srv/edge", "-cconf/edge.conf", "-e",
                                           "/tmp/e.log", "-g",        "daemon off;"};
  apply_command_line(installation, arguments);
  EXPECT_EQ(installation.prefix, "/srv/edge/");
  EXPECT_EQ(installation.configuration_path, "/srv/edge/conf/edge.conf");
  EXPECT_EQ(installation.error_log, "/tmp/e.log");
  Installation own;
  apply_command_line(own, std::vector<std::string>{"-p", "/opt/n/"});
  EXPECT_EQ(own.configuration_path, "/opt/n/conf/nginx.conf");
  apply_command_line(own, std::vector<std::string>{"-c"});
  EXPECT_EQ(own.configuration_path, "/opt/n/conf/nginx.conf");
}

TEST(Installation, KnowsWhereThePidFileIs) {
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", "events {}");
  files.add("/etc/nginx/own.conf", "pid run/own.pid;");
  const ConfigurationOptions options{.prefix = "/srv/edge", .limits = {}};
  const auto bare = Configuration::load("/etc/nginx/nginx.conf", files, options);
  const auto own = Configuration::load("/etc/nginx/own.conf", files, options);
  EXPECT_EQ(pid_file(bare.value(), {}), "/usr/local/nginx/logs/nginx.pid");
  EXPECT_EQ(pid_file(bare.value(),
                     parse_nginx_version_output("configure arguments: --pid-path=/run/nginx.pid")),
            "/run/nginx.pid");
  EXPECT_EQ(pid_file(own.value(), {}), "/srv/edge/run/own.pid");
}

TEST(Installation, ListsErrorLogsByLevel) {
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf",
            "error_log logs/main.log warn;\nhttp { error_log syslog:server=unix:/dev/log; server { "
            "error_log /var/a.log; error_log stderr "
            "debug_http; location / { } } }");
  const auto configuration = Configuration::load("/etc/nginx/nginx.conf", files,
                                                 {.prefix = "/usr/share/nginx", .limits = {}});
  ASSERT_TRUE(configuration);
  const auto logs = error_logs(configuration.value(), {});
  ASSERT_EQ(logs.size(), 4u);
  EXPECT_EQ(logs[0].path, "/usr/share/nginx/logs/main.log");
  EXPECT_EQ(logs[0].level, "warn");
  EXPECT_EQ(logs[1].kind, ErrorLog::Kind::syslog);
  EXPECT_EQ(logs[3].level, "debug");
  const Directive& location =
      *configuration.value().root().find_first("http")->find_first("server")->find_first(
          "location");
  const auto effective = effective_error_logs(location, configuration.value(), {});
  ASSERT_EQ(effective.size(), 2u);
  EXPECT_EQ(effective[0].path, "/var/a.log");
  MemoryFiles none;
  none.add("/etc/nginx/nginx.conf", "events {}");
  const auto bare = Configuration::load("/etc/nginx/nginx.conf", none);
  EXPECT_EQ(error_logs(bare.value(), {}).at(0).path, "/usr/local/nginx/logs/error.log");
}

}  // namespace
}  // namespace handshaked::nginx
