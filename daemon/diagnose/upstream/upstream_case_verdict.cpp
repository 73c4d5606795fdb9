// What nginx would do at a place: whom it asks and how, the handshake, the verification, the name.
#include <algorithm>
#include <charconv>

#include "diagnose/patch/configuration_trial.h"
#include "diagnose/upstream/handshake/handshake_settings.h"
#include "diagnose/upstream/upstream_case.h"
#include "diagnose/upstream/verification/name_candidates.h"

namespace handshaked::diagnose {
namespace {

constexpr int kDepthWithoutVerification = 100;
constexpr int kUnrecognizedName = 112;  // the alert

NamedPeer named(const nginx::Address& address) {
  if (address.kind == nginx::Address::Kind::unix_socket) return {"unix:" + address.host, 0};
  return {address.host, address.port};
}

int depth_of(const nginx::EffectiveValue& value) {
  int depth = 1;
  const std::string_view text = value.first();
  std::from_chars(text.data(), text.data() + text.size(), depth);
  return depth;
}

/// What $host was in the request of the line; empty when the name does not come from there.
std::string host_of_request(const UpstreamView& view, const Symptom& symptom) {
  const std::string_view name = view.target->settings.name.first();
  if (name != "$host" && name != "$http_host") return {};
  return nginx::to_lower(std::string_view(symptom.host).substr(0, symptom.host.rfind(':')));
}

/// The configuration sets the security level itself: no default of a library counts.
bool sets_level(const ProbeRequest& request) {
  const auto says = [](const std::string& text) {
    return text.find("@SECLEVEL") != std::string::npos;
  };
  return says(request.ciphers) ||
         std::any_of(request.conf_commands.begin(), request.conf_commands.end(),
                     [&](const ConfCommand& one) { return says(one.second); });
}

bool is_late_refusal(const ProbeResult& seen) { return seen.phase == ProbePhase::after_handshake; }

/// The handshake came so far that nginx looks at the certificate.
bool is_complete(const ProbeResult& seen) {
  return seen.is_ok() || (is_late_refusal(seen) && !seen.chain.empty());
}

/// What our own library cannot do says nothing about the peer, nor about nginx's library.
UpstreamStage stage_without_handshake(const ProbeResult& seen) {
  if (seen.outcome == ProbeOutcome::local_error) return UpstreamStage::untested;
  const bool is_of_network =
      seen.outcome == ProbeOutcome::refused || seen.outcome == ProbeOutcome::unreachable ||
      seen.outcome == ProbeOutcome::timed_out || seen.outcome == ProbeOutcome::reset;
  return seen.phase == ProbePhase::connect && is_of_network ? UpstreamStage::connect
                                                            : UpstreamStage::handshake;
}

}  // namespace

/// A name that only a request tells: the one that the line compares stands for it, what $host was,
/// or the server's own first name. It is sent as SNI only when the configuration itself has it, or
/// an operator repeats the request of a line.
nginx::PeerName UpstreamCase::name_at(const UpstreamView& view) const {
  nginx::PeerName name = view.name();
  if (name.is_known) return name;
  const std::string& own = view.target->server->names.logged;
  if (symptom_.is_about_name()) {
    name.is_known = true;
    name.verified = symptom_.name;
  } else if (name.is_client_chosen) {
    name.verified = host_of_request(view, symptom_);
    if (name.verified.empty() && symptom_.is_about_verification()) name.verified = own;
    name.is_known = !name.verified.empty();
  }
  if (!name.is_known || !view.target->settings.server_name.is_on() || !is_host_name(name.verified))
    return name;
  // What the request asked for has been sent to this very peer already: by nginx, when it wrote the
  // line.
  const bool was_sent = surroundings_.prober->scope() == ProbeScope::all &&
                        name.verified == host_of_request(view, symptom_);
  if (name.verified == own || was_sent) name.sni = name.verified;
  return name;
}

/// What nginx would send there.
UpstreamRequest UpstreamCase::asked_at(const UpstreamView& view) const {
  UpstreamRequest asked = request_as_nginx(view, surroundings_.may_read_keys);
  asked.request.server_name = name_at(view).sni.value_or(std::string());
  if (surroundings_.security_level && !sets_level(asked.request))
    asked.request.security_level = surroundings_.security_level;
  return asked;
}

/// A context costs a millisecond, and most changes leave ciphers and commands as they are.
Result<SecurityPolicy> UpstreamCase::policy_of(const ProbeRequest& request) {
  if (!policy_ || policy_->ciphers != request.ciphers ||
      policy_->commands != request.conf_commands) {
    policy_ = KnownPolicy{request.ciphers, request.conf_commands,
                          security_policy(request.ciphers, request.conf_commands)};
  }
  return policy_->policy;
}

UpstreamVerdict UpstreamCase::judge(const UpstreamView& view, bool is_own) {
  UpstreamVerdict verdict;
  verdict.name = name_at(view);
  verdict.verifies = view.target->settings.verify.is_on();
  verdict.asked = asked_at(view);
  auto policy = policy_of(verdict.asked.request);
  if (!policy && is_library_of_nginx_another()) {
    verdict.problem = "our own OpenSSL cannot: " + policy.error().context();
    if (find_peer(view, is_own, verdict)) ask_nginx_instead(view, verdict);
    return verdict;
  }
  if (!policy) {
    verdict.stage = UpstreamStage::configuration;
    verdict.problem = policy.error().message();
    return verdict;
  }
  verdict.policy = std::move(policy).value();
  verdict.policy.security_level =
      verdict.asked.request.security_level.value_or(verdict.policy.security_level);
  if (!find_peer(view, is_own, verdict)) return verdict;
  if (!view.is_tls()) {
    verdict.stage = UpstreamStage::plain;
    return verdict;
  }
  const bool is_seen = look(view, is_own, verdict);
  const bool is_our_failure =
      verdict.observation && verdict.observation->seen.outcome == ProbeOutcome::local_error;
  if (is_our_failure) ask_nginx_instead(view, verdict);
  if (verdict.is_by_nginx) return verdict;
  if (!read_trust(view, verdict)) return verdict;
  if (is_seen) verify(view, verdict);
  doubt_without_request(view, verdict);
  return verdict;
}

/// Only a request tells the SNI, and no line has a request: what a peer refuses, or shows, without
/// one is no word about nginx's handshake, unless the peer does the same whatever name it is sent.
void UpstreamCase::doubt_without_request(const UpstreamView& view, UpstreamVerdict& verdict) {
  if (!symptom_.message.empty() || verdict.name.is_known ||
      !view.target->settings.server_name.is_on())
    return;
  const bool is_about_name =
      verdict.stage == UpstreamStage::handshake || verdict.stage == UpstreamStage::verification;
  if (!is_about_name || !verdict.observation ||
      verdict.observation->seen.outcome == ProbeOutcome::not_tls)
    return;
  ProbeRequest named = verdict.asked.request;
  named.server_name = view.target->server->names.logged;
  if (is_host_name(named.server_name)) {
    const auto again = surroundings_.prober->observe(*verdict.peer, named, false);
    const ProbeResult& first = verdict.observation->seen;
    if (again && again.value().seen.outcome == first.outcome &&
        again.value().seen.alert == first.alert && first.alert != kUnrecognizedName &&
        again.value().chain() == verdict.observation->chain()) {
      return;
    }
  }
  verdict.stage = UpstreamStage::untested;
  verdict.problem = "only a request tells the name that nginx sends and verifies";
}

Result<NginxHandshake> UpstreamCase::ask_nginx(const UpstreamView& view, const AllowedPeer& peer) {
  const Surroundings& around = surroundings_;
  if (!around.may_ask_nginx()) return fail(ErrorCode::permission_denied, "nginx is not asked here");
  const nginx::PeerName name = name_at(view);
  if (view.target->settings.verify.is_on() && !name.is_known)
    return fail(ErrorCode::invalid_input, "only a request tells the name");
  if (!view.is_tls()) return fail(ErrorCode::invalid_input, "nginx speaks no TLS there");
  // Whoever writes what a running nginx of root's or ours reads has its rights already.
  if (!around.nginx_loaded_at) {
    TRY(check_who_wrote(view.nginx->configuration));
  }
  const PeerObservation* const seen = around.prober->seen(peer, asked_at(view).request);
  const bool asks_for_nothing =
      seen != nullptr && is_complete(seen->seen) && !seen->seen.certificate_request;
  return shake_hands_as_nginx(view, peer.address(), name,
                              {around.nginx_program, &around.installation, around.deadline,
                               !asks_for_nothing, around.shared_nginx});
}

/// What our own library cannot do says nothing: nginx has a library of its own.
void UpstreamCase::ask_nginx_instead(const UpstreamView& view, UpstreamVerdict& verdict) {
  auto asked = ask_nginx(view, *verdict.peer);
  if (!asked) return;
  verdict.is_by_nginx = true;
  verdict.stage = asked.value().has_passed ? UpstreamStage::passes : UpstreamStage::handshake;
  verdict.problem = std::move(asked.value().complaint);
}

bool UpstreamCase::find_peer(const UpstreamView& view, bool is_own, UpstreamVerdict& verdict) {
  const nginx::Address* const address = view.address();
  const bool is_same = address != nullptr && view_.address() != nullptr &&
                       nginx::is_same_endpoint(*address, *view_.address());
  if (now_.peer && (is_same || address == nullptr)) {
    verdict.peer = now_.peer;
    if (!is_own || view.destination == nullptr || !view.destination->is_resolved_at_run_time)
      return true;
  }
  if (view.destination != nullptr && view.destination->is_resolved_at_run_time &&
      view.target->settings.resolver.first().empty()) {
    verdict.stage = UpstreamStage::resolve;
    verdict.problem = "no resolver is defined for " + view.destination->address.host;
    return false;
  }
  if (verdict.peer) return true;
  if (is_same || address == nullptr) {
    if (auto logged = surroundings_.prober->address_in_log(symptom_.peer)) {
      verdict.peer = std::move(logged).value();
      return true;
    }
  }
  if (address == nullptr) {
    verdict.problem = "only a request tells where it goes, and " + symptom_.peer +
                      " is not an address that the configuration names";
    return false;
  }
  auto addresses = surroundings_.prober->addresses_of(named(*address));
  if (addresses && !addresses.value().empty()) {
    verdict.peer = addresses.value().front();
    return true;
  }
  verdict.problem = addresses ? "no address" : addresses.error().message();
  const bool is_forbidden = !addresses && addresses.error().code() != ErrorCode::not_found &&
                            addresses.error().code() != ErrorCode::network;
  verdict.stage = is_forbidden ? UpstreamStage::untested : UpstreamStage::resolve;
  return false;
}

/// Sees the peer with this place's request, and sets the stage when the handshake is not complete.
bool UpstreamCase::look(const UpstreamView&, bool is_own, UpstreamVerdict& verdict) {
  const ProbeRequest& request = verdict.asked.request;
  auto seen = surroundings_.prober->observe(*verdict.peer, request,
                                            is_own || request == now_.asked.request);
  if (seen) {
    verdict.observation = std::move(seen).value();
  } else if (now_.observation && now_.peer &&
             to_string(now_.peer->address()) == to_string(verdict.peer->address()) &&
             differs_only_in_ciphers(request, now_.observation->asked)) {
    verdict.observation = now_.observation;
    verdict.is_chain_assumed = true;
  } else {
    verdict.stage = UpstreamStage::untested;
    verdict.problem = seen.error().message();
    return false;
  }
  verdict.input.chain = verdict.observation->chain();
  if (is_complete(verdict.observation->seen)) return true;
  verdict.stage = stage_without_handshake(verdict.observation->seen);
  if (verdict.stage == UpstreamStage::untested)
    verdict.problem = "our own OpenSSL cannot: " + verdict.observation->seen.reason;
  return verdict.has_chain();
}

bool UpstreamCase::read_trust(const UpstreamView& view, UpstreamVerdict& verdict) {
  ReplayInput& input = verdict.input;
  const nginx::UpstreamSettings& settings = view.target->settings;
  const nginx::Configuration& configuration = view.nginx->configuration;
  input.security_level = verdict.policy.security_level;
  input.suite_b = verdict.policy.suite_b;
  input.at = surroundings_.now;
  input.depth = verdict.verifies ? depth_of(settings.verify_depth) : kDepthWithoutVerification;
  if (verdict.verifies && verdict.name.is_known) input.name = verdict.name.verified;
  const auto path_of = [&](const nginx::EffectiveValue& value) {
    return value.first().empty()
               ? std::string()
               : configuration.full_path(value.first(), nginx::PathBase::configuration);
  };
  verdict.trusted_file = path_of(settings.trusted_certificate);
  verdict.crl_file = path_of(settings.crl);
  if (!verdict.verifies) return true;
  const auto refuse = [&](std::string problem) {
    verdict.stage = UpstreamStage::configuration;
    verdict.problem = std::move(problem);
    return false;
  };
  if (verdict.trusted_file.empty())
    return refuse("no " + view.directive("ssl_trusted_certificate") + " for " +
                  view.directive("ssl_verify"));
  // What OpenSSL's own command trusts comes after the directive, and alone counts.
  if (const std::string file = conf_command(view, "VerifyCAFile"); !file.empty()) {
    verdict.trusted_file = configuration.full_path(file, nginx::PathBase::configuration);
  }
  for (const std::string& path : {verdict.trusted_file, verdict.crl_file}) {
    if (path.empty()) continue;
    const auto read = bundle(*view.files, path);
    if (!read) return refuse(read.error().message());
    if (!read.value()->loads_as_trust())
      return refuse(path + " holds no certificate that nginx could load");
    for (const BundledCertificate& one : read.value()->certificates)
      input.trusted.push_back(one.certificate.der_with_trust());
    for (const BundledCrl& one : read.value()->crls) input.crls.push_back(one.crl.der());
  }
  input.check_crls = !verdict.crl_file.empty();
  return true;
}

void UpstreamCase::verify(const UpstreamView&, UpstreamVerdict& verdict) {
  auto result = replay(verdict.input);
  const bool is_handshake_done = verdict.stage == UpstreamStage::untested;
  if (!result) {
    if (!is_handshake_done) return;
    verdict.problem = "the chain could not be replayed: " + result.error().message();
    return;
  }
  verdict.replay = std::move(result).value();
  if (!is_handshake_done) return;
  if (verdict.verifies && verdict.replay.verify_code != 0)
    verdict.stage = UpstreamStage::verification;
  else if (verdict.verifies && !verdict.replay.name_matches) verdict.stage = UpstreamStage::name;
  else
    verdict.stage =
        verdict.observation->seen.is_ok() ? UpstreamStage::passes : UpstreamStage::handshake;
}

}  // namespace handshaked::diagnose
