#include "match/advice_facts.h"

#include <algorithm>
#include <array>

#include "match/knowledge.h"
#include "match/texts.h"

namespace handshaked::match {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool holds_only(std::string_view text, std::string_view others) {
  return !text.empty() && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [others](char c) {
           return kLetters.find(c) != std::string_view::npos ||
                  others.find(c) != std::string_view::npos;
         });
}

std::string_view host_of(std::string_view peer) {
  const std::string_view host = peer.substr(0, peer.rfind(':'));
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

/// A host or an address, with a port.
bool is_plain_peer(std::string_view peer) {
  const auto colon = peer.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == peer.size()) return false;
  if (peer.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) return false;
  if (peer.starts_with('['))
    return peer[colon - 1] == ']' &&
           host_of(peer).find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  return holds_only(peer.substr(0, colon), ".-_");
}

std::string known_peer(const AdviceFacts& facts) {
  return is_plain_peer(facts.peer) ? facts.peer : std::string();
}
std::string known_host(const AdviceFacts& facts) {
  return is_plain_peer(facts.peer) ? std::string(host_of(facts.peer)) : std::string();
}
std::string known_port(const AdviceFacts& facts) {
  return is_plain_peer(facts.peer) ? facts.peer.substr(facts.peer.rfind(':') + 1) : std::string();
}
template <std::string AdviceFacts::*kMember>
std::string known_name(const AdviceFacts& facts) {
  const std::string& name = facts.*kMember;
  return holds_only(name, ".-_") && name != "_" ? name : std::string();
}
template <std::string AdviceFacts::*kMember>
std::string known_path(const AdviceFacts& facts) {
  return holds_only(facts.*kMember, "/._-+:@%,=") ? facts.*kMember : std::string();
}
std::string known_ciphers(const AdviceFacts& facts) {
  std::string_view list = facts.ciphers;
  if (list.starts_with('-')) list.remove_prefix(1);
  return holds_only(list, ":+!@=_-.") ? facts.ciphers : std::string();
}
std::string known_responder(const AdviceFacts& facts) {
  const std::string host = facts.responder.substr(0, facts.responder.find_first_of(":/,"));
  return holds_only(host, ".-_") && host != "_" ? host : std::string();
}

struct Placeholder {
  std::string_view name;
  std::string (*value)(const AdviceFacts&);
  std::string_view unknown;  ///< the text that says what is not known
};

constexpr std::array kPlaceholders{
    Placeholder{"peer", known_peer, "unknown.peer"},
    Placeholder{"peer_host", known_host, "unknown.peer_host"},
    Placeholder{"peer_port", known_port, "unknown.peer_port"},
    Placeholder{"name", known_name<&AdviceFacts::name>, "unknown.name"},
    Placeholder{"server", known_name<&AdviceFacts::server>, "unknown.server"},
    Placeholder{"file", known_path<&AdviceFacts::file>, "unknown.file"},
    Placeholder{"line", known_path<&AdviceFacts::line>, "unknown.line"},
    Placeholder{"trusted_file", known_path<&AdviceFacts::trusted_file>, "unknown.trusted_file"},
    Placeholder{"crl_file", known_path<&AdviceFacts::crl_file>, "unknown.crl_file"},
    Placeholder{"depth", known_path<&AdviceFacts::depth>, "unknown.depth"},
    Placeholder{"client_certificate", known_path<&AdviceFacts::client_certificate>,
                "unknown.client_certificate"},
    Placeholder{"client_key", known_path<&AdviceFacts::client_key>, "unknown.client_key"},
    Placeholder{"ciphers", known_ciphers, "unknown.ciphers"},
    Placeholder{"certificate", known_path<&AdviceFacts::certificate>, "unknown.certificate"},
    Placeholder{"key", known_path<&AdviceFacts::key>, "unknown.key"},
    Placeholder{"responder", known_responder, "unknown.responder"},
};

const Placeholder* placeholder(std::string_view name) {
  const auto* const found =
      std::find_if(kPlaceholders.begin(), kPlaceholders.end(),
                   [name](const Placeholder& one) { return one.name == name; });
  return found == kPlaceholders.end() ? nullptr : found;
}

}  // namespace

bool is_advice_placeholder(std::string_view name) { return placeholder(name) != nullptr; }

std::string filled_in(std::string text, const AdviceFacts& facts, Language language) {
  constexpr std::size_t kLongestName = 20;
  constexpr std::string_view kFamily = "{family}";  // stays until with_family() puts it in
  std::string filled;
  std::string_view rest = text;
  while (true) {
    const auto open = rest.find('{');
    filled += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    rest.remove_prefix(open);
    const auto close = rest.substr(0, kLongestName + 2).find('}');
    const Placeholder* const known =
        close == std::string_view::npos ? nullptr : placeholder(rest.substr(1, close - 1));
    if (known == nullptr) {
      filled += '{';
      rest.remove_prefix(1);
      continue;
    }
    const std::string value = known->value(facts);
    filled +=
        !value.empty() ? value : texts().text(language, known->unknown, {{"family", kFamily}});
    rest.remove_prefix(close + 1);
  }
  return with_family(std::move(filled), facts.scheme);
}

void fill_in(Workaround& workaround, const AdviceFacts& facts, Language language) {
  for (std::string* const text : {&workaround.action, &workaround.how, &workaround.condition})
    *text = filled_in(std::move(*text), facts, language);
}

void fill_in(DeadEnd& dead_end, const AdviceFacts& facts, Language language) {
  for (std::string* const text : {&dead_end.action, &dead_end.why_fails, &dead_end.condition})
    *text = filled_in(std::move(*text), facts, language);
}

}  // namespace handshaked::match
