#include "diagnose/case/load_error.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

TEST(LoadError, TakesPathAndReasonsApart) {
  const LoadError error = parse_load_error(
      "cannot load certificate key \"/etc/nginx/tls/a.key\": BIO_new_file() failed (SSL: "
      "error:80000002:system library::No such file or "
      "directory:calling fopen(/etc/nginx/tls/a.key, r) error:10000080:BIO routines::no such "
      "file)");
  EXPECT_EQ(error.head, "cannot load certificate key ");
  EXPECT_EQ(error.subject(), "/etc/nginx/tls/a.key");
  EXPECT_TRUE(error.says("No such file"));
  EXPECT_EQ(error.line, 0U);
}

TEST(LoadError, KeepsBothWordsOfAConfCommand) {
  const LoadError error = parse_load_error(
      "SSL_CONF_cmd(\"Grups\", \"X25519\") failed (SSL: error:0A000182:SSL routines::unknown cmd "
      "name)");
  ASSERT_EQ(error.quoted.size(), 2U);
  EXPECT_EQ(error.quoted[1], "X25519");
}

TEST(LoadError, FindsThePlaceAtTheEnd) {
  const LoadError error =
      parse_load_error("invalid value \"TLSv9\" in /etc/nginx/conf.d/a.conf:12");
  EXPECT_EQ(error.subject(), "TLSv9");
  EXPECT_EQ(error.file, "/etc/nginx/conf.d/a.conf");
  EXPECT_EQ(error.line, 12U);
}

TEST(LoadError, TakesTheLonelyQuoteOfOldVersions) {
  const LoadError error = parse_load_error(
      "SSL_CTX_set0_tmp_dh_pkey(/etc/nginx/dh.pem\") failed (SSL: error:0A00018A:SSL routines::dh "
      "key too small)");
  EXPECT_EQ(error.subject(), "/etc/nginx/dh.pem");
}

TEST(LoadError, MakesNothingOfNothing) {
  EXPECT_TRUE(parse_load_error("").quoted.empty());
  EXPECT_TRUE(parse_load_error("\"").quoted.empty());
  EXPECT_EQ(parse_load_error("x in /a:").line, 0U);
}

}  // namespace
}  // namespace handshaked::diagnose
