#include "diagnose/probe/child/child_starter.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

#include "diagnose/probe/child/child_confinement.h"
#include "diagnose/probe/child/descriptor_passing.h"
#include "diagnose/probe/probe_child.h"
#include "diagnose/tls/security_policy.h"

namespace handshaked::diagnose {
namespace {

constexpr std::string_view kVerb = "child-starter";
constexpr int kAnswerWithinMilliseconds =
    20'000;  // it forks, or kills and waits: microseconds, but for a machine that is out of breath
constexpr int kUnknownStatus = -1;

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

/// Only what changes how OpenSSL behaves, so that the children judge under the same policy as we
/// do.
std::vector<std::string> bare_environment() {
  std::vector<std::string> environment;
  for (const char* const name : {"OPENSSL_CONF", "OPENSSL_MODULES"})
    if (const char* const value = ::secure_getenv(name))
      environment.push_back(std::string(name) + "=" + value);
  return environment;
}

int reaped(pid_t id) {
  int status = kUnknownStatus;
  pid_t waited;
  do waited = ::waitpid(id, &status, 0);
  while (waited < 0 && errno == EINTR);
  return waited == id ? status : kUnknownStatus;
}

/// Only a child of ours can be waited for, so only one is killed.
int end_child(pid_t id) {
  int status = 0;
  if (id <= 0) return kUnknownStatus;
  const pid_t waited = ::waitpid(id, &status, WNOHANG);
  if (waited == id) return status;
  if (waited < 0) return kUnknownStatus;
  ::kill(id, SIGKILL);
  return reaped(id);
}

}  // namespace

struct ChildStarter::Order {
  enum class Kind : std::uint32_t { start, end };
  Kind kind;
  ChildTask task;
  pid_t child;
};

ChildStarter& ChildStarter::of_this_process() {
  static ChildStarter starter;
  return starter;
}

ChildStarter::~ChildStarter() { give_up(); }

void ChildStarter::prepare() {
  const std::lock_guard lock(mutex_);
  static_cast<void>(begin());  // what fails now fails again, and is told, when a child is wanted
}

Result<pid_t> ChildStarter::start(ChildTask task, int socket) {
  const std::lock_guard lock(mutex_);
  Result<int> id = fail(ErrorCode::io, "no child process could be started");
  for (int attempt = 0; attempt < 2 && !id; ++attempt) {  // the starter may have been killed since
    TRY(begin());
    id = ask({Order::Kind::start, task, 0}, socket);
  }
  if (id && id.value() < 0)
    return fail(error_from_errno(-id.value(), "cannot start the child process"));
  return id;
}

std::optional<int> ChildStarter::end(pid_t child) {
  const std::lock_guard lock(mutex_);
  if (socket_ < 0) return std::nullopt;
  const auto status = ask({Order::Kind::end, ChildTask::judge, child}, -1);
  if (!status || status.value() == kUnknownStatus) return std::nullopt;
  return status.value();
}

/// Nothing to do while it runs.
Result<> ChildStarter::begin() {
  if (socket_ >= 0) return success();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(error_from_errno(errno, "socketpair"));
  SpawnSettings settings;
  ::posix_spawn_file_actions_adddup2(&settings.files, ends[1], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&settings.files, STDIN_FILENO, STDOUT_FILENO);
  std::vector<std::string> environment = bare_environment();
  std::vector<char*> variables;
  for (std::string& variable : environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  std::string name = "handshaked";
  std::string verb(kVerb);
  char* const arguments[] = {name.data(), verb.data(), nullptr};
  pid_t id = -1;
  const int error = ::posix_spawn(&id, "/proc/self/exe", &settings.files, &settings.attributes,
                                  arguments, variables.data());
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    return fail(error_from_errno(error, "cannot start the child process"));
  }
  id_ = id;
  socket_ = ends[0];
  return success();
}

Result<int> ChildStarter::ask(const Order& order, int descriptor) {
  const std::string_view bytes(reinterpret_cast<const char*>(&order), sizeof order);
  ssize_t done;
  do done = send_with_descriptor(socket_, bytes, descriptor);
  while (done < 0 && errno == EINTR);
  int answer = 0;
  if (done == static_cast<ssize_t>(bytes.size())) {
    pollfd waited{socket_, POLLIN, 0};
    int ready;
    do ready = ::poll(&waited, 1, kAnswerWithinMilliseconds);
    while (ready < 0 && errno == EINTR);
    if (ready > 0 && ::recv(socket_, &answer, sizeof answer, 0) == sizeof answer) return answer;
  }
  give_up();
  return fail(ErrorCode::io, "the process that starts child processes has gone");
}

/// Its children end at the end of their input.
void ChildStarter::give_up() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  if (id_ < 0) return;
  const pid_t id = std::exchange(id_, -1);
  ::kill(id, SIGKILL);
  reaped(id);
}

bool is_child_starter(int argc, const char* const* argv) { return argc == 2 && argv[1] == kVerb; }

int run_child_starter() {
  using Order = ChildStarter::Order;
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  constexpr unsigned kFirstForeign = 3;
  ::close_range(kFirstForeign, ~0U, 0);
  drop_bounding_set();
  // What every child would read and look up for itself: openssl.cnf, the modules that it names, and
  // the algorithms of a first context.
  ::OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr);
  static_cast<void>(security_policy({}, {}));
  for (;;) {
    Order order{};
    FileDescriptor socket;
    const ssize_t got = receive_with_descriptor(STDIN_FILENO, reinterpret_cast<char*>(&order),
                                                sizeof order, socket);
    if (got < 0 && errno == EINTR) continue;
    if (got != static_cast<ssize_t>(sizeof order)) return got == 0 ? 0 : 1;
    int answer = kUnknownStatus;
    if (order.kind == Order::Kind::end) {
      answer = end_child(order.child);
    } else if (socket.is_open()) {
      answer = ::fork();
      if (answer == 0) {
        const bool is_joined = ::dup2(socket.number(), STDIN_FILENO) >= 0 &&
                               ::dup2(socket.number(), STDOUT_FILENO) >= 0;
        ::prctl(PR_SET_NAME, order.task == ChildTask::judge ? "probe-child" : "resolve-child", 0, 0,
                0);
        ::_exit(is_joined ? run_probe_child(order.task) : 1);
      }
      if (answer < 0) answer = -errno;
    }
    if (::send(STDIN_FILENO, &answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer) return 1;
  }
}

}  // namespace handshaked::diagnose
