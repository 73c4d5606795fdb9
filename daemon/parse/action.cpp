#include "parse/action.h"

#include <algorithm>
#include <array>
#include <optional>

#include "parse/characters.h"

namespace handshaked::parse {
namespace {

constexpr std::string_view kWhile = " while ";
constexpr std::size_t kLongestAction = 64;

/// The actions of nginx's http, stream, mail and QUIC modules, of its OCSP client, and of
/// lua-nginx-module.
constexpr std::array<std::string_view, 60> kActions{
    "SSL handshaking",
    "SSL handshaking to fetch target",
    "SSL handshaking to upstream",
    "closing request",
    "connecting to fetch target",
    "connecting to upstream",
    "decrypting packet",
    "fetching SSL session by lua",
    "handling client connection",
    "handling frames",
    "handling initial packet",
    "handling payload",
    "handling quic input",
    "in auth state",
    "in http auth state",
    "in starttls state",
    "initializing session",
    "keepalive",
    "loading SSL certificate by lua",
    "loading SSL client hello by lua",
    "loading proxy ssl certificate by lua",
    "loading proxy ssl verify by lua",
    "logging request",
    "prereading client data",
    "processing HTTP/2 connection",
    "processing HTTP/3 connection",
    "processing SPDY",
    "proxying",
    "proxying and reading from client",
    "proxying and reading from upstream",
    "proxying and sending to client",
    "proxying and sending to upstream",
    "proxying connection",
    "proxying upgraded connection",
    "reading PROXY protocol",
    "reading client pipelined request line",
    "reading client request body",
    "reading client request headers",
    "reading client request line",
    "reading from upstream",
    "reading greeting from upstream",
    "reading response from upstream",
    "reading response header from upstream",
    "reading upstream",
    "requesting certificate status",
    "resolving client address",
    "sending PROXY protocol header to upstream",
    "sending client greeting line",
    "sending flv to client",
    "sending frames",
    "sending mp4 to client",
    "sending password to upstream",
    "sending request body to upstream",
    "sending request to upstream",
    "sending response to client",
    "sending to client",
    "sending to upstream",
    "sending user name to upstream",
    "storing SSL session by lua",
    "waiting for request",
};

constexpr std::array<bool, 256> kActionBytes = [] {
  std::array<bool, 256> are{};
  for (char c = 'a'; c <= 'z'; ++c)
    are[static_cast<unsigned char>(c)] = are[static_cast<unsigned char>(c - 'a' + 'A')] = true;
  for (char c = '0'; c <= '9'; ++c) are[static_cast<unsigned char>(c)] = true;
  for (const char c : {' ', '/', '-', '_'}) are[static_cast<unsigned char>(c)] = true;
  return are;
}();

bool is_action_byte(char c) { return kActionBytes[static_cast<unsigned char>(c)]; }

/// nginx says "… upstream", njs "… fetch target"; OpenResty's proxy_ssl_*_by_lua handlers leave
/// actions of their own behind.
bool is_about_upstream(std::string_view words) {
  return words.find("upstream") != npos || words.ends_with("fetch target") ||
         words.starts_with("proxy pass SSL") || words.starts_with("loading proxy ssl");
}

std::string_view without_trailing_spaces(std::string_view words) {
  while (words.ends_with(' ')) words.remove_suffix(1);
  return words;
}

/// The longest known action that `words` begins with, at the end of a word.
std::string_view known_beginning(std::string_view words) {
  std::string_view best;
  for (const std::string_view action : kActions) {
    if (action.size() > best.size() && words.starts_with(action) &&
        (words.size() == action.size() || words[action.size()] == ' '))
      best = action;
  }
  return best;
}

/// The only known action that begins with `words`; empty when there are several, or none.
std::string_view only_completion(std::string_view words) {
  std::string_view found;
  for (const std::string_view action : kActions) {
    if (!action.starts_with(words)) continue;
    if (!found.empty()) return {};
    found = action;
  }
  return found;
}

}  // namespace

bool is_whole_action(std::string_view words) {
  return std::find(kActions.begin(), kActions.end(), words) != kActions.end();
}

Action read_action(std::string_view text) {
  // Nearly every line about TLS ends in one of these.
  for (const std::string_view usual : {std::string_view(" while SSL handshaking to upstream"),
                                       std::string_view(" while SSL handshaking")}) {
    if (!text.ends_with(usual)) continue;
    const std::size_t at = text.size() - usual.size();
    return {.words = text.substr(at + kWhile.size()), .message_end = at, .end = text.size()};
  }
  const Action none{.words = {}, .message_end = text.size(), .end = text.size()};
  // Backwards, over what may stand in an action, and no further than its longest words.
  const std::size_t from = text.size() - std::min(text.size(), kWhile.size() + kLongestAction);
  for (std::size_t at = text.size(); at > from && is_action_byte(text[at - 1]);) {
    if (text[--at] != ' ' || !text.substr(at).starts_with(kWhile)) continue;
    const std::string_view words = text.substr(at + kWhile.size());
    return words.empty() ? none : Action{.words = words, .message_end = at, .end = text.size()};
  }
  return none;
}

Action read_cut_action(std::string_view text) {
  const Action none{.words = {}, .message_end = text.size(), .end = text.size()};
  const auto at = text.rfind(kWhile);
  if (at == npos || text.substr(0, at).ends_with("unexpected eof"))
    return none;  // OpenSSL's own "while reading"
  const std::string_view rest = text.substr(at + kWhile.size(), kLongestAction);
  const auto stop = std::find_if_not(rest.begin(), rest.end(), is_action_byte);
  const std::string_view words =
      without_trailing_spaces(rest.substr(0, static_cast<std::size_t>(stop - rest.begin())));
  if (words.empty()) return none;
  const std::size_t begin = at + kWhile.size();
  if (const std::string_view whole = only_completion(words); !whole.empty() && words.size() >= 4)
    return {.words = whole, .message_end = at, .end = begin + words.size()};
  // Cut where several may have stood: as far as it goes. "SSL handshaking t" is no longer "SSL
  // handshaking".
  const bool is_whole = is_whole_action(words);
  const auto goes_on = [words](std::string_view known) { return known.starts_with(words); };
  if (!is_whole && words.size() >= 4 && std::any_of(kActions.begin(), kActions.end(), goes_on))
    return {.words = words, .message_end = at, .end = begin + words.size()};
  if (const std::string_view known = known_beginning(words); !known.empty())
    return {.words = words.substr(0, known.size()), .message_end = at, .end = begin + known.size()};
  if (stop == rest.end()) return {.words = words, .message_end = at, .end = begin + words.size()};
  return none;
}

bool is_known_action(std::string_view action) {
  // A module of somebody else's may have its own words, but it has the same two sides.
  return is_about_upstream(action) || action.ends_with(" client") ||
         action.find(" client ") != npos ||
         std::any_of(kActions.begin(), kActions.end(),
                     [action](auto known) { return known.starts_with(action); });
}

ActionSide side_of_action(std::string_view action) {
  const auto whole = [](std::string_view words) {
    if (is_about_upstream(words)) return ActionSide::upstream;
    return words == "requesting certificate status" ? ActionSide::responder : ActionSide::client;
  };
  if (action.ends_with(" upstream") || is_about_upstream(action)) return ActionSide::upstream;
  if (action == "SSL handshaking" || is_whole_action(action)) return whole(action);
  std::optional<ActionSide> side;
  for (const std::string_view known : kActions) {
    if (!known.starts_with(action)) continue;
    if (side && *side != whole(known)) return ActionSide::unknown;
    side = whole(known);
  }
  return side.value_or(ActionSide::client);
}

}  // namespace handshaked::parse
