#include "diagnose/case/known_facts.h"

#include <algorithm>

#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/case/load_error.h"
#include "match/advice_facts.h"

namespace handshaked::diagnose {
namespace {

using match::AdviceFacts;

/// The one value of a directive, if it has one that no request changes.
std::string_view written_value(const nginx::EffectiveValue& value) {
  const auto values = value.values();
  return values.size() == 1 && values.front().find('$') == std::string_view::npos
             ? values.front()
             : std::string_view();
}

std::string path_of(const nginx::EffectiveValue& value, const nginx::Configuration& configuration) {
  const std::string_view written = written_value(value);
  return written.empty() ? std::string()
                         : configuration.full_path(written, nginx::PathBase::configuration);
}

bool is_at(const nginx::Directive* directive, const GoverningPlace& place) {
  return directive != nullptr && directive->file && directive->line == place.line &&
         directive->file->path == place.file;
}

/// What nginx checks at a place, when it is the same wherever the place leads to.
std::string checked_name(const nginx::PassInventory& passes, const nginx::PassTarget& target) {
  std::string name;
  for (const nginx::Destination& destination : target.destinations) {
    for (const nginx::PeerName& peer : passes.peer_names(target, destination)) {
      if (!peer.is_known || (!name.empty() && peer.verified != name)) return {};
      name = peer.verified;
    }
  }
  return name;
}

void add_upstream_settings(AdviceFacts& facts, const ReadConfiguration& nginx,
                           const GoverningPlace& place) {
  const auto& targets = nginx.passes.targets();
  const auto target =
      std::find_if(targets.begin(), targets.end(),
                   [&](const nginx::PassTarget& one) { return is_at(one.pass, place); });
  if (target == targets.end()) return;
  const nginx::UpstreamSettings& settings = target->settings;
  facts.trusted_file = path_of(settings.trusted_certificate, nginx.configuration);
  facts.crl_file = path_of(settings.crl, nginx.configuration);
  facts.client_certificate = path_of(settings.certificate, nginx.configuration);
  facts.client_key = path_of(settings.certificate_key, nginx.configuration);
  facts.depth = written_value(settings.verify_depth);
  facts.ciphers = written_value(settings.ciphers);
  if (facts.name.empty()) facts.name = checked_name(nginx.passes, *target);
}

void add_listener_settings(AdviceFacts& facts, const ReadConfiguration& nginx,
                           const std::optional<GoverningPlace>& place) {
  const nginx::ListeningServer* found = nullptr;
  for (const nginx::Listener& listener : nginx.listeners.listeners()) {
    for (const nginx::ListeningServer& server : listener.servers) {
      const auto& certificates = server.settings.certificates.set_by;
      const bool is_place =
          place && (is_at(server.server->directive, *place) ||
                    std::any_of(certificates.begin(), certificates.end(),
                                [&](const nginx::Directive* one) { return is_at(one, *place); }));
      const bool has_name = !facts.server.empty() && server.server->names.logged == facts.server;
      if (!is_place && !has_name) continue;
      if (found != nullptr && found->server != server.server)
        return;  // several: nothing is certain
      found = &server;
    }
  }
  if (found == nullptr) return;
  facts.certificate = path_of(found->settings.certificates, nginx.configuration);
  facts.key = path_of(found->settings.certificate_keys, nginx.configuration);
  facts.trusted_file = path_of(found->settings.client_certificate, nginx.configuration);
  facts.crl_file = path_of(found->settings.crl, nginx.configuration);
  facts.depth = written_value(found->settings.verify_depth);
  facts.ciphers = written_value(found->settings.ciphers);
  const std::string& name = found->server->names.logged;
  if (!name.empty() && name != "_") facts.server = name;
}

void add_load_error(AdviceFacts& facts, const std::string& message) {
  const LoadError error = parse_load_error(message);
  const bool names_file = error.subject().starts_with('/');
  facts.file = names_file ? std::string(error.subject()) : error.file;
  if (!names_file && error.line != 0) facts.line = std::to_string(error.line);
  if (!names_file) return;
  if (error.head.find("certificate key") != std::string::npos) facts.key = facts.file;
  else if (error.head.find("certificate") != std::string::npos) facts.certificate = facts.file;
}

AdviceFacts facts_of(const Diagnosis& diagnosis, const Symptom& symptom,
                     const Surroundings& surroundings) {
  AdviceFacts facts{.scheme = std::string(directives_of(symptom)),
                    .peer = symptom.peer,
                    .name = symptom.name,
                    .server = symptom.server,
                    .responder = symptom.responder};
  if (symptom.side == parse::Side::config) add_load_error(facts, symptom.message);
  if (surroundings.nginx == nullptr) return facts;
  if (symptom.side == parse::Side::upstream && diagnosis.place)
    add_upstream_settings(facts, *surroundings.nginx, *diagnosis.place);
  if (symptom.side == parse::Side::client || symptom.side == parse::Side::ocsp)
    add_listener_settings(facts, *surroundings.nginx, diagnosis.place);
  return facts;
}

}  // namespace

void fill_in_known_facts(Diagnosis& diagnosis, const Symptom& symptom,
                         const Surroundings& surroundings) {
  const AdviceFacts facts = facts_of(diagnosis, symptom, surroundings);
  const auto fill_in = [&facts](Text& text) {
    text.en = match::filled_in(std::move(text.en), facts, Language::en);
    text.zh = match::filled_in(std::move(text.zh), facts, Language::zh);
  };
  fill_in(diagnosis.summary);
  for (Fix& fix : diagnosis.fixes) {
    for (Text* const text : {&fix.title, &fix.how, &fix.message}) fill_in(*text);
  }
  for (DeadEnd& dead_end : diagnosis.dead_ends) {
    for (Text* const text : {&dead_end.action, &dead_end.why_fails}) fill_in(*text);
  }
}

}  // namespace handshaked::diagnose
