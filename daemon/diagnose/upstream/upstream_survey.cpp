#include "diagnose/upstream/upstream_survey.h"

#include <algorithm>
#include <memory>

#include "diagnose/diagnoser.h"
#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {
namespace {

class Survey {
 public:
  Survey(const Surroundings& surroundings, const match::Knowledge& knowledge, std::size_t most,
         SurveyedPeers which)
      : surroundings_(surroundings), knowledge_(knowledge), most_(most), which_(which) {}

  std::vector<SurveyedUpstream> run() {
    const auto& targets = surroundings_.nginx->passes.targets();
    for (std::size_t t = 0; t < targets.size(); ++t) {
      for (std::size_t d = 0; d < targets[t].destinations.size(); ++d) {
        const nginx::Destination& destination = targets[t].destinations[d];
        if (destination.group == nullptr) add({t, d, std::nullopt});
        for (std::size_t m = 0;
             destination.group != nullptr && m < destination.group->servers.size(); ++m) {
          const nginx::UpstreamServer& member = destination.group->servers[m];
          if (member.is_valid && !member.is_down) add({t, d, m});
        }
      }
    }
    return std::move(found_);
  }
  std::size_t left_out() const { return left_out_; }

 private:
  void add(const UpstreamPlace& place) {
    const auto view = view_of(place, *surroundings_.nginx, *surroundings_.files);
    if (!view || view->address() == nullptr) return;
    const bool is_tls = view->destination->is_tls;
    if (!is_tls && which_ == SurveyedPeers::with_tls) return;
    if (!is_tls && !looks_like_tls(*surroundings_.nginx, *view->target, *view->address())) return;
    SurveyedUpstream one;
    one.place = place;
    const nginx::Directive& pass = *view->target->pass;
    one.file = pass.file->path;
    one.line = pass.line;
    one.directive = pass.name;
    const std::string address = view->address()->text();
    one.target =
        view->destination->scheme.empty() ? address : view->destination->scheme + "://" + address;
    one.key = one.file + " " + std::to_string(place.target) + "." +
              std::to_string(place.destination) + " " +
              std::to_string(place.member ? *place.member + 1 : 0);
    if (view->target->server != nullptr) one.server = view->target->server->names.logged;
    if (found_.size() >= most_ || std::chrono::steady_clock::now() >= surroundings_.deadline) {
      if (!is_tls) return;
      ++left_out_;
    } else if (!is_tls) {
      one.is_plain_to_tls = speaks_tls(*view, address);
      if (!one.is_plain_to_tls) return;
    } else if (UpstreamCase* const asked = any_case(*view, address)) {
      one.verdict = asked->judge_place(place);
    }
    found_.push_back(std::move(one));
  }

  bool speaks_tls(const UpstreamView& view, const std::string& address) const {
    return diagnose_upstream(symptom_at(view, address), surroundings_, knowledge_).is_silent_fault;
  }

  static Symptom symptom_at(const UpstreamView& view, const std::string& address) {
    Symptom symptom;
    symptom.side = parse::Side::upstream;
    symptom.scheme = view.destination->scheme;
    symptom.peer = address;
    if (view.target->server != nullptr) symptom.server = view.target->server->names.logged;
    return symptom;
  }

  /// A case opens at a place; it judges all others too.
  UpstreamCase* any_case(const UpstreamView& view, const std::string& address) {
    if (case_) return case_.get();
    symptom_ = symptom_at(view, address);
    auto opened = UpstreamCase::open(symptom_, surroundings_, knowledge_);
    if (opened) case_ = std::move(opened).value();
    return case_.get();
  }

  const Surroundings& surroundings_;
  const match::Knowledge& knowledge_;
  const std::size_t most_;
  const SurveyedPeers which_;
  Symptom symptom_;
  std::unique_ptr<UpstreamCase> case_;
  std::vector<SurveyedUpstream> found_;
  std::size_t left_out_ = 0;
};

}  // namespace

bool looks_like_tls(const ReadConfiguration& nginx, const nginx::PassTarget& target,
                    const nginx::Address& address) {
  constexpr std::uint16_t kCustom = 443;  // 443, 8443, 9443, 10443
  constexpr std::uint16_t kThousand = 1000;
  if (address.port % kThousand == kCustom) return true;
  const nginx::EffectiveValue& verify = target.settings.verify;
  if (!verify.is_default() && verify.level() == target.pass->parent) return true;
  const auto& listeners = nginx.listeners.listeners();
  return std::any_of(listeners.begin(), listeners.end(), [&](const nginx::Listener& one) {
    const nginx::Address& own = one.default_server().listen->address;
    return one.is_tls && own.port != 0 && own.port == address.port &&
           address.host.starts_with("127.");
  });
}

std::vector<SurveyedUpstream> survey_upstreams(const Surroundings& surroundings,
                                               const match::Knowledge& knowledge, std::size_t most,
                                               std::size_t& left_out, SurveyedPeers which) {
  Survey survey(surroundings, knowledge, most, which);
  auto found = survey.run();
  left_out = survey.left_out();
  return found;
}

}  // namespace handshaked::diagnose
