#include <algorithm>
#include <map>

#include "diagnose/case/protection.h"
#include "diagnose/patch/diff_application.h"
#include "diagnose/preflight/forecast_parts.h"
#include "diagnose/texts.h"
#include "diagnose/tls/tls_library.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

/// How far nginx comes, where a client's key that may not be read is all that keeps our own
/// handshake from its end.
UpstreamVerdict as_nginx_has_it(UpstreamVerdict verdict) {
  if (verdict.stage != UpstreamStage::handshake || !verdict.asked.left_out_client_certificate)
    return verdict;
  if (!verdict.has_chain()) {
    verdict.stage = UpstreamStage::untested;
    verdict.problem =
        "the client certificate could not be shown: " + verdict.asked.client_certificate_problem;
  } else if (verdict.verifies && verdict.replay.verify_code != 0) {
    verdict.stage = UpstreamStage::verification;
  } else if (verdict.verifies && !verdict.replay.name_matches) {
    verdict.stage = UpstreamStage::name;
  } else {
    verdict.stage = UpstreamStage::passes;
  }
  return verdict;
}

bool is_failure(UpstreamStage stage) {
  return stage == UpstreamStage::configuration || stage == UpstreamStage::handshake ||
         stage == UpstreamStage::verification || stage == UpstreamStage::name;
}

/// The configuration asks for the same: the same files, depth, name and handshake.
bool asks_the_same(const UpstreamVerdict& left, const UpstreamVerdict& right) {
  return left.verifies == right.verifies && left.trusted_file == right.trusted_file &&
         left.crl_file == right.crl_file && left.input.depth == right.input.depth &&
         left.name.verified == right.name.verified && left.asked.request == right.asked.request;
}

/// Stable names of the *_pass directives of a configuration: server, location, directive, and which
/// of several.
std::vector<std::string> pass_keys(const ReadConfiguration& read) {
  std::vector<std::string> keys;
  std::map<std::string, int> seen;
  for (const nginx::PassTarget& target : read.passes.targets()) {
    std::string key = target.server != nullptr ? target.server->names.logged : std::string();
    key += "|" +
           (target.location != nullptr ? nginx::describe_block(*target.location) : std::string()) +
           "|" + target.pass->name;
    const int number = seen[key]++;
    keys.push_back(key + "|" + std::to_string(number));
  }
  return keys;
}

class UpstreamOutlook {
 public:
  UpstreamOutlook(Worlds& worlds, PreflightReport& report) : worlds_(worlds), report_(report) {
    if (worlds.host.before != worlds.host.after) match_places();
  }

  void run() {
    const auto& targets = worlds_.after.nginx->passes.targets();
    for (std::size_t t = 0; t < targets.size(); ++t) {
      for (std::size_t d = 0; d < targets[t].destinations.size(); ++d) {
        const nginx::Destination& destination = targets[t].destinations[d];
        if (!destination.is_tls && !worlds_.change().is_configuration) continue;
        if (destination.group == nullptr) look_at({t, d, std::nullopt});
        for (std::size_t m = 0;
             destination.group != nullptr && m < destination.group->servers.size(); ++m) {
          if (destination.group->servers[m].is_valid && !destination.group->servers[m].is_down)
            look_at({t, d, m});
        }
      }
      if (targets[t].destinations.empty() && targets[t].is_tls) look_at_unknown(targets[t]);
    }
  }

 private:
  void match_places() {
    const auto old_keys = pass_keys(*worlds_.before.nginx),
               new_keys = pass_keys(*worlds_.after.nginx);
    for (std::size_t i = 0; i < new_keys.size(); ++i) {
      const auto found = std::find(old_keys.begin(), old_keys.end(), new_keys[i]);
      if (found != old_keys.end())
        target_before_[i] = static_cast<std::size_t>(found - old_keys.begin());
    }
  }

  std::optional<UpstreamPlace> place_before(const UpstreamPlace& place) const {
    if (target_before_.empty() && !worlds_.change().is_configuration) return place;
    const auto found = target_before_.find(place.target);
    if (found == target_before_.end()) return std::nullopt;
    UpstreamPlace before = place;
    before.target = found->second;
    return view_of(before, *worlds_.before.nginx, *worlds_.before.files) ? std::optional(before)
                                                                         : std::nullopt;
  }

  bool reads_planned_file(const UpstreamView& view) const {
    const nginx::UpstreamSettings& settings = view.target->settings;
    for (const nginx::EffectiveValue* const value :
         {&settings.trusted_certificate, &settings.crl, &settings.certificate,
          &settings.certificate_key}) {
      if (value->first().empty() || nginx::has_variables(value->first())) continue;
      if (worlds_.host.after_files->is_planned(
              view.nginx->configuration.full_path(value->first(), nginx::PathBase::configuration)))
        return true;
    }
    return false;
  }

  bool gets_planned_chain(const UpstreamView& view) const {
    const nginx::Address& address = *view.address();
    for (const PeerChain& one : worlds_.change().chains) {
      if (nginx::is_same_endpoint(one.peer, address)) return true;
    }
    // A name of the configuration, and an address on the command line: as far as names are looked
    // up here.
    if (address.kind != nginx::Address::Kind::name || worlds_.change().chains.empty()) return false;
    const auto peers = worlds_.after.prober->addresses_of({address.host, address.port});
    return peers &&
           std::any_of(peers.value().begin(), peers.value().end(), [&](const AllowedPeer& peer) {
             return std::any_of(worlds_.change().chains.begin(), worlds_.change().chains.end(),
                                [&](const PeerChain& one) {
                                  return one.peer.is_ip() &&
                                         nginx::is_same_host(one.peer.host, peer.address().ip) &&
                                         one.peer.port == peer.address().port;
                                });
           });
  }

  bool is_reached(const UpstreamView& view) const {
    return worlds_.change().is_everywhere() || reads_planned_file(view) || gets_planned_chain(view);
  }

  Forecast named(const nginx::PassTarget& target) const {
    Forecast forecast;
    forecast.host = worlds_.host.name;
    forecast.side = "upstream";
    forecast.file = target.pass->file->path;
    forecast.line = target.pass->line;
    forecast.directive = target.pass->name;
    if (target.server != nullptr) forecast.server = target.server->names.logged;
    return forecast;
  }

  /// Only a request tells where it goes.
  void look_at_unknown(const nginx::PassTarget& target) {
    if (!worlds_.change().is_everywhere()) {
      ++report_.unaffected;
      return;
    }
    Forecast forecast = named(target);
    forecast.outlook = Outlook::cannot_tell;
    // Up to its path, which may hold anything.
    const std::string_view written = target.pass->argument(0);
    const std::size_t host =
        written.find("://") == std::string_view::npos ? 0 : written.find("://") + 3;
    forecast.target = written.substr(0, written.find_first_of("/?", host));
    forecast.missing = preflight_text("missing.upstream");
    report_.places.push_back(std::move(forecast));
  }

  void look_at(const UpstreamPlace& place) {
    const auto view = view_of(place, *worlds_.after.nginx, *worlds_.after.files);
    if (!view || view->address() == nullptr) return;
    if (!is_reached(*view)) {
      ++report_.unaffected;
      return;
    }
    Forecast forecast = named(*view->target);
    const std::string address = view->address()->text();
    forecast.target =
        view->destination->scheme.empty() ? address : view->destination->scheme + "://" + address;
    if (worlds_.is_late()) {
      forecast.outlook = Outlook::cannot_tell;
      forecast.missing = preflight_text("missing.time");
      report_.places.push_back(std::move(forecast));
      return;
    }
    const auto before_place = place_before(place);
    const UpstreamVerdict will = verdict_of(after_case_, worlds_.after, place, *view);
    std::optional<UpstreamVerdict> was;
    if (before_place) {
      const auto old_view = view_of(*before_place, *worlds_.before.nginx, *worlds_.before.files);
      was = verdict_of(before_case_, worlds_.before, *before_place, *old_view);
      forecast.weakened = weakened_upstream(*old_view, *view, *was, will);
    }
    if (will.stage == UpstreamStage::plain && forecast.weakened.empty()) return;
    judge(forecast, was, will);
    if (forecast.outlook == Outlook::breaks)
      explain(forecast, before_place, place, *view, worlds_.after);
    const bool is_listed = forecast.outlook != Outlook::unaffected;
    if (is_listed) report_.places.push_back(forecast);
    else ++report_.unaffected;
    if (worlds_.change().until && is_listed && will.stage == UpstreamStage::passes &&
        will.verifies && will.has_chain())
      walk_dates(before_place, place, *view, will);
  }

  UpstreamVerdict verdict_of(std::unique_ptr<UpstreamCase>& any, const Surroundings& world,
                             const UpstreamPlace& place, const UpstreamView& view) {
    if (any) return as_nginx_has_it(any->judge_place(place));
    // A case opens at a place; it judges all others too.
    Symptom& symptom = &world == &worlds_.before ? symptom_before_ : symptom_after_;
    symptom = symptom_at(view);
    auto opened = UpstreamCase::open_at(place, symptom, world, worlds_.means.knowledge);
    if (!opened) {
      UpstreamVerdict verdict;
      verdict.problem = opened.error().message();
      return verdict;
    }
    any = std::move(opened).value();
    return as_nginx_has_it(any->now());
  }

  static Symptom symptom_at(const UpstreamView& view) {
    Symptom symptom;
    symptom.side = parse::Side::upstream;
    symptom.scheme = view.destination->scheme;
    symptom.peer = view.address()->text();
    if (view.target->server != nullptr) symptom.server = view.target->server->names.logged;
    return symptom;
  }

  void judge(Forecast& forecast, const std::optional<UpstreamVerdict>& was,
             const UpstreamVerdict& will) {
    if (was) forecast.now = summary_of(*was);
    forecast.then = summary_of(will);
    if (will.has_chain()) forecast.ran_under = will.policy.description();
    forecast.would_log = would_log(will);
    const bool is_alike = was && was->stage == will.stage &&
                          was->replay.verify_code == will.replay.verify_code &&
                          asks_the_same(*was, will);
    if (is_alike && worlds_.change().is_configuration_alone() && forecast.weakened.empty()) {
      forecast.outlook = Outlook::unaffected;
      return;
    }
    if (const auto missing = what_is_missing(will, worlds_.after)) {
      forecast.outlook = Outlook::cannot_tell;
      forecast.missing = *missing;
      forecast.would_log.clear();
      return;
    }
    const bool failed = was && is_failure(was->stage) && !what_is_missing(*was, worlds_.before);
    const bool has_worked = was && was->stage == UpstreamStage::passes;
    if (is_failure(will.stage) || will.stage == UpstreamStage::connect ||
        will.stage == UpstreamStage::resolve) {
      forecast.outlook = failed ? Outlook::broken_already : Outlook::breaks;
      if (forecast.outlook == Outlook::breaks && !has_worked)
        forecast.weakened.push_back(
            preflight_text("missing.state_today", {{"state", forecast.now}}));
      return;
    }
    if (failed) forecast.outlook = Outlook::cured;
    else forecast.outlook = forecast.weakened.empty() ? Outlook::works : Outlook::weakens;
  }

  /// Why a verdict is none; nothing when it is one.
  std::optional<Text> what_is_missing(const UpstreamVerdict& verdict, const Surroundings& world) {
    for (const std::string& path : {verdict.trusted_file, verdict.crl_file}) {
      // Where nothing is verified nginx opens neither.
      if (path.empty() || !verdict.verifies || world.files->read(path, kMaxBundleBytes)) continue;
      note_missing(path);
      return preflight_text("missing.file", {{"file", path}});
    }
    switch (verdict.stage) {
      case UpstreamStage::untested:
        return preflight_text("missing.chain", {{"problem", verdict.problem}});
      case UpstreamStage::resolve:
      case UpstreamStage::connect: {
        const std::string seen =
            verdict.observation ? summary_of(verdict.observation->seen) : verdict.problem;
        return preflight_text("missing.peer", {{"problem", seen}});
      }
      default: break;
    }
    const bool is_named = !verdict.verifies || verdict.name.is_known;
    if (is_named || verdict.stage != UpstreamStage::passes) return std::nullopt;
    return preflight_text("missing.name", {{"reason", verdict.name.reason}});
  }

  void note_missing(const std::string& path) {
    auto& files = report_.missing_files;
    const std::string name = worlds_.host.name.empty() ? path : worlds_.host.name + ": " + path;
    if (std::find(files.begin(), files.end(), name) == files.end()) files.push_back(name);
  }

  /// The cause of a break, and what prevents it.
  void explain(Forecast& forecast, const std::optional<UpstreamPlace>& before_place,
               const UpstreamPlace& place, const UpstreamView& view, const Surroundings& world) {
    const Symptom symptom = symptom_at(view);
    const auto opened = UpstreamCase::open_at(place, symptom, world, worlds_.means.knowledge);
    if (!opened) return;
    Diagnosis found = diagnose_case(*opened.value());
    if (before_place) keep_old_default(*opened.value(), *before_place, found);
    const Diagnosis diagnosis = finished(std::move(found), world);
    forecast.cause = diagnosis.cause;
    forecast.reason = diagnosis.summary;
    forecast.preventions = preventions_of(
        diagnosis, [&](const Fix& fix) { return works_today(fix, before_place, symptom); });
  }

  /// What an upgrade changes by its default alone is kept by writing the old one down.
  void keep_old_default(UpstreamCase& upstream, const UpstreamPlace& before_place,
                        Diagnosis& diagnosis) const {
    const auto old_view = view_of(before_place, *worlds_.before.nginx, *worlds_.before.files);
    const nginx::EffectiveValue& fresh = upstream.view().target->settings.protocols;
    if (!old_view || !fresh.is_default() || !old_view->target->settings.protocols.is_default())
      return;
    const std::vector<std::string_view> words = old_view->target->settings.protocols.values();
    if (words == fresh.values()) return;
    const std::vector<std::string> arguments(words.begin(), words.end());
    const std::string directive = upstream.view().directive("ssl_protocols");
    ConfigurationPatch patch = upstream.new_patch();
    if (!patch.set_directive(upstream.view().settings_block(), directive, arguments)) return;
    const UpstreamVerdict verdict = as_nginx_has_it(upstream.judge(patch));
    auto diff = patch.unified_diff();
    if (!verdict.passes() || !diff) return;
    std::string value;
    for (const std::string& word : arguments) value += " " + word;
    Fix fix;
    fix.id = "keep-old-default";
    fix.title = preflight_text("fix.old_default", {{"directive", directive}, {"value", value}});
    fix.how = preflight_text("fix.keeps_old");
    fix.patch = std::move(diff).value();
    fix.changes = patch.changes();
    fix.commands = {"nginx -t", "nginx -s reload"};
    fix.proof = {.status = ProofStatus::proved,
                 .method = ProofMethod::probe,
                 .detail = preflight_text("fix.old_default_passes",
                                          {{"policy", verdict.policy.description()}})};
    diagnosis.fixes.push_back(std::move(fix));
  }

  /// The place of today with a patch made for the other world.
  std::optional<bool> works_today(const Fix& fix, const std::optional<UpstreamPlace>& place,
                                  const Symptom& symptom) {
    if (!place) return std::nullopt;
    const auto changed = apply_unified_diff(fix.patch, *worlds_.after.files);
    if (!changed) return std::nullopt;
    PlannedFiles patched(*worlds_.before.files);
    for (const auto& [path, file] : changed.value()) patched.put(path, file.after);
    const nginx::Configuration& configuration = worlds_.before.nginx->configuration;
    auto read = nginx::Configuration::load(configuration.main_path(), patched,
                                           {.prefix = configuration.prefix(), .limits = {}});
    if (!read) return std::nullopt;
    const ReadConfiguration whole(std::move(read).value(), worlds_.before.installation.version);
    Surroundings world = worlds_.before;
    world.nginx = &whole;
    world.files = &patched;
    const auto opened = UpstreamCase::open_at(*place, symptom, world, worlds_.means.knowledge);
    if (!opened) return std::nullopt;
    const UpstreamVerdict verdict = as_nginx_has_it(opened.value()->now());
    if (verdict.stage == UpstreamStage::passes) return true;
    return is_failure(verdict.stage) ? std::optional(false) : std::nullopt;
  }

  /// Every date until --until at which the verdict changes is a forecast of its own.
  void walk_dates(const std::optional<UpstreamPlace>& before_place, const UpstreamPlace& place,
                  const UpstreamView& view, const UpstreamVerdict& will) {
    const auto dated =
        verdicts_until(*after_case_, will, *worlds_.after.files, *worlds_.change().until);
    if (dated.empty()) return;
    const Forecast today = std::move(report_.places.back());
    report_.places.pop_back();
    bool is_explained = false;
    for (const DatedVerdict& one : dated) {
      UpstreamVerdict then = will;
      then.replay = one.result;
      then.stage = one.result.verify_code != 0 ? UpstreamStage::verification
                   : !one.result.name_matches  ? UpstreamStage::name
                                               : UpstreamStage::passes;
      Forecast forecast = today;
      forecast.at = one.at;
      forecast.now = summary_of(will);
      forecast.then = summary_of(then);
      forecast.would_log = would_log(then);
      forecast.outlook = then.passes() ? Outlook::cured : Outlook::breaks;
      if (!then.passes() && !is_explained) {
        Surroundings world = worlds_.after;
        world.now = one.at;
        explain(forecast, before_place, place, view, world);
        is_explained = true;
      }
      report_.places.push_back(std::move(forecast));
    }
  }

  Worlds& worlds_;
  PreflightReport& report_;
  Symptom symptom_before_, symptom_after_;
  std::unique_ptr<UpstreamCase> before_case_, after_case_;
  std::map<std::size_t, std::size_t> target_before_;
};

}  // namespace

void forecast_upstreams(Worlds& worlds, PreflightReport& report) {
  UpstreamOutlook(worlds, report).run();
}

Diagnosis finished(Diagnosis diagnosis, const Surroundings& world) {
  if (const auto why = why_proofs_do_not_count(world.installation.openssl_running))
    withdraw_proofs(diagnosis, *why);
  mark_unsafe_fixes(diagnosis);
  rank_fixes(diagnosis.fixes);
  return diagnosis;
}

std::vector<Prevention> preventions_of(const Diagnosis& diagnosis, const WorksToday& works_today) {
  constexpr std::size_t kMost = 5;
  std::vector<Prevention> preventions;
  for (const Fix& fix : diagnosis.fixes) {
    if (preventions.size() == kMost) break;
    Prevention one{fix, Rollout::together};
    Text& detail = one.fix.proof.detail;
    if (fix.proof.status != ProofStatus::untested)
      detail = preflight_text("fix.after_change", {{"proof", detail}});
    if (fix.owner != Owner::proxy) {
      one.rollout = Rollout::elsewhere;
    } else if (!fix.patch.empty() && fix.proof.status == ProofStatus::proved) {
      if (works_today(fix).value_or(false)) {
        one.rollout = Rollout::first;
        detail = preflight_text("fix.works_today", {{"proof", detail}});
      }
    }
    preventions.push_back(std::move(one));
  }
  // What is proved stays in front; among equals what can be done at once comes first.
  std::stable_sort(
      preventions.begin(), preventions.end(), [](const Prevention& left, const Prevention& right) {
        const auto rank = [](const Prevention& one) {
          const bool is_good = one.fix.proof.status == ProofStatus::proved && !one.fix.is_unsafe;
          return (is_good             ? 0
                  : one.fix.is_unsafe ? 4
                                      : 2) +
                 (one.rollout == Rollout::first ? 0 : 1);
        };
        return rank(left) < rank(right);
      });
  return preventions;
}

}  // namespace handshaked::diagnose
