// "nginx has not been reloaded since" is said only when it is true, and never before it can be
// known.
#include "diagnose/case/load_time.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "diagnose/host/worker_watch.h"
#include "support/temp_dir.h"

namespace handshaked::diagnose {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time at(milliseconds since) { return Time(seconds(1'800'000'000)) + since; }

/// An nginx that was loaded at `first` and is reloaded at `second` (never, when it is the end of
/// time): it reads for `reading`, then starts two workers, and tells the old ones a moment later.
/// What /proc shows of it at `now`.
struct Story {
  milliseconds first{0}, second{1'000'000}, reading{300}, overlap{150};

  static Time rounded(milliseconds start) { return std::chrono::ceil<seconds>(at(start)); }
  std::vector<Time> visible_workers(milliseconds now) const {
    std::vector<Time> starts;
    if (now < second + reading + overlap) starts.insert(starts.end(), 2, rounded(first + reading));
    if (now >= second + reading) starts.insert(starts.end(), 2, rounded(second + reading));
    return starts;
  }
  /// Do its workers know a file that was written at `written`? Of what was written while the master
  /// read nobody can tell.
  bool has_loaded(milliseconds written, milliseconds now) const {
    return now >= second + reading ? written < second : written < first;
  }
  bool has_surely_not_loaded(milliseconds written, milliseconds now) const {
    return now >= second + reading ? written > second + reading : written > first + reading;
  }
};

FileTimes written(milliseconds when) { return {.written_at = at(when), .changed_at = at(when)}; }

TEST(LoadTime, IsNeverWrongWhateverTheDelaysAre) {
  int not_loaded = 0, loaded = 0;
  for (milliseconds write{2'000}; write <= milliseconds(22'000); write += milliseconds(200)) {
    for (milliseconds reload{4'000}; reload <= milliseconds(14'000); reload += milliseconds(200)) {
      const Story story{.second = reload};
      for (milliseconds now{4'000}; now <= milliseconds(24'000); now += milliseconds(333)) {
        if (now < write) continue;
        const auto workers = story.visible_workers(now);
        const LoadState state = load_state(written(write), load_time_of(workers, at(now)), at(now));
        const std::string when = std::to_string(write.count()) + " " +
                                 std::to_string(reload.count()) + " " + std::to_string(now.count());
        if (state == LoadState::not_loaded) {
          ++not_loaded;
          ASSERT_TRUE(story.has_surely_not_loaded(write, now)) << when;
        }
        if (state == LoadState::loaded) {
          ++loaded;
          ASSERT_TRUE(story.has_loaded(write, now)) << when;
        }
      }
    }
  }
  EXPECT_GT(not_loaded, 10'000);
  EXPECT_GT(loaded, 10'000);
}

/// The same from inside the sandbox, where only the process ids of nginx's control group are seen,
/// every second.
TEST(LoadTime, IsNeverWrongInTheSandbox) {
  const test::TempDir directory;
  const std::string root = directory.path().string();
  std::filesystem::create_directories(root + "/nginx.service");
  std::ofstream(root + "/cgroup.controllers") << "cpu\n";
  std::ofstream(root + "/nginx.pid") << "100\n";
  const std::array<timespec, 2> old{timespec{1'799'990'000, 0}, timespec{1'799'990'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (root + "/nginx.pid").c_str(), old.data(), 0), 0);
  int not_loaded = 0;
  for (milliseconds reload{4'000}; reload <= milliseconds(14'000); reload += milliseconds(500)) {
    const Story story{.second = reload};
    WorkerWatch watch(root);
    for (milliseconds now{1'000}; now <= milliseconds(24'000); now += milliseconds(1'000)) {
      std::string ids = "100\n";
      if (now < story.second + story.reading + milliseconds(2'500))
        ids += "101\n102\n";  // the last connections of the old ones
      if (now >= story.second + story.reading) ids += "111\n112\n";
      std::ofstream(root + "/nginx.service/cgroup.procs") << ids;
      const auto loaded = watch.loaded_at(root + "/nginx.pid", at(now));
      ASSERT_TRUE(loaded);
      for (milliseconds write{2'000}; write <= now; write += milliseconds(200)) {
        const std::string when = std::to_string(write.count()) + " " +
                                 std::to_string(reload.count()) + " " + std::to_string(now.count());
        const LoadState state = load_state(written(write), loaded, at(now));
        if (state == LoadState::not_loaded) {
          ++not_loaded;
          ASSERT_TRUE(story.has_surely_not_loaded(write, now)) << when;
        }
        if (state == LoadState::loaded) {
          ASSERT_TRUE(story.has_loaded(write, now)) << when;
        }
      }
    }
  }
  EXPECT_GT(not_loaded, 1'000);
}

TEST(LoadTime, ClaimsNothingWithoutEvidenceFromBothSides) {
  const LoadTime load{.earliest = at(seconds(8)), .latest = at(seconds(10))};
  const FileTimes late = written(seconds(20));
  EXPECT_EQ(load_state(late, load, at(seconds(30))), LoadState::not_loaded);
  EXPECT_EQ(load_state(late, std::nullopt, at(seconds(30))), LoadState::unknown);
  EXPECT_EQ(load_state(late, load, at(seconds(21))), LoadState::unknown)
      << "whoever deploys may be about to reload";
  LoadTime unsettled = load;
  unsettled.is_settled = false;
  EXPECT_EQ(load_state(late, unsettled, at(seconds(30))), LoadState::unknown);
  EXPECT_EQ(load_state({.written_at = at(seconds(1)), .changed_at = at(seconds(20))}, load,
                       at(seconds(30))),
            LoadState::unknown)
      << "an old file that was moved there, or whose mode was changed";
  EXPECT_EQ(load_state(written(seconds(9)), load, at(seconds(30))), LoadState::unknown)
      << "while nginx read";
  EXPECT_EQ(load_state(written(seconds(7)), load, at(seconds(30))), LoadState::loaded);
}

TEST(LoadTime, AWorkerThatDiedIsNoReload) {
  const std::array starts{at(seconds(10)), at(seconds(10)), at(seconds(50))};
  EXPECT_FALSE(load_time_of(starts, at(seconds(51))).is_settled);
  EXPECT_EQ(load_time_of(starts, at(seconds(60))),
            (LoadTime{.earliest = at(seconds(8)), .latest = at(seconds(10))}));
}

TEST(FileTimes, ASwitchedLinkChangesAFileThatIsOld) {
  const test::TempDir directory;
  const auto path = [&](const char* name) { return (directory.path() / name).string(); };
  std::filesystem::create_directory(path("five"));
  std::ofstream(path("five/ca.pem")) << "x";
  const auto before = file_times(path("five/ca.pem"));
  ASSERT_TRUE(before);
  while (wall_clock_now() < before->changed_at + milliseconds(30))
    continue;  // the clock of files has a grain
  std::filesystem::create_directory_symlink("five", path("current"));
  const auto now = file_times(path("current/ca.pem"));
  ASSERT_TRUE(now);
  EXPECT_EQ(now->written_at, before->written_at);
  EXPECT_GT(now->changed_at, before->changed_at);
  EXPECT_FALSE(file_times(path("none")));
}

TEST(FileTimes, ATimeThatWasSetMakesAFileNoYounger) {
  const test::TempDir directory;
  const std::string path = (directory.path() / "nginx.conf").string();
  std::ofstream(path) << "x";
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() + std::chrono::hours(5));
  EXPECT_LE(file_times(path)->written_at, wall_clock_now());
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(5));
  EXPECT_GT(file_times(path)->changed_at, wall_clock_now() - std::chrono::hours(1));
}

}  // namespace
}  // namespace handshaked::diagnose
