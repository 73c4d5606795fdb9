#include "diagnose/probe/child/child_confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "diagnose/probe/child/child_process.h"
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

/// What a taken-over child would like to do. Each says whether it was refused.
using Attempt = std::function<bool()>;

bool is_refused(long result) { return result < 0 && (errno == EPERM || errno == EACCES); }

bool is_fork_refused(long id) {
  if (id == 0) ::_exit(0);
  return is_refused(id);
}

sockaddr_un own_address() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  return address;
}

std::map<std::string, Attempt> attempts(const std::string& readable, const std::string& new_file,
                                        int foreign) {
  static sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  loopback.sin_port = htons(9);
  return {
      {"use a descriptor that it was not handed", [=] { return ::fcntl(foreign, F_GETFD) == -1; }},
      {"read a file", [=] { return is_refused(::open(readable.c_str(), O_RDONLY)); }},
      {"read a file through openat2",
       [=] {
         std::array<std::uint64_t, 3> how{};
         return is_refused(
             ::syscall(SYS_openat2, AT_FDCWD, readable.c_str(), how.data(), sizeof how));
       }},
      {"look at a file", [=] { return is_refused(::access(readable.c_str(), F_OK)); }},
      {"list a directory", [] { return is_refused(::open("/", O_RDONLY | O_DIRECTORY)); }},
      {"write a file",
       [=] { return is_refused(::open(new_file.c_str(), O_CREAT | O_WRONLY, 0600)); }},
      {"remove a file", [=] { return is_refused(::unlink(readable.c_str())); }},
      {"open a connection", [] { return is_refused(::socket(AF_INET, SOCK_STREAM, 0)); }},
      {"open a Unix socket", [] { return is_refused(::socket(AF_UNIX, SOCK_STREAM, 0)); }},
      {"connect what it has anew",
       [] {
         return is_refused(::connect(STDIN_FILENO, reinterpret_cast<const sockaddr*>(&loopback),
                                     sizeof loopback));
       }},
      {"listen",
       [] {
         const sockaddr_un address = own_address();
         return is_refused(::bind(STDIN_FILENO, reinterpret_cast<const sockaddr*>(&address),
                                  sizeof(sa_family_t))) &&
                is_refused(::listen(STDIN_FILENO, 1));
       }},
      {"make a socket pair",
       [] {
         int ends[2];
         return is_refused(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
       }},
      {"fork", [] { return is_fork_refused(::fork()); }},
      {"clone",
       [] {
         return is_fork_refused(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
       }},
      {"clone3", [] { return is_fork_refused(::syscall(SYS_clone3, nullptr, 0)); }},
      {"execute",
       [] {
         char* const nothing[] = {nullptr};
         return is_refused(::execve("/bin/true", nothing, nothing));
       }},
      {"trace", [] { return is_refused(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }},
      {"trace its parent",
       [] { return is_refused(::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr)); }},
      {"read its parent's memory",
       [] {
         return is_refused(::syscall(SYS_process_vm_readv, ::getppid(), nullptr, 0, nullptr, 0, 0));
       }},
      {"signal its parent",
       [] {
         return is_refused(::kill(::getppid(), 0)) &&
                is_refused(::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0));
       }},
      {"become root", [] { return is_refused(::syscall(SYS_setuid, 0)); }},
      {"make a namespace", [] { return is_refused(::unshare(CLONE_NEWUSER)); }},
      {"mount", [] { return is_refused(::mount("none", "/", nullptr, MS_REMOUNT, nullptr)); }},
      {"make memory executable",
       [] {
         return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                    MAP_FAILED &&
                errno == EPERM;
       }},
      {"use io_uring", [] { return is_refused(::syscall(SYS_io_uring_setup, 1, nullptr)); }},
      {"load a program into the kernel",
       [] { return is_refused(::syscall(SYS_bpf, 0, nullptr, 0)); }},
      {"use the keyring", [] { return is_refused(::syscall(SYS_keyctl, 0, 0)); }},
  };
}

/// In a child process: confined, and then all attempts. What it says is what was not refused.
std::string what_succeeds(const std::map<std::string, Attempt>& wanted, ChildTask task) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDIN_FILENO);
    ::dup2(ends[1], STDOUT_FILENO);
    const auto confined = confine_this_process(task);
    std::string said = confined ? "" : "not confined: " + confined.error().message() + "\n";
    for (const auto& [name, attempt] : wanted) {
      errno = 0;
      if (!attempt()) said += name + " (" + std::to_string(errno) + ")\n";
    }
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, said.data(), said.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = ::read(ends[0], piece.data(), piece.size())) > 0;)
    said.append(piece.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "status " << status;
  return said;
}

TEST(ChildConfinement, LeavesNothingThatAParserDoesNotNeed) {
  if (kHasSanitizer) GTEST_SKIP() << "a sanitizer cannot live in it";
  const test::TempDir directory;
  const std::string readable = (directory / "readable").string();
  std::ofstream(readable) << "secret";
  const int foreign = ::fcntl(STDOUT_FILENO, F_DUPFD, 10);
  EXPECT_EQ(
      what_succeeds(attempts(readable, (directory / "new").string(), foreign), ChildTask::judge),
      "");
  ::close(foreign);
}

TEST(ChildConfinement, LetsNamesBeLookedUpAndNothingElseBeDone) {
  if (kHasSanitizer) GTEST_SKIP() << "a sanitizer cannot live in it";
  const test::TempDir directory;
  const std::string readable = (directory / "readable").string();
  std::ofstream(readable) << "secret";
  const int foreign = ::fcntl(STDOUT_FILENO, F_DUPFD, 10);
  auto wanted = attempts(readable, (directory / "new").string(), foreign);
  for (const char* const needed :
       {"look at a file", "list a directory", "open a connection", "open a Unix socket",
        "connect what it has anew", "listen", "make memory executable"})
    wanted.erase(needed);
  // Even what anybody may read is none of its business; only Landlock tells it from what a look-up
  // needs.
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(readable, std::filesystem::perms(0644));
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) < 1) wanted.erase("read a file");
  wanted.emplace("not read how names are looked up",
                 [] { return ::open("/etc/hosts", O_RDONLY) >= 0; });
  EXPECT_EQ(what_succeeds(wanted, ChildTask::resolve), "");
  ::close(foreign);
}

/// "Seccomp" of a process, as /proc has it.
std::string status_of(pid_t id, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(id) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return "no " + name;
}

TEST(ChildConfinement, HoldsInTheRealChild) {
  for (const ChildTask task : {ChildTask::judge, ChildTask::resolve}) {
    auto child = ChildProcess::start(task);
    ASSERT_TRUE(child);
    const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const auto answer = child.value().exchange(
        task == ChildTask::judge ? "{\"add\":{}}" : "{\"resolve\":\"localhost\"}", soon, 1 << 20);
    ASSERT_TRUE(answer) << answer.error().message();
    const pid_t id = child.value().id();
    EXPECT_EQ(status_of(id, "NoNewPrivs"), "1");
    for (const char* const set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
      EXPECT_EQ(status_of(id, set), "0000000000000000") << set;
    if (::geteuid() == 0) {
      EXPECT_EQ(status_of(id, "Uid"), "65534\t65534\t65534\t65534");
      EXPECT_EQ(status_of(id, "Gid"), "65534\t65534\t65534\t65534");
      EXPECT_EQ(status_of(id, "Groups"), " ");
      EXPECT_EQ(status_of(id, "CapBnd"), "0000000000000000");
    }
    if (kHasSanitizer) continue;
    EXPECT_EQ(status_of(id, "Seccomp"), "2");
  }
}

TEST(ChildConfinement, BoundsWhatItMayUse) {
  auto child = ChildProcess::start(ChildTask::judge);
  ASSERT_TRUE(child);
  ASSERT_TRUE(child.value().exchange(
      "{\"add\":{}}", std::chrono::steady_clock::now() + std::chrono::seconds(20), 1 << 20));
  // "Max processes   0   0   processes": the soft and the hard bound.
  const auto most = [&](const std::string& name) -> std::string {
    std::ifstream file("/proc/" + std::to_string(child.value().id()) + "/limits");
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with(name)) continue;
      std::istringstream bounds(line.substr(name.size()));
      std::string soft, hard;
      bounds >> soft >> hard;
      return hard;
    }
    return "no " + name;
  };
  EXPECT_EQ(most("Max core file size"), "0");
  EXPECT_EQ(most("Max open files"), "64");
  if (!kHasSanitizer) {
    EXPECT_EQ(most("Max processes"), "0");
    EXPECT_EQ(most("Max address space"), std::to_string(1024UL << 20));
  }
}

}  // namespace
}  // namespace handshaked::diagnose
