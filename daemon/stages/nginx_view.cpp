#include "stages/nginx_view.h"

#include <sys/stat.h>

#include <algorithm>

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

template <class Footprint>
void add_file(Footprint& footprint, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  const Time changed(std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::microseconds(status.st_mtim.tv_nsec / 1000));
  if (S_ISREG(status.st_mode)) footprint.newest_change = std::max(footprint.newest_change, changed);
  footprint.text += path + ' ' + std::to_string(status.st_ino) + ' ' + std::to_string(status.st_size) + ' ' +
                    std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec) + '\n';
}

/// The files that TLS directives name: nginx reads them when it loads its configuration, and they change without it.
template <class Footprint>
void add_tls_files(Footprint& footprint, const nginx::Configuration& configuration, const nginx::Directive& block) {
  for (const nginx::Directive& directive : block.block) {
    const std::string& name = directive.name;
    const bool names_file = name.ends_with("_certificate") || name.ends_with("_crl") || name.ends_with("_certificate_key") ||
                            name == "ssl_crl" || name == "ssl_dhparam" || name == "ssl_stapling_file";
    if (names_file && !directive.argument(0).empty() && directive.argument(0).find('$') == std::string_view::npos)
      add_file(footprint, configuration.full_path(directive.argument(0), nginx::PathBase::configuration));
    if (directive.has_block) add_tls_files(footprint, configuration, directive);
  }
}

}  // namespace

NginxView::Footprint NginxView::footprint_of(const NginxAtHand& nginx, std::optional<Time> loaded_at) {
  Footprint footprint;
  if (loaded_at) footprint.text = std::to_string(loaded_at->time_since_epoch().count()) + '\n';
  if (!nginx.read) return footprint;
  for (const auto& file : nginx.read->configuration.files()) add_file(footprint, file->path);
  // An include with a glob may find a new file: the directory's time tells.
  add_file(footprint, nginx.read->configuration.configuration_prefix());
  add_tls_files(footprint, nginx.read->configuration, nginx.read->configuration.root());
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
  Footprint footprint = footprint_of(nginx, nginx.loaded_at);
  return std::make_shared<const NginxState>(NginxState{.nginx = std::move(nginx),
                                                       .ca_store = std::move(ca_store),
                                                       .policy = std::move(policy),
                                                       .footprint = std::move(footprint.text),
                                                       .newest_change = footprint.newest_change});
}

std::shared_ptr<const NginxState> NginxView::current() {
  const std::lock_guard lock(mutex_);
  if (!state_) state_ = read();
  return state_;
}

bool NginxView::refresh() {
  const std::lock_guard lock(mutex_);
  if (!state_) return false;
  if (footprint_of(state_->nginx, diagnose::loaded_at(state_->nginx)).text == state_->footprint) return false;
  state_ = read();
  return true;
}

}  // namespace handshaked::stages
