#include "diagnose/host/trusted_path.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "diagnose/patch/program_run.h"
#include "support/temp_dir.h"

namespace handshaked::diagnose {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kStranger = 65534;

class TrustedPath : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text = "#!/bin/sh\necho ran\n",
                    mode_t mode = 0755) {
    const fs::path path = root_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path.string();
  }
  static void give_away(const std::string& path) {
    ASSERT_EQ(::lchown(path.c_str(), kStranger, kStranger), 0);
  }
  static std::string refusal(const std::string& path) {
    const auto opened = open_trusted(path);
    if (opened) return "opened";
    EXPECT_EQ(opened.error().code(), ErrorCode::permission_denied) << opened.error().message();
    // What is not opened is not run either.
    const auto run = run_program(path, {"program"}, std::chrono::seconds(20));
    EXPECT_FALSE(run);
    if (!run) {
      EXPECT_EQ(run.error().message(), opened.error().message());
    }
    return opened.error().message();
  }
  static bool opens(const std::string& path) { return open_trusted(path).has_value(); }

  const test::TempDir root_;
};

TEST_F(TrustedPath, OpensWhatBelongsToUsAndRoot) {
  const std::string path = write("bin/program");
  EXPECT_TRUE(opens(path)) << open_trusted(path).error().message();
  EXPECT_TRUE(opens("/bin/sh")) << "through a link of the system's";
  EXPECT_TRUE(opens((root_ / "bin/../bin/./program").string()));
  EXPECT_EQ(run_program(path, {"program"}, std::chrono::seconds(20)).value().output, "ran\n");
  EXPECT_EQ(open_trusted("bin/program").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(open_trusted((root_ / "nothing").string()).error().code(), ErrorCode::not_found);
}

TEST_F(TrustedPath, RefusesWhatOthersCanWrite) {
  EXPECT_NE(refusal(write("all", "#!/bin/sh\n", 0757)).find("can write it (mode 0757)"),
            std::string::npos);
  const std::string below = write("open/program");
  ASSERT_EQ(::chmod((root_ / "open").c_str(), 0777), 0);
  EXPECT_NE(refusal(below).find("/open is not trusted"), std::string::npos)
      << "others could put another one in its place";
  ASSERT_EQ(::chmod((root_ / "open").c_str(), 01777), 0);
  EXPECT_TRUE(opens(below)) << "the sticky bit keeps ours in its place";
  if (::geteuid() == 0) {
    EXPECT_NE(refusal(write("group", "#!/bin/sh\n", 0775)).find("mode 0775"), std::string::npos);
  }
}

TEST_F(TrustedPath, RefusesWhatBelongsToAnother) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const std::string file = write("file");
  give_away(file);
  EXPECT_NE(refusal(file).find("it belongs to "), std::string::npos);
  const std::string below = write("theirs/deep/program");
  give_away((root_ / "theirs").string());
  EXPECT_NE(refusal(below).find("/theirs is not trusted"), std::string::npos)
      << "the whole path up";
  const std::string good = write("good");
  fs::create_symlink(good, root_ / "link");
  EXPECT_TRUE(opens((root_ / "link").string()));
  give_away((root_ / "link").string());
  EXPECT_NE(refusal((root_ / "link").string()).find("/link is not trusted"), std::string::npos)
      << "its owner can turn it elsewhere";
  fs::create_symlink(below, root_ / "to-theirs");
  EXPECT_NE(refusal((root_ / "to-theirs").string()).find("/theirs is not trusted"),
            std::string::npos)
      << "what a link leads to counts too";
}

TEST_F(TrustedPath, EndsInALoopOfLinks) {
  fs::create_symlink(root_ / "b", root_ / "a");
  fs::create_symlink(root_ / "a", root_ / "b");
  EXPECT_FALSE(opens((root_ / "a").string()));
}

TEST_F(TrustedPath, OpensTheProgramOfAProcessAlsoAfterItWasReplaced) {
  const std::string path = (root_ / "sleep").string();
  fs::copy_file(fs::canonical("/bin/sleep"), path);
  const pid_t id = ::fork();
  if (id == 0) {
    ::execl(path.c_str(), "sleep", "60", nullptr);
    ::_exit(1);
  }
  const std::string program = "/proc/" + std::to_string(id) + "/exe";
  while (fs::read_symlink(program) != path) ::usleep(1000);  // the copy of us before exec
  EXPECT_TRUE(opens(program));
  fs::remove(path);
  EXPECT_TRUE(opens(program)) << open_trusted(program).error().message();
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(program.c_str(), kStranger, kStranger), 0);
    EXPECT_NE(refusal(program).find("it belongs to "), std::string::npos);
  }
  ::kill(id, SIGKILL);
  ::waitpid(id, nullptr, 0);
}

TEST_F(TrustedPath, IsNoProgramWhenItIsADirectory) {
  EXPECT_TRUE(opens(root_.path().string()));
  EXPECT_EQ(run_program(root_.path().string(), {"x"}, std::chrono::seconds(5)).error().code(),
            ErrorCode::permission_denied);
}

}  // namespace
}  // namespace handshaked::diagnose
