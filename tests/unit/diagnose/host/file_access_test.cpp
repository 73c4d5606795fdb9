#include "diagnose/host/file_access.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/temp_dir.h"

namespace handshaked::diagnose {
namespace {

using ::testing::HasSubstr;

class FileAccess : public testing::Test {
 protected:
  FileAccess() {
    ::chmod(directory_.path().c_str(), 0755);
    std::filesystem::create_directory(directory_ / "nginx");
    std::ofstream(directory_ / "nginx/error.log") << "x\n";
    const struct stat status = status_of("nginx/error.log");
    owner_ = status.st_uid;
    group_ = status.st_gid;
    stranger_ = {.name = "watcher", .user = owner_ + 4711, .groups = {group_ + 4711}};
  }

  struct stat status_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::stat(path(name).c_str(), &status), 0);
    return status;
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void mode(const std::string& name, mode_t bits) {
    ASSERT_EQ(::chmod(path(name).c_str(), bits), 0);
  }

  test::TempDir directory_;
  uid_t owner_ = 0;
  gid_t group_ = 0;
  Reader stranger_;
};

TEST_F(FileAccess, WhatAllMayReadIsNoProblem) {
  mode("nginx/error.log", 0644);
  EXPECT_FALSE(access_problem(path("nginx/error.log"), stranger_));
  EXPECT_FALSE(access_problem(path("nginx/none.log"), stranger_)) << "what is not there yet";
  EXPECT_FALSE(access_problem("/nowhere/at/all.log", stranger_));
}

TEST_F(FileAccess, NamesWhatStandsInTheWay) {
  mode("nginx/error.log", 0640);
  const auto problem = access_problem(path("nginx/error.log"), stranger_);
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->at, std::filesystem::canonical(path("nginx/error.log")));
  EXPECT_THAT(problem->text.en, HasSubstr("mode 0640: watcher may not read it"));
  EXPECT_TRUE(problem->is_sure);
  mode("nginx", 0700);
  const auto above = access_problem(path("nginx/error.log"), stranger_);
  ASSERT_TRUE(above);
  EXPECT_THAT(above->text.en, HasSubstr("mode 0700: watcher may not search it"));
  EXPECT_THAT(above->remedy.en, HasSubstr("setfacl -m u:watcher:x "));
  mode("nginx", 0755);
}

TEST_F(FileAccess, ProposesTheGroupThatMayRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to another group";
  const group* const log_readers = ::getgrnam("adm");
  if (log_readers == nullptr) GTEST_SKIP() << "there is no group adm";
  const gid_t adm = log_readers->gr_gid;
  ASSERT_EQ(::chown(path("nginx/error.log").c_str(), 0, adm), 0);
  mode("nginx/error.log", 0640);
  const auto problem = access_problem(path("nginx/error.log"), stranger_);
  ASSERT_TRUE(problem);
  EXPECT_THAT(problem->text.en, HasSubstr("belongs to root:adm"));
  EXPECT_THAT(problem->remedy.en, HasSubstr("usermod -aG adm watcher"));
  EXPECT_THAT(problem->remedy.zh, HasSubstr("usermod -aG adm watcher"));
  stranger_.groups.push_back(adm);
  EXPECT_FALSE(access_problem(path("nginx/error.log"), stranger_));
  // A group that may not read helps nobody.
  mode("nginx/error.log", 0600);
  EXPECT_THAT(access_problem(path("nginx/error.log"), stranger_)->remedy.en,
              HasSubstr("setfacl -m u:watcher:r "));
}

TEST_F(FileAccess, RootReadsEverythingAndTheOwnerWhatItMay) {
  mode("nginx/error.log", 0044);
  EXPECT_FALSE(access_problem(path("nginx/error.log"), {.name = "root", .user = 0, .groups = {0}}));
  if (owner_ != 0) {
    EXPECT_TRUE(
        access_problem(path("nginx/error.log"), {.name = "me", .user = owner_, .groups = {}}));
  }
}

TEST_F(FileAccess, KnowsTheUsersOfTheSystem) {
  EXPECT_FALSE(reader_named("no-such-user-here", {}));
  const auto root = reader_named("root", {"no-such-group-here"});
  ASSERT_TRUE(root);
  EXPECT_EQ(root->user, 0U);
  EXPECT_EQ(this_process().user, ::geteuid());
}

}  // namespace
}  // namespace handshaked::diagnose
