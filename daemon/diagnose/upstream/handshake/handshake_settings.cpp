#include "diagnose/upstream/handshake/handshake_settings.h"

#include <algorithm>
#include <array>
#include <optional>

#include "diagnose/tls/cipher_lists.h"

namespace handshaked::diagnose {
namespace {

/// OpenSSL's own list for a client that names none.
constexpr std::string_view kDefaultGroups = "X25519:P-256:X448:P-521:P-384";
constexpr std::string_view kDefaultSuites13 =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";

bool is_same_command(std::string_view left, std::string_view right) {
  const auto canonical = [](std::string_view name) {
    const std::string lower = nginx::to_lower(name);
    return lower == "curves" ? std::string("groups") : lower;
  };
  return canonical(left) == canonical(right);
}

/// The names that nginx's users write: OpenSSL takes both.
std::string written_group(const std::string& seen) {
  static constexpr std::array<std::array<std::string_view, 2>, 5> kNames{{{"prime256v1", "P-256"},
                                                                          {"secp256r1", "P-256"},
                                                                          {"secp384r1", "P-384"},
                                                                          {"secp521r1", "P-521"},
                                                                          {"x25519", "X25519"}}};
  for (const auto& [openssl, written] : kNames) {
    if (seen == openssl) return std::string(written);
  }
  return seen;
}

std::optional<TlsVersion> version_of(const ProbeResult& seen) {
  // OpenSSL says "TLSv1" as nginx does.
  return tls_version_from(seen.version);
}

Result<> write_ciphers(ConfigurationPatch& patch, const UpstreamView& view,
                       const ProbeResult& seen) {
  if (seen.version == "TLSv1.3") {
    const std::string own = conf_command(view, "Ciphersuites");
    return set_conf_command(
        patch, view, "Ciphersuites",
        (own.empty() ? std::string(kDefaultSuites13) : own) + ":" + seen.cipher);
  }
  // What OpenSSL's own command says comes after nginx's list, and wins.
  const std::string by_command = conf_command(view, "CipherString");
  const std::string list = with_cipher(
      by_command.empty() ? std::string(view.target->settings.ciphers.first()) : by_command,
      seen.cipher);
  if (list.empty())
    return fail(ErrorCode::invalid_input, "no list of ciphers can have " + seen.cipher);
  if (!by_command.empty()) return set_conf_command(patch, view, "CipherString", list);
  return set_upstream_directive(patch, view, "ssl_ciphers", std::array{list});
}

/// The curve of the peer's own EC certificate counts as a group until TLS 1.2 (RFC 8422,
/// section 5.1): NIST's of that size, and the others.
std::vector<std::string> curves_of(const ProbeResult& seen) {
  if (seen.version == "TLSv1.3" || seen.chain.empty() || seen.chain.front().facts.key_type != "EC")
    return {};
  const int bits = seen.chain.front().facts.key_bits;
  if (bits == 256) return {"P-256", "brainpoolP256r1", "secp256k1"};
  if (bits == 384) return {"P-384", "brainpoolP384r1"};
  return {bits == 512 ? "brainpoolP512r1" : "P-" + std::to_string(bits)};
}

std::vector<std::string> split_groups(const std::string& list) {
  std::vector<std::string> groups;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find_first_of(":/", at), list.size());
    if (end > at) groups.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return groups;
}

/// Its key share fills a packet by itself.
bool is_large_group(const std::string& group) {
  const std::string name = nginx::to_lower(group);
  constexpr std::array<std::string_view, 5> kLarge{"mlkem", "kyber", "sntrup", "frodo", "ffdhe"};
  return std::any_of(kLarge.begin(), kLarge.end(),
                     [&](std::string_view one) { return name.find(one) != std::string::npos; });
}

bool is_among(const std::vector<std::string>& groups, const std::string& group) {
  return std::any_of(groups.begin(), groups.end(), [&](const std::string& one) {
    return nginx::to_lower(written_group(one)) == nginx::to_lower(written_group(group));
  });
}

Result<> write_groups(ConfigurationPatch& patch, const UpstreamView& view,
                      const ProbeResult& seen) {
  if (seen.group.empty()) return fail(ErrorCode::invalid_input, "the peer's group is not known");
  std::string groups = conf_command(view, "Groups");
  if (groups.empty()) groups = kDefaultGroups;
  const auto add = [&](const std::string& group) {
    if (!is_among(split_groups(groups), group)) groups += ":" + group;
  };
  const std::vector<std::string> own = split_groups(groups), curves = curves_of(seen);
  add(written_group(seen.group));
  if (!curves.empty()) add(curves.front());
  // All that shows is in the list already: the key is on another curve of that size.
  const bool is_another_curve =
      is_among(own, seen.group) && !curves.empty() && is_among(own, curves.front());
  for (std::size_t i = 1; is_another_curve && i < curves.size(); ++i) add(curves[i]);
  return set_conf_command(patch, view, "Groups", groups);
}

/// What restricts the signatures goes; a command of an outer level is answered by OpenSSL's usual
/// list.
Result<> write_signatures(ConfigurationPatch& patch, const UpstreamView& view,
                          const ProbeResult& seen) {
  const std::string own = conf_command(view, "SignatureAlgorithms");
  if (own.empty() || seen.peer_signature.empty())
    return fail(ErrorCode::invalid_input, "no directive restricts the signatures");
  constexpr std::string_view kUsual =
      "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
      "RSA+SHA256:RSA+SHA384:RSA+SHA512";
  return set_conf_command(patch, view, "SignatureAlgorithms", std::string(kUsual));
}

/// What OpenSSL's own commands say about versions comes after nginx's list, and wins.
Result<> write_protocols(ConfigurationPatch& patch, const UpstreamView& view, TlsVersion needed) {
  constexpr std::array<std::array<std::string_view, 2>, 3> kCommands{
      {{"MinProtocol", "TLSv1.2"},
       {"MaxProtocol", "TLSv1.3"},
       {"Protocol", "-ALL,TLSv1.2,TLSv1.3"}}};
  for (const auto& [name, wide] : kCommands) {
    if (conf_command(view, name).empty()) continue;
    TRY(set_conf_command(patch, view, name, std::string(wide)));
  }
  const nginx::EffectiveValue& own = view.target->settings.protocols;
  const auto words = own.values();
  const bool has_it =
      !own.is_default() && std::find(words.begin(), words.end(), to_string(needed)) != words.end();
  return has_it
             ? success()
             : set_upstream_directive(patch, view, "ssl_protocols", protocols_with(view, needed));
}

Result<> write_one(ConfigurationPatch& patch, const UpstreamView& view, Widening widening,
                   const WidenedHandshake& found) {
  switch (widening) {
    case Widening::sni:
      return set_upstream_directive(patch, view, "ssl_server_name", std::array{std::string("on")});
    case Widening::protocols:
      return write_protocols(patch, view, version_of(found.seen).value_or(TlsVersion::tls1_3));
    case Widening::groups: return write_groups(patch, view, found.seen);
    case Widening::signatures: return write_signatures(patch, view, found.seen);
    case Widening::ciphers: return write_ciphers(patch, view, found.seen);
    case Widening::no_dhe:
      return set_upstream_directive(
          patch, view, "ssl_ciphers",
          std::array{std::string(view.target->settings.ciphers.first()) + ":!kDHE"});
    case Widening::proxy_header: {
      if (view.target->module != nginx::Module::stream_proxy) {
        return fail(ErrorCode::invalid_input, "only the stream module sends a PROXY header");
      }
      const std::string value = found.request.send_proxy_header ? "on" : "off";
      return set_upstream_directive(patch, view, "protocol", std::array{value});
    }
    case Widening::without_alpn:
    case Widening::legacy_renegotiation:
    case Widening::obsolete: break;
  }
  return fail(ErrorCode::invalid_input, "not a change that a directive makes safely");
}

std::string tls_scheme(nginx::Module module) {
  switch (module) {
    case nginx::Module::grpc: return "grpcs";
    case nginx::Module::uwsgi: return "suwsgi";
    default: return "https";
  }
}

std::string plain_scheme(nginx::Module module) {
  switch (module) {
    case nginx::Module::grpc: return "grpc";
    case nginx::Module::uwsgi: return "uwsgi";
    default: return "http";
  }
}

}  // namespace

Result<> set_upstream_directive(ConfigurationPatch& patch, const UpstreamView& view,
                                std::string_view setting, std::span<const std::string> arguments) {
  return patch.set_directive(view.settings_block(), view.directive(setting), arguments);
}

Result<> set_scheme(ConfigurationPatch& patch, const UpstreamView& view, bool is_tls) {
  if (view.target->module == nginx::Module::stream_proxy) {
    return patch.set_directive(view.settings_block(), "proxy_ssl",
                               std::array{std::string(is_tls ? "on" : "off")});
  }
  std::string text(view.target->pass->argument(0));
  const std::string scheme =
      is_tls ? tls_scheme(view.target->module) : plain_scheme(view.target->module);
  const std::size_t end = text.find("://");
  if (text.starts_with('$'))
    return fail(ErrorCode::invalid_input, "the scheme comes from a variable");
  text = scheme + "://" + (end == std::string::npos ? text : text.substr(end + 3));
  return patch.replace_argument(*view.target->pass, 0, text);
}

std::string conf_command(const UpstreamView& view, std::string_view name) {
  std::string value;
  const std::vector<std::string_view> words = view.target->settings.conf_commands.values();
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    if (is_same_command(words[i], name)) value = words[i + 1];
  }
  return value;
}

Result<> set_conf_command(ConfigurationPatch& patch, const UpstreamView& view,
                          std::string_view name, const std::string& value) {
  const nginx::EffectiveValue& commands = view.target->settings.conf_commands;
  const nginx::Directive& block = view.settings_block();
  const std::string directive = view.directive("ssl_conf_command");
  if (!nginx::default_value(view.target->module, nginx::UpstreamSetting::ssl_conf_command,
                            view.nginx->passes.version())
           .exists) {
    return fail(ErrorCode::not_found, "this version of nginx has no " + directive);
  }
  const bool is_own_level = commands.level() == &block;
  bool is_written = false;
  for (const nginx::Directive* const command : commands.set_by) {
    const bool is_it = is_same_command(command->argument(0), name);
    if (is_own_level) {
      if (!is_it) continue;
      TRY(patch.replace_argument(*command, 1, value));
    } else {
      const std::array words{std::string(command->argument(0)),
                             is_it ? value : std::string(command->argument(1))};
      TRY(patch.add_directive(block, directive, words));
    }
    is_written = is_written || is_it;
  }
  if (is_written) return success();
  return patch.add_directive(block, directive, std::array{std::string(name), value});
}

std::string small_groups(const UpstreamView& view) {
  std::string kept;
  for (const std::string& group : split_groups(conf_command(view, "Groups"))) {
    if (!is_large_group(group)) kept += (kept.empty() ? "" : ":") + group;
  }
  return kept.empty() ? "X25519:P-256:P-384" : kept;
}

bool is_size_alone(const UpstreamView& view, const WidenedHandshake& found) {
  if (found.needed != std::vector{Widening::groups} || found.seen.group.empty()) return false;
  const std::string written = conf_command(view, "Groups");
  const std::vector<std::string> own =
      split_groups(written.empty() ? std::string(kDefaultGroups) : written);
  const bool is_large = written.empty() || std::any_of(own.begin(), own.end(), is_large_group);
  const std::vector<std::string> curves = curves_of(found.seen);
  return is_large && is_among(own, found.seen.group) &&
         (curves.empty() || is_among(own, curves.front()));
}

std::vector<std::string> protocols_with(const UpstreamView& view, TlsVersion needed) {
  std::vector<TlsVersion> versions{needed};
  const nginx::EffectiveValue& own = view.target->settings.protocols;
  if (own.is_default()) versions = {TlsVersion::tls1_2, TlsVersion::tls1_3, needed};
  else {
    for (const std::string_view word : own.values()) {
      if (const auto version = tls_version_from(word)) versions.push_back(*version);
    }
  }
  // A list of dead versions alone is no wish to keep them.
  const bool is_alive = std::any_of(versions.begin() + 1, versions.end(),
                                    [](TlsVersion one) { return one >= TlsVersion::tls1_2; });
  if (needed >= TlsVersion::tls1_2 && !is_alive)
    versions = {TlsVersion::tls1_2, TlsVersion::tls1_3};
  versions = without_holes(std::move(versions));
  std::vector<std::string> words;
  for (const TlsVersion version : versions) words.emplace_back(to_string(version));
  return words;
}

Result<> write_widening(ConfigurationPatch& patch, const UpstreamView& view,
                        const WidenedHandshake& found) {
  for (const Widening one : found.needed) {
    TRY(write_one(patch, view, one, found));
  }
  return success();
}

}  // namespace handshaked::diagnose
