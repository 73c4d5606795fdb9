#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace handshaked::parse {

/// nginx's log levels (src/core/ngx_log.h), most severe first. `none`: the line carries no level.
enum class Level : std::uint8_t { emerg, alert, crit, error, warn, notice, info, debug, none };
std::string_view to_string(Level level);

/// Where a line was written, derived from its context and nothing else. It decides which rules may
/// match.
enum class Side : std::uint8_t {
  upstream,  ///< " while … upstream": nginx is the client of a peer
  client,    ///< ", client: …": nginx is the server
  ocsp,      ///< ", responder: …": nginx asks for a certificate status
  config,    ///< no connection: start, reload, `nginx -t`
};
std::string_view to_string(Side side);
std::optional<Side> side_from_string(std::string_view name);

/// How the line reached us, in front of nginx's own text.
enum class Form : std::uint8_t {
  file,     ///< "2026/11/21 02:58:15 [error] 9#9: *1 …"
  stderr_,  ///< "nginx: [emerg] …": before the log is open, and `nginx -t`
  bare,     ///< a message without any header: pasted, or wrapped by a program that we do not know
};

/// A local time as nginx prints it: no zone, whole seconds. Year 0: the line has none.
struct LocalTime {
  std::uint16_t year = 0;
  std::uint8_t month = 0, day = 0, hour = 0, minute = 0, second = 0;
  bool operator==(const LocalTime&) const = default;
};

/// One error-log line, taken apart from left to right. Views point into the line (or into the text
/// that an envelope held) and live as long as it does. A view with a null data() is a field that
/// the line does not have; `has()` asks that.
///
/// Grammar: src/core/ngx_log.c (ngx_log_error_core), src/http/ngx_http_request.c
/// (ngx_http_log_error_handler), src/stream/ngx_stream_handler.c, src/mail/ngx_mail_handler.c,
/// src/event/ngx_event_openssl_stapling.c. nginx escapes nothing: `request`, `upstream` (its path),
/// `host`, `referrer`, `login` and quoted parts of `message` are written by strangers.
struct ErrorRecord {
  Form form = Form::bare;
  Level level = Level::none;
  Side side = Side::config;
  /// False where neither a context nor an action is left to tell: `side` is then a guess, until a
  /// rule says more.
  bool is_side_certain = true;
  LocalTime time;
  std::optional<std::uint64_t> pid, tid, connection;

  std::string_view text;     ///< message and " while ACTION", what rules are matched against
  std::string_view message;  ///< without " while ACTION"
  std::string_view action;

  std::string_view client, server, request, subrequest, upstream, host, referrer, login;
  std::string_view responder, peer, certificate;  ///< OCSP only; `peer` is the responder's address

  std::string_view envelope_time;  ///< RFC 3339 time of a container or RFC 5424 envelope
  std::string_view envelope_host;  ///< host name of a syslog or journal envelope

  bool truncated =
      false;  ///< nginx cut the line at its limit: fields that are missing are unknown, not absent
  /// The line ends in another context (", client: …, server: …") behind its own: it holds the end
  /// of somebody else's record, so a stranger wrote its beginning.
  bool foreign_tail = false;
  /// A quoted value in the message could have been used to write a context of its own; client,
  /// server and upstream are then not to be relied on.
  bool ambiguous = false;
};

inline bool has(std::string_view field) { return field.data() != nullptr; }

/// The scheme of `record.upstream` ("https"), empty when it has none (stream) or there is no
/// upstream.
std::string_view upstream_scheme(const ErrorRecord& record);
/// Host and port, or the name of an upstream group: "10.0.0.1:8443", "unix:/run/x.sock", "backend".
/// Never the path.
std::string_view upstream_peer(const ErrorRecord& record);

}  // namespace handshaked::parse
