#include <algorithm>

#include "diagnose/listener/listener_families.h"
#include "diagnose/patch/configuration_trial.h"
#include "diagnose/prover/listener_prover.h"

namespace handshaked::diagnose {
namespace {

/// The same server in a configuration that was read again; nullptr when it is not there any more.
const nginx::ListeningServer* same_server(const LocalCase& local, const nginx::ListeningServer& server, const ReadConfiguration& read) {
  for (const nginx::Listener& listener : local.surroundings().nginx->listeners.listeners()) {
    const auto here =
        std::find_if(listener.servers.begin(), listener.servers.end(), [&](const nginx::ListeningServer& one) { return &one == &server; });
    if (here == listener.servers.end()) continue;
    for (const nginx::Listener& again : read.listeners.listeners()) {
      if (again.key != listener.key || again.module != listener.module || again.servers.size() != listener.servers.size()) continue;
      return &again.servers[static_cast<std::size_t>(here - listener.servers.begin())];
    }
  }
  return nullptr;
}

Result<NginxHandshake> ask_nginx(const LocalCase& local, const ConfigurationPatch& patch, const nginx::ListeningServer& server,
                                 const ClientOffer& client) {
  const Surroundings& around = local.surroundings();
  if (!around.may_ask_nginx() || local.is_late()) return fail(ErrorCode::permission_denied, "nginx is not asked here");
  if (!around.nginx_loaded_at) {
    TRY(check_who_wrote(local.configuration()));
  }
  TRY(auto reread, patch.reread());
  const ReadConfiguration read(std::move(reread), around.installation.version);
  const nginx::ListeningServer* const patched = same_server(local, server, read);
  if (patched == nullptr) return fail(ErrorCode::not_found, "the server is not in the configuration any more");
  return answer_as_nginx(read.configuration, *patched, patch.files(), client,
                         {around.nginx_program, &around.installation, around.deadline});
}

}  // namespace

void propose_answer(LocalCase& local, Fix fix, const Result<ConfigurationPatch>& patch, const nginx::ListeningServer& server,
                    const ClientOffer& client) {
  const bool is_asked = patch.has_value() && fix.proof.status == ProofStatus::proved;
  const auto answer = is_asked ? ask_nginx(local, patch.value(), server, client)
                               : Result<NginxHandshake>(fail(ErrorCode::permission_denied, "there is nothing to ask"));
  if (answer && answer.value().has_passed) {
    fix.proof.method = ProofMethod::nginx;
    fix.proof.detail.en += "; nginx itself, a private instance of the program in use, answered such a client: it passes";
    fix.proof.detail.zh += "；用正在使用的 nginx 程序启动的私有实例应答了这样的客户端：通过";
  } else if (answer) {
    fix.proof = refuted_by_nginx(answer.value());
    local.diagnosis.confidence *= 0.8;
  }
  local.propose(std::move(fix), patch);
}

}  // namespace handshaked::diagnose
