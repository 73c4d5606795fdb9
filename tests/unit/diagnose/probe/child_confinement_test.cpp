#include "diagnose/probe/child_confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp_dir.h"

namespace handshaked::diagnose {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#elif defined(__has_feature)
constexpr bool kHasSanitizer = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kHasSanitizer = false;
#endif

bool kernel_has_landlock() { return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) > 0; }

/// What a confined process can still do: one bit for each thing that it should not.
int what_is_left(int foreign_descriptor, const std::string& file) {
  confine_this_process();
  int left = 0;
  if (::fcntl(foreign_descriptor, F_GETFD) != -1) left |= 1;
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) left |= 2;
  rlimit core{};
  ::getrlimit(RLIMIT_CORE, &core);
  if (core.rlim_max != 0) left |= 4;
  if (kHasSanitizer) return left;
  if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) left |= 8;
  if (kernel_has_landlock() && ::open(file.c_str(), O_CREAT | O_WRONLY, 0600) >= 0) left |= 16;
  rlimit memory{};
  ::getrlimit(RLIMIT_AS, &memory);
  if (memory.rlim_cur > (4UL << 30)) left |= 32;
  return left;
}

TEST(ChildConfinement, LeavesNothingThatAParserDoesNotNeed) {
  const test::TempDir directory;
  const std::string file = (directory / "written").string();
  const int foreign = ::open("/dev/null", O_RDONLY);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(what_is_left(foreign, file));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(foreign);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace handshaked::diagnose
