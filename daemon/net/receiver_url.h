#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace handshaked::net {

/// The address of an HTTP receiver, taken apart. The path and the query are secrets: chat services
/// put their tokens there.
struct ReceiverUrl {
  bool is_tls = false;
  std::string host;    ///< a name, or an IP address without brackets
  std::string port;    ///< a number
  std::string target;  ///< path and query, as they go into the request line
  std::string host_header;

  /// "https://hooks.example.com:8443": what may be shown.
  std::string origin() const;
};

/// Accepts http and https, without user name and password. The error never repeats the text.
Result<ReceiverUrl> parse_receiver_url(std::string_view text);
/// The same for a program with an interface at a fixed path ("/api/v2/alerts"), which may be
/// written or left out, also behind a proxy's prefix. No query. `program` is for the error: "an
/// Alertmanager".
Result<ReceiverUrl> parse_interface_url(std::string_view text, std::string_view path,
                                        std::string_view program);

}  // namespace handshaked::net
