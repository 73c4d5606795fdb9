#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/configuration/configuration.h"

namespace handshaked::nginx {

/// The path that nginx matches locations with: a request target without its arguments, "%41"
/// decoded, "//" merged (unless `merge_slashes` is off), "." and ".." resolved. "http://host/x" is
/// "/x". Empty when nginx would refuse it.
std::string normalised_path(std::string_view request_target, bool merge_slashes = true);

/// "GET /x HTTP/1.1" -> "/x". The part between the first and the last blank when it ends in a
/// version.
std::string_view request_target(std::string_view request_line);

struct LocationChoice {
  const Directive* location =
      nullptr;  ///< nullptr: no location matches, the server's own level answers
  std::vector<const Directive*>
      may_match;  ///< regular expressions that stand before it and cannot be tried
  bool is_certain() const { return may_match.empty(); }
};

/// The location that nginx chooses for a path (ngx_http_core_find_location): exact, longest prefix,
/// "^~", regular expressions in order, nested locations. Rewrites and internal redirects come later
/// and are not followed.
LocationChoice choose_location(const Directive& server, std::string_view path);

/// The named locations ("@name") that a block sends requests to: error_page, try_files,
/// post_action… of the block and its server.
std::vector<const Directive*> named_locations(const Directive& server, const Directive* location);

}  // namespace handshaked::nginx
