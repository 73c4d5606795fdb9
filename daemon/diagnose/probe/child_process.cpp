#include "diagnose/probe/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "diagnose/probe/child_answer.h"
#include "diagnose/probe/probe_child.h"

namespace handshaked::diagnose {
namespace {

using Clock = std::chrono::steady_clock;

struct SpawnSettings {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
};

/// Only what changes how OpenSSL behaves, so that the child judges under the same policy as we do.
std::vector<std::string> bare_environment() {
  std::vector<std::string> environment;
  for (const char* const name : {"OPENSSL_CONF", "OPENSSL_MODULES"})
    if (const char* const value = ::secure_getenv(name)) environment.push_back(std::string(name) + "=" + value);
  return environment;
}

/// As send(2). A descriptor goes with the first byte (unix(7): SCM_RIGHTS); -1 for none.
ssize_t send_some(int socket, std::string_view bytes, int descriptor) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (descriptor >= 0) {
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

/// Waits until the socket is ready; timeout at the deadline.
Result<> wait_for(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return fail(ErrorCode::timeout, "the child process did not answer in time");
    pollfd waited{fd, events, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return success();
    if (ready < 0 && errno != EINTR) return fail(error_from_errno(errno, "poll"));
  }
}

}  // namespace

Result<ChildProcess> ChildProcess::start(ChildTask task) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail(error_from_errno(errno, "socketpair"));
  SpawnSettings settings;
  ::posix_spawn_file_actions_adddup2(&settings.files, ends[1], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&settings.files, STDIN_FILENO, STDOUT_FILENO);
  std::vector<std::string> environment = bare_environment();
  std::vector<char*> variables;
  for (std::string& variable : environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  std::string name = "handshaked";
  std::string verb(child_verb(task));
  char* const arguments[] = {name.data(), verb.data(), nullptr};
  pid_t id = -1;
  const int error = ::posix_spawn(&id, "/proc/self/exe", &settings.files, &settings.attributes, arguments, variables.data());
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    return fail(error_from_errno(error, "cannot start the child process"));
  }
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return ChildProcess(id, ends[0]);
}

Result<> ChildProcess::check(Clock::time_point deadline) {
  TRY(ChildProcess child, start(ChildTask::judge));
  constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
  TRY(child.exchange(R"({"add":{}})", deadline, kMaxAnswerBytes));
  return success();
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept : id_(std::exchange(other.id_, -1)), fd_(std::exchange(other.fd_, -1)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    end();
    id_ = std::exchange(other.id_, -1);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

ChildProcess::~ChildProcess() { end(); }

/// Kills the child if it still runs and says how it ended.
std::string ChildProcess::end() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  if (id_ < 0) return "it has ended before";
  const pid_t id = std::exchange(id_, -1);
  int status = 0;
  pid_t waited = ::waitpid(id, &status, WNOHANG);
  if (waited == 0) {
    ::kill(id, SIGKILL);
    do waited = ::waitpid(id, &status, 0);
    while (waited < 0 && errno == EINTR);
  }
  if (waited == id && WIFSIGNALED(status)) return std::string("ended by signal ") + ::strsignal(WTERMSIG(status));
  if (waited == id && WIFEXITED(status)) return "ended with status " + std::to_string(WEXITSTATUS(status));
  return "ended";
}

Result<> ChildProcess::send(std::string_view bytes, Clock::time_point deadline, int descriptor) {
  while (!bytes.empty()) {
    const ssize_t sent = send_some(fd_, bytes, descriptor);
    if (sent > 0) {
      descriptor = -1;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      TRY(wait_for(fd_, POLLOUT, deadline));
    } else if (errno != EINTR) {
      return fail(ErrorCode::io, "the child process has gone");
    }
  }
  return success();
}

Result<std::string> ChildProcess::receive(Clock::time_point deadline, std::size_t max_bytes) {
  std::string line;
  std::vector<char> buffer(64 * 1024);
  for (;;) {
    TRY(wait_for(fd_, POLLIN, deadline));
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      line.append(buffer.data(), static_cast<std::size_t>(got));
      // One answer for one question: what ends with a newline is all of it.
      if (line.back() == '\n') {
        line.pop_back();
        return line;
      }
      if (line.size() > max_bytes) return fail(ErrorCode::limit_exceeded, "the answer of the child process is too long");
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      return fail(ErrorCode::io, "the child process has gone");
    }
  }
}

Result<std::string> ChildProcess::exchange(std::string line, Clock::time_point deadline, std::size_t max_answer_bytes, int descriptor) {
  if (fd_ < 0) return fail(ErrorCode::io, "the child process has gone");
  line.push_back('\n');
  auto sent = send(line, deadline, descriptor);
  auto answer = sent ? receive(deadline, max_answer_bytes) : Result<std::string>(fail(sent.error()));
  if (!answer) {
    const Error why = answer.error();
    const std::string how = end();
    return why.code() == ErrorCode::io ? fail(ErrorCode::io, why.context() + ": " + how) : fail(why);
  }
  if (const auto refusal = refusal_in(answer.value())) return fail(*refusal);
  return answer;
}

}  // namespace handshaked::diagnose
