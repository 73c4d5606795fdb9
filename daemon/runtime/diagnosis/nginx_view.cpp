#include "runtime/diagnosis/nginx_view.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "diagnose/probe/prober.h"
#include "nginx/installation.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

using diagnose::NginxAtHand;

/// Where there is no configuration it is looked for again so often.
constexpr auto kTryAgain = std::chrono::seconds(30);

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

/// The files that TLS directives name: nginx reads them when it loads its configuration, and they change without it. And the directories
/// from which is included: a pattern may find a new file there.
template <class Footprint>
void add_named_files(Footprint& footprint, const nginx::Configuration& configuration, const nginx::Directive& block,
                     std::set<std::string>& seen) {
  for (const nginx::Directive& directive : block.block) {
    const std::string& name = directive.name;
    const bool names_file = name.ends_with("_certificate") || name.ends_with("_crl") || name.ends_with("_certificate_key") ||
                            name == "ssl_crl" || name == "ssl_dhparam" || name == "ssl_stapling_file";
    if (names_file && !directive.argument(0).empty() && directive.argument(0).find('$') == std::string_view::npos)
      add_file(footprint, configuration.full_path(directive.argument(0), nginx::PathBase::configuration));
    if (name == "include" && !directive.argument(0).empty()) {
      const std::string path = configuration.full_path(directive.argument(0), nginx::PathBase::configuration);
      const std::string directory = path.substr(0, path.rfind('/') + 1);
      if (seen.insert(directory).second) add_file(footprint, directory);
    }
    if (directive.has_block) add_named_files(footprint, configuration, directive, seen);
  }
}

std::vector<pid_t> ids_of(const std::vector<diagnose::RunningNginx>& running) {
  std::vector<pid_t> ids;
  for (const diagnose::RunningNginx& one : running) ids.push_back(one.master);
  return ids;
}

}  // namespace

NginxView::Footprint NginxView::footprint_of(const NginxAtHand& nginx, std::optional<Time> loaded_at) {
  Footprint footprint;
  if (loaded_at) footprint.text = std::to_string(loaded_at->time_since_epoch().count()) + '\n';
  if (!nginx.read) return footprint;
  for (const auto& file : nginx.read->configuration.files()) add_file(footprint, file->path);
  const nginx::Configuration& configuration = nginx.read->configuration;
  std::set<std::string> directories{configuration.configuration_prefix()};
  add_file(footprint, configuration.configuration_prefix());
  add_named_files(footprint, configuration, configuration.root(), directories);
  return footprint;
}

std::shared_ptr<const NginxState> NginxView::read() {
  tried_at_ = std::chrono::steady_clock::now();
  NginxAtHand nginx;
  std::string problem;
  if (auto found = diagnose::read_nginx(place_)) nginx = std::move(found).value();
  else problem = found.error().message();
  if (!problem.empty() && problem != told_)
    telemetry::log_warning("nginx's configuration cannot be read, incidents are told from their lines alone: " + problem);
  told_ = std::move(problem);
  if (!nginx.running) masters_ = ids_of(diagnose::running_nginxes());
  nginx.loaded_at = loaded_at(nginx);
  std::vector<std::string> problems;
  diagnose::CaStore ca_store = diagnose::CaStore::load(ca_stores_, problems);
  for (const std::string& one : problems) telemetry::log_warning("[diagnosis] ca_store: " + one);
  diagnose::ProbePolicy policy = policy_for(nginx, allow_);
  Footprint footprint = footprint_of(nginx, nginx.loaded_at);
  return std::make_shared<const NginxState>(NginxState{.nginx = std::move(nginx),
                                                       .ca_store = std::move(ca_store),
                                                       .policy = std::move(policy),
                                                       .footprint = std::move(footprint.text),
                                                       .newest_change = footprint.newest_change});
}

std::optional<Time> NginxView::loaded_at(const NginxAtHand& nginx) {
  if (nginx.running) return diagnose::loaded_at(nginx);
  if (!nginx.read) return std::nullopt;
  return workers_.loaded_at(nginx::pid_file(nginx.read->configuration, nginx.installation), wall_clock_now());
}

/// There was no configuration, or no nginx that runs with it: is there now? Looks closely only where something has changed.
bool NginxView::has_appeared() {
  if (state_->nginx.running) return false;
  std::vector<pid_t> masters = ids_of(diagnose::running_nginxes());
  const bool is_same = masters == masters_;
  masters_ = std::move(masters);
  if (!state_->nginx.read) return !is_same || std::chrono::steady_clock::now() >= tried_at_ + kTryAgain;
  return !is_same && !masters_.empty() && diagnose::find_nginx(place_.configuration, place_.prefix).running;
}

std::shared_ptr<const NginxState> NginxView::current() {
  const std::lock_guard lock(mutex_);
  if (!state_) state_ = read();
  return state_;
}

std::shared_ptr<const NginxState> NginxView::refresh() {
  const std::lock_guard lock(mutex_);
  if (!state_) return state_ = read();
  if (!has_appeared() && footprint_of(state_->nginx, loaded_at(state_->nginx)).text == state_->footprint) return state_;
  const auto before = std::exchange(state_, read());
  if (state_->nginx.loaded_at && before->nginx.loaded_at && state_->nginx.loaded_at != before->nginx.loaded_at)
    telemetry::log_info("nginx has loaded its configuration anew");
  else if (state_->awaits_reload() && !before->awaits_reload())
    telemetry::log_info("nginx's files were changed, and nginx has not loaded them yet");
  return state_;
}

}  // namespace handshaked::runtime
