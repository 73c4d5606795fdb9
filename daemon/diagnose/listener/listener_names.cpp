#include <algorithm>

#include "base/text/joined.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/listener/served_chain.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

/// A name that a certificate of the socket covers and no server of the socket has: somebody meant
/// it to be served.
struct ForgottenName {
  std::string name;
  const nginx::ListeningServer* server = nullptr;  ///< whose certificate covers it
};

std::vector<ForgottenName> forgotten_names(const LocalCase& local,
                                           const nginx::Listener& listener) {
  std::vector<ForgottenName> found;
  for (const nginx::ListeningServer& server : listener.servers) {
    for (const ConfiguredFile& file : certificate_files(local, server)) {
      const auto chain = read_served_chain(local, file);
      if (!chain) continue;
      for (const std::string& name : chain.value().leaf().facts().dns_names) {
        const bool is_plain = name.find('*') == std::string::npos &&
                              !nginx::ListenerInventory::served(listener, name).has_name;
        const bool is_new = std::none_of(
            found.begin(), found.end(), [&](const ForgottenName& one) { return one.name == name; });
        if (is_plain && is_new) found.push_back({name, &server});
      }
    }
  }
  return found;
}

void propose_name(LocalCase& local, const nginx::Listener& listener, const ForgottenName& forgotten,
                  bool is_only_one) {
  const auto directives = block_of(*forgotten.server).find("server_name");
  Fix fix = local.known("add-server-name");
  fix.title = listener_text(
      "names.add", {{"name", forgotten.name}, {"place", where(block_of(*forgotten.server))}});
  fix.how = listener_text("names.covered", {{"name", forgotten.name}, {"listener", listener.key}});
  ConfigurationPatch patch = local.new_patch();
  const auto done = directives.empty()
                        ? patch.set_directive(block_of(*forgotten.server), "server_name",
                                              std::span(&forgotten.name, 1))
                        : patch.append_argument(*directives.back(), forgotten.name);
  if (!done) return local.propose(std::move(fix), done.error());
  if (const auto probe = observe_listener(local, listener, forgotten.name)) {
    const Text now = {summary_of(probe.value().seen), summary_of(probe.value().seen)};
    local.add_evidence(
        "peer", listener_text("names.answer_now", {{"name", forgotten.name}, {"seen", now}}));
    fix.proof.detail = listener_text("names.asked_now", {{"name", forgotten.name}, {"seen", now}});
  }
  if (const auto reread = patch.reread()) {
    const nginx::ListenerInventory after(reread.value(), local.surroundings().installation.version);
    const auto& listeners = after.listeners();
    const auto same =
        std::find_if(listeners.begin(), listeners.end(),
                     [&](const nginx::Listener& one) { return one.key == listener.key; });
    if (same == listeners.end() ||
        !nginx::ListenerInventory::served(*same, forgotten.name).has_name)
      return;
  }
  if (!is_only_one) {  // the line does not tell which name was asked for
    fix.proof.detail = listener_text("names.others_would_do", {{"proof", fix.proof.detail}});
  } else {
    fix.proof.status = ProofStatus::proved;
    fix.proof.method = ProofMethod::replay;
    fix.proof.detail = fix.proof.detail.empty()
                           ? listener_text("names.answers", {{"name", forgotten.name}})
                           : listener_text("names.asked_and_answers",
                                           {{"proof", fix.proof.detail}, {"name", forgotten.name}});
  }
  local.propose(std::move(fix), patch);
}

void diagnose_rejected_name(LocalCase& local, const ListenerPlace& place) {
  const nginx::Listener& listener = place.listener();
  const nginx::ListeningServer& fallback = listener.default_server();
  if (!fallback.settings.reject_handshake.set_by.empty())
    local.set_place(*fallback.settings.reject_handshake.set_by.front());
  const std::vector<ForgottenName> forgotten = forgotten_names(local, listener);
  if (forgotten.empty()) {
    local.conclude("server_reject_handshake", 0.85,
                   listener_text("names.rejected", {{"listener", listener.key}}));
    return;
  }
  const std::string names = joined(forgotten, ", ", &ForgottenName::name);
  local.conclude("server_name_not_configured", forgotten.size() == 1 ? 0.8 : 0.6,
                 listener_text("names.unknown", {{"listener", listener.key}, {"names", names}}));
  for (std::size_t i = 0; i < forgotten.size() && i < 3; ++i)
    propose_name(local, listener, forgotten[i], forgotten.size() == 1);
}

void diagnose_host_against_sni(LocalCase& local, const ListenerPlace& place) {
  local.set_place(block_of(place.server()));
  local.conclude("client_host_sni_mismatch", 0.85);
  for (const nginx::ListeningServer& server : place.listener().servers) {
    const nginx::EffectiveValue& verify = server.settings.verify_client;
    if (verify.first() == "off") continue;
    const std::string line =
        server.server->names.logged + ": ssl_verify_client " + std::string(verify.first()) +
        (verify.is_default() ? ""
                             : " (" + verify.file() + ":" + std::to_string(verify.line()) + ")");
    local.add_evidence("configuration", {line, line});
  }
  propose_to_client(local, "same-name", listener_text("ask.same_name"));
}

}  // namespace

bool diagnose_forgotten_name(LocalCase& local, const ListenerPlace& place) {
  const nginx::Listener& listener = place.listener();
  const std::vector<ForgottenName> forgotten = forgotten_names(local, listener);
  // The default server's own certificate would have covered the name.
  const auto is_shown_another = [&](const ForgottenName& one) {
    return one.server != &listener.default_server();
  };
  if (listener.servers.size() < 2 ||
      std::none_of(forgotten.begin(), forgotten.end(), is_shown_another))
    return false;
  const std::string names = joined(forgotten, ", ", &ForgottenName::name);
  local.set_place(block_of(*forgotten.front().server));
  local.conclude(
      "server_name_not_configured", forgotten.size() == 1 ? 0.75 : 0.6,
      listener_text("names.falls_to_default", {{"listener", listener.key}, {"names", names}}));
  for (std::size_t i = 0; i < forgotten.size() && i < 3; ++i)
    propose_name(local, listener, forgotten[i], forgotten.size() == 1);
  return true;
}

bool diagnose_names(LocalCase& local, const ListenerPlace& place) {
  const Symptom& symptom = local.symptom();
  if (symptom.candidates.empty()) return false;
  const std::string& likeliest = symptom.candidates.front().cause;
  if (likeliest == "server_reject_handshake" || likeliest == "server_name_not_configured")
    diagnose_rejected_name(local, place);
  else if (likeliest == "client_host_sni_mismatch") diagnose_host_against_sni(local, place);
  else return false;
  return true;
}

}  // namespace handshaked::diagnose
