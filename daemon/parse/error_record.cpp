#include "parse/error_record.h"

#include <algorithm>
#include <array>
#include <utility>

namespace handshaked::parse {

std::string_view to_string(Level level) {
  static constexpr std::array<std::string_view, 9> kNames{
      "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", ""};
  return kNames[static_cast<std::size_t>(level)];
}

std::string_view to_string(Side side) {
  switch (side) {
    case Side::upstream: return "upstream";
    case Side::client: return "client";
    case Side::ocsp: return "ocsp";
    case Side::config: return "config";
  }
  return "";
}

std::optional<Side> side_from_string(std::string_view name) {
  for (const Side side : {Side::upstream, Side::client, Side::ocsp, Side::config}) {
    if (to_string(side) == name) return side;
  }
  return std::nullopt;
}

std::string_view upstream_scheme(const ErrorRecord& record) {
  constexpr std::size_t kLongest = 8;
  const std::string_view upstream = record.upstream;
  for (std::size_t at = 0; at <= kLongest && at + 3 <= upstream.size(); ++at) {
    if (upstream[at] == ':' && upstream[at + 1] == '/' && upstream[at + 2] == '/')
      return upstream.substr(0, at);
  }
  return {};
}

std::string_view upstream_peer(const ErrorRecord& record) {
  std::string_view rest = record.upstream;
  if (const auto scheme = upstream_scheme(record); !scheme.empty())
    rest.remove_prefix(scheme.size() + 3);
  if (rest.starts_with("unix:")) {
    // "unix:/run/app.sock:/path": nginx puts a colon between the socket and the path, but not where
    // the configuration itself ends in one
    // ("proxy_pass https://unix:/run/app.sock:;"). What a client has asked for is no part of a
    // peer.
    if (const auto colon = rest.find(':', 5); colon != std::string_view::npos)
      return rest.substr(0, colon);
    for (const std::string_view ending : {".sock/", ".socket/"}) {
      if (const auto at = rest.find(ending); at != std::string_view::npos)
        return rest.substr(0, at + ending.size() - 1);
    }
    return rest.substr(0, rest.find('?'));
  }
  const auto ends = [](char c) { return c == '/' || c == '?' || c == '"'; };
  return rest.substr(
      0, static_cast<std::size_t>(std::find_if(rest.begin(), rest.end(), ends) - rest.begin()));
}

}  // namespace handshaked::parse
