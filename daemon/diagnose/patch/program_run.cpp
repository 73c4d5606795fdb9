#include "diagnose/patch/program_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
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

/// What the child does between vfork() and exec, in our memory while this thread waits: calls of
/// the system, and nothing that is kept. It ends with us.
class Beginning {
 public:
  Beginning(int program, int output, int failure)
      : program_(program), output_(output), failure_(failure) {}

  [[noreturn]] void become(pid_t parent, char* const* words) const {
    constexpr int kCannot = 127;
    // The ends of the pipe out of the way of the numbers that are taken below.
    const int failure = ::fcntl(failure_, F_DUPFD_CLOEXEC, kProgram + 1),
              program = ::fcntl(program_, F_DUPFD, kProgram + 1);
    const int output = ::fcntl(output_, F_DUPFD_CLOEXEC, kProgram + 1),
              nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(kCannot);  // it ended before that was said
    ::setpgid(0, 0);
    // Stays open: whoever interprets a script opens it by this name again.
    const bool is_ready = ::dup2(nothing, STDIN_FILENO) >= 0 &&
                          ::dup2(output, STDOUT_FILENO) >= 0 &&
                          ::dup2(output, STDERR_FILENO) >= 0 && ::dup2(program, kProgram) >= 0 &&
                          ::close(program) == 0;
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (is_ready) ::execve("/proc/self/fd/3", words, environ);
    const int error = errno;
    static_cast<void>(::write(failure, &error, sizeof error) == sizeof error);
    ::_exit(kCannot);
  }

 private:
  static constexpr int kProgram = 3;
  int program_, output_, failure_;
};

/// `name`: for the error.
Result<pid_t> start(const std::string& name, int program, int output,
                    std::vector<std::string> arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(error_from_errno(errno, "pipe"));
  const FileDescriptor told(ends[0]);
  FileDescriptor telling(ends[1]);
  std::vector<char*> words;
  for (std::string& word : arguments) words.push_back(word.data());
  words.push_back(nullptr);
  const Beginning beginning(program, output, telling.number());
  const pid_t parent = ::getpid(),
              id = ::vfork();  // a copy of our memory map costs more than all the rest
  if (id < 0) return fail(error_from_errno(errno, "cannot run " + name));
  if (id == 0) beginning.become(parent, words.data());
  telling.reset();
  int error = 0;
  ssize_t got = 0;
  while ((got = ::read(told.number(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (got != sizeof error) return id;
  while (::waitpid(id, nullptr, 0) < 0 && errno == EINTR) {
  }
  return fail(error_from_errno(error, "cannot run " + name));
}

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

Result<ProgramRun> run_program(const std::string& path, const std::vector<std::string>& arguments,
                               std::chrono::milliseconds time_limit) {
  const auto deadline = Clock::now() + time_limit;
  TRY(const FileDescriptor program, open_trusted(path));
  struct stat status {};
  if (::fstat(program.number(), &status) != 0 || !S_ISREG(status.st_mode))
    return fail(ErrorCode::permission_denied, path + " is not a program");
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(error_from_errno(errno, "pipe"));
  FileDescriptor ours(ends[0]), theirs(ends[1]);
  TRY(const pid_t id, start(path, program.number(), theirs.number(), arguments));
  theirs.reset();
  ProgramRun run;
  const bool has_ended = read_output(ours.number(), deadline, run.output);
  ours.reset();
  if (!has_ended) ::kill(-id, SIGKILL);
  run.exit_status = wait_for_end(id);
  if (!has_ended)
    return fail(ErrorCode::timeout,
                path + " did not end within " + std::to_string(time_limit.count()) + " ms");
  return run;
}

}  // namespace handshaked::diagnose
