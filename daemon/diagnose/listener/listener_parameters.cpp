#include <algorithm>
#include <array>

#include "base/text/joined.h"
#include "diagnose/case/fitting_certificate.h"
#include "diagnose/certificates/private_key_file.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/listener/served_chain.h"
#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/texts.h"
#include "diagnose/tls/cipher_lists.h"
#include "diagnose/tls/stand_in/tls_rehearsal.h"

namespace handshaked::diagnose {
namespace {

constexpr std::array<const char*, 4> kGroups = {"X25519", "prime256v1", "secp384r1", "secp521r1"};
constexpr std::array<const char*, 3> kModernSuites = {"AES128-GCM-SHA256", "AES256-GCM-SHA384",
                                                      "CHACHA20-POLY1305"};

bool is_groups_command(const ConfCommand& command) {
  const std::string name = nginx::to_lower(command.first);
  return name == "groups" || name == "curves";
}

/// The groups that a listener leaves out although clients may have nothing else, and although it
/// could serve them: up to TLS 1.2 the certificate's own curve has to be among the client's.
std::vector<std::string> refused_groups(const ListenerOffer& offer) {
  std::vector<std::string> refused;
  ListenerOffer open = offer;
  open.curves.clear();
  std::erase_if(open.conf_commands, is_groups_command);
  for (const char* group : kGroups) {
    const ClientOffer client{{TlsVersion::tls1_2, TlsVersion::tls1_3}, {}, group, {}};
    const auto now = rehearse(offer, client), then = rehearse(open, client);
    if (now && !now.value().passed && then && then.value().passed) refused.emplace_back(group);
  }
  return refused;
}

void diagnose_groups(LocalCase& local, const nginx::ListeningServer& server) {
  const ListenerOffer offer = offer_of(local, server);
  set_place(local, server, server.settings.ecdh_curve);
  add_setting(local, server.settings.ecdh_curve, "ssl_ecdh_curve");
  const auto command =
      std::find_if(offer.conf_commands.begin(), offer.conf_commands.end(), is_groups_command);
  const bool is_by_command = command != offer.conf_commands.end();
  const std::string now = is_by_command ? command->second : offer.curves;
  const std::vector<std::string> refused = refused_groups(offer);
  if (refused.empty()) {
    local.conclude("no_shared_group", 0.7,
                   listener_text("groups.usual", {{"groups", (now.empty() ? "auto" : now)}}));
    return propose_to_client(local, "widen-curves", listener_text("ask.usual_group"));
  }
  // OpenSSL refuses a list that names a group twice.
  std::string wider = now;
  for (const std::string& group : refused) {
    if ((":" + nginx::to_lower(now) + ":").find(":" + nginx::to_lower(group) + ":") ==
        std::string::npos)
      wider += (wider.empty() ? "" : ":") + group;
  }
  local.conclude(
      "no_shared_group", 0.9,
      listener_text("groups.left_out",
                    {{"setting", (is_by_command ? "ssl_conf_command Groups " : "ssl_ecdh_curve ")},
                     {"groups", now}}));
  ListenerOffer changed = offer;
  Fix fix = local.known("widen-curves");
  Result<ConfigurationPatch> patch = local.new_patch();
  if (is_by_command) {
    changed.conf_commands[static_cast<std::size_t>(command - offer.conf_commands.begin())].second =
        wider;
    for (const nginx::Directive* one : server.settings.conf_commands.set_by) {
      if (one->argument(1) != now) continue;
      ConfigurationPatch edited = local.new_patch();
      const auto done = edited.replace_argument(*one, 1, wider);
      patch = changed_patch(edited, done);
      local.set_place(*one);
      break;
    }
  } else {
    changed.curves = wider;
    patch = with_server_directive(local, server, "ssl_ecdh_curve", std::span(&wider, 1));
  }
  fix.title = listener_text("groups.permit", {{"groups", wider}});
  const ClientOffer client{{TlsVersion::tls1_2, TlsVersion::tls1_3}, {}, refused.back(), {}};
  fix.proof = proof_of(rehearse(offer, client), rehearse(changed, client),
                       listener_text("who.offers_only", {{"offer", refused.back()}}));
  if (!refused_groups(changed).empty()) fix.proof.status = ProofStatus::untested;
  propose_answer(local, std::move(fix), patch, server, client);
}

/// The modern suites that the listener's key can serve, one by one: which does it refuse?
std::vector<std::string> refused_suites(const ListenerOffer& offer) {
  std::vector<std::string> refused;
  if (!speaks(offer, TlsVersion::tls1_2)) return refused;
  for (const KeyKind& kind : offer.keys) {
    const std::string prefix = kind.type.starts_with("RSA") ? "ECDHE-RSA-" : "ECDHE-ECDSA-";
    for (const char* suite : kModernSuites) {
      const auto tried = rehearse(offer, {{TlsVersion::tls1_2}, prefix + suite, {}, {}});
      if (tried && !tried.value().passed) refused.push_back(prefix + suite);
    }
  }
  return refused;
}

bool serves_other_key(ListenerOffer offer) {
  const bool is_rsa = offer.keys.front().type.starts_with("RSA");
  offer.keys = {is_rsa ? KeyKind{"EC", 256} : KeyKind{"RSA", 2048}};
  const auto tried = rehearse(offer, {{TlsVersion::tls1_2}, {}, {}, {}});
  return tried && tried.value().passed;
}

/// A line that another client would have caused as well proves nothing.
void leave_in_doubt(Fix& fix) {
  if (fix.proof.status == ProofStatus::proved) fix.proof.status = ProofStatus::untested;
  fix.proof.detail = listener_text("suites.in_doubt", {{"proof", fix.proof.detail}});
}

/// Without TLS 1.3 a client has to have the curve of our EC certificate: one with X25519 alone is
/// modern, and refused.
bool diagnose_curve_of_certificate(LocalCase& local, const nginx::ListeningServer& server,
                                   const ListenerOffer& offer) {
  const bool is_ec = std::all_of(offer.keys.begin(), offer.keys.end(),
                                 [](const KeyKind& kind) { return kind.type == "EC"; });
  if (!is_ec || speaks(offer, TlsVersion::tls1_3)) return false;
  const ClientOffer client{{TlsVersion::tls1_2, TlsVersion::tls1_3}, {}, "X25519", {}};
  ListenerOffer wider = offer;
  wider.protocols = {TlsVersion::tls1_2, TlsVersion::tls1_3};
  const auto now = rehearse(offer, client), then = rehearse(wider, client);
  if (!now || now.value().passed || now.value().reason != local.symptom().reason || !then ||
      !then.value().passed)
    return false;
  local.conclude("no_shared_group", 0.6, listener_text("groups.curve_of_certificate"));
  local.diagnosis.also.emplace_back("client_ciphers_obsolete");
  Fix fix = local.known("widen-curves");
  fix.title = {"ssl_protocols TLSv1.2 TLSv1.3;", "ssl_protocols TLSv1.2 TLSv1.3;"};
  fix.how = listener_text("groups.apart_in_new_versions");
  fix.proof = proof_of(now, then, listener_text("who.offers_x_only"));
  leave_in_doubt(fix);
  local.propose(std::move(fix),
                with_server_directive(local, server, "ssl_protocols",
                                      std::array{std::string("TLSv1.2"), std::string("TLSv1.3")}));
  return true;
}

/// One certificate serves the clients of its own kind of key; a second one lies here, and is not
/// served.
bool diagnose_second_key(LocalCase& local, const nginx::ListeningServer& server,
                         const ListenerOffer& offer) {
  const bool is_rsa = offer.keys.front().type.starts_with("RSA");
  const bool is_one_kind =
      std::all_of(offer.keys.begin(), offer.keys.end(),
                  [&](const KeyKind& kind) { return kind.type.starts_with("RSA") == is_rsa; });
  const std::vector<std::string> names = exact_names(server);
  const auto pair =
      is_one_kind ? find_fitting_pair(local, names, {}, is_rsa ? "EC" : "RSA") : std::nullopt;
  if (!pair) return false;
  const std::string other = is_rsa ? "EC" : "RSA";
  local.conclude("no_shared_cipher", 0.6,
                 listener_text("suites.one_key", {{"key", offer.keys.front().type},
                                                  {"other", other},
                                                  {"file", pair->certificate}}));
  local.diagnosis.also.emplace_back("client_ciphers_obsolete");
  ListenerOffer wider = offer;
  wider.keys.push_back(is_rsa ? KeyKind{"EC", 256} : KeyKind{"RSA", 2048});
  const ClientOffer client{{TlsVersion::tls1_2},
                           is_rsa ? "ECDHE-ECDSA-AES128-GCM-SHA256" : "ECDHE-RSA-AES128-GCM-SHA256",
                           {},
                           {}};
  Fix fix = local.known("widen-modern");
  fix.title = listener_text("suites.serve_besides", {{"file", pair->certificate}});
  fix.how = listener_text("suites.two_pairs");
  fix.proof = proof_of(rehearse(offer, client), rehearse(wider, client),
                       listener_text("who.knows_only", {{"key", other}}));
  leave_in_doubt(fix);
  local.propose(std::move(fix), patch_with_second_pair(local, block_of(server), *pair));
  return true;
}

void diagnose_signatures(LocalCase& local, const nginx::ListeningServer& server);

/// Up to TLS 1.2 a key that may sign with nothing leaves no suite, and nginx logs just that.
bool is_for_want_of_signatures(const ListenerOffer& offer) {
  ListenerOffer open = offer;
  std::erase_if(open.conf_commands, [](const ConfCommand& one) {
    return nginx::to_lower(one.first) == "signaturealgorithms";
  });
  return open.conf_commands.size() != offer.conf_commands.size() &&
         !refused_suites(offer).empty() && refused_suites(open).empty();
}

/// A list of suites, and what it leaves out of the usual ones: those of TLS 1.3, or the ones that
/// are refused.
std::string wider_suites(std::string list, bool is_13, const std::vector<std::string>& refused) {
  constexpr std::array<const char*, 3> kSuites13 = {
      "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"};
  for (const char* const suite : kSuites13) {
    if (is_13 && list.find(suite) == std::string::npos) list += std::string(":") + suite;
  }
  for (const std::string& suite : refused) {
    if (std::string with = is_13 ? std::string() : with_cipher(list, suite); !with.empty())
      list = std::move(with);
  }
  return list;
}

/// What OpenSSL's own commands say about suites comes after ssl_ciphers, and wins: the command that
/// turns usual clients away, widened.
bool diagnose_suites_command(LocalCase& local, const nginx::ListeningServer& server,
                             const ListenerOffer& offer) {
  for (const nginx::Directive* const command : server.settings.conf_commands.set_by) {
    const std::string name = nginx::to_lower(std::string(command->argument(0)));
    const bool is_13 = name == "ciphersuites";
    const std::vector<std::string> refused =
        is_13 ? std::vector<std::string>() : refused_suites(offer);
    if (!is_13 && (name != "cipherstring" || refused.empty())) continue;
    const ClientOffer client{{is_13 ? TlsVersion::tls1_3 : TlsVersion::tls1_2},
                             is_13 ? std::string() : refused.front(),
                             {},
                             {}};
    const std::string wide = wider_suites(std::string(command->argument(1)), is_13, refused);
    const auto now = rehearse(offer, client),
               then = rehearse(with_command(offer, name, wide), client);
    const bool is_it = now && !now.value().passed && now.value().reason == local.symptom().reason &&
                       then && then.value().passed;
    if (!is_it) continue;
    const std::string statement = "ssl_conf_command " + std::string(command->argument(0)) + " " +
                                  std::string(command->argument(1));
    const bool is_mismatch = !is_13 && serves_other_key(offer);
    local.set_place(*command);
    local.conclude(is_mismatch ? "server_cipher_cert_mismatch" : "no_shared_cipher", 0.85,
                   listener_text("suites.command_leaves_out",
                                 {{"setting", statement}, {"place", where(*command)}}));
    Fix fix = local.known(is_mismatch ? "fix-cipher-list" : "widen-modern");
    fix.proof =
        is_13 ? proof_of(now, then, listener_text("who.current_suites"))
              : proof_of(now, then, listener_text("who.offers_only", {{"offer", refused.front()}}));
    propose_command(local, std::move(fix), *command, wide, server, client);
    return true;
  }
  return false;
}

/// TLS 1.1 signs with what no security level of today permits: so a list of dead versions speaks of
/// signatures.
bool speaks_dead_versions_alone(const ListenerOffer& offer) {
  return !speaks(offer, TlsVersion::tls1_2) && !speaks(offer, TlsVersion::tls1_3);
}

void diagnose_ciphers(LocalCase& local, const nginx::ListeningServer& server) {
  const ListenerOffer offer = offer_of(local, server);
  if (is_for_want_of_signatures(offer)) return diagnose_signatures(local, server);
  if (diagnose_suites_command(local, server, offer)) return;
  set_place(local, server, server.settings.ciphers);
  add_setting(local, server.settings.ciphers, "ssl_ciphers");
  for (const KeyKind& kind : offer.keys)
    local.add_evidence(
        "file",
        listener_text("handshake.key", {{"key", kind.type}, {"bits", std::to_string(kind.bits)}}));
  const std::vector<std::string> refused = refused_suites(offer);
  // Up to TLS 1.2 a group that is not shared leaves no ECDHE suite, and nginx logs just that.
  if (refused.empty() && !server.settings.ecdh_curve.is_default() && !refused_groups(offer).empty())
    return diagnose_groups(local, server);
  if (refused.empty() && (diagnose_curve_of_certificate(local, server, offer) ||
                          diagnose_second_key(local, server, offer)))
    return;
  if (refused.empty()) {
    local.conclude("client_ciphers_obsolete", 0.75, listener_text("suites.all_taken"));
    return propose_to_client(local, "upgrade-client", listener_text("ask.current_suites"));
  }
  const auto modern = rehearse(offer, {{TlsVersion::tls1_2}, {}, {}, {}});
  const bool is_mismatch = modern && !modern.value().passed && serves_other_key(offer);
  local.conclude(is_mismatch ? "server_cipher_cert_mismatch" : "no_shared_cipher", 0.85,
                 is_mismatch
                     ? listener_text("suites.none_for_key", {{"key", offer.keys.front().type}})
                     : listener_text("suites.left_out"));
  ListenerOffer wider = offer;
  for (const std::string& suite : refused) {
    // A word of the list may keep it out for good: then the list without that word.
    if (std::string with = with_cipher(wider.ciphers, suite); !with.empty())
      wider.ciphers = std::move(with);
  }
  Fix fix = local.known(is_mismatch ? "fix-cipher-list" : "widen-modern");
  const ClientOffer client{{TlsVersion::tls1_2}, refused.front(), {}, {}};
  fix.proof = proof_of(rehearse(offer, client), rehearse(wider, client),
                       listener_text("who.offers_only", {{"offer", refused.front()}}));
  if (!refused_suites(wider).empty()) fix.proof.status = ProofStatus::untested;
  propose_answer(local, std::move(fix),
                 with_server_directive(local, server, "ssl_ciphers", std::span(&wider.ciphers, 1)),
                 server, client);
}

/// SNI chooses the server before a suite is chosen, and such a line names the default server
/// whatever was asked for: another one counts when only it refuses what clients may insist on.
const nginx::ListeningServer& server_that_refuses(const LocalCase& local,
                                                  const nginx::Listener& listener) {
  const auto refuses = [&](const nginx::ListeningServer& server) {
    if (server.settings.certificates.set_by.empty()) return false;
    const ListenerOffer offer = offer_of(local, server);
    return !refused_suites(offer).empty() ||
           (!server.settings.ecdh_curve.is_default() && !refused_groups(offer).empty());
  };
  if (refuses(listener.default_server())) return listener.default_server();
  const auto found = std::find_if(listener.servers.begin(), listener.servers.end(), refuses);
  return found == listener.servers.end() ? listener.default_server() : *found;
}

/// A key of another kind than the certificate's: OpenSSL keeps the two apart and complains about
/// nothing, until a client comes.
bool diagnose_foreign_key(LocalCase& local, const nginx::Listener& listener) {
  if (!local.surroundings().may_read_keys) return false;
  for (const nginx::ListeningServer& server : listener.servers) {
    for (const ConfiguredFile& file : certificate_files(local, server)) {
      const auto chain = read_served_chain(local, file);
      const auto key = partner_of(file, local.configuration());
      if (!chain || !key) continue;
      const PrivateKeyFacts facts = read_key_file(local.files(), key->path);
      const bool is_foreign =
          facts.state == PrivateKeyFacts::State::readable &&
          facts.public_key_sha256 != chain.value().leaf().facts().public_key_sha256;
      if (!is_foreign) continue;
      diagnose_key_mismatch(local, file);
      for (Fix& fix : local.diagnosis.fixes) {
        if (fix.patch.empty()) continue;
        fix.proof = {ProofStatus::proved, ProofMethod::replay, listener_text("suites.key_fits")};
      }
      return true;
    }
  }
  return false;
}

void diagnose_signatures(LocalCase& local, const nginx::ListeningServer& server) {
  const ListenerOffer offer = offer_of(local, server);
  for (const nginx::Directive* command : server.settings.conf_commands.set_by) {
    const std::string name = nginx::to_lower(std::string(command->argument(0)));
    if (name != "signaturealgorithms") continue;
    local.set_place(*command);
    local.conclude("no_shared_sigalg", 0.85,
                   listener_text("signatures.left_out", {{"value", command->argument(1)}}));
    ListenerOffer wider = offer;
    std::erase_if(wider.conf_commands,
                  [&](const ConfCommand& one) { return nginx::to_lower(one.first) == name; });
    Fix fix = local.known("common-key");
    fix.title = listener_text("signatures.remove", {{"place", where(*command)}});
    const ClientOffer client{};
    fix.proof = proof_of(rehearse(offer, client), rehearse(wider, client),
                         listener_text("who.current_library"));
    ConfigurationPatch patch = local.new_patch();
    const auto done = patch.remove(*command);
    return propose_answer(local, std::move(fix), changed_patch(patch, done), server, client);
  }
  const KeyKind& kind = offer.keys.front();
  const bool is_common = (kind.type.starts_with("RSA") && kind.bits >= 2048) ||
                         (kind.type == "EC" && kind.bits == 256);
  const std::vector<match::CandidateCause>& candidates = local.symptom().candidates;
  local.conclude(
      is_common && !candidates.empty() ? candidates.front().cause : std::string("no_shared_sigalg"),
      is_common ? 0.5 : 0.8);
  local.add_evidence("file", listener_text("handshake.key", {{"key", kind.type},
                                                             {"bits", std::to_string(kind.bits)}}));
  propose_to_client(local, "upgrade-client", listener_text("ask.signatures"));
}

void diagnose_alpn(LocalCase& local, const ListenerPlace& place) {
  const nginx::ListeningServer& server = place.server();
  set_place(local, server, server.settings.alpn);
  local.conclude("client_alpn_mismatch", 0.9);
  if (!server.settings.alpn.is_default()) add_setting(local, server.settings.alpn, "ssl_alpn");
  const std::string speaks = !server.settings.alpn.is_default()
                                 ? joined(server.settings.alpn.values(), " ")
                             : place.listener().is_http2 ? "h2, http/1.1"
                                                         : "http/1.1";
  local.add_evidence("configuration",
                     listener_text("handshake.protocols", {{"protocols", speaks}}));
  propose_to_client(local, "client-alpn", listener_text("ask.protocols", {{"protocols", speaks}}));
}

}  // namespace

bool diagnose_parameters(LocalCase& local, const ListenerPlace& place) {
  const Symptom& symptom = local.symptom();
  const nginx::ListeningServer& server = place.listener().default_server();
  const std::string_view reason = symptom.reason;
  const bool is_version = symptom.has_cause("server_protocols_too_strict") ||
                          symptom.has_cause("server_protocols_mismatch") ||
                          reason == "unsupported protocol" || reason == "version too low" ||
                          reason == "unknown protocol";
  const bool is_about_signatures = reason.find("signature algorithm") != std::string_view::npos;
  const bool is_about_key = reason == "no shared cipher" || is_about_signatures;
  if (is_about_key && diagnose_foreign_key(local, place.listener())) return true;
  if (symptom.has_cause("client_alpn_mismatch") &&
      (reason == "no application protocol" || symptom.alert == 120))
    diagnose_alpn(local, place);
  else if (reason == "no shared cipher" || reason == "no ciphers specified")
    diagnose_ciphers(local, server_that_refuses(local, place.listener()));
  else if (reason == "no suitable key share" || reason == "no shared group" ||
           reason == "no shared groups" || symptom.rule_id.ends_with("no-shared-group"))
    diagnose_groups(local, server_that_refuses(local, place.listener()));
  else if (is_about_signatures && speaks_dead_versions_alone(offer_of(local, server)))
    diagnose_versions(local, server);
  else if (is_about_signatures) diagnose_signatures(local, server);
  else if (is_version) diagnose_versions(local, server);
  else return false;
  return true;
}

}  // namespace handshaked::diagnose
