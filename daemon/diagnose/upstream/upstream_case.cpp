// Which place governs a line, the same place with a change, and what is read once for all of it.
#include "diagnose/upstream/upstream_case.h"

#include <algorithm>
#include <charconv>

#include "diagnose/certificates/bundle_memo.h"
#include "diagnose/tls/tls_library.h"
#include "nginx/serving/location_match.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostPlacesTried = 6;
constexpr double kEquallyGood = 0.5;  // of the best place's confidence: its verdict may decide

std::uint16_t port_of(std::string_view peer) {
  const std::size_t colon = peer.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string_view::npos)
    std::from_chars(peer.data() + colon + 1, peer.data() + peer.size(), port);
  return port;
}

nginx::LoggedPlace logged_place(const Symptom& symptom) {
  nginx::LoggedPlace place;
  place.scheme = symptom.scheme;
  place.peer = symptom.peer;
  place.upstream_path = symptom.upstream_path;
  place.server = symptom.server;
  const std::string_view request = symptom.request_target;
  place.request_target = request.starts_with('/') ? request : nginx::request_target(request);
  place.host = symptom.host;
  // An empty name in such a line is a name, too; in other lines there is none.
  if (symptom.is_about_name()) place.expected_name = symptom.name;
  return place;
}

}  // namespace

Result<std::unique_ptr<UpstreamCase>> UpstreamCase::open(const Symptom& symptom,
                                                         const Surroundings& surroundings,
                                                         const match::Knowledge& knowledge) {
  std::unique_ptr<UpstreamCase> opened(new UpstreamCase(symptom, surroundings, knowledge));
  TRY(opened->find_place());
  return opened;
}

Result<std::unique_ptr<UpstreamCase>> UpstreamCase::open_at(const UpstreamPlace& place,
                                                            const Symptom& symptom,
                                                            const Surroundings& surroundings,
                                                            const match::Knowledge& knowledge) {
  std::unique_ptr<UpstreamCase> opened(new UpstreamCase(symptom, surroundings, knowledge));
  const auto view = view_of(place, *surroundings.nginx, *surroundings.files);
  if (!view) return fail(ErrorCode::not_found, "no such place");
  opened->place_ = place;
  opened->view_ = *view;
  opened->candidates_ = {{view->target, view->destination, view->member, 1, "it is this place"}};
  opened->why_this_place_ = "it is this place";
  opened->now_ = opened->judge(*view, true);
  return opened;
}

Result<> UpstreamCase::find_place() {
  const nginx::ResolveName resolve = [this](const std::string& name) {
    std::vector<std::string> addresses;
    if (const auto peers = surroundings_.prober->addresses_of({name, port_of(symptom_.peer)})) {
      for (const AllowedPeer& peer : peers.value()) addresses.push_back(peer.address().ip);
    }
    return addresses;
  };
  candidates_ =
      nginx::governing_targets(surroundings_.nginx->passes, logged_place(symptom_), resolve);
  if (candidates_.empty())
    return fail(ErrorCode::not_found, "no *_pass of the configuration leads to " + symptom_.peer);
  for (std::size_t i = 0; i < candidates_.size() && i < kMostPlacesTried; ++i) {
    const nginx::GoverningTarget& candidate = candidates_[i];
    if (candidate.confidence < kEquallyGood * candidates_.front().confidence ||
        (i > 0 && is_late()))
      break;
    const UpstreamPlace place = place_of(candidate, *surroundings_.nginx);
    const auto view = view_of(place, *surroundings_.nginx, *surroundings_.files);
    if (!view) continue;
    if (i == 0) view_ = *view;
    UpstreamVerdict verdict = judge(*view, true);
    const bool explains = explains_line(verdict);
    // Where nothing is verified no such line can have been written.
    const bool is_better = !now_.verifies && verdict.verifies && symptom_.is_about_verification();
    if (i > 0 && !explains && !is_better) continue;
    place_ = place;
    view_ = *view;
    now_ = std::move(verdict);
    why_this_place_ = candidate.why;
    if (explains) break;
  }
  return success();
}

bool UpstreamCase::explains_line(const UpstreamVerdict& verdict) const {
  if (symptom_.message.empty()) return true;
  if (symptom_.verify_code)
    return verdict.stage == UpstreamStage::verification &&
           verdict.replay.verify_code == *symptom_.verify_code;
  if (symptom_.is_about_name()) {
    return verdict.stage == UpstreamStage::name &&
           nginx::to_lower(verdict.name.verified) == nginx::to_lower(symptom_.name);
  }
  return verdict.stage != UpstreamStage::passes && verdict.stage != UpstreamStage::verification &&
         verdict.stage != UpstreamStage::name;
}

Result<UpstreamCase::PatchedPlace> UpstreamCase::place_with(const ConfigurationPatch& patch) const {
  const nginx::Configuration& configuration = surroundings_.nginx->configuration;
  const auto changed = patch.changed_files();
  const auto changes = patch.changes();
  // Patches name real paths, configurations the ones that were included: links in sites-enabled.
  const bool is_read_again =
      std::any_of(changes.begin(), changes.end(),
                  [](const Change& change) { return !change.directive.empty(); }) ||
      std::any_of(changed.begin(), changed.end(),
                  [&](const auto& file) { return configuration.file(file.first) != nullptr; });
  PatchedPlace place{nullptr, place_.target, {}};
  if (is_read_again) {
    const nginx::Directive& pass = *surroundings_.nginx->passes.targets()[place_.target].pass;
    const bool is_enough = is_decided_around_itself();
    TRY(auto reread, is_enough ? patch.reread_around(pass) : patch.reread());
    if (reread.problems().size() > configuration.problems().size()) {
      return fail(ErrorCode::invalid_configuration, reread.problems().back().message());
    }
    place.read = std::make_unique<const ReadConfiguration>(std::move(reread),
                                                           surroundings_.installation.version);
    if (is_enough) {
      const auto& targets = place.read->passes.targets();
      const auto found = std::find_if(
          targets.begin(), targets.end(),
          [&](const nginx::PassTarget& target) { return patch.is_same_place(pass, *target.pass); });
      place.target = static_cast<std::size_t>(found - targets.begin());
    }
  }
  UpstreamPlace there = place_;
  there.target = place.target;
  const auto view = view_of(there, place.read ? *place.read : *surroundings_.nginx, patch.files());
  if (!view)
    return fail(ErrorCode::invalid_configuration, "the place is not in the configuration any more");
  place.view = *view;
  return place;
}

/// Nothing but the blocks around it decides about this place. Variables may stand for what is named
/// elsewhere, and what stands in a snippet that is included twice cannot be told apart.
bool UpstreamCase::is_decided_around_itself() const {
  const auto& targets = surroundings_.nginx->passes.targets();
  const nginx::PassTarget& own = targets[place_.target];
  if (own.has_variables || !surroundings_.nginx->configuration.problems().empty()) return false;
  return std::all_of(targets.begin(), targets.end(), [&](const nginx::PassTarget& other) {
    return &other == &own || other.pass->file != own.pass->file ||
           other.pass->raw.begin != own.pass->raw.begin;
  });
}

UpstreamVerdict UpstreamCase::judge(const ConfigurationPatch& patch) {
  const auto place = place_with(patch);
  if (place) return judge(place.value().view, patch.is_empty());
  UpstreamVerdict verdict;
  verdict.stage = UpstreamStage::configuration;
  verdict.problem = place.error().context();
  return verdict;
}

bool UpstreamCase::is_library_of_nginx_another() const {
  const std::string& theirs = surroundings_.installation.openssl_running;
  return theirs.empty() || why_proofs_do_not_count(theirs).has_value();
}

UpstreamVerdict UpstreamCase::judge_place(const UpstreamPlace& place) {
  if (const auto view = view_of(place, *surroundings_.nginx, *surroundings_.files))
    return judge(*view, true);
  UpstreamVerdict verdict;
  verdict.problem = "no such place";
  return verdict;
}

Result<PeerObservation> UpstreamCase::observe(const ProbeRequest& request) {
  if (!now_.peer)
    return fail(ErrorCode::permission_denied,
                now_.problem.empty() ? "the peer is not known" : now_.problem);
  return surroundings_.prober->observe(*now_.peer, request, request == now_.asked.request);
}

Result<> UpstreamCase::need_session() {
  if (material().session) {
    material().session->answer_by(surroundings_.deadline);
    return success();
  }
  TRY(auto started, ReplaySession::start(surroundings_.deadline));
  material().session.emplace(std::move(started));
  return success();
}

Result<ReplayResult> UpstreamCase::replay(const ReplayInput& input) {
  TRY(auto results, replay(std::span(&input, 1)));
  return std::move(results.front());
}

Result<std::vector<ReplayResult>> UpstreamCase::replay(std::span<const ReplayInput> inputs) {
  TRY(need_session());
  auto results = material().session->replay(inputs);
  if (!results && results.error().code() != ErrorCode::invalid_input) material().session.reset();
  return results;
}

Result<IssuerSearch> UpstreamCase::find_issuers(const Der& certificate,
                                                std::span<const Der> candidates) {
  TRY(need_session());
  auto found = material().session->find_issuers(certificate, candidates);
  if (!found && found.error().code() != ErrorCode::invalid_input) material().session.reset();
  return found;
}

Result<Certificate> UpstreamCase::certificate(const Der& own) {
  auto known = material().certificates.find(own);
  if (known == material().certificates.end()) {
    TRY(auto parsed, Certificate::from_der(own));
    known = material().certificates.emplace(own, std::move(parsed)).first;
  }
  return known->second;
}

Result<std::shared_ptr<const PemBundle>> UpstreamCase::bundle(
    const nginx::ConfigurationFiles& files, const std::string& path) {
  TRY(const std::string text, files.read(path, kMaxBundleBytes));
  return BundleMemo::of_this_process().read(text);
}

}  // namespace handshaked::diagnose
