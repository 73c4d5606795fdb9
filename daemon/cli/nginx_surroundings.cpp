#include "cli/nginx_surroundings.h"

namespace handshaked::cli {
namespace {

constexpr std::size_t kMostProbes = 512;

}  // namespace

Result<std::unique_ptr<NginxSurroundings>> NginxSurroundings::create(const diagnose::NginxAtHand& nginx, const diagnose::CaStore& ca_store,
                                                                     bool may_probe, std::chrono::steady_clock::time_point deadline) {
  TRY(auto policy, diagnose::ProbePolicy::create(diagnose::configured_peers(nginx.read->passes, nginx.read->listeners), {}));
  return std::unique_ptr<NginxSurroundings>(new NginxSurroundings(std::move(policy), nginx, ca_store, may_probe, deadline));
}

NginxSurroundings::NginxSurroundings(diagnose::ProbePolicy policy, const diagnose::NginxAtHand& nginx, const diagnose::CaStore& ca_store,
                                     bool may_probe, std::chrono::steady_clock::time_point deadline)
    : policy_(std::move(policy)),
      prober_(policy_, {.scope = may_probe ? diagnose::ProbeScope::all : diagnose::ProbeScope::none,
                        .deadline = deadline,
                        .most_probes = kMostProbes,
                        .on_probe = [this](const std::string& probe) { probes_.push_back(probe); },
                        .resolve = {}}) {
  surroundings_.nginx = nginx.read.get();
  surroundings_.files = &nginx.files;
  surroundings_.installation = nginx.installation;
  surroundings_.nginx_program = nginx.program;
  surroundings_.ca_store = &ca_store;
  surroundings_.prober = &prober_;
  surroundings_.may_read_keys = true;
  surroundings_.is_dump = nginx.is_dump;
  surroundings_.now = wall_clock_now();
  surroundings_.nginx_loaded_at = nginx.loaded_at;
  surroundings_.deadline = deadline;
}

}  // namespace handshaked::cli
