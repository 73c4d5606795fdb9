#include "diagnose/host/worker_watch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace handshaked::diagnose {
namespace {

/// A hierarchy of control groups as the kernel shows it, on a disk.
class WorkerWatchTest : public testing::Test {
 protected:
  WorkerWatchTest() {
    std::filesystem::create_directories(path("system.slice/ssh.service"));
    write("cgroup.controllers", "cpu memory\n");
    write("cgroup.procs", "1\n");
    write("system.slice/ssh.service/cgroup.procs", "90\n91\n");
    write("nginx.pid", "100\n");
  }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(path(name)) << text;
  }
  void group_holds(const std::vector<pid_t>& ids,
                   const std::string& group = "system.slice/nginx.service") {
    std::filesystem::create_directories(path(group));
    std::string text;
    for (const pid_t id : ids) text += std::to_string(id) + "\n";
    write(group + "/cgroup.procs", text);
  }
  static constexpr int kUnsettled = -1;
  /// The next look, five seconds after the last: which look gave the latest moment at which nginx
  /// can have loaded its configuration.
  std::optional<int> look() {
    ++looks_;
    const auto at = watch_.loaded_at(path("nginx.pid"), at_look(looks_));
    if (!at) return std::nullopt;
    EXPECT_LE(at->earliest, at->latest);
    if (!at->is_settled) return kUnsettled;
    return static_cast<int>((at->latest - Time{}) / std::chrono::seconds(5));
  }
  static Time at_look(int number) { return Time{} + std::chrono::seconds(5 * number); }

  test::TempDir directory_;
  WorkerWatch watch_{directory_.path().string()};
  int looks_ = 0;
};

TEST_F(WorkerWatchTest, SaysNothingEarlierThanItsFirstLook) {
  group_holds({100, 101, 102});
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(watch_.group(), path("system.slice/nginx.service"));
}

TEST_F(WorkerWatchTest, APipeInThePlaceOfAFileHoldsUpNobody) {
  std::filesystem::remove(path("nginx.pid"));
  ASSERT_EQ(::mkfifo(path("nginx.pid").c_str(), 0600), 0);
  EXPECT_EQ(look(), std::nullopt);
}

TEST_F(WorkerWatchTest, SeesAReloadWhenTheOldWorkersAreGone) {
  group_holds({100, 101, 102});
  EXPECT_EQ(look(), 1);
  group_holds({100, 111, 112});
  EXPECT_EQ(look(), kUnsettled) << "once may be a command that runs in the group";
  EXPECT_EQ(look(), 2) << "the time at which they were seen first";
  EXPECT_EQ(look(), 2);
}

TEST_F(WorkerWatchTest, SeesAReloadWhileOldWorkersServeTheirLastConnections) {
  group_holds({100, 101, 102});
  look();
  group_holds({100, 102, 111, 112});
  look();
  EXPECT_EQ(look(), 2);
  group_holds({100, 111, 112});
  EXPECT_EQ(look(), 2) << "the last old one has ended: nothing new";
  group_holds({100, 112, 121, 122});
  look();
  EXPECT_EQ(look(), 5) << "and the next reload";
}

TEST_F(WorkerWatchTest, SeesAReloadToFewerWorkersOnceTheOldOnesAreGone) {
  group_holds({100, 101, 102, 103});
  look();
  group_holds({100, 103, 111});
  look();
  EXPECT_EQ(look(), kUnsettled) << "deaths look like this, too";
  group_holds({100, 111});
  EXPECT_EQ(look(), 2) << "the old ones are all gone";
}

TEST_F(WorkerWatchTest, WorkersThatDieOneByOneAreNoReload) {
  group_holds({100, 101, 102, 103});
  look();
  for (const std::vector<pid_t>& now :
       {std::vector<pid_t>{100, 111, 102, 103}, {100, 111, 112, 103}, {100, 111, 112, 113}}) {
    group_holds(now);
    EXPECT_EQ(look(), kUnsettled);
    const auto settled = watch_.loaded_at(path("nginx.pid"), at_look(++looks_));
    ASSERT_TRUE(settled && settled->is_settled);
    EXPECT_LT(settled->earliest, at_look(1)) << "it may as well have been loaded long before";
    EXPECT_EQ(settled->latest, at_look(looks_ - 1)) << "a reload to fewer workers looks the same";
  }
  group_holds({100, 121, 122, 123});
  look();
  EXPECT_EQ(look(), 8);
  EXPECT_GE(watch_.loaded_at(path("nginx.pid"), at_look(10))->earliest, at_look(6));
}

TEST_F(WorkerWatchTest, WhatEndedForGoodDoesNotCount) {
  group_holds({100, 101, 102, 109});  // 109: the cache loader
  look();
  group_holds({100, 101, 102});
  look();
  look();
  group_holds({100, 101, 102, 111, 112});
  look();
  EXPECT_EQ(look(), 4);
}

TEST_F(WorkerWatchTest, ACommandOfTheServiceIsNoWorker) {
  group_holds({100, 101});
  look();
  group_holds({100, 101, 150});
  EXPECT_EQ(look(), kUnsettled);
  group_holds({100, 101});
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(look(), 1);
}

TEST_F(WorkerWatchTest, AnotherMasterHasLoadedItsConfiguration) {
  group_holds({100, 101});
  look();
  write("nginx.pid", "200\n");
  group_holds({200, 201});
  EXPECT_EQ(look(), 2);
}

TEST_F(WorkerWatchTest, KnowsNothingOfWhatItCannotSee) {
  EXPECT_EQ(look(), std::nullopt) << "no group has it";
  group_holds({100, 101}, "user.slice/session-1.scope");
  EXPECT_EQ(look(), std::nullopt) << "a session holds more than nginx";
  std::filesystem::remove(path("nginx.pid"));
  EXPECT_EQ(look(), std::nullopt);
  for (const char* text : {"", "x", "-5\n", "100 200\n", "99999999999999999999\n", "100x\n"}) {
    write("nginx.pid", text);
    group_holds({100, 101});
    EXPECT_EQ(look(), std::nullopt) << text;
  }
}

TEST_F(WorkerWatchTest, FindsItInTheHierarchyOfSystemdWhereThereAreSeveral) {
  std::filesystem::remove(path("cgroup.controllers"));
  group_holds({100, 101}, "systemd/system.slice/openresty.service");
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(watch_.group(), path("systemd/system.slice/openresty.service"));
}

TEST_F(WorkerWatchTest, FindsItAgainInAnotherGroup) {
  group_holds({100, 101});
  look();
  group_holds({});
  group_holds({100, 101}, "web.slice/nginx@edge.service");
  EXPECT_EQ(look(), 1);
}

}  // namespace
}  // namespace handshaked::diagnose
