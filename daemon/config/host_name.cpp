#include "config/host_name.h"

#include <unistd.h>

#include <array>

namespace handshaked::config {

std::string host_name(const Config& config) {
  if (!config.host.empty()) return config.host;
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0'
             ? std::string(name.data())
             : "localhost";
}

}  // namespace handshaked::config
