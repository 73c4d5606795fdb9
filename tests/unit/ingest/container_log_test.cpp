#include "ingest/container_log.h"

#include <gtest/gtest.h>

namespace handshaked::ingest {
namespace {

const std::string kId(64, 'a');

TEST(ContainerLog, NamesThePodWhoseLogKubeletLinks) {
  EXPECT_EQ(container_of_log("/var/log/containers/web-7d9f_shop_nginx-" + kId + ".log"),
            "shop/web-7d9f/nginx");
  EXPECT_EQ(
      container_of_log("/host/var/log/containers/a-b-c_kube-system_ingress-nginx-" + kId + ".log"),
      "kube-system/a-b-c/ingress-nginx");
}

TEST(ContainerLog, NamesThePodWhoseDirectoryItIs) {
  EXPECT_EQ(container_of_log(
                "/var/log/pods/shop_web-7d9f_0b3d2a6e-1c1f-4c2e-9a53-1f1f1f1f1f1f/nginx/3.log"),
            "shop/web-7d9f/nginx");
}

TEST(ContainerLog, NamesDockersContainerByItsShortId) {
  EXPECT_EQ(container_of_log("/var/lib/docker/containers/" + kId + "/" + kId + "-json.log"),
            std::string(12, 'a'));
}

TEST(ContainerLog, LeavesEveryOtherFileToThisHost) {
  for (const std::string& path :
       {std::string("/var/log/nginx/error.log"), std::string("error.log"), std::string(""),
        std::string("/"), std::string("/var/log/containers/error.log"),
        std::string("/var/log/containers/a_b_c-123.log"), "/var/log/containers/__-" + kId + ".log",
        "/var/log/containers/a_b_c_d-" + kId + ".log", std::string("/srv/pods/site/logs/error.log"),
        "/var/lib/docker/containers/" + kId + "/other.log"})
    EXPECT_EQ(container_of_log(path), "") << path;
}

}  // namespace
}  // namespace handshaked::ingest
