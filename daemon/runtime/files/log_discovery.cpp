#include "runtime/files/log_discovery.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

#include <cerrno>
#include <chrono>
#include <utility>

#include "diagnose/host/file_access.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

namespace asio = boost::asio;
using nginx::LogPlace;
using nginx::NamedErrorLog;

constexpr auto kLookInterval = std::chrono::seconds(5);
constexpr std::size_t kMostTold = 10'000;

std::string name_of(const NamedErrorLog& log) {
  const std::string where =
      log.file.empty() ? "built in" : log.file + ":" + std::to_string(log.line);
  return "error_log " + log.path + " (" + where + ")";
}

/// Where a container's "error.log -> /dev/stderr" leads when we are the ones who look: to what we
/// write ourselves.
bool is_own_output(const struct stat& status) {
  for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat own {};
    if (::fstat(output, &own) == 0 && own.st_dev == status.st_dev && own.st_ino == status.st_ino)
      return true;
  }
  return false;
}

bool is_of_the_kernel(const std::string& path) {
  struct statfs system {};
  return ::statfs(path.c_str(), &system) == 0 &&
         (system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC);
}

/// Not for us: a device, a pipe. What is not there yet will be a file.
bool is_special(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  return (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) || is_own_output(status) ||
         is_of_the_kernel(path);
}

/// nginx would not have started: so it is there, and not to be seen from here.
bool is_hidden(const std::string& path) {
  struct stat status {};
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  return ::stat(directory.c_str(), &status) != 0 && errno == ENOENT;
}

/// Parts of the configuration that we may not read: nobody knows which logs they name.
void add_closed_parts(const nginx::Configuration& configuration, std::vector<LogRemark>& remarks) {
  for (const nginx::ConfigurationProblem& problem : configuration.problems()) {
    if (problem.reason.find("ermission denied") == std::string::npos) continue;
    remarks.push_back(
        {"closed " + problem.message(),
         problem.message() +
             ": its contents, and any logs that it names, are unknown here; let the user " +
             diagnose::this_process().name + " read it",
         true});
  }
}

const char* why_not_followed(LogPlace place) {
  switch (place) {
    case LogPlace::file: break;
    case LogPlace::discarded:
      return " is discarded: no fault can be seen there; point it to a file";
    case LogPlace::device:
    case LogPlace::stderr_:
      return " is not a file that can be followed: where systemd starts nginx, it is in the "
             "journal, and [[journal]] units = "
             "[\"nginx.service\"] reads "
             "it";
    case LogPlace::syslog:
      return " goes to syslog: [[journal]] reads it where it ends up in this host's journal; else "
             "receive it here, with [[syslog]] "
             "listen = [\"unixgram:/run/handshaked/log\"] and error_log "
             "syslog:server=unix:/run/handshaked/log";
    case LogPlace::memory: return " stays in nginx's memory, for a debugger: log to a file as well";
  }
  return "";
}

}  // namespace

std::vector<LogRemark> remarks_on(const std::vector<NamedErrorLog>& logs) {
  std::vector<LogRemark> remarks;
  for (const NamedErrorLog& log : logs) {
    // What distributions build in for the start alone needs no word: systemctl shows it.
    if (log.place != LogPlace::file && log.mentions == 0) continue;
    if (log.place != LogPlace::file) {
      remarks.push_back({"place " + log.path, name_of(log) + why_not_followed(log.place),
                         log.place != LogPlace::memory});
    } else if (const int level = nginx::log_verbosity(log.level);
               level >= 0 && level < nginx::kUpstreamVerbosity && log.mentions > 0) {
      remarks.push_back({"level " + log.level + " " + log.path,
                         name_of(log) + " at level " + log.level +
                             " hides upstream faults: nginx logs them at error",
                         true});
    }
  }
  if (logs.size() == nginx::kMostErrorLogs)
    remarks.push_back({"bound",
                       "nginx's configuration names more than " +
                           std::to_string(nginx::kMostErrorLogs) +
                           " error logs; the rest is not followed",
                       true});
  return remarks;
}

LogDiscovery::LogDiscovery(asio::any_io_executor loop, std::shared_ptr<NginxView> nginx,
                           Found found)
    : loop_(std::move(loop)), nginx_(std::move(nginx)), found_(std::move(found)), timer_(loop_) {}

LogDiscovery::~LogDiscovery() {
  stop();
  worker_.join();
}

std::vector<std::string> LogDiscovery::first_look() {
  state_ = nginx_->current();
  take(*state_);
  return paths_;
}

void LogDiscovery::start() { wait(); }

void LogDiscovery::stop() {
  look_->is_stopped = true;
  timer_.cancel();
}

void LogDiscovery::wait() {
  timer_.expires_after(kLookInterval);
  timer_.async_wait([this, look = look_](boost::system::error_code error) {
    if (error || look->is_stopped) return;
    asio::post(worker_, [this, look, view = nginx_, loop = loop_] {
      auto state = view->refresh();
      asio::post(loop, [this, look, state = std::move(state)] {
        if (look->is_stopped) return;
        if (state_ != state) {
          state_ = state;
          const std::vector<std::string> before = paths_;
          take(*state_);
          if (paths_ != before) found_(paths_);
        }
        wait();
      });
    });
  });
}

void LogDiscovery::take(const NginxState& state) {
  paths_.clear();
  if (!state.nginx.read) return;
  const auto logs =
      nginx::error_log_inventory(state.nginx.read->configuration, state.nginx.installation);
  std::vector<LogRemark> remarks = remarks_on(logs);
  add_closed_parts(state.nginx.read->configuration, remarks);
  for (const NamedErrorLog& log : logs) {
    if (log.place != LogPlace::file) continue;
    if (log.mentions > 0 && is_hidden(log.path)) {
      const std::string directory = log.path.substr(0, log.path.rfind('/'));
      remarks.push_back({"hidden " + log.path,
                         name_of(log) + ": the directory " + directory +
                             " does not exist for this process; where the sandbox of the service "
                             "hides it (/home, /root, /tmp), "
                             "BindReadOnlyPaths=" +
                             directory + " in a drop-in shows it",
                         true});
    }
    if (is_special(log.path))
      remarks.push_back({"special " + log.path,
                         name_of(log) + " is a device or a pipe, and is not followed", true});
    else paths_.push_back(log.path);
  }
  for (const LogRemark& remark : remarks) {
    if (told_.size() >= kMostTold || !told_.insert(remark.key).second) continue;
    telemetry::log(remark.is_warning ? telemetry::LogLevel::warning : telemetry::LogLevel::info,
                   remark.text);
  }
}

}  // namespace handshaked::runtime
