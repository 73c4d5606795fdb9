#include "nginx/serving/location_match.h"

#include <algorithm>

#include "base/text/percent_decoded.h"
#include "nginx/configuration/inheritance.h"
#include "nginx/serving/pcre_pattern.h"

namespace handshaked::nginx {
namespace {

/// A location directive, its modifier told from its name: "location ^~ /x" and "location ^~/x" are
/// the same.
struct LocationName {
  enum class Kind : unsigned char { prefix, exact, regex, named };
  Kind kind = Kind::prefix;
  bool stops_regex = false;
  bool ignores_case = false;
  std::string_view text;
};

LocationName location_name(const Directive& location) {
  LocationName name;
  std::string_view modifier;
  name.text = location.argument(0);
  if (location.arguments.size() >= 2) {
    modifier = location.argument(0);
    name.text = location.argument(1);
  } else {
    for (const std::string_view candidate : {"=", "^~", "~*", "~"}) {
      if (!name.text.starts_with(candidate)) continue;
      modifier = candidate;
      name.text.remove_prefix(candidate.size());
      break;
    }
  }
  if (modifier == "=") name.kind = LocationName::Kind::exact;
  else if (modifier == "^~") name.stops_regex = true;
  else if (modifier == "~" || modifier == "~*") name.kind = LocationName::Kind::regex;
  else if (name.text.starts_with('@')) name.kind = LocationName::Kind::named;
  name.ignores_case = modifier == "~*";
  return name;
}

enum class Found : unsigned char { nothing, prefix, final };

/// One level of nginx's search: `choice.location` is what the levels so far would take.
Found find_location(const Directive& level, std::string_view path, LocationChoice& choice) {
  const auto locations = level.find("location");
  const Directive* prefix = nullptr;
  std::size_t prefix_length = 0;
  bool stops_regex = false;
  for (const Directive* location : locations) {
    const LocationName name = location_name(*location);
    if (name.kind == LocationName::Kind::exact && name.text == path) {
      choice.location = location;
      return Found::final;
    }
    if (name.kind != LocationName::Kind::prefix || !path.starts_with(name.text)) continue;
    if (prefix != nullptr && name.text.size() <= prefix_length) continue;
    prefix = location;
    prefix_length = name.text.size();
    stops_regex = name.stops_regex;
  }
  Found found = Found::nothing;
  if (prefix != nullptr) {
    choice.location = prefix;
    if (find_location(*prefix, path, choice) == Found::final) return Found::final;
    found = Found::prefix;
  }
  if (stops_regex) return found;
  for (const Directive* location : locations) {
    const LocationName name = location_name(*location);
    if (name.kind != LocationName::Kind::regex) continue;
    const PatternResult result = match_pcre(name.text, path, name.ignores_case);
    if (result == PatternResult::unknown) choice.may_match.push_back(location);
    if (result != PatternResult::yes) continue;
    choice.location = location;
    find_location(*location, path, choice);
    return Found::final;
  }
  return found;
}

void add_named(const Directive& server, const Directive& block,
               std::vector<const Directive*>& found) {
  for (const std::string_view sender : {"error_page", "try_files", "post_action"}) {
    for (const Directive* directive : find_inherited(block, sender)) {
      const std::string_view target = directive->arguments.empty()
                                          ? std::string_view()
                                          : std::string_view(directive->arguments.back().text);
      if (!target.starts_with('@')) continue;
      for (const Directive* location : server.find("location")) {
        const bool is_new = std::find(found.begin(), found.end(), location) == found.end();
        if (is_new && location->argument(0) == target) found.push_back(location);
      }
    }
  }
}

}  // namespace

std::string_view request_target(std::string_view request_line) {
  const std::size_t first = request_line.find(' ');
  if (first == std::string_view::npos)
    return request_line.starts_with('/') ? request_line : std::string_view();
  std::string_view target = request_line.substr(first + 1);
  const std::size_t last = target.rfind(' ');
  if (last != std::string_view::npos && target.substr(last + 1).starts_with("HTTP/"))
    target = target.substr(0, last);
  return target;
}

std::string normalised_path(std::string_view target, bool merge_slashes) {
  if (const std::size_t scheme = target.find("://");
      scheme != std::string_view::npos && !target.starts_with('/')) {
    const std::size_t slash = target.find_first_of("/?#", scheme + 3);
    if (slash == std::string_view::npos || target[slash] != '/') return "/";
    target.remove_prefix(slash);
  }
  if (!target.starts_with('/')) return {};
  const std::string decoded = percent_decoded(target.substr(0, target.find_first_of("?#")));
  std::vector<std::string_view> parts;
  const std::string_view text = decoded;
  std::size_t begin = 1;
  bool ends_in_directory = false;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    const bool is_last = end == text.size();
    ends_in_directory = is_last && (part.empty() || part == "." || part == "..");
    if (part == "..") {
      if (parts.empty()) return {};
      parts.pop_back();
    } else if (part != "." && !(part.empty() && (merge_slashes || is_last))) {
      parts.push_back(part);
    }
    begin = end + 1;
  }
  std::string path;
  for (const std::string_view part : parts) path.append("/").append(part);
  if (path.empty() || ends_in_directory) path += '/';
  return path;
}

LocationChoice choose_location(const Directive& server, std::string_view path) {
  LocationChoice choice;
  find_location(server, path, choice);
  return choice;
}

std::vector<const Directive*> named_locations(const Directive& server, const Directive* location) {
  std::vector<const Directive*> found;
  add_named(server, location == nullptr ? server : *location, found);
  return found;
}

}  // namespace handshaked::nginx
