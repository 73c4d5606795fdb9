#pragma once

#include <cstddef>
#include <string_view>

namespace handshaked::parse {

/// As much of a line as is ever needed to step over a wrapping and nginx's header.
inline constexpr std::size_t kLongestWrapping = 512;

/// Where nginx's message begins in a line that syslog (RFC 3164, or RFC 5424 without structured
/// data) or a container runtime (CRI) has wrapped: behind "<187>Nov 21 02:58:15 web-1 nginx:
/// 2026/11/21 02:58:15 [error] 9#9: *1 ". npos when the line is anything else, or when it is not
/// certain: where this answers with a place, NginxErrorParser puts the beginning of the message
/// there, too.
///
/// `line` may be cut behind kLongestWrapping bytes, and may go on behind its line feed. Made for
/// speed: it runs for every line.
std::size_t find_wrapped_message(std::string_view line);

/// A string of a JSON object that begins with nginx's header: its opening quote, and where the
/// message begins behind the header.
struct JsonText {
  std::size_t quote = 0, message = 0;
};
/// The first one in a line that begins with '{'. `message` is npos where there is none, or where it
/// is not certain. `line` as above.
JsonText find_json_text(std::string_view line);

}  // namespace handshaked::parse
