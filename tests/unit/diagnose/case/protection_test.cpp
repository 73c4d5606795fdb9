#include "diagnose/case/protection.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

bool is_unsafe(std::vector<Change> changes) {
  Diagnosis diagnosis;
  diagnosis.fixes.emplace_back().changes = std::move(changes);
  mark_unsafe_fixes(diagnosis);
  return diagnosis.fixes.front().is_unsafe;
}

Change change(std::string directive, std::string before, std::string after) {
  return {.file = "/etc/nginx/nginx.conf",
          .line = 1,
          .directive = std::move(directive),
          .before = std::move(before),
          .after = std::move(after)};
}

TEST(Protection, SwitchingTlsOffIsUnsafeByWhateverDirective) {
  EXPECT_TRUE(is_unsafe({change("proxy_ssl", "proxy_ssl on;", "proxy_ssl off;")}));
  EXPECT_TRUE(is_unsafe({change("proxy_ssl", "proxy_ssl on;", "")}));
  EXPECT_TRUE(is_unsafe({change("proxy_ssl", "", "proxy_ssl off;")}));
  EXPECT_TRUE(is_unsafe(
      {change("proxy_pass", "proxy_pass https://backend/x;", "proxy_pass http://backend/x;")}));
  EXPECT_TRUE(is_unsafe(
      {change("grpc_pass", "grpc_pass \"grpcs://backend\";", "grpc_pass \"grpc://backend\";")}));
  EXPECT_TRUE(is_unsafe(
      {change("uwsgi_pass", "uwsgi_pass suwsgi://backend;", "uwsgi_pass uwsgi://backend;")}));
  EXPECT_TRUE(is_unsafe({change("set", "set $up https://backend;", "set $up http://backend;")}));
  EXPECT_TRUE(is_unsafe({change("listen", "listen 443 ssl http2;", "listen 443 http2;")}));
  EXPECT_TRUE(is_unsafe({change("starttls", "starttls only;", "starttls off;")}));
}

TEST(Protection, SwitchingACheckOffIsUnsafe) {
  EXPECT_TRUE(
      is_unsafe({change("proxy_ssl_verify", "proxy_ssl_verify on;", "proxy_ssl_verify off;")}));
  EXPECT_TRUE(is_unsafe({change("grpc_ssl_verify", "", "grpc_ssl_verify off;")}));
  EXPECT_TRUE(is_unsafe(
      {change("ssl_verify_client", "ssl_verify_client on;", "ssl_verify_client optional;")}));
  EXPECT_TRUE(is_unsafe({change("ssl_verify_client", "ssl_verify_client optional;",
                                "ssl_verify_client optional_no_ca;")}));
  EXPECT_TRUE(is_unsafe({change("ssl_ocsp", "ssl_ocsp on;", "ssl_ocsp off;")}));
  EXPECT_TRUE(is_unsafe({change("proxy_ssl_crl", "proxy_ssl_crl tls/crl.pem;", "")}));
  EXPECT_TRUE(is_unsafe({change("proxy_ssl_ciphers", "proxy_ssl_ciphers DEFAULT;",
                                "proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;")}));
  EXPECT_TRUE(is_unsafe({change("proxy_ssl_conf_command", "",
                                "proxy_ssl_conf_command Options UnsafeLegacyServerConnect;")}));
}

TEST(Protection, WhatProtectsMoreOrAsMuchIsSafe) {
  EXPECT_FALSE(is_unsafe({change("proxy_ssl", "", "proxy_ssl on;")}));
  EXPECT_FALSE(is_unsafe(
      {change("proxy_pass", "proxy_pass http://backend;", "proxy_pass https://backend;")}));
  EXPECT_FALSE(is_unsafe({change("proxy_pass", "proxy_pass https://a;", "proxy_pass https://b;")}));
  EXPECT_FALSE(is_unsafe(
      {change("ssl_verify_client", "ssl_verify_client optional;", "ssl_verify_client on;")}));
  EXPECT_FALSE(is_unsafe({change("listen", "listen 443;", "listen 443 ssl;")}));
  EXPECT_FALSE(is_unsafe({change("listen", "listen 443 ssl;", "listen 443 ssl proxy_protocol;")}));
  EXPECT_FALSE(is_unsafe({change("proxy_ssl_ciphers", "proxy_ssl_ciphers A:@SECLEVEL=0;",
                                 "proxy_ssl_ciphers A:B:@SECLEVEL=0;")}));
  EXPECT_FALSE(is_unsafe({change("proxy_ssl_server_name", "proxy_ssl_server_name off;",
                                 "proxy_ssl_server_name on;")}));
  EXPECT_FALSE(is_unsafe({change("proxy_ssl_session_reuse", "", "proxy_ssl_session_reuse off;")}));
  EXPECT_FALSE(is_unsafe(
      {change("ssl", "ssl on;", ""), change("listen", "listen 443;", "listen 443 ssl;")}));
}

TEST(Protection, WhatIsProposedIsNoDeadEndOfTheSameDiagnosis) {
  Diagnosis diagnosis;
  const Change off = change("proxy_ssl", "proxy_ssl on;", "proxy_ssl off;");
  diagnosis.fixes.emplace_back().changes = {off, change("proxy_pass", "", "proxy_pass b:1;")};
  EXPECT_TRUE(is_part_of_fix(diagnosis, std::vector{off}));
  EXPECT_FALSE(is_part_of_fix(
      diagnosis, std::vector{change("proxy_ssl_verify", "", "proxy_ssl_verify off;")}));
  EXPECT_FALSE(is_part_of_fix(
      diagnosis, std::vector{off, change("proxy_ssl_verify", "", "proxy_ssl_verify off;")}));
  EXPECT_FALSE(is_part_of_fix(diagnosis, {})) << "what changes nothing";
}

}  // namespace
}  // namespace handshaked::diagnose
