#include "cli/host/file_replacement.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace handshaked::cli {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}
std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
struct stat status_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status;
}

TEST(FileReplacement, KeepsModeBacksUpAndRestoresByteForByte) {
  const test::TempDir root;
  const std::string path = (root / "a.conf").string();
  write(path, "old\r\n");
  ::chmod(path.c_str(), 0640);
  const auto before = status_of(path);
  auto replacement = FileReplacement::begin((root / "backups").string(), "inc").value();
  ASSERT_TRUE(replacement.replace(path, "old\r\n", "new"));
  ASSERT_TRUE(replacement.create((root.path() / "d/e/new.pem").string(), "pem"));
  EXPECT_EQ(read(path), "new");
  EXPECT_EQ(status_of(path).st_mode, before.st_mode);
  EXPECT_EQ(read(replacement.backup() + path), "old\r\n");
  EXPECT_EQ(status_of(replacement.backup()).st_mode & 0777U, 0700U);
  EXPECT_EQ(read(root.path() / "d/e/new.pem"), "pem");
  ASSERT_TRUE(replacement.restore());
  EXPECT_EQ(read(path), "old\r\n");
  EXPECT_EQ(status_of(path).st_mode, before.st_mode);
  EXPECT_EQ(status_of(path).st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  EXPECT_FALSE(fs::exists(root / "d"));
  EXPECT_EQ(read(replacement.backup() + path), "old\r\n");
}

TEST(FileReplacement, MakesBackupsOnlyWhereNobodyElseCanLeadThem) {
  const test::TempDir root;
  fs::create_directories(root / "elsewhere");
  fs::create_directories(root / "state");
  fs::create_symlink(root / "elsewhere", root / "state/backups");
  EXPECT_EQ(FileReplacement::begin((root / "state/backups").string(), "inc").error().code(),
            ErrorCode::permission_denied)
      << "a planted link";
  EXPECT_EQ(FileReplacement::begin((root / "state/backups/deeper").string(), "inc").error().code(),
            ErrorCode::permission_denied);
  fs::create_directories(root / "open");
  ::chmod((root / "open").c_str(), 0777);
  EXPECT_EQ(FileReplacement::begin((root / "open/backups").string(), "inc").error().code(),
            ErrorCode::permission_denied)
      << "anybody's";
  if (::geteuid() == 0) {
    fs::create_directories(root / "theirs");
    ASSERT_EQ(::chown((root / "theirs").c_str(), 65534, 65534), 0);
    EXPECT_EQ(FileReplacement::begin((root / "theirs/backups").string(), "inc").error().code(),
              ErrorCode::permission_denied)
        << "another's";
  }
  EXPECT_TRUE(fs::is_empty(root / "elsewhere"));
  EXPECT_EQ(FileReplacement::begin("relative", "inc").error().code(), ErrorCode::invalid_input);
}

TEST(FileReplacement, FollowsNoLinkToWhatItChanges) {
  const test::TempDir root;
  fs::create_directories(root / "real");
  write(root / "real/a.conf", "old");
  fs::create_symlink(root / "real", root / "linked");
  auto replacement = FileReplacement::begin((root / "backups").string(), "inc").value();
  EXPECT_FALSE(replacement.replace((root / "linked/a.conf").string(), "old", "new"))
      << "its owner may turn the link in between";
  EXPECT_FALSE(replacement.create((root / "linked/b.pem").string(), "new"));
  EXPECT_EQ(read(root / "real/a.conf"), "old");
  EXPECT_FALSE(fs::exists(root / "real/b.pem"));
}

TEST(FileReplacement, FollowsNoLinkToWhatItTakesBack) {
  const test::TempDir root;
  fs::create_directories(root / "elsewhere");
  auto replacement = FileReplacement::begin((root / "backups").string(), "inc").value();
  ASSERT_TRUE(replacement.create((root.path() / "d/new.pem").string(), "pem"));
  // Whoever owns the directory puts another in its place.
  fs::rename(root / "d", root / "moved");
  write(root.path() / "elsewhere/new.pem", "somebody's");
  fs::create_symlink(root / "elsewhere", root / "d");
  EXPECT_FALSE(replacement.restore());
  EXPECT_EQ(read(root.path() / "elsewhere/new.pem"), "somebody's");
  EXPECT_TRUE(fs::is_symlink(root / "d"));
}

TEST(FileReplacement, RefusesWhatIsNotWhatItWas) {
  const test::TempDir root;
  const std::string path = (root / "a.conf").string();
  write(path, "theirs");
  fs::create_symlink(path, root / "link");
  auto replacement = FileReplacement::begin((root / "backups").string(), "inc").value();
  EXPECT_EQ(replacement.replace(path, "ours", "new").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(replacement.replace((root / "link").string(), "theirs", "new").error().code(),
            ErrorCode::invalid_input);
  EXPECT_EQ(replacement.create(path, "new").error().code(), ErrorCode::invalid_input);
  EXPECT_FALSE(replacement.replace((root / "none").string(), "", "new"));
  EXPECT_FALSE(replacement.create(path + "/below/file", "new"));
  EXPECT_EQ(read(path), "theirs");
  ASSERT_TRUE(replacement.restore());
  EXPECT_EQ(read(path), "theirs");
}

TEST(FileReplacement, TwoBackupsOfOneSecondAreApart) {
  const test::TempDir root;
  const auto first = FileReplacement::begin(root.path().string(), "inc").value();
  const auto second = FileReplacement::begin(root.path().string(), "inc").value();
  EXPECT_NE(first.backup(), second.backup());
  write(root / "file", "x");
  EXPECT_FALSE(FileReplacement::begin((root / "file").string(), "inc"));
}

}  // namespace
}  // namespace handshaked::cli
