#include "diagnose/upstream/upstream_place.h"

#include "diagnose/tls/tls_probe.h"

namespace handshaked::diagnose {

const nginx::Address* UpstreamView::address() const {
  if (member != nullptr) return &member->address;
  if (destination != nullptr && destination->group == nullptr) return &destination->address;
  return nullptr;
}

bool UpstreamView::is_tls() const {
  return destination != nullptr ? destination->is_tls : target->is_tls;
}

const nginx::Directive& UpstreamView::settings_block() const {
  return target->location != nullptr ? *target->location : *target->server->directive;
}

nginx::PeerName UpstreamView::name() const {
  if (destination == nullptr) {
    nginx::PeerName unknown;
    unknown.reason = "only a request tells the upstream";
    return unknown;
  }
  std::vector<nginx::PeerName> names = nginx->passes.peer_names(*target, *destination);
  for (nginx::PeerName& name : names) {
    if (name.is_known) return std::move(name);
  }
  return names.empty() ? nginx::PeerName{} : std::move(names.front());
}

std::string_view UpstreamView::family() const {
  switch (target->module) {
    case nginx::Module::grpc: return "grpc";
    case nginx::Module::uwsgi: return "uwsgi";
    default: return "proxy";
  }
}

std::string UpstreamView::directive(std::string_view setting) const {
  return std::string(family()) + "_" + std::string(setting);
}

std::optional<UpstreamView> view_of(const UpstreamPlace& place, const ReadConfiguration& nginx,
                                    const nginx::ConfigurationFiles& files) {
  const auto& targets = nginx.passes.targets();
  if (place.target >= targets.size()) return std::nullopt;
  UpstreamView view{&nginx, &files, &targets[place.target], nullptr, nullptr};
  if (view.target->destinations.empty()) return view;
  if (place.destination >= view.target->destinations.size()) return std::nullopt;
  view.destination = &view.target->destinations[place.destination];
  if (!place.member || view.destination->group == nullptr) return view;
  if (*place.member >= view.destination->group->servers.size()) return std::nullopt;
  view.member = &view.destination->group->servers[*place.member];
  return view;
}

UpstreamPlace place_of(const nginx::GoverningTarget& governing, const ReadConfiguration& nginx) {
  UpstreamPlace place;
  place.target = static_cast<std::size_t>(governing.target - nginx.passes.targets().data());
  if (governing.destination == nullptr) return place;
  place.destination =
      static_cast<std::size_t>(governing.destination - governing.target->destinations.data());
  const nginx::UpstreamGroup* const group = governing.destination->group;
  if (group == nullptr || group->servers.empty()) return place;
  place.member = governing.member == nullptr
                     ? 0
                     : static_cast<std::size_t>(governing.member - group->servers.data());
  return place;
}

}  // namespace handshaked::diagnose
