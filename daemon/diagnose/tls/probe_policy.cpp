#include "diagnose/tls/probe_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/ip_text.h"

namespace handshaked::diagnose {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

/// The address in network order; empty when it is none.
std::string address_bytes(const std::string& ip) {
  std::string bytes(16, '\0');
  if (read_ip(AF_INET6, ip, bytes.data())) return bytes;
  bytes.resize(4);
  return read_ip(AF_INET, ip, bytes.data()) ? bytes : std::string();
}

bool same_prefix(const std::string& a, const std::string& b, unsigned bits) {
  if (a.size() != b.size()) return false;
  const std::size_t whole = bits / 8;
  if (a.compare(0, whole, b, 0, whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto shift = 8 - bits % 8;
  return (static_cast<unsigned char>(a[whole]) >> shift) ==
         (static_cast<unsigned char>(b[whole]) >> shift);
}

std::string without_brackets(std::string_view host) {
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    return std::string(host.substr(1, host.size() - 2));
  return std::string(host);
}

/// Lower case, without brackets and without the root's dot, addresses in their shortest form: equal
/// hosts are equal texts.
std::string canonical_host(std::string_view host) {
  if (host.starts_with(kUnixPrefix)) return std::string(host);
  std::string text = without_brackets(host);
  if (auto address = ip_peer(text, 1)) return std::move(address).value().ip;
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  if (text.size() > 1 && text.back() == '.') text.pop_back();
  return text;
}

template <class Number>
std::optional<Number> number_from(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct HostAndPort {
  std::string host;
  std::uint16_t port = 0;
};

/// "host", "host:443", "[::1]", "[::1]:443", "2001:db8::1".
std::optional<HostAndPort> split_port(std::string_view text) {
  const auto colon = text.rfind(':');
  const bool is_plain_v6 = text.find(':') != colon && text.front() != '[';
  const bool has_port = colon != std::string_view::npos && !is_plain_v6 &&
                        (text.front() != '[' || text.find(']') + 1 == colon);
  if (!has_port) return HostAndPort{canonical_host(text), 0};
  const auto port = number_from<std::uint16_t>(text.substr(colon + 1));
  if (!port || *port == 0) return std::nullopt;
  return HostAndPort{canonical_host(text.substr(0, colon)), *port};
}

auto bad_entry(const std::string& entry, const std::string& why) {
  return fail(ErrorCode::invalid_configuration, "probe allow list: \"" + entry + "\": " + why);
}
auto refused(const std::string& what, const std::string& why) {
  return fail(ErrorCode::permission_denied, "not probed: " + what + ": " + why);
}

std::string text_of(const NamedPeer& peer) {
  return peer.host.starts_with(kUnixPrefix) ? peer.host
                                            : peer.host + ":" + std::to_string(peer.port);
}

}  // namespace

Result<ProbePolicy> ProbePolicy::create(std::vector<NamedPeer> configured,
                                        const std::vector<std::string>& allow_list) {
  if (configured.size() > kMaxNamed || allow_list.size() > kMaxNamed)
    return fail(ErrorCode::limit_exceeded,
                "more than " + std::to_string(kMaxNamed) + " peers to probe");
  ProbePolicy policy;
  for (NamedPeer& peer : configured) {
    peer.host = canonical_host(peer.host);
    // Port 0 means "any" here, and no configuration means that.
    if (peer.port != 0 || peer.host.starts_with(kUnixPrefix))
      policy.named_.push_back(std::move(peer));
  }
  for (const std::string& entry : allow_list) {
    TRY(policy.add_allowed(entry));
  }
  return policy;
}

Result<> ProbePolicy::add_allowed(const std::string& entry) {
  if (entry.starts_with(kUnixPrefix)) {
    if (!unix_peer(entry.substr(kUnixPrefix.size())))
      return bad_entry(entry, "not the path of a socket");
    named_.push_back({entry, 0});
    return success();
  }
  if (const auto slash = entry.find('/'); slash != std::string::npos) {
    Network network{address_bytes(without_brackets(entry.substr(0, slash))), 0, 0};
    const auto bits = number_from<unsigned>(std::string_view(entry).substr(slash + 1));
    if (network.bytes.empty() || !bits || *bits > network.bytes.size() * 8)
      return bad_entry(entry, "not a network such as 10.0.0.0/8");
    network.prefix_bits = *bits;
    networks_.push_back(std::move(network));
    return success();
  }
  const auto split = entry.empty() ? std::nullopt : split_port(entry);
  if (!split) return bad_entry(entry, "not an address, a name or a network");
  switch (form_of_host(split->host)) {
    case HostForm::address: {
      Network network{address_bytes(split->host), 0, split->port};
      network.prefix_bits = static_cast<unsigned>(network.bytes.size() * 8);
      networks_.push_back(std::move(network));
      return success();
    }
    case HostForm::name: named_.push_back({split->host, split->port}); return success();
    case HostForm::odd_number:
      return bad_entry(entry, "an address is written as four decimal numbers");
    case HostForm::malformed: break;
  }
  return bad_entry(entry, "not an address, a name or a network");
}

bool ProbePolicy::covers(const PeerAddress& address) const {
  const std::string bytes = address_bytes(address.ip);
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return (network.port == 0 || network.port == address.port) &&
           same_prefix(network.bytes, bytes, network.prefix_bits);
  });
}

bool ProbePolicy::names(const NamedPeer& peer) const {
  return std::any_of(named_.begin(), named_.end(), [&](const NamedPeer& one) {
    return one.host == peer.host && (one.port == 0 || one.port == peer.port);
  });
}

Result<std::vector<AllowedPeer>> ProbePolicy::addresses_of(const NamedPeer& asked,
                                                           const ResolveName& resolve) const {
  const NamedPeer peer{canonical_host(asked.host), asked.port};
  const std::string what = text_of(peer);
  if (peer.host.starts_with(kUnixPrefix)) {
    const bool is_named = std::any_of(named_.begin(), named_.end(),
                                      [&](const NamedPeer& one) { return one.host == peer.host; });
    if (!is_named) return refused(what, "neither the configuration nor the allow list names it");
    TRY(auto address, unix_peer(peer.host.substr(kUnixPrefix.size())));
    return std::vector{AllowedPeer(std::move(address), what)};
  }

  std::vector<std::string> numbers;
  const bool is_named = names(peer);
  switch (form_of_host(peer.host)) {
    case HostForm::odd_number: return refused(what, "an odd form of an address");
    case HostForm::malformed: return refused(what, "neither an address nor a name");
    case HostForm::address: numbers.push_back(peer.host); break;
    case HostForm::name: {
      // Not even looked up when nobody names it: a look-up tells a stranger's name server that we
      // read his line.
      if (!is_named) return refused(what, "neither the configuration nor the allow list names it");
      TRY(numbers, resolve(peer.host));
      break;
    }
  }
  std::vector<AllowedPeer> allowed;
  std::string why = "its name has no address";
  for (const std::string& number : numbers) {
    if (allowed.size() == kMaxAddresses) break;
    auto address = ip_peer(number, peer.port);
    if (!address) {
      why = address.error().context();
    } else if (const auto reason = reason_never_probed(address.value())) {
      why = address.value().ip + " is " + *reason;
    } else if (!is_named && !covers(address.value())) {
      why = "neither the configuration nor the allow list names it";
    } else {
      allowed.push_back(AllowedPeer(std::move(address).value(), what));
    }
  }
  if (allowed.empty()) return refused(what, why);
  return allowed;
}

Result<AllowedPeer> ProbePolicy::address_in_log(const PeerAddress& address,
                                                const ResolveName& resolve) const {
  const std::string what = to_string(address);
  if (address.is_unix()) {
    TRY(auto allowed, addresses_of({std::string(kUnixPrefix) + address.unix_path, 0}, resolve));
    return std::move(allowed.front());
  }
  TRY(const PeerAddress canonical, ip_peer(address.ip, address.port));
  if (const auto reason = reason_never_probed(canonical)) return refused(what, "it is " + *reason);
  if (covers(canonical) || names({canonical.ip, canonical.port}))
    return AllowedPeer(canonical, what);
  std::size_t lookups = 0;
  for (const NamedPeer& peer : named_) {
    const bool may_be_it = (peer.port == 0 || peer.port == canonical.port) &&
                           form_of_host(peer.host) == HostForm::name;
    if (!may_be_it) continue;
    if (++lookups > kMaxLookups) break;
    auto candidates = addresses_of({peer.host, canonical.port}, resolve);
    if (!candidates) continue;
    for (AllowedPeer& candidate : candidates.value())
      if (candidate.address() == canonical) return std::move(candidate);
  }
  return refused(what, "neither the configuration nor the allow list names it");
}

}  // namespace handshaked::diagnose
