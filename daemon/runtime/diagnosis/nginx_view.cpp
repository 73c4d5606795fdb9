#include "runtime/diagnosis/nginx_view.h"

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
    telemetry::log_warning("nginx's configuration names " + std::to_string(peers.size()) +
                           " peers; the first " + std::to_string(diagnose::ProbePolicy::kMaxNamed) +
                           " may be probed");
    peers.resize(diagnose::ProbePolicy::kMaxNamed);
  }
  auto policy = diagnose::ProbePolicy::create(peers, allow);
  if (policy) return std::move(policy).value();
  telemetry::log_error("[diagnosis] allow: " + policy.error().message());
  return diagnose::ProbePolicy::create(std::move(peers), {}).value();
}

std::vector<pid_t> ids_of(const std::vector<diagnose::RunningNginx>& running) {
  std::vector<pid_t> ids;
  for (const diagnose::RunningNginx& one : running) ids.push_back(one.master);
  return ids;
}

}  // namespace

std::shared_ptr<const NginxState> NginxView::read() {
  tried_at_ = std::chrono::steady_clock::now();
  NginxAtHand nginx;
  std::string problem;
  if (auto found = diagnose::read_nginx_whole(place_)) nginx = std::move(found).value();
  else problem = found.error().message();
  if (!problem.empty() && problem != told_)
    telemetry::log_warning(
        "nginx's configuration cannot be read, incidents are reported from log lines alone: " +
        problem);
  told_ = std::move(problem);
  if (!nginx.running) masters_ = ids_of(diagnose::running_nginxes());
  nginx.loaded_at = loaded_at(nginx);
  std::vector<std::string> problems;
  diagnose::CaStore ca_store = diagnose::CaStore::load(ca_stores_, problems);
  for (const std::string& one : problems) telemetry::log_warning("[diagnosis] ca_store: " + one);
  diagnose::ProbePolicy policy = policy_for(nginx, allow_);
  diagnose::NginxFootprint footprint =
      diagnose::footprint_of(nginx, nginx.loaded_at, wall_clock_now());
  return std::make_shared<const NginxState>(NginxState{.nginx = std::move(nginx),
                                                       .ca_store = std::move(ca_store),
                                                       .policy = std::move(policy),
                                                       .footprint = std::move(footprint)});
}

std::optional<diagnose::LoadTime> NginxView::loaded_at(const NginxAtHand& nginx) {
  if (nginx.running) return diagnose::loaded_at(nginx);
  if (!nginx.read) return std::nullopt;
  return workers_.loaded_at(nginx::pid_file(nginx.read->configuration, nginx.installation),
                            wall_clock_now());
}

/// There was no configuration, or no nginx that runs with it: is there now? Looks closely only
/// where something has changed.
bool NginxView::has_appeared() {
  if (state_->nginx.running) return false;
  std::vector<pid_t> masters = ids_of(diagnose::running_nginxes());
  const bool is_same = masters == masters_;
  masters_ = std::move(masters);
  if (!state_->nginx.read)
    return !is_same || std::chrono::steady_clock::now() >= tried_at_ + kTryAgain;
  return !is_same && !masters_.empty() &&
         diagnose::find_nginx(place_.configuration, place_.prefix).running;
}

std::shared_ptr<const NginxState> NginxView::current() {
  const std::lock_guard lock(mutex_);
  if (!state_) state_ = read();
  return state_;
}

std::shared_ptr<const NginxState> NginxView::refresh(std::chrono::milliseconds may_be_old) {
  const auto asked_at = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (state_ && looked_at_ >= asked_at - may_be_old) return state_;
  looked_at_ = std::chrono::steady_clock::now();
  if (!state_) return state_ = read();
  const auto now =
      diagnose::footprint_of(state_->nginx, loaded_at(state_->nginx), wall_clock_now());
  const bool has_to_load = std::exchange(has_told_to_load_, now.awaits_load);
  if (now.awaits_load && !has_to_load)
    telemetry::log_info("nginx's files were changed, and nginx has not loaded them yet");
  if (!has_appeared() && now == state_->footprint) return state_;
  const auto before = std::exchange(state_, read());
  const auto& loaded = state_->nginx.loaded_at;
  if (loaded && before->nginx.loaded_at && loaded->is_settled &&
      loaded->earliest > before->nginx.loaded_at->earliest)
    telemetry::log_info("nginx has reloaded its configuration");
  note_load(*state_);
  return state_;
}

void NginxView::note_load(const NginxState& state) {
  if (!state.nginx.loaded_at || !state.nginx.loaded_at->is_settled) return;
  const Time at = state.nginx.loaded_at->earliest;
  const std::lock_guard lock(loads_mutex_);
  if (!loads_.empty() && loads_.back() >= at) return;
  if (loads_.size() == kMostLoads) loads_.erase(loads_.begin());
  loads_.push_back(at);
}

std::vector<Time> NginxView::loads() const {
  const std::lock_guard lock(loads_mutex_);
  return loads_;
}

bool NginxView::awaits_reload() {
  const auto state = refresh();
  const std::lock_guard lock(mutex_);
  return diagnose::footprint_of(state->nginx, loaded_at(state->nginx), wall_clock_now())
      .awaits_load;
}

}  // namespace handshaked::runtime
