#include "event/known_address.h"

namespace handshaked::event {
namespace {

constexpr std::string_view kOfNames = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_";

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.front() != '-' && name.find_first_not_of(kOfNames) == std::string_view::npos;
}

/// A host or an address with a port.
bool is_plain_peer(std::string_view peer) {
  const auto colon = peer.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == peer.size()) return false;
  std::string_view host = peer.substr(0, colon);
  const std::string_view port = peer.substr(colon + 1);
  if (port.find_first_not_of("0123456789") != std::string_view::npos) return false;
  if (!host.starts_with('[')) return is_plain_name(host);
  return host.ends_with(']') && host.find_first_not_of("[]0123456789abcdefABCDEF:.") == std::string_view::npos;
}

}  // namespace

std::string with_address(std::string text, std::string_view peer, std::string_view name) {
  if (is_plain_peer(peer)) {
    replace_all(text, "PEER:PORT", peer);
    replace_all(text, "HOST:PORT", peer);
    replace_all(text, "-connect PEER ", "-connect " + std::string(peer) + " ");
  }
  if (is_plain_name(name)) replace_all(text, "-servername NAME", "-servername " + std::string(name));
  return text;
}

}  // namespace handshaked::event
