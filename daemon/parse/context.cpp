#include "parse/context.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "base/literal_search.h"
#include "parse/action.h"
#include "parse/characters.h"

namespace handshaked::parse {
namespace {

constexpr std::string_view kClient = ", client: ";
constexpr std::string_view kUdpClient = ", udp client: ";
constexpr std::string_view kServer = ", server: ";
constexpr std::string_view kResponder = ", responder: ";

/// starts_with() for a literal: its length is known to the compiler, which compares without a call.
template <std::size_t N>
bool begins(std::string_view text, const char (&literal)[N]) {
  return text.size() >= N - 1 && std::memcmp(text.data(), literal, N - 1) == 0;
}

template <std::size_t... N>
bool begins_with_any(std::string_view text, const char (&... literals)[N]) {
  return (begins(text, literals) || ...);
}

/// Asked for positions in ascending order, walks over a text once, however often it is asked.
class NextMarker {
 public:
  NextMarker(std::string_view text, std::string_view marker) : text_(text), marker_(marker) {}
  bool stands_behind(std::size_t position) {
    if (next_ != npos && (next_ < position || !searched_)) next_ = text_.find(marker_, position);
    searched_ = true;
    return next_ != npos;
  }

 private:
  std::string_view text_;
  std::string_view marker_;
  std::size_t next_ = 0;
  bool searched_ = false;
};

bool is_context_at(std::string_view rest, std::size_t comma, NextMarker& server) {
  const std::string_view tail = rest.substr(comma);
  if (begins_with_any(tail, ", client: ", ", udp client: "))
    return server.stands_behind(comma) || tail.size() < 80;
  return begins(tail, ", responder: ");
}

void split_action(std::string_view text, const Action& action, ErrorRecord& record) {
  // Remains of a context that was cut belong to nothing: a rule whose text ends with the action
  // must not see them.
  record.text = has(action.words) ? text.substr(0, action.end) : text;
  record.message = text.substr(0, action.message_end);
  if (has(action.words)) record.action = action.words;
}

/// Cuts `fields`, which begins with a key of that length, at the comma where `is_end` says so;
/// returns the value and moves `fields` behind it.
template <class IsEnd>
std::string_view take_until(std::string_view& fields, std::size_t key, IsEnd is_end) {
  const std::string_view value = fields.substr(key);
  std::size_t end = value.find(',');
  while (end != npos && !is_end(value.substr(end))) end = value.find(',', end + 1);
  end = std::min(end, value.size());
  fields.remove_prefix(key + end);
  return value.substr(0, end);
}

/// Where `is_marker` first finds the beginning of a field behind a quote.
template <class IsMarker>
std::size_t find_marker(std::string_view text, IsMarker is_marker) {
  for (std::size_t at = text.find('"'); at != npos; at = text.find('"', at + 1)) {
    const std::string_view behind = text.substr(at + 1);
    if (begins(behind, ", ") && is_marker(behind)) return at;
  }
  return npos;
}

/// The value of a quoted field at the beginning of `fields`, which ends where `is_next` finds the
/// next field behind a quote, or at the quote that ends the line. A line that was cut has no
/// closing quote.
template <class IsNext>
std::string_view take_quoted(std::string_view& fields, std::size_t key, IsNext is_next) {
  const std::string_view value = fields.substr(key);
  if (const std::size_t end = find_marker(value, is_next); end != npos) {
    fields.remove_prefix(key + end + 1);
    return value.substr(0, end);
  }
  fields = {};
  return value.ends_with('"') ? value.substr(0, value.size() - 1) : value;
}

/// The last quoted field: it ends at the line's end, or at a line feed that was escaped in an
/// envelope.
std::string_view take_last_quoted(std::string_view& fields, std::size_t key) {
  const std::string_view value = fields.substr(key);
  if (const std::size_t end = value.find('\n'); end != npos) {
    fields.remove_prefix(key + end + 1);
    return value.substr(0, end);
  }
  fields = {};
  return value.ends_with('"') ? value.substr(0, value.size() - 1) : value;
}

bool ends_in_http_version(std::string_view request) {
  return request.size() > 9 && request.substr(request.size() - 9, 6) == " HTTP/" &&
         request[request.size() - 2] == '.';
}

/// A request line holds no space inside its URI since nginx 1.21.1, so the first `", upstream: "`
/// is nginx's own. Before, it was possible; then the one behind a protocol version is.
std::string_view take_request(std::string_view& fields) {
  constexpr std::size_t kKey = std::string_view(", request: \"").size();
  const auto is_next = [](std::string_view text) {
    return begins_with_any(text, ", subrequest: \"", ", upstream: \"", ", host: \"",
                           ", referrer: \"");
  };
  const std::string_view all = fields.substr(kKey);
  std::string_view attempt = fields;
  std::string_view value = take_quoted(attempt, kKey, is_next);
  const std::string_view first = value;
  const std::string_view behind_first = attempt;
  while (!ends_in_http_version(value) && !attempt.empty()) {
    const std::size_t taken = value.size() + 1;
    const std::string_view rest = all.substr(taken);
    const std::size_t end = find_marker(rest, is_next);
    if (end == npos) {
      if (rest.ends_with('"') && ends_in_http_version(rest.substr(0, rest.size() - 1))) {
        fields = {};
        return all.substr(0, all.size() - 1);
      }
      break;
    }
    value = all.substr(0, taken + end);
    attempt = all.substr(taken + end + 1);
  }
  if (ends_in_http_version(value)) {
    fields = attempt;
    return value;
  }
  fields = behind_first;
  return first;
}

/// Where `fields` begins with the literal, the length of it, else 0.
template <std::size_t N>
std::size_t key_length(std::string_view fields, const char (&key)[N]) {
  return begins(fields, key) ? N - 1 : 0;
}

void read_http_fields(std::string_view fields, ErrorRecord& record) {
  const auto is_behind_subrequest = [](std::string_view text) {
    return begins_with_any(text, ", upstream: \"", ", host: \"", ", referrer: \"");
  };
  const auto is_behind_upstream = [](std::string_view text) {
    return begins_with_any(text, ", host: \"", ", referrer: \"", ", bytes from/to client:");
  };
  const auto is_behind_host = [](std::string_view text) { return begins(text, ", referrer: \""); };
  if (begins(fields, ", request: \"")) record.request = take_request(fields);
  if (const auto key = key_length(fields, ", subrequest: \""); key != 0)
    record.subrequest = take_quoted(fields, key, is_behind_subrequest);
  if (const auto key = key_length(fields, ", upstream: \""); key != 0)
    record.upstream = take_quoted(fields, key, is_behind_upstream);
  if (const auto key = key_length(fields, ", host: \""); key != 0)
    record.host = take_quoted(fields, key, is_behind_host);
  if (const auto key = key_length(fields, ", referrer: \""); key != 0)
    record.referrer = take_last_quoted(fields, key);
}

void read_mail_fields(std::string_view fields, ErrorRecord& record) {
  const auto is_behind_login = [](std::string_view text) { return begins(text, ", upstream: "); };
  if (const auto key = key_length(fields, ", login: \""); key != 0)
    record.login = take_quoted(fields, key, is_behind_login);
  if (begins(fields, ", upstream: ") && !begins(fields, ", upstream: \""))
    record.upstream = fields.substr(12);
}

void read_connection_fields(std::string_view fields, ErrorRecord& record) {
  const auto is_server = [](std::string_view text) { return begins(text, ", server: "); };
  const auto is_behind_server = [](std::string_view text) {
    return begins_with_any(text, ", request: \"", ", upstream: ", ", subrequest: \"", ", host: \"",
                           ", login: \"", ", bytes from/to client:", ", referrer: \"");
  };
  const std::size_t key = begins(fields, ", udp client: ") ? kUdpClient.size() : kClient.size();
  record.client = take_until(fields, key, is_server);
  if (const auto starttls = record.client.find(" using starttls"); starttls != npos)
    record.client = record.client.substr(0, starttls);
  // Whoever writes a second context behind the first wrote the first one too, or a part of the
  // message before it.
  static const LiteralSearch kSecondClient(kClient);
  const auto second = kSecondClient.find(fields);
  record.foreign_tail = second != npos && fields.find(kServer, second) != npos;
  if (is_server(fields)) record.server = take_until(fields, kServer.size(), is_behind_server);
  read_http_fields(fields, record);
  read_mail_fields(fields, record);
}

void read_responder_fields(std::string_view fields, ErrorRecord& record) {
  const auto is_behind_responder = [](std::string_view text) {
    return begins_with_any(text, ", peer: ", ", certificate: \"");
  };
  const auto is_behind_peer = [](std::string_view text) {
    return begins(text, ", certificate: \"");
  };
  record.responder = take_until(fields, kResponder.size(), is_behind_responder);
  if (const auto key = key_length(fields, ", peer: "); key != 0)
    record.peer = take_until(fields, key, is_behind_peer);
  if (const auto key = key_length(fields, ", certificate: \""); key != 0)
    record.certificate = take_last_quoted(fields, key);
}

Side side_of_record(ActionSide side) {
  switch (side) {
    case ActionSide::upstream: return Side::upstream;
    case ActionSide::responder: return Side::ocsp;
    case ActionSide::client:
    case ActionSide::unknown: break;
  }
  return Side::client;
}

}  // namespace

std::size_t count_contexts(std::string_view line) {
  std::size_t count = 0;
  NextMarker server(line, kServer);
  for (auto at = line.find(kClient); at != npos && server.stands_behind(at);
       at = line.find(kClient, at + 1))
    ++count;
  return count;
}

std::size_t find_context(std::string_view rest) {
  bool quoted = false;
  std::size_t inside_quotes = npos;
  std::size_t counted = 0;
  NextMarker server(rest, kServer);
  for (std::size_t at = rest.find(','); at != npos; at = rest.find(',', at + 1)) {
    if (!is_context_at(rest, at, server)) continue;
    for (std::size_t quote = rest.find('"', counted); quote < at; quote = rest.find('"', quote + 1))
      quoted = !quoted;
    counted = at;
    if (!quoted) return at;
    if (inside_quotes == npos) inside_quotes = at;
  }
  // A quote that never closes (an OpenSSL text may hold a lone one): the first context is the best
  // that there is.
  return inside_quotes;
}

bool is_of_start(const ErrorRecord& record) {
  return record.level == Level::emerg && !record.connection;
}

bool says_only_failed(const ErrorRecord& record) {
  if (record.is_side_certain || !record.text.starts_with("SSL_")) return false;
  constexpr std::string_view kFailed = "() failed";
  const auto call = record.text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", 4);
  if (call == npos || !record.text.substr(call).starts_with(kFailed)) return false;
  const std::string_view rest = record.text.substr(call + kFailed.size());
  // OpenSSL's queue, or a number of the system's: "(SSL: error:…", "(104: Connection reset by
  // peer)".
  const auto open = rest.find('(');
  const bool has_reason = open != npos && open + 1 < rest.size() &&
                          (is_digit(rest[open + 1]) || rest.substr(open + 1).starts_with("SSL"));
  return !has_reason && rest.find("error:") == npos && rest.find("alert") == npos;
}

namespace {

bool holds_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return text.find(word) != npos; });
}

/// Whose side a message about a connection is likely to tell of, where its action is lost.
/// Side::config: nothing tells.
Side guess_side(const ErrorRecord& record) {
  const std::string_view text = record.text;
  if (says_only_failed(record)) return Side::config;
  if (!holds_any(text, {"SSL_do_handshake()", "SSL_read()", "SSL_write()", "SSL_shutdown()",
                        "in SSL handshake"}))
    return Side::config;
  // OpenSSL 1.x names the function: only a server reads a ClientHello.
  if (holds_any(text, {"client_hello", "CLIENT_HELLO", "client_certificate", "CLIENT_CERTIFICATE",
                       "ACCEPT_S", "BYTES_TO_CIPHER"}))
    return Side::client;
  if (holds_any(text, {"server_hello", "SERVER_HELLO", "GET_SERV", "server_certificate",
                       "SERVER_CERTIFICATE", "CONNECT_C"}))
    return Side::upstream;
  // nginx logs what a client does wrong as "info", and what a peer of its own does as "error"; what
  // it does not know is "crit" for both.
  if (record.level == Level::info) return Side::client;
  if (record.level == Level::error) {
    // What only a server finds in a ClientHello. As an alert it comes from a peer.
    const bool is_of_server =
        holds_any(text, {":no shared cipher", ":NO_SHARED_CIPHER", ":no application protocol",
                         ":NO_APPLICATION_PROTOCOL", ":http request", ":HTTP_REQUEST",
                         ":inappropriate fallback", ":INAPPROPRIATE_FALLBACK"});
    return is_of_server ? Side::client : Side::upstream;
  }
  // Servers send the alerts of negotiation, clients those about a certificate.
  if (holds_any(text, {"alert number 40", "alert number 70", "alert number 80", "alert number 112",
                       "alert number 116", "alert number 120"}))
    return Side::upstream;
  const bool is_upstreams = holds_any(text, {"wrong version number", "certificate verify failed",
                                             "in SSL handshake", "no protocols available"});
  return is_upstreams ? Side::upstream : Side::client;
}

/// "upstream SSL certificate verify error: …": whatever is left of the action behind it.
bool names_upstream(const ErrorRecord& record) {
  return record.side == Side::client && record.message.starts_with("upstream SSL ");
}

/// The stream module names no upstream in its action once the client has sent something; its
/// client's handshake is long over then.
bool is_of_proxied_connection(const ErrorRecord& record) {
  if (!record.action.starts_with("proxying")) return false;
  return record.message.starts_with("upstream SSL ") ||
         record.message.starts_with("SSL_do_handshake()") ||
         record.message.starts_with("peer closed connection in SSL handshake");
}

/// The side of a line that lost its context, or never had one: of the start, of nginx -t, pasted,
/// or cut.
void judge_side_without_context(ErrorRecord& record) {
  record.side = Side::config;
  record.is_side_certain = is_of_start(record) || (record.form != Form::bare && !record.connection);
  // Behind a timer of OpenResty's there is a connection of no client.
  if (record.text.find(", context: ngx.timer") != npos) record.is_side_certain = true;
  const bool has_action = has(record.action) && is_known_action(record.action);
  const ActionSide side = has_action ? side_of_action(record.action) : ActionSide::unknown;
  if (side != ActionSide::unknown) {
    record.side = side_of_record(side);
    record.is_side_certain = true;
    if (is_of_proxied_connection(record) || names_upstream(record)) record.side = Side::upstream;
  } else {
    if (has_action) record.is_side_certain = false;
    if (!record.is_side_certain) record.side = guess_side(record);
    // The message names what its lost action would: nginx says this at this level of clients only.
    if (record.side == Side::client && record.level == Level::info && !has(record.action) &&
        record.message.starts_with("peer closed connection in SSL handshake"))
      record.action = "SSL handshaking";
  }
}

}  // namespace

void read_context(std::string_view rest, ErrorRecord& record) {
  const std::size_t at = find_context(rest);
  if (at == npos) {
    split_action(rest, read_cut_action(rest), record);
    judge_side_without_context(record);
    return;
  }
  const std::string_view text = rest.substr(0, at);
  // Whoever pastes leaves things behind; a line that nginx wrote has the action right in front of
  // its context.
  split_action(text, record.form == Form::bare ? read_cut_action(text) : read_action(text), record);
  const std::string_view fields = rest.substr(at);
  if (begins(fields, ", responder: ")) {
    record.side = Side::ocsp;
    read_responder_fields(fields, record);
    return;
  }
  record.side = side_of_record(side_of_action(record.action));
  read_connection_fields(fields, record);
  if (is_of_proxied_connection(record) || names_upstream(record)) record.side = Side::upstream;
  record.ambiguous = record.foreign_tail && record.message.find('"') != npos;
}

}  // namespace handshaked::parse
