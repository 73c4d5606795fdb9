// What a listener offers to clients, and where its configuration says so.
#include <algorithm>

#include "base/text/joined.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/listener/served_chain.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {

ListenerOffer offer_of(const LocalCase& local, const nginx::ListeningServer& server) {
  ListenerOffer offer;
  for (const std::string_view word : server.settings.protocols.values()) {
    if (const auto version = tls_version_from(word)) offer.protocols.push_back(*version);
  }
  offer.ciphers = joined(server.settings.ciphers.values(), ":");
  offer.curves = server.settings.ecdh_curve.first();
  const auto commands = server.settings.conf_commands.values();
  for (std::size_t i = 0; i + 1 < commands.size(); i += 2) {
    if (is_probe_command(std::string(commands[i])))
      offer.conf_commands.emplace_back(commands[i], commands[i + 1]);
  }
  for (const ConfiguredFile& file : certificate_files(local, server)) {
    if (const auto chain = read_served_chain(local, file))
      offer.keys.push_back(
          {chain.value().leaf().facts().key_type, chain.value().leaf().facts().key_bits});
  }
  if (offer.keys.empty()) offer.keys.push_back({"RSA", 2048});
  offer.asks_clients = !server.settings.verify_client.first().empty() &&
                       server.settings.verify_client.first() != "off";
  return offer;
}

bool speaks(const ListenerOffer& offer, TlsVersion version) {
  return std::find(offer.protocols.begin(), offer.protocols.end(), version) !=
         offer.protocols.end();
}

ListenerOffer with_command(ListenerOffer offer, std::string_view name, const std::string& value) {
  for (ConfCommand& one : offer.conf_commands) {
    if (nginx::to_lower(one.first) == name) one.second = value;
  }
  return offer;
}

void set_place(LocalCase& local, const nginx::ListeningServer& server,
               const nginx::EffectiveValue& value) {
  if (!value.set_by.empty()) return local.set_place(*value.set_by.front());
  if (server.listen->directive != nullptr) return local.set_place(*server.listen->directive);
  local.set_place(block_of(server));
}

void add_setting(LocalCase& local, const nginx::EffectiveValue& value, std::string_view name) {
  const std::string source = value.is_default() ? std::string("default")
                                                : value.file() + ":" + std::to_string(value.line());
  const std::string statement = std::string(name) + " " + joined(value.values(), " ");
  local.add_evidence("configuration", listener_text("handshake.setting",
                                                    {{"setting", statement}, {"source", source}}));
}

}  // namespace handshaked::diagnose
