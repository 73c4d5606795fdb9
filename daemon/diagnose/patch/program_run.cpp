#include "diagnose/patch/program_run.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/file_descriptor.h"
#include "diagnose/host/trusted_path.h"

extern char** environ;

namespace handshaked::diagnose {
namespace {

using Clock = std::chrono::steady_clock;

class SpawnPlan {
 public:
  SpawnPlan(int program, int output) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, output, STDERR_FILENO);
    // Stays open: whoever interprets a script opens it by this name again.
    ::posix_spawn_file_actions_adddup2(&files_, program, kProgram);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  /// `name`: for the error.
  Result<pid_t> start(const std::string& name, std::vector<std::string> arguments) {
    const std::string path = "/proc/self/fd/" + std::to_string(kProgram);
    std::vector<char*> words;
    for (std::string& word : arguments) words.push_back(word.data());
    words.push_back(nullptr);
    pid_t id = -1;
    if (const int error = ::posix_spawn(&id, path.c_str(), &files_, &attributes_, words.data(), environ); error != 0) {
      return fail(error_from_errno(error, "cannot run " + name));
    }
    return id;
  }

 private:
  static constexpr int kProgram = 3;
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

int wait_for_end(pid_t id) {
  int status = 0;
  while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Reads until nobody holds the other end; false at the deadline.
bool read_output(int fd, Clock::time_point deadline, std::string& output) {
  std::array<char, 16 * 1024> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waited{fd, POLLIN, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    const std::size_t room = ProgramRun::kMaxOutput - output.size();
    output.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
  }
}

}  // namespace

Result<ProgramRun> run_program(const std::string& path, const std::vector<std::string>& arguments, std::chrono::milliseconds time_limit) {
  const auto deadline = Clock::now() + time_limit;
  TRY(const FileDescriptor program, open_trusted(path));
  struct stat status {};
  if (::fstat(program.number(), &status) != 0 || !S_ISREG(status.st_mode))
    return fail(ErrorCode::permission_denied, path + " is no program");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(error_from_errno(errno, "pipe"));
  FileDescriptor ours(ends[0]), theirs(ends[1]);
  TRY(const pid_t id, SpawnPlan(program.number(), theirs.number()).start(path, arguments));
  theirs.reset();
  ProgramRun run;
  const bool has_ended = read_output(ours.number(), deadline, run.output);
  ours.reset();
  if (!has_ended) ::kill(-id, SIGKILL);
  run.exit_status = wait_for_end(id);
  if (!has_ended) return fail(ErrorCode::timeout, path + " did not end within " + std::to_string(time_limit.count()) + " ms");
  return run;
}

}  // namespace handshaked::diagnose
