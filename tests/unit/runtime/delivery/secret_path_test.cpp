#include "runtime/delivery/secret_path.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "runtime/delivery/receivers.h"
#include "support/temp_dir.h"

namespace handshaked::runtime {
namespace {

/// $CREDENTIALS_DIRECTORY for the time of a test.
class Credentials {
 public:
  explicit Credentials(const std::string& directory) {
    setenv("CREDENTIALS_DIRECTORY", directory.c_str(), 1);
  }
  ~Credentials() { unsetenv("CREDENTIALS_DIRECTORY"); }
};

config::Receiver receiver_with(const std::string& url_file) {
  config::Receiver receiver;
  receiver.type = config::Receiver::Type::webhook;
  receiver.name = "ops";
  receiver.url_file = url_file;
  return receiver;
}

TEST(SecretPath, IsWhereSystemdHasPutTheCredential) {
  const Credentials credentials("/run/credentials/x");
  EXPECT_EQ(secret_path("credential:ops").value(), "/run/credentials/x/ops");
  EXPECT_EQ(secret_path("/etc/ops").value(), "/etc/ops");
  EXPECT_FALSE(secret_path("credential:../ops"));
  EXPECT_FALSE(secret_path("credential:"));
}

TEST(SecretPath, FailsWhenNothingWasHandedOver) {
  EXPECT_FALSE(secret_path("credential:ops"));
  EXPECT_FALSE(secret_path(receiver_with("credential:ops").url_file));
}

TEST(CheckedReceiver, MayHaveSecretsThatOnlyTheServiceSees) {
  EXPECT_TRUE(check_receiver(receiver_with("credential:ops")));
  EXPECT_FALSE(check_receiver(receiver_with("credential:a/b"))) << "that is no name, whoever looks";
  EXPECT_FALSE(check_receiver(receiver_with("/nowhere/at/all")));
}

TEST(CheckedReceiver, MustHaveItsSecretsWhereTheyCanBeSeen) {
  const test::TempDir directory;
  const Credentials credentials(directory.path().string());
  EXPECT_FALSE(check_receiver(receiver_with("credential:ops")))
      << "there are credentials, and this is none of them";
  std::ofstream(directory.path() / "ops") << "https://hooks.example.com/\n";
  EXPECT_TRUE(check_receiver(receiver_with("credential:ops")));
}

}  // namespace
}  // namespace handshaked::runtime
