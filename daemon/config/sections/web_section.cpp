#include "config/sections/sections.h"

#include <algorithm>

#include "net/endpoint.h"

namespace handshaked::config {
namespace {

using net::Endpoint;

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

/// Goes into messages of every kind: nothing in it has a meaning in any of them.
bool is_page_address(std::string_view url) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.:/";
  constexpr std::size_t kLongest = 300;
  const bool has_scheme = url.starts_with("https://") || url.starts_with("http://");
  return has_scheme && url.size() <= kLongest &&
         url.find_first_not_of(kAllowed) == std::string_view::npos;
}

void read_table(TableReader& table, Web& web) {
  if (table.has("listen")) {
    web.is_explicit = true;
    table.text("listen", web.listen);
    const bool has_scheme = web.listen.empty() || web.listen.find("://") != std::string::npos ||
                            web.listen.starts_with("unix:");
    if (!has_scheme) web.listen.insert(0, "http://");
    if (!web.listen.empty()) {
      const auto endpoint = net::parse_endpoint(web.listen);
      using Transport = Endpoint::Transport;
      if (!endpoint) table.complain_about("listen", endpoint.error().context());
      else if (endpoint.value().transport != Transport::tcp &&
               endpoint.value().transport != Transport::unix_stream)
        table.complain_about(
            "listen",
            "[web] listens on HOST:PORT or unix:/PATH; for https:// put a proxy in front of it");
      else web.page = endpoint.value().is_local() ? Web::Page::operators : Web::Page::nobody;
    }
  }
  if (table.has("page")) {
    bool is_for_everybody = false;
    table.flag("page", is_for_everybody);
    web.page = is_for_everybody ? Web::Page::everybody : Web::Page::nobody;
  }
  table.text("url", web.url);
  if (!web.url.empty() && !is_page_address(web.url))
    table.complain_about("url",
                         "must be https://HOST/ or http://HOST/, as people open the page, made of "
                         "letters, digits and -.:/");
  if (!web.url.empty() && !web.url.ends_with('/')) web.url += '/';
  table.texts("hosts", web.hosts);
  for (const std::string& host : web.hosts) {
    if (!is_name(host))
      table.complain_about("hosts", "\"" + host.substr(0, 64) +
                                        "\" is not a host name: write it without scheme and port");
  }
}

}  // namespace

void read_web(TableReader& root, Config& config) {
  root.table("web", [&config](TableReader& table) { read_table(table, config.web); });
}

}  // namespace handshaked::config
