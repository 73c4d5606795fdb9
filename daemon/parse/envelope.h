#pragma once

#include <string>
#include <string_view>

namespace handshaked::parse {

/// What a transport wrote around an nginx line.
struct Envelope {
  std::string_view inner;  ///< what was wrapped
  std::string_view time;   ///< RFC 3339, when the envelope has one
  std::string_view host;
  bool found = false;
};

/// Takes one envelope off: a JSON object (Docker, Fluent Bit, Filebeat, journald, also behind
/// "@cee:"), klog's header, CRI ("TIME stderr F
/// "), RFC 5424 and RFC 3164 with or without PRI, syslog and journal files ("Nov 21 02:58:15 host
/// nginx[9]: "), compose ("web-1  | ") and Kubernetes ("[pod/x/y] ") prefixes. In JSON the line is
/// looked for under the names that shippers use, and host and time are taken along; an nginx line
/// under any other name comes with that name in front of it, and so becomes one that is not
/// trusted; a line that was taken apart into fields is put together again (base/split_record.h).
/// `scratch` receives text that had to be unescaped.
Envelope peel_envelope(std::string_view line, std::string& scratch);

}  // namespace handshaked::parse
