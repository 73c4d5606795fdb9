#include "nginx/serving/server_names.h"

#include <algorithm>

#include "nginx/serving/address.h"
#include "nginx/serving/pcre_pattern.h"

namespace handshaked::nginx {
namespace {

ServerName::Kind kind_of(std::string_view text) {
  if (text.starts_with('~')) return ServerName::Kind::regex;
  if (text.starts_with("*.") || text.starts_with('.')) return ServerName::Kind::leading_wildcard;
  return text.ends_with(".*") ? ServerName::Kind::trailing_wildcard : ServerName::Kind::exact;
}

/// Longer wildcards win over shorter ones.
std::size_t weight(const ServerName& name) { return name.text.size(); }

}  // namespace

ServerNames server_names(const Directive& server) {
  ServerNames result;
  // Of a mail server it may stand outside, for all of them.
  const bool is_outside = server.find_first("server_name") == nullptr && server.parent != nullptr &&
                          server.parent->is("mail");
  for (const Directive* directive : (is_outside ? *server.parent : server).find("server_name")) {
    for (const Word& word : directive->arguments) {
      const ServerName::Kind kind = kind_of(word.text);
      result.names.push_back(
          {kind, kind == ServerName::Kind::regex ? word.text : to_lower(word.text), directive});
    }
  }
  if (result.names.empty()) return result;
  const ServerName& first = result.names.front();
  result.is_host_name = first.text == "$hostname";
  result.logged = first.text.starts_with('.') ? first.text.substr(1) : first.text;
  return result;
}

NameMatch match_name(const ServerName& name, std::string_view host_as_sent) {
  std::string host = to_lower(host_as_sent);
  if (host.ends_with('.')) host.pop_back();
  const std::string_view text = name.text;
  switch (name.kind) {
    case ServerName::Kind::exact: return text == host ? NameMatch::exact : NameMatch::none;
    case ServerName::Kind::leading_wildcard: {
      const bool has_star = text.front() == '*';
      const std::string_view suffix = has_star ? text.substr(1) : text;  // ".corp.test"
      if (!has_star && host == suffix.substr(1)) return NameMatch::exact;
      return host.size() > suffix.size() && host.ends_with(suffix) ? NameMatch::leading_wildcard
                                                                   : NameMatch::none;
    }
    case ServerName::Kind::trailing_wildcard: {
      const std::string_view prefix = text.substr(0, text.size() - 1);  // "www."
      return host.size() > prefix.size() && host.starts_with(prefix) ? NameMatch::trailing_wildcard
                                                                     : NameMatch::none;
    }
    case ServerName::Kind::regex: {
      // nginx ignores case when the pattern holds a capital; the host is in lower case anyway.
      const PatternResult result = match_pcre(text.substr(1), host, true);
      return result == PatternResult::yes       ? NameMatch::regex
             : result == PatternResult::unknown ? NameMatch::may_match
                                                : NameMatch::none;
    }
  }
  return NameMatch::none;
}

ServerChoice choose_server(std::span<const ServerNames* const> servers, std::string_view host) {
  ServerChoice best;
  std::size_t best_weight = 0;
  bool is_doubtful = false;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    for (const ServerName& name : servers[i]->names) {
      const NameMatch match = match_name(name, host);
      if (match == NameMatch::may_match) {
        is_doubtful = is_doubtful || best.match < NameMatch::regex;
        continue;
      }
      // Regular expressions count in the order in which they stand; wildcards by their length.
      const bool is_wildcard =
          match == NameMatch::leading_wildcard || match == NameMatch::trailing_wildcard;
      if (match > best.match ||
          (match == best.match && is_wildcard && weight(name) > best_weight)) {
        best = {i, match, true};
        best_weight = weight(name);
      }
    }
  }
  best.is_certain = !(is_doubtful && best.match <= NameMatch::regex);
  return best;
}

}  // namespace handshaked::nginx
