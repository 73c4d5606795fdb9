#include "base/host_tls.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace handshaked {
namespace {

namespace fs = std::filesystem;

fs::path made(const fs::path& root, const std::string& name) {
  fs::create_directories((root / name).parent_path());
  std::ofstream(root / name) << "x";
  return root / name;
}

TEST(HostTls, FindsTheBundleWhereEachDistributionKeepsIt) {
  for (const std::string name :
       {"etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/certs/ca-bundle.crt",
        "etc/ssl/ca-bundle.pem", "etc/ssl/cert.pem"}) {
    const test::TempDir root;
    EXPECT_EQ(host_ca_bundle(root.path()), std::nullopt);
    const fs::path bundle = made(root.path(), name);
    EXPECT_EQ(host_ca_bundle(root.path()), bundle.string());
  }
}

TEST(HostTls, TakesTheConfigurationWhereOpensslLooksBeforeAnyOther) {
  const test::TempDir root;
  const std::string own = "/usr/lib/ssl/openssl.cnf";
  EXPECT_EQ(host_openssl_configuration(own, root.path()), std::nullopt);
  const fs::path red_hats = made(root.path(), "etc/pki/tls/openssl.cnf");
  EXPECT_EQ(host_openssl_configuration(own, root.path()), red_hats.string());
  made(root.path(), "usr/lib/ssl/openssl.cnf");
  EXPECT_EQ(host_openssl_configuration(own, root.path()), own);
}

}  // namespace
}  // namespace handshaked
