#include "diagnose/preflight/known_answers.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <algorithm>

#include "diagnose/tls/stand_in/tls_rehearsal.h"

namespace handshaked::diagnose {
namespace {

constexpr int kHandshakeFailure = 40;  // RFC 5246, 7.2.2
constexpr int kLeastRsaBits =
    2048;  // the kind of the key decides about suites; its strength is the verification's business

std::string host_of(const nginx::Address& address) {
  const std::string& host = address.host;
  return host.size() > 2 && host.front() == '[' ? host.substr(1, host.size() - 2) : host;
}

bool is_peer(const nginx::Address& planned, const AllowedPeer& peer) {
  if (planned.kind == nginx::Address::Kind::unix_socket) {
    const std::string path =
        planned.host.starts_with("unix:") ? planned.host.substr(5) : planned.host;
    return peer.address().unix_path == path;
  }
  if (const auto address = ip_peer(host_of(planned), planned.port))
    return address.value() == peer.address();
  return nginx::to_lower(peer.named_as()) ==
         nginx::to_lower(planned.host) + ":" + std::to_string(planned.port);
}

std::vector<PeerCertificate> shown(const PeerChain& planned) {
  std::vector<PeerCertificate> chain;
  for (const Certificate& one : planned.chain) chain.push_back({one.der(), one.facts()});
  return chain;
}

/// "sslv3 alert handshake failure" and "0A000410", as this library and so nginx over it prints
/// them.
void refuse(ProbeResult& result) {
  result.phase = ProbePhase::client_hello;
  result.outcome = ProbeOutcome::alert;
  result.alert = kHandshakeFailure;
  const unsigned long code = ERR_PACK(ERR_LIB_SSL, 0, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE);
  if (const char* const reason = ERR_reason_error_string(code)) result.reason = reason;
  char digits[24];
  std::snprintf(digits, sizeof digits, "%08lX", code);
  result.reason_code = digits;
}

std::string offer_key(const ProbeRequest& request, const CertificateFacts& leaf) {
  std::string key =
      leaf.key_type + " " + std::to_string(leaf.key_bits) + " " + request.ciphers + " ";
  for (const TlsVersion version : request.protocols) key += std::string(to_string(version)) + " ";
  for (const auto& [name, value] : request.conf_commands) key += name + "=" + value + " ";
  return key;
}

/// The value of a conf command that nginx's own offer depends on; empty: OpenSSL's own.
std::string command_of(const ProbeRequest& request, std::string_view name) {
  std::string value;
  for (const auto& [command, argument] : request.conf_commands) {
    if (nginx::to_lower(command) == name) value = argument;
  }
  return value;
}

/// The end of a handshake of nginx with a peer that takes whatever its new key allows. none: it
/// could not be played.
std::optional<ProbeResult> rehearsed(const ProbeRequest& request, const CertificateFacts& leaf) {
  ListenerOffer peer;
  peer.protocols = {TlsVersion::tls1_0, TlsVersion::tls1_1, TlsVersion::tls1_2, TlsVersion::tls1_3};
  peer.ciphers = "ALL:@SECLEVEL=0";
  peer.keys = {{leaf.key_type,
                leaf.key_type == "RSA" ? std::max(leaf.key_bits, kLeastRsaBits) : leaf.key_bits}};
  ClientOffer client;
  client.protocols = request.protocols;
  client.ciphers = request.ciphers;
  client.groups = command_of(request, "groups");
  if (client.groups.empty()) client.groups = command_of(request, "curves");
  client.signature_algorithms = command_of(request, "signaturealgorithms");
  const auto played = rehearse(peer, client);
  if (!played) return std::nullopt;
  ProbeResult result;
  if (!played.value().passed) {
    refuse(result);
    return result;
  }
  result.phase = ProbePhase::after_handshake;
  result.outcome = ProbeOutcome::ok;
  result.version = played.value().version;
  result.cipher = played.value().cipher;
  if (!request.alpn.empty()) result.alpn = request.alpn.front();
  return result;
}

bool is_of_network(const ProbeResult& seen) {
  return seen.outcome == ProbeOutcome::refused || seen.outcome == ProbeOutcome::unreachable ||
         seen.outcome == ProbeOutcome::local_error ||
         (seen.phase == ProbePhase::connect && seen.outcome == ProbeOutcome::timed_out);
}

}  // namespace

const PeerChain* KnownAnswers::chain_for(const AllowedPeer& peer, const std::string& sni) const {
  const PeerChain* any = nullptr;
  for (const PeerChain& one : chains_) {
    if (!is_peer(one.peer, peer)) continue;
    if (one.sni && *one.sni == sni) return &one;
    if (!one.sni) any = &one;
  }
  return any;
}

std::optional<ProbeResult> KnownAnswers::answer(const AllowedPeer& peer,
                                                const ProbeRequest& request) {
  const PeerChain* const planned = chain_for(peer, request.server_name);
  std::optional<ProbeResult> today;
  if (live_ != nullptr) {
    ProbeRequest asked = request;
    if (asked.client && new_keys_ != nullptr) {
      if (const auto key = new_keys_->find(asked.client->key_file); key != new_keys_->end())
        asked.client->key_file = key->second;
    }
    if (auto seen = live_->observe(peer, asked, true)) today = std::move(seen).value().seen;
  }
  if (planned == nullptr) return today;
  return with_chain(*planned, request, today ? &*today : nullptr);
}

ProbeResult KnownAnswers::with_chain(const PeerChain& planned, const ProbeRequest& request,
                                     const ProbeResult* today) {
  const CertificateFacts& leaf = planned.chain.front().facts();
  const bool is_seen = today != nullptr && !is_of_network(*today);
  // It quarrels about versions or suites today, before any certificate: that has nothing to do with
  // a chain.
  if (is_seen && today->chain.empty()) return *today;
  if (is_seen && today->chain.front().facts.key_type == leaf.key_type) {
    ProbeResult result = *today;
    result.chain = shown(planned);
    result.chain_left_out = 0;
    return result;
  }
  const auto [at, is_new] = rehearsed_.try_emplace(offer_key(request, leaf));
  if (is_new) at->second = rehearsed(request, leaf);
  ProbeResult result;
  if (at->second) {
    result = *at->second;
  } else {
    result.phase = ProbePhase::after_handshake;
    result.outcome = ProbeOutcome::ok;
    result.version = to_string(request.protocols.back());
    if (!request.alpn.empty()) result.alpn = request.alpn.front();
  }
  if (result.outcome == ProbeOutcome::ok) result.chain = shown(planned);
  return result;
}

}  // namespace handshaked::diagnose
