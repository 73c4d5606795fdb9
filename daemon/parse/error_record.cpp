#include "parse/error_record.h"

#include <array>
#include <utility>

namespace handshaked::parse {

std::string_view to_string(Level level) {
  static constexpr std::array<std::string_view, 9> kNames{"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", ""};
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
  const auto colon = record.upstream.find("://");
  if (colon == std::string_view::npos || colon > 8) return {};
  return record.upstream.substr(0, colon);
}

std::string_view upstream_peer(const ErrorRecord& record) {
  std::string_view rest = record.upstream;
  if (const auto scheme = upstream_scheme(record); !scheme.empty()) rest.remove_prefix(scheme.size() + 3);
  if (rest.starts_with("unix:")) {
    // "unix:/run/app.sock:/path": nginx puts a colon between the socket and the path.
    return rest.substr(0, rest.find(':', 5));
  }
  return rest.substr(0, rest.find_first_of("/?\""));
}

}  // namespace handshaked::parse
