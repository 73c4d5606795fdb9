#include "diagnose/upstream/upstream_request.h"

#include <algorithm>

#include "diagnose/certificates/pem_bundle.h"
#include "diagnose/upstream/handshake/handshake_settings.h"
#include "nginx/configuration/time_value.h"

namespace handshaked::diagnose {
namespace {

constexpr std::chrono::milliseconds kProbeTime{6'000};
constexpr std::chrono::milliseconds kShortestTime{250};

std::vector<TlsVersion> protocols_of(const nginx::EffectiveValue& value) {
  std::vector<TlsVersion> protocols;
  for (const std::string_view word : value.values()) {
    if (const auto version = tls_version_from(word)) protocols.push_back(*version);
  }
  return protocols;
}

std::vector<ConfCommand> commands_of(const nginx::EffectiveValue& value) {
  std::vector<ConfCommand> commands;
  const std::vector<std::string_view> words = value.values();
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    if (is_probe_command(std::string(words[i])))
      commands.emplace_back(std::string(words[i]), std::string(words[i + 1]));
  }
  return commands;
}

std::vector<std::string> alpn_of(const UpstreamView& view) {
  if (view.target->module == nginx::Module::grpc) return {"h2"};
  if (view.target->module == nginx::Module::http_proxy &&
      view.target->settings.http_version.first() == "2")
    return {"h2"};
  std::vector<std::string> names;
  for (const std::string_view name : view.target->settings.alpn.values()) names.emplace_back(name);
  return names;
}

/// An argument of a directive with its variables filled in; empty when only a request tells.
std::string constant_of(const UpstreamView& view, const nginx::EffectiveValue& value) {
  const nginx::Resolution resolution =
      view.nginx->passes.variables().resolve(value.first(), *view.target->pass);
  return resolution.is_constant() ? resolution.values.front() : std::string();
}

void add_client_certificate(const UpstreamView& view, bool may_read_keys, UpstreamRequest& result) {
  const nginx::UpstreamSettings& settings = view.target->settings;
  std::string certificate = conf_command(view, "Certificate"),
              key = conf_command(view, "PrivateKey");
  if (settings.certificate.first().empty() && certificate.empty()) return;
  result.has_client_certificate = true;
  result.left_out_client_certificate = true;
  const nginx::Configuration& configuration = view.nginx->configuration;
  if (certificate.empty()) certificate = constant_of(view, settings.certificate);
  if (key.empty()) key = constant_of(view, settings.certificate_key);
  if (certificate.empty() || key.empty()) {
    result.client_certificate_problem = "only a request tells the file";
    return;
  }
  if (!may_read_keys) {
    result.client_certificate_problem = "private keys may not be read here";
    return;
  }
  const std::string path = configuration.full_path(certificate, nginx::PathBase::configuration);
  const auto text = view.files->read(path, kMaxBundleBytes);
  const auto bundle = text ? read_pem_bundle(text.value()) : Result<PemBundle>(text.error());
  if (!bundle || bundle.value().certificates.empty()) {
    result.client_certificate_problem =
        bundle ? path + ": no certificate in it" : bundle.error().message();
    return;
  }
  ClientCredentials credentials;
  for (const BundledCertificate& one : bundle.value().certificates)
    credentials.chain.push_back(one.certificate.der());
  credentials.key_file = configuration.full_path(key, nginx::PathBase::configuration);
  if (const std::string_view file = settings.password_file.first(); !file.empty()) {
    credentials.password_file = configuration.full_path(file, nginx::PathBase::configuration);
  }
  result.request.client = std::move(credentials);
  result.left_out_client_certificate = false;
}

}  // namespace

UpstreamRequest request_as_nginx(const UpstreamView& view, bool may_read_keys) {
  const nginx::UpstreamSettings& settings = view.target->settings;
  UpstreamRequest result;
  ProbeRequest& request = result.request;
  const nginx::PeerName name = view.name();
  request.server_name = name.sni.value_or(std::string());
  if (auto protocols = protocols_of(settings.protocols); !protocols.empty())
    request.protocols = std::move(protocols);
  if (!settings.ciphers.first().empty()) request.ciphers = std::string(settings.ciphers.first());
  request.conf_commands = commands_of(settings.conf_commands);
  request.alpn = alpn_of(view);
  request.send_proxy_header =
      view.target->module == nginx::Module::stream_proxy && settings.proxy_protocol.is_on();
  // nginx gives connection and handshake *_connect_timeout each; nobody waits longer here.
  const auto patience =
      nginx::parse_time_value(settings.connect_timeout.first()).value_or(kProbeTime);
  request.timeout = std::clamp(patience, kShortestTime, kProbeTime);
  add_client_certificate(view, may_read_keys, result);
  return result;
}

bool differs_only_in_ciphers(const ProbeRequest& left, const ProbeRequest& right) {
  ProbeRequest same = left;
  same.ciphers = right.ciphers;
  same.security_level = right.security_level;
  return same == right;
}

}  // namespace handshaked::diagnose
