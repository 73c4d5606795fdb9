#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/installation.h"

namespace handshaked::nginx {

/// What an error_log of nginx is to somebody who wants to read it.
enum class LogPlace : std::uint8_t {
  file,       ///< a file to follow. Also `error_log off;`, which writes to a file named "off"
  discarded,  ///< /dev/null
  device,     ///< /dev/stderr and its like: written, but not to be read there
  stderr_,
  syslog,
  memory,  ///< a ring buffer inside nginx, for debuggers
};

/// One place to which errors go, whatever the number of blocks that name it.
struct NamedErrorLog {
  LogPlace place = LogPlace::file;
  std::string path;           ///< absolute for a file; else what stands in the configuration
  std::string level;          ///< the one that says most, of all that name it
  std::string file;           ///< where that stands; empty: built in, or -e of the running nginx
  std::uint32_t line = 0;     ///< of the directive that is named first; 0: built in
  std::size_t mentions = 0;   ///< directives that name it
  bool is_start_log = false;  ///< built in or -e: what is said before the configuration is read, so
                              ///< every refused start, is here too
};

/// How much an error_log tells: 0 for "emerg" to 7 for "debug"; -1 for a word that is no level.
int log_verbosity(std::string_view level);
/// nginx says at this level, and at none above it, what goes wrong towards upstreams, …
inline constexpr int kUpstreamVerbosity = 3;  // error
/// … and what goes wrong with most handshakes of clients.
inline constexpr int kClientVerbosity = 6;  // info

/// Every place of a configuration and of the installation that reads it, each once, in the order in
/// which they are named first: main, http, stream, mail, server and location alike. nginx takes no
/// variables there. The log of the start comes last where no directive names it. At most
/// kMostErrorLogs; the rest is left out.
std::vector<NamedErrorLog> error_log_inventory(const Configuration& configuration,
                                               const Installation& installation);
inline constexpr std::size_t kMostErrorLogs = 1000;

}  // namespace handshaked::nginx
