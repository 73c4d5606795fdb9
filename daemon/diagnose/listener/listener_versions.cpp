#include <algorithm>
#include <array>

#include "base/text/joined.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

std::string version_words(const ListenerOffer& offer) {
  return joined(offer.protocols, " ", [](TlsVersion version) { return to_string(version); });
}

/// Who speaks TLS 1.3 alone is rarer than who is years behind: where both leave the same line, it
/// does not tell.
void leave_open_for_obsolete_clients(const LocalCase& local, const ListenerOffer& offer,
                                     const ClientOffer& client, Proof& proof) {
  if (client.protocols != std::vector{TlsVersion::tls1_3} || proof.status != ProofStatus::proved)
    return;
  const auto obsolete =
      rehearse(offer, {{TlsVersion::tls1_0, TlsVersion::tls1_1}, "ALL:@SECLEVEL=0", {}, {}});
  if (!obsolete || obsolete.value().reason != local.symptom().reason) return;
  proof.status = ProofStatus::untested;
  proof.detail = listener_text("versions.in_doubt", {{"proof", proof.detail}});
}

/// What OpenSSL's own commands say about versions comes after ssl_protocols, and wins: the command
/// that turns such a client away, widened.
bool diagnose_version_command(LocalCase& local, const nginx::ListeningServer& server,
                              const ListenerOffer& offer) {
  constexpr std::array<std::array<std::string_view, 2>, 3> kCommands{
      {{"minprotocol", "TLSv1.2"},
       {"maxprotocol", "TLSv1.3"},
       {"protocol", "-ALL,TLSv1.2,TLSv1.3"}}};
  ClientOffer client{{TlsVersion::tls1_2}, {}, {}, {}};
  auto now = rehearse(offer, client);
  if (!speaks(offer, TlsVersion::tls1_2) || (now && now.value().passed)) {
    client.protocols = {TlsVersion::tls1_3};
    now = rehearse(offer, client);
  }
  if (!now || now.value().passed) return false;
  const std::string version =
      client.protocols.front() == TlsVersion::tls1_2 ? "TLS 1.2" : "TLS 1.3";
  for (const nginx::Directive* const command : server.settings.conf_commands.set_by) {
    const std::string name = nginx::to_lower(std::string(command->argument(0)));
    const auto known = std::find_if(kCommands.begin(), kCommands.end(),
                                    [&](const auto& one) { return one[0] == name; });
    if (known == kCommands.end()) continue;
    const std::string wide((*known)[1]);
    const auto then = rehearse(with_command(offer, name, wide), client);
    if (!then || !then.value().passed) continue;
    const std::string statement = "ssl_conf_command " + std::string(command->argument(0)) + " " +
                                  std::string(command->argument(1));
    local.set_place(*command);
    local.conclude(
        "server_protocols_too_strict", 0.85,
        listener_text("versions.command_is_stricter",
                      {{"setting", statement}, {"place", where(*command)}, {"version", version}}));
    Fix fix = local.known("add-tls12");
    fix.proof = proof_of(now, then, listener_text("who.of_version", {{"version", version}}));
    leave_open_for_obsolete_clients(local, offer, client, fix.proof);
    propose_command(local, std::move(fix), *command, wide, server, client);
    return true;
  }
  return false;
}

}  // namespace

void diagnose_versions(LocalCase& local, const nginx::ListeningServer& server) {
  const ListenerOffer offer = offer_of(local, server);
  if (diagnose_version_command(local, server, offer)) return;
  set_place(local, server, server.settings.protocols);
  add_setting(local, server.settings.protocols, "ssl_protocols");
  const bool has_12 = speaks(offer, TlsVersion::tls1_2), has_13 = speaks(offer, TlsVersion::tls1_3);
  const TlsVersion missing = has_12 ? TlsVersion::tls1_3 : TlsVersion::tls1_2;
  const ClientOffer client{{missing}, {}, {}, {}};
  const auto now = rehearse(offer, client);
  // The very reason of the line comes when such a client is played: otherwise it was another one.
  const bool is_explained = now && !now.value().passed &&
                            (local.symptom().alert || now.value().reason == local.symptom().reason);
  if ((has_12 && has_13) || !is_explained) {
    local.conclude("client_protocol_too_old", 0.85,
                   listener_text("versions.client_is_older", {{"versions", version_words(offer)}}));
    return propose_to_client(local, "upgrade-client", listener_text("ask.current_versions"));
  }
  local.conclude(has_12 ? "server_protocols_mismatch" : "server_protocols_too_strict", 0.85,
                 listener_text("versions.too_few", {{"versions", version_words(offer)},
                                                    {"missing", to_string(missing)}}));
  ListenerOffer wider = offer;
  // A list of dead versions alone is no wish to keep them.
  if (!has_12 && !has_13) wider.protocols = {TlsVersion::tls1_3};
  wider.protocols.push_back(missing);
  std::sort(wider.protocols.begin(), wider.protocols.end());
  std::vector<std::string> words;
  for (const TlsVersion version : wider.protocols) words.emplace_back(to_string(version));
  Fix fix = local.known(has_12 ? "enable-tls13" : "add-tls12");
  fix.title = {"ssl_protocols " + version_words(wider) + ";",
               "ssl_protocols " + version_words(wider) + ";"};
  fix.proof = proof_of(now, rehearse(wider, client),
                       listener_text("who.speaks_only", {{"version", to_string(missing)}}));
  leave_open_for_obsolete_clients(local, offer, client, fix.proof);
  propose_answer(local, std::move(fix),
                 with_server_directive(local, server, "ssl_protocols", words), server, client);
}

}  // namespace handshaked::diagnose
