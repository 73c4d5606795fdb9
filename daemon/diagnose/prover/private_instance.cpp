#include "diagnose/prover/private_instance.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>

#include "diagnose/patch/program_run.h"

namespace handshaked::diagnose {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<pid_t> process_in(const fs::path& pid_file) {
  const std::string text = slurp(pid_file);
  pid_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  return parsed.ec == std::errc{} && id > 1 ? std::optional(id) : std::nullopt;
}

}  // namespace

Result<PrivateInstance> PrivateInstance::create() {
  std::error_code no_directory;
  std::string name = (fs::temp_directory_path(no_directory) / "handshaked-prover-XXXXXX").string();
  if (no_directory || ::mkdtemp(name.data()) == nullptr) return fail(error_from_errno(errno, "no temporary directory " + name));
  // What it writes wakes us, no clock: a proof takes as long as nginx takes for it.
  FileDescriptor changes(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!changes.is_open() || ::inotify_add_watch(changes.number(), name.c_str(), IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE) < 0) {
    const int error = errno;
    std::error_code ignored;
    fs::remove_all(name, ignored);
    return fail(error_from_errno(error, "cannot watch " + name));
  }
  return PrivateInstance(name, std::move(changes));
}

PrivateInstance::~PrivateInstance() {
  stop();
  std::error_code ignored;
  if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

Result<> PrivateInstance::write(std::string_view name, std::string_view text) const {
  std::ofstream file(directory_ / name, std::ios::binary);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::io, "cannot write " + path(name));
  return success();
}

std::string PrivateInstance::main_settings() const {
  return "daemon off;\nmaster_process on;\nworker_processes 1;\npid " + path("nginx.pid") + ";\nerror_log " + path("error.log") +
         " info;\nevents {\n  worker_connections 16;\n}\n";
}

Result<> PrivateInstance::start(const std::string& program, std::string_view socket_name, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  if (left.count() <= 0) return fail(ErrorCode::timeout, "no time is left to start nginx");
  // Ends by itself when it would not start, by stop() else; whatever happens the group is killed when the time is over.
  runner_ = std::thread(
      [program, left,
       arguments = std::vector<std::string>{"nginx", "-p", directory_.string() + "/", "-c", path("nginx.conf"), "-e", path("start.log")},
       done = path("done")] {
        const auto run = run_program(program, arguments, left);
        std::ofstream(done) << (run ? run.value().output : run.error().message());
      });
  std::error_code ignored;
  while (Clock::now() < deadline) {
    if (fs::exists(path(socket_name), ignored) && process_in(path("nginx.pid"))) return success();
    if (fs::exists(path("done"), ignored))
      return fail(ErrorCode::io, "nginx did not start: " + slurp(path("start.log")) + slurp(path("done")));
    wait_for_change_or(-1, std::chrono::milliseconds(50));
  }
  return fail(ErrorCode::timeout, "nginx did not start in time");
}

Result<FileDescriptor> PrivateInstance::connect(std::string_view socket_name) const {
  const std::string path = this->path(socket_name);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(ErrorCode::invalid_input, "the path of the socket is too long");
  path.copy(address.sun_path, path.size());
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open() || ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail(error_from_errno(errno, "cannot connect to the private nginx"));
  }
  return socket;
}

std::string PrivateInstance::log() const { return slurp(directory_ / "error.log"); }

bool PrivateInstance::wait_for_change_or(int other, std::chrono::milliseconds patience) const {
  std::array<pollfd, 2> waited{{{changes_.number(), POLLIN, 0}, {other, POLLIN, 0}}};
  if (::poll(waited.data(), waited.size(), static_cast<int>(patience.count())) <= 0) return false;
  std::array<char, 4096> events{};
  while (::read(changes_.number(), events.data(), events.size()) > 0) {
  }
  return waited[1].revents != 0;
}

void PrivateInstance::stop() {
  if (!runner_.joinable()) return;
  std::error_code ignored;
  // Its own pid file, in our directory: nobody else writes there.
  if (const auto process = process_in(path("nginx.pid")); process && !fs::exists(path("done"), ignored)) {
    // Master and worker are one group, unless a script stands between us.
    if (::kill(-*process, SIGKILL) != 0) ::kill(*process, SIGTERM);
  }
  runner_.join();
}

}  // namespace handshaked::diagnose
