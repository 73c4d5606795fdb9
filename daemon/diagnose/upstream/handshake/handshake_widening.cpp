#include "diagnose/upstream/handshake/handshake_widening.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace handshaked::diagnose {
namespace {

constexpr std::string_view kAllGroups =
    "X25519:P-256:X448:P-521:P-384:ffdhe2048:ffdhe3072:brainpoolP256r1:brainpoolP384r1:"
    "brainpoolP512r1:secp256k1";
constexpr std::string_view kAllSuites13 =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_"
    "SHA256:TLS_AES_128_CCM_8_SHA256";
constexpr std::string_view kAllCiphers = "ALL:!aNULL:!eNULL";

bool is_command(const ConfCommand& command, std::initializer_list<std::string_view> lower_names) {
  std::string lower = command.first;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(lower_names.begin(), lower_names.end(), lower) != lower_names.end();
}

void drop_commands(ProbeRequest& request, std::initializer_list<std::string_view> lower_names) {
  std::erase_if(request.conf_commands,
                [&](const ConfCommand& command) { return is_command(command, lower_names); });
}

void add_protocols(ProbeRequest& request, std::initializer_list<TlsVersion> versions) {
  for (const TlsVersion version : versions) {
    if (std::find(request.protocols.begin(), request.protocols.end(), version) ==
        request.protocols.end()) {
      request.protocols.push_back(version);
    }
  }
  request.protocols = without_holes(std::move(request.protocols));
  drop_commands(request, {"protocol", "minprotocol", "maxprotocol"});
}

/// "@SECLEVEL=1" of a cipher list, with its colon; empty when it has none.
std::string level_of(const std::string& ciphers) {
  const std::size_t at = ciphers.find("@SECLEVEL=");
  return at == std::string::npos ? std::string()
                                 : ":" + ciphers.substr(at, ciphers.find_first_of(":, ", at) - at);
}

void widen_ciphers(ProbeRequest& request) {
  request.ciphers = std::string(kAllCiphers) + level_of(request.ciphers);
  drop_commands(request, {"ciphersuites", "cipherstring"});
  request.conf_commands.emplace_back("Ciphersuites", kAllSuites13);
}

void allow_obsolete(ProbeRequest& request) {
  add_protocols(request,
                {TlsVersion::tls1_0, TlsVersion::tls1_1, TlsVersion::tls1_2, TlsVersion::tls1_3});
  request.ciphers = request.ciphers.substr(0, request.ciphers.find(":@SECLEVEL=")) + ":@SECLEVEL=0";
}

ProbeRequest with_all(ProbeRequest request, const std::vector<Widening>& among,
                      const std::string& name) {
  for (const Widening one : among) request = widened(request, one, name).value_or(request);
  return request;
}

}  // namespace

bool is_unsafe(Widening widening) { return widening >= Widening::legacy_renegotiation; }

bool WidenedHandshake::needs(Widening widening) const {
  return std::find(needed.begin(), needed.end(), widening) != needed.end();
}

bool has_agreed(const ProbeResult& seen) {
  if (seen.is_ok()) return true;
  const bool is_refusal = seen.outcome == ProbeOutcome::alert ||
                          seen.outcome == ProbeOutcome::closed ||
                          seen.outcome == ProbeOutcome::reset;
  return is_refusal && seen.certificate_request.has_value();
}

bool is_plain_answer(const ProbeResult& seen) {
  return seen.first_bytes != FirstBytes::none && seen.first_bytes != FirstBytes::tls &&
         seen.phase <= ProbePhase::client_hello;
}

std::vector<TlsVersion> without_holes(std::vector<TlsVersion> versions) {
  if (versions.empty()) return versions;
  const auto [lowest, highest] = std::minmax_element(versions.begin(), versions.end());
  std::vector<TlsVersion> whole;
  for (int version = static_cast<int>(*lowest); version <= static_cast<int>(*highest); ++version) {
    whole.push_back(static_cast<TlsVersion>(version));
  }
  return whole;
}

std::optional<ProbeRequest> widened(const ProbeRequest& request, Widening widening,
                                    const std::string& name) {
  ProbeRequest wider = request;
  switch (widening) {
    case Widening::sni: wider.server_name = name; break;
    case Widening::protocols: add_protocols(wider, {TlsVersion::tls1_2, TlsVersion::tls1_3}); break;
    case Widening::groups:
      drop_commands(wider, {"groups", "curves", "ecdhparameters"});
      wider.conf_commands.emplace_back("Groups", kAllGroups);
      break;
    case Widening::signatures:
      drop_commands(wider, {"signaturealgorithms", "clientsignaturealgorithms"});
      break;
    case Widening::ciphers: widen_ciphers(wider); break;
    case Widening::no_dhe: wider.ciphers += ":!kDHE"; break;
    case Widening::without_alpn: wider.alpn.clear(); break;
    case Widening::proxy_header: wider.send_proxy_header = !wider.send_proxy_header; break;
    case Widening::legacy_renegotiation:
      wider.conf_commands.emplace_back("Options", "UnsafeLegacyServerConnect");
      break;
    case Widening::obsolete: allow_obsolete(wider); break;
  }
  if (wider == request) return std::nullopt;
  return wider;
}

std::optional<WidenedHandshake> find_widening(const ProbeRequest& own,
                                              const std::vector<Widening>& among,
                                              const std::string& name, const MakeHandshake& make) {
  std::vector<Widening> needed;
  for (const Widening one : among) {
    if (widened(own, one, name)) needed.push_back(one);
  }
  if (needed.empty()) return std::nullopt;
  WidenedHandshake found{.needed = needed, .request = with_all(own, needed, name), .seen = {}};
  auto seen = make(found.request);
  if (!seen || !has_agreed(*seen)) return std::nullopt;
  found.seen = std::move(*seen);
  // From the least trusted on: what can be given up is given up.
  std::sort(needed.begin(), needed.end(), std::greater<>());
  for (const Widening one : needed) {
    if (found.needed.size() == 1) break;
    std::vector<Widening> fewer = found.needed;
    std::erase(fewer, one);
    const ProbeRequest request = with_all(own, fewer, name);
    auto seen_with_fewer = make(request);
    if (!seen_with_fewer) break;
    if (!has_agreed(*seen_with_fewer)) continue;
    found = {.needed = std::move(fewer), .request = request, .seen = std::move(*seen_with_fewer)};
  }
  return found;
}

}  // namespace handshaked::diagnose
