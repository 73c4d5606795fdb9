#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/configuration/configuration.h"
#include "nginx/nginx_version.h"

namespace handshaked::nginx {

/// Which nginx it is, where it looks for things, and which OpenSSL is under it.
struct Installation {
  std::string product = "nginx";  ///< "nginx", "openresty", "angie", "freenginx"
  NginxVersion
      version;  ///< of nginx itself; of OpenResty its first three numbers, which are nginx's
  std::string openssl_built;                 ///< "OpenSSL 3.0.20 7 Apr 2026", "BoringSSL", …
  std::string openssl_running;               ///< the same, unless nginx says otherwise
  std::string prefix = "/usr/local/nginx/";  ///< ends in '/'
  std::string configuration_path = "/usr/local/nginx/conf/nginx.conf";
  std::string error_log = "logs/error.log";  ///< as built: relative to the prefix, or "stderr"
  std::string pid_file = "logs/nginx.pid";   ///< as built: relative to the prefix
  std::vector<std::string> configure_arguments;
  bool has_stream = false, has_mail = false, has_http_v2 = false, has_http_v3 = false;
};

/// What `nginx -V` prints (on stderr). Unknown lines are skipped; without a version line the
/// version is unknown.
Installation parse_nginx_version_output(std::string_view text);

/// "nginx/1.22.1" anywhere in a text, as in the log line of a start or in `nginx -v`. Unknown when
/// there is none.
NginxVersion parse_banner(std::string_view text);

/// Applies the arguments of a running nginx: -p, -c, -e (since 1.19.5). `arguments` is argv without
/// argv[0], or the words behind "nginx: master process /usr/sbin/nginx".
void apply_command_line(Installation& installation, std::span<const std::string> arguments);

/// One `error_log`, or nginx's own when the main level has none.
struct ErrorLog {
  enum class Kind : std::uint8_t { file, stderr_, syslog, memory };
  Kind kind = Kind::file;
  std::string path;             ///< absolute for a file; otherwise what stands in the configuration
  std::string level = "error";  ///< "debug" … "emerg"
  const Directive* directive = nullptr;  ///< nullptr: built in
};

/// Where a running nginx keeps the id of its master: as the configuration says, else as built.
/// Absolute.
std::string pid_file(const Configuration& configuration, const Installation& installation);
/// Where nginx writes before it has read its configuration, and after that when the main level
/// names no log: as built, or as -e says.
ErrorLog start_error_log(const Installation& installation);
/// Every error_log of a configuration. A level that has some hides those of the outer levels.
std::vector<ErrorLog> error_logs(const Configuration& configuration,
                                 const Installation& installation);
/// Those that count for a block.
std::vector<ErrorLog> effective_error_logs(const Directive& block,
                                           const Configuration& configuration,
                                           const Installation& installation);

}  // namespace handshaked::nginx
