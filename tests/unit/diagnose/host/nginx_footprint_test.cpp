#include "diagnose/host/nginx_footprint.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "support/temp_dir.h"

namespace handshaked::diagnose {
namespace {

/// A look costs a few system calls for each file, and a trust file is named by every place that
/// uses it.
TEST(NginxFootprint, HoldsAFileOnceHoweverManyPlacesNameIt) {
  const test::TempDir directory;
  const auto path = [&](const std::string& name) { return (directory.path() / name).string(); };
  std::ofstream(path("trusted.pem")) << "x";
  std::string locations;
  for (int i = 0; i < 20; ++i) {
    locations += "location /" + std::to_string(i) +
                 " { proxy_pass https://127.0.0.1:1; proxy_ssl_trusted_certificate " +
                 path("trusted.pem") + "; }\n";
  }
  std::ofstream(path("nginx.conf"))
      << "events { }\nhttp { server { listen 127.0.0.1:1;\n" + locations + "} }\n";
  const auto nginx = read_nginx(
      {.configuration = path("nginx.conf"), .prefix = directory.path().string(), .dump = {}});
  ASSERT_TRUE(nginx) << nginx.error().message();
  const auto footprint = [&] { return footprint_of(nginx.value(), {}, wall_clock_now()); };
  const NginxFootprint before = footprint();
  const auto at = before.text.find("trusted.pem ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(before.text.find("trusted.pem ", at + 1), std::string::npos);
  EXPECT_TRUE(before == footprint());
  std::ofstream(path("trusted.pem")) << "longer";
  EXPECT_FALSE(before == footprint());
}

}  // namespace
}  // namespace handshaked::diagnose
