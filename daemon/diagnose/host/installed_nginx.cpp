#include "diagnose/host/installed_nginx.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "base/file_descriptor.h"
#include "diagnose/host/trusted_path.h"
#include "diagnose/patch/program_run.h"

namespace handshaked::diagnose {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMasterTitle = "nginx: master process ";
constexpr std::chrono::milliseconds kVersionTime{5'000};

/// Most are a few hundred bytes, and those of all processes are read at a look. None is read past
/// `most` bytes.
std::string read_small_file(const fs::path& path, std::size_t most = 256 * 1024) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> piece;
  while (file.is_open() && text.size() < most) {
    const ssize_t got =
        ::read(file.number(), piece.data(), std::min(piece.size(), most - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string link_target(const fs::path& path) {
  std::error_code failure;
  const fs::path target = fs::read_symlink(path, failure);
  return failure ? std::string() : target.string();
}

fs::path process_directory(pid_t id) { return "/proc/" + std::to_string(id); }

std::vector<pid_t> all_processes() {
  std::vector<pid_t> ids;
  std::error_code failure;
  fs::directory_iterator entry("/proc", failure);
  for (const fs::directory_iterator end; !failure && entry != end; entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    pid_t id = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), id);
    if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size()) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// What nginx calls itself: it writes its title over argv.
std::string title_of(pid_t id) {
  std::string text = read_small_file(process_directory(id) / "cmdline");
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

/// All users that a process is or may become (real, effective, saved, of files) are root or ours.
/// What it calls itself is its own choice: anybody can start a program under the name of nginx's
/// master.
bool is_ours_or_roots(pid_t id) {
  std::istringstream lines(read_small_file(process_directory(id) / "status"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Uid:")) continue;
    std::istringstream fields(line.substr(4));
    const std::vector<uid_t> users{std::istream_iterator<uid_t>(fields), {}};
    return users.size() == 4 && std::all_of(users.begin(), users.end(), [](uid_t user) {
             return user == 0 || user == ::geteuid();
           });
  }
  return false;
}

bool is_master(pid_t id) {
  std::string begin = read_small_file(process_directory(id) / "cmdline", kMasterTitle.size());
  std::replace(begin.begin(), begin.end(), '\0', ' ');
  return begin == kMasterTitle && is_ours_or_roots(id);
}

struct ProcessStatus {
  pid_t parent = 0;
  Time started{};
};

/// proc(5): "1 (name) S parent …", the start in ticks since the host was started as field 22.
std::optional<ProcessStatus> status_of(pid_t id) {
  const std::string text = read_small_file(process_directory(id) / "stat");
  const std::size_t behind_name = text.rfind(')');
  if (behind_name == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(behind_name + 1));
  const std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
  constexpr std::size_t kParent = 1, kStart = 19;  // fields 4 and 22, counted from behind the name
  if (words.size() <= kStart) return std::nullopt;
  const long long ticks = std::atoll(words[kStart].c_str());
  timespec real{}, boot{};
  if (::clock_gettime(CLOCK_REALTIME, &real) != 0 || ::clock_gettime(CLOCK_BOOTTIME, &boot) != 0)
    return std::nullopt;
  // Upwards to whole seconds: the same at every look, and rather too late than too early for a
  // comparison with a file's time.
  const auto booted_at = std::chrono::ceil<std::chrono::seconds>(
      std::chrono::seconds(real.tv_sec - boot.tv_sec) +
      std::chrono::nanoseconds(real.tv_nsec - boot.tv_nsec));
  const auto since_boot = Duration((ticks + 1) * 1'000'000 / ::sysconf(_SC_CLK_TCK));
  return ProcessStatus{static_cast<pid_t>(std::atol(words[kParent].c_str())),
                       Time(booted_at + since_boot)};
}

/// Those that take connections: after a reload the old ones call themselves otherwise.
std::vector<pid_t> workers_of(pid_t master) {
  std::vector<pid_t> workers;
  for (const pid_t id : all_processes()) {
    const auto status = status_of(id);
    if (status && status->parent == master && title_of(id) == "nginx: worker process")
      workers.push_back(id);
  }
  return workers;
}

/// From the kernel, where it keeps lists of children (CONFIG_PROC_CHILDREN): looking through all
/// processes is not free on a large host.
std::optional<std::vector<pid_t>> children_of(pid_t id) {
  std::ifstream file(process_directory(id) / "task" / std::to_string(id) / "children");
  if (!file) return std::nullopt;
  return std::vector<pid_t>{std::istream_iterator<pid_t>(file), {}};
}

std::optional<LoadTime> load_time(pid_t master, const std::vector<pid_t>& processes) {
  std::vector<Time> starts;
  for (const pid_t id : processes) {
    const auto status = status_of(id);
    if (!status || status->parent != master || title_of(id) != "nginx: worker process") continue;
    starts.push_back(status->started);
  }
  if (starts.empty()) {
    const auto own = status_of(master);
    if (!own) return std::nullopt;
    starts.push_back(own->started);
  }
  return load_time_of(starts, wall_clock_now());
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

std::string environment_value(pid_t id, std::string_view name) {
  const std::string text = read_small_file(process_directory(id) / "environ");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    const std::string_view entry = std::string_view(text).substr(at, end - at);
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      return std::string(entry.substr(name.size() + 1));
    at = end + 1;
  }
  return {};
}

bool maps_replaced_openssl(pid_t id) {
  std::ifstream maps(process_directory(id) / "maps");
  for (std::string line; std::getline(maps, line);) {
    const bool is_openssl =
        line.find("/libssl") != std::string::npos || line.find("/libcrypto") != std::string::npos;
    if (is_openssl && line.ends_with(" (deleted)")) return true;
  }
  return false;
}

std::optional<RunningNginx> running_nginx(pid_t id, const std::vector<pid_t>& processes) {
  if (!is_master(id)) return std::nullopt;
  const std::string title = title_of(id);
  if (!title.starts_with(kMasterTitle)) return std::nullopt;  // another process by now
  // Of another mount namespace (a container): its paths are not ours.
  if (link_target(process_directory(id) / "ns/mnt") != link_target("/proc/self/ns/mnt"))
    return std::nullopt;
  const std::string program = link_target(process_directory(id) / "exe");
  if (program.empty()) return std::nullopt;
  RunningNginx running;
  running.master = id;
  running.program = (process_directory(id) / "exe").string();
  running.is_program_replaced = program.ends_with(" (deleted)");
  running.arguments = words_of(title.substr(kMasterTitle.size()));
  if (!running.arguments.empty()) running.arguments.erase(running.arguments.begin());
  running.working_directory = link_target(process_directory(id) / "cwd");
  running.loaded_at = load_time(id, processes);
  running.is_openssl_replaced = maps_replaced_openssl(id);
  running.openssl_conf = environment_value(id, "OPENSSL_CONF");
  return running;
}

std::string absolute_in(const std::string& directory, const std::string& path) {
  return path.starts_with('/') ? path : (fs::path(directory) / path).lexically_normal().string();
}

std::string real_path(const std::string& path) {
  std::error_code failure;
  const fs::path real = fs::weakly_canonical(path, failure);
  return failure ? path : real.string();
}

std::string installed_program() {
  const char* const path = ::secure_getenv("PATH");
  std::istringstream directories(std::string(path != nullptr ? path : "") +
                                 ":/usr/sbin:/usr/local/sbin:/usr/local/nginx/sbin");
  std::string untrusted;
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string program = directory + "/nginx";
    if (!directory.starts_with('/') || ::access(program.c_str(), X_OK) != 0 ||
        !fs::is_regular_file(program))
      continue;
    if (open_trusted(program)) return program;
    if (untrusted.empty()) untrusted = program;  // run_program() says why it is not run
  }
  return untrusted;
}

nginx::Installation installation_of(const std::string& program) {
  const auto run = run_program(program, {"nginx", "-V"}, kVersionTime);
  return run && run.value().succeeded() ? nginx::parse_nginx_version_output(run.value().output)
                                        : nginx::Installation{};
}

/// What a running one was told: relative directories are those of where it was started.
nginx::Installation installation_of(const RunningNginx& running) {
  nginx::Installation installation = installation_of(running.program);
  nginx::apply_command_line(installation, running.arguments);
  installation.prefix = absolute_in(running.working_directory, installation.prefix);
  installation.configuration_path =
      absolute_in(running.working_directory, installation.configuration_path);
  return installation;
}

/// The configuration that a running one was told to read, as far as its arguments say; nothing when
/// that depends on how it was built.
std::optional<std::string> told_configuration(const RunningNginx& running) {
  constexpr std::string_view kNotTold = "?";
  nginx::Installation told;
  told.prefix = "?/";
  told.configuration_path = kNotTold;
  nginx::apply_command_line(told, running.arguments);
  if (told.configuration_path.starts_with(kNotTold)) return std::nullopt;
  return real_path(absolute_in(running.working_directory, told.configuration_path));
}

/// Does it read the configuration `wanted`? Executes its program only when its arguments leave that
/// open, or say so. `installation`: of it.
bool reads(const RunningNginx& running, const std::string& wanted,
           nginx::Installation& installation) {
  const auto told = told_configuration(running);
  if (told && !wanted.empty() && *told != wanted) return false;
  installation = installation_of(running);
  // What does not say that it is nginx is none; one that may not be executed still reads what it
  // was told.
  if (!installation.version.is_known())
    return told && *told == wanted && !open_trusted(running.program);
  return wanted.empty() || real_path(installation.configuration_path) == wanted;
}

}  // namespace

std::vector<RunningNginx> running_nginxes() {
  const std::vector<pid_t> processes = all_processes();
  std::vector<RunningNginx> found;
  for (const pid_t id : processes) {
    if (auto one = running_nginx(id, processes)) found.push_back(std::move(*one));
  }
  return found;
}

InstalledNginx find_nginx(const std::string& configuration, const std::string& prefix) {
  InstalledNginx found;
  std::vector<RunningNginx> running = running_nginxes();
  std::string wanted = configuration.empty()
                           ? std::string()
                           : real_path(fs::absolute(absolute_in(prefix, configuration)).string());
  if (wanted.empty() &&
      running.size() > 1) {  // of several, the one that the installed nginx would be
    if (const std::string program = installed_program(); !program.empty())
      wanted = real_path(installation_of(program).configuration_path);
  }
  for (RunningNginx& one : running) {
    nginx::Installation installation;
    if ((wanted.empty() && running.size() != 1) || !reads(one, wanted, installation)) continue;
    std::string program = one.is_program_replaced ? one.program : real_path(one.program);
    if (!one.is_program_replaced && program.starts_with("/proc/"))
      continue;  // it has ended meanwhile
    found.program = std::move(program);
    found.installation = std::move(installation);
    found.running = std::move(one);
    return found;
  }
  found.program = installed_program();
  if (found.program.empty() && !running.empty()) found.program = running.front().program;
  if (!found.program.empty()) found.installation = installation_of(found.program);
  return found;
}

std::optional<LoadTime> loaded_at(const RunningNginx& running) {
  if (!is_master(running.master)) return std::nullopt;
  const auto children = children_of(running.master);
  return load_time(running.master, children ? *children : all_processes());
}

Result<> reload_nginx(const RunningNginx& running, std::chrono::milliseconds time_limit) {
  constexpr auto kLook = std::chrono::milliseconds(20);
  const auto deadline = std::chrono::steady_clock::now() + time_limit;
  if (!is_master(running.master))
    return fail(ErrorCode::not_found,
                "nginx (process " + std::to_string(running.master) + ") does not run any more");
  const std::vector<pid_t> old_workers = workers_of(running.master);
  if (::kill(running.master, SIGHUP) != 0)
    return fail(error_from_errno(errno, "cannot signal process " + std::to_string(running.master)));
  while (std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kLook);
    const std::vector<pid_t> workers = workers_of(running.master);
    const bool has_old = std::any_of(workers.begin(), workers.end(), [&](pid_t id) {
      return std::find(old_workers.begin(), old_workers.end(), id) != old_workers.end();
    });
    if (!workers.empty() && !has_old) return success();
  }
  return fail(
      ErrorCode::timeout,
      "nginx did not start new workers: it has refused the configuration; its error log says why");
}

}  // namespace handshaked::diagnose
