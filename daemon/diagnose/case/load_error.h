#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::diagnose {

/// What a line of nginx's start, reload or `nginx -t` says, taken apart: `cannot load certificate
/// "/a.pem": PEM_read_bio_X509_AUX() failed (SSL: …)`, `SSL_CONF_cmd("Grups", "X25519") failed
/// (SSL: …)`, `invalid value "TLSv9" in /etc/nginx/nginx.conf:12`.
struct LoadError {
  std::string head;  ///< what stands before the first quoted word: "cannot load certificate key ",
                     ///< "SSL_CONF_cmd("
  std::vector<std::string> quoted;  ///< the quoted words before the OpenSSL errors, in order
  /// "error:80000002:system library::No such file or directory:…", or what the system said: "2: No
  /// such file or directory"; empty without
  std::string openssl;
  std::string file;  ///< of " in FILE:LINE" at the end; empty without
  std::uint32_t line = 0;

  std::string_view subject() const {
    return quoted.empty() ? std::string_view() : std::string_view(quoted.front());
  }
  bool says(std::string_view words) const { return openssl.find(words) != std::string::npos; }
};

LoadError parse_load_error(std::string_view message);

}  // namespace handshaked::diagnose
