#include "base/ip_text.h"

#include <arpa/inet.h>

#include <string>

namespace handshaked {

bool read_ip(int family, std::string_view text, void* bytes) {
  return text.find('\0') == std::string_view::npos &&
         ::inet_pton(family, std::string(text).c_str(), bytes) == 1;
}

}  // namespace handshaked
