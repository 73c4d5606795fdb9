#include "stages/nginx_view.h"

#include <sys/stat.h>

#include "diagnose/prober.h"
#include "telemetry/log.h"

namespace handshaked::stages {
namespace {

using diagnose::NginxAtHand;

diagnose::ProbePolicy policy_for(const NginxAtHand& nginx, const std::vector<std::string>& allow) {
  std::vector<diagnose::NamedPeer> peers;
  if (nginx.read) peers = diagnose::configured_peers(nginx.read->passes, nginx.read->listeners);
  if (peers.size() > diagnose::ProbePolicy::kMaxNamed) {
    telemetry::log_warning("nginx's configuration names " + std::to_string(peers.size()) + " peers; the first " +
                           std::to_string(diagnose::ProbePolicy::kMaxNamed) + " may be probed");
    peers.resize(diagnose::ProbePolicy::kMaxNamed);
  }
  auto policy = diagnose::ProbePolicy::create(peers, allow);
  if (policy) return std::move(policy).value();
  telemetry::log_error("[diagnosis] allow: " + policy.error().message());
  return diagnose::ProbePolicy::create(std::move(peers), {}).value();
}

void add_file(std::string& footprint, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  footprint += path + ' ' + std::to_string(status.st_ino) + ' ' + std::to_string(status.st_size) + ' ' +
               std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec) + '\n';
}

}  // namespace

std::string NginxView::footprint_of(const NginxAtHand& nginx, std::optional<Time> loaded_at) {
  std::string footprint;
  if (loaded_at) footprint = std::to_string(loaded_at->time_since_epoch().count()) + '\n';
  if (!nginx.read) return footprint;
  for (const auto& file : nginx.read->configuration.files()) add_file(footprint, file->path);
  // An include with a glob may find a new file: the directory's time tells.
  add_file(footprint, nginx.read->configuration.configuration_prefix());
  return footprint;
}

std::shared_ptr<const NginxState> NginxView::read() const {
  NginxAtHand nginx;
  if (auto found = diagnose::read_nginx(place_)) nginx = std::move(found).value();
  else
    telemetry::log_warning("nginx's configuration cannot be read, incidents are told from their lines alone: " + found.error().message());
  std::vector<std::string> problems;
  diagnose::CaStore ca_store = diagnose::CaStore::load(ca_stores_, problems);
  for (const std::string& problem : problems) telemetry::log_warning("[diagnosis] ca_store: " + problem);
  diagnose::ProbePolicy policy = policy_for(nginx, allow_);
  std::string footprint = footprint_of(nginx, nginx.loaded_at);
  return std::make_shared<const NginxState>(NginxState{
      .nginx = std::move(nginx), .ca_store = std::move(ca_store), .policy = std::move(policy), .footprint = std::move(footprint)});
}

std::shared_ptr<const NginxState> NginxView::current() {
  const std::lock_guard lock(mutex_);
  if (!state_) state_ = read();
  return state_;
}

bool NginxView::refresh() {
  const std::lock_guard lock(mutex_);
  if (!state_) return false;
  if (footprint_of(state_->nginx, diagnose::loaded_at(state_->nginx)) == state_->footprint) return false;
  state_ = read();
  return true;
}

}  // namespace handshaked::stages
