// What is proposed about a listener: proved by a rehearsal, by nginx itself, or up to the client.
#include <algorithm>

#include "diagnose/listener/listener_families.h"
#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/patch/configuration_trial.h"
#include "diagnose/prover/listener_prover.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

/// The same server in a configuration that was read again; nullptr when it is not there any more.
const nginx::ListeningServer* same_server(const LocalCase& local,
                                          const nginx::ListeningServer& server,
                                          const ReadConfiguration& read) {
  for (const nginx::Listener& listener : local.surroundings().nginx->listeners.listeners()) {
    const auto here =
        std::find_if(listener.servers.begin(), listener.servers.end(),
                     [&](const nginx::ListeningServer& one) { return &one == &server; });
    if (here == listener.servers.end()) continue;
    for (const nginx::Listener& again : read.listeners.listeners()) {
      if (again.key != listener.key || again.module != listener.module ||
          again.servers.size() != listener.servers.size())
        continue;
      return &again.servers[static_cast<std::size_t>(here - listener.servers.begin())];
    }
  }
  return nullptr;
}

Result<NginxHandshake> ask_nginx(const LocalCase& local, const ConfigurationPatch& patch,
                                 const nginx::ListeningServer& server, const ClientOffer& client) {
  const Surroundings& around = local.surroundings();
  if (!around.may_ask_nginx() || local.is_late())
    return fail(ErrorCode::permission_denied, "nginx is not asked here");
  if (!around.nginx_loaded_at) {
    TRY(check_who_wrote(local.configuration()));
  }
  TRY(auto reread, patch.reread());
  const ReadConfiguration read(std::move(reread), around.installation.version);
  const nginx::ListeningServer* const patched = same_server(local, server, read);
  if (patched == nullptr)
    return fail(ErrorCode::not_found, "the server is not in the configuration any more");
  return answer_as_nginx(read.configuration, *patched, patch.files(), client,
                         {around.nginx_program, &around.installation, around.deadline});
}

bool has_directive(const nginx::ListenerSettings& settings, const nginx::Directive& directive) {
  for (const auto& set_by : {settings.protocols.set_by, settings.ciphers.set_by,
                             settings.ecdh_curve.set_by, settings.conf_commands.set_by}) {
    if (std::find(set_by.begin(), set_by.end(), &directive) != set_by.end()) return true;
  }
  return false;
}

}  // namespace

std::optional<Text> who_is_refused(LocalCase& local, const ConfigurationPatch& patch,
                                   const nginx::Directive& directive) {
  constexpr std::size_t kMostServers = 8;
  if (!directive.name.starts_with("ssl_")) return peer_that_refuses(local, patch, directive);
  auto reread = patch.reread();
  if (!reread) return std::nullopt;
  const ReadConfiguration read(std::move(reread).value(),
                               local.surroundings().installation.version);
  Surroundings patched = local.surroundings();
  patched.nginx = &read;
  patched.files = &patch.files();
  const LocalCase then(local.symptom(), patched, local.knowledge());
  std::size_t tried = 0;
  for (const nginx::Listener& listener : local.surroundings().nginx->listeners.listeners()) {
    for (const nginx::ListeningServer& server : listener.servers) {
      const bool is_meant = (listener.is_tls || listener.is_starttls) &&
                            has_directive(server.settings, directive) && tried < kMostServers;
      const nginx::ListeningServer* const again =
          is_meant ? same_server(local, server, read) : nullptr;
      if (again == nullptr) continue;
      ++tried;
      const ListenerOffer offer = offer_of(then, *again);
      ClientOffer client;
      if (offer.asks_clients)
        client.keys.push_back({});  // until TLS 1.2 the curve of its key counts as well
      const auto played = rehearse(offer, client);
      if (!played || played.value().passed) continue;
      const std::string& reason = played.value().reason;
      return listener_text("answer.turns_away", {{"listener", listener.key}, {"reason", reason}});
    }
  }
  return std::nullopt;
}

Proof proof_of(const Result<Rehearsal>& before, const Result<Rehearsal>& after,
               const Text& client) {
  Proof proof;
  if (!before || !after) return proof;
  const auto outcome = [](const Rehearsal& one) {
    return one.passed ? one.version + " " + one.cipher : "\"" + one.reason + "\"";
  };
  proof.method = ProofMethod::replay;
  proof.status = after.value().passed && !before.value().passed ? ProofStatus::proved
                 : after.value().passed                         ? ProofStatus::untested
                                                                : ProofStatus::refuted;
  proof.detail = listener_text(
      "handshake.rehearsed",
      {{"client", client}, {"before", outcome(before.value())}, {"after", outcome(after.value())}});
  return proof;
}

void propose_answer(LocalCase& local, Fix fix, const Result<ConfigurationPatch>& patch,
                    const nginx::ListeningServer& server, const ClientOffer& client) {
  const bool is_asked = patch.has_value() && fix.proof.status == ProofStatus::proved;
  const auto answer =
      is_asked
          ? ask_nginx(local, patch.value(), server, client)
          : Result<NginxHandshake>(fail(ErrorCode::permission_denied, "there is nothing to ask"));
  if (answer && answer.value().has_passed) {
    fix.proof.method = ProofMethod::nginx;
    fix.proof.detail = listener_text("answer.nginx_passes", {{"proof", fix.proof.detail}});
  } else if (answer) {
    fix.proof = refuted_by_nginx(answer.value());
    local.diagnosis.confidence *= 0.8;
  }
  local.propose(std::move(fix), patch);
}

void propose_command(LocalCase& local, Fix fix, const nginx::Directive& command,
                     const std::string& value, const nginx::ListeningServer& server,
                     const ClientOffer& client) {
  const std::string written =
      "ssl_conf_command " + std::string(command.argument(0)) + " " + value + ";";
  fix.title = {written, written};
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.replace_argument(command, 1, value);
  propose_answer(local, std::move(fix), changed_patch(patch, done), server, client);
}

void propose_to_client(LocalCase& local, std::string_view fix_id, const Text& message) {
  Fix fix = local.known(fix_id);
  fix.owner = Owner::client;
  fix.message = message;
  fix.proof.detail = listener_text("ask.not_ours");
  local.propose(std::move(fix));
}

}  // namespace handshaked::diagnose
