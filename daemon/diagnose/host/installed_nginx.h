#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "diagnose/case/load_time.h"
#include "nginx/installation.h"

namespace handshaked::diagnose {

/// An nginx master process of this host.
struct RunningNginx {
  pid_t master = 0;
  std::string program;  ///< what runs: /proc/PID/exe, also when the file has been replaced since
  std::vector<std::string>
      arguments;  ///< without argv[0]; nginx joins them with blanks, and so they are cut at blanks
  std::string working_directory;
  /// When it read its configuration: before its oldest worker that is not shutting down began, else
  /// the master. While young workers stand beside old ones it is not settled: a reload, of which
  /// the old ones have not heard yet, or the successor of one that died.
  std::optional<LoadTime> loaded_at;
  bool is_program_replaced = false;  ///< an upgrade that nginx has not taken over yet
  bool is_openssl_replaced =
      false;  ///< the libssl or libcrypto that it has loaded is no longer on the disk
  std::string
      openssl_conf;  ///< OPENSSL_CONF in its environment; empty when not set, or not ours to see
};

/// The nginx that reads a configuration: which program, which version, and whether it runs.
struct InstalledNginx {
  std::string program;  ///< empty: no nginx was found
  nginx::Installation installation;
  std::optional<RunningNginx> running;
};

/// Every nginx master in this mount namespace, by process id: what calls itself so and runs as root
/// or as us. Those whose /proc entries may not be read are left out.
std::vector<RunningNginx> running_nginxes();

/// The nginx for a configuration file: the running one that reads it, else the only program that is
/// installed (PATH, then /usr/sbin). `configuration` empty: the running one if there is exactly
/// one, else the installed one. Runs `nginx -V` (at most five seconds), as run_program() does: a
/// program that others than root and us could have chosen is named and not executed, and its
/// version is unknown. A running one that was told to read another configuration is not executed
/// either. Without any nginx everything is empty.
InstalledNginx find_nginx(const std::string& configuration, const std::string& prefix = {});

/// When a master that was found has read its configuration, looked up anew; nothing when it is
/// gone.
std::optional<LoadTime> loaded_at(const RunningNginx& running);

/// Tells a running nginx to read its configuration again (SIGHUP), and waits until it works with
/// it: until all workers that take connections have been started since. not_found when the master
/// is gone, permission_denied when it is not ours to signal, timeout when no new workers came:
/// nginx has then refused, and goes on with what it had.
Result<> reload_nginx(const RunningNginx& running, std::chrono::milliseconds time_limit);

}  // namespace handshaked::diagnose
