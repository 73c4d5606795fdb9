#include <algorithm>
#include <array>

#include "diagnose/case/protection.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/handshake_report.h"
#include "diagnose/upstream/handshake/handshake_settings.h"

// The knowledge base tells in words what people try in vain. Here the words are made changes, and
// the changes are judged.

namespace handshaked::diagnose {
namespace {

using Write = Result<> (*)(ConfigurationPatch&, const UpstreamView&);

struct Trial {
  std::string_view
      words;  ///< what the English action begins with, behind "proxy_", "grpc_", "uwsgi_"
  bool needs_verification;  ///< says nothing where nothing is verified
  bool is_looking;          ///< asks the peer for something else: another handshake
  Write write;
};

Result<> set(ConfigurationPatch& patch, const UpstreamView& view, std::string_view setting,
             std::string value) {
  return set_upstream_directive(patch, view, setting, std::array{std::move(value)});
}

Result<> set_protocols(ConfigurationPatch& patch, const UpstreamView& view,
                       std::initializer_list<TlsVersion> versions, bool keeps_own) {
  std::vector<std::string> words;
  if (keeps_own) {
    for (const std::string_view word : view.target->settings.protocols.values())
      words.emplace_back(word);
  }
  for (const TlsVersion version : versions) {
    const std::string word(to_string(version));
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  return set_upstream_directive(patch, view, "ssl_protocols", words);
}

Result<> set_in_server(ConfigurationPatch& patch, const UpstreamView& view, std::string_view name,
                       std::initializer_list<std::string> words) {
  return patch.set_directive(*view.target->server->directive, name,
                             std::vector<std::string>(words));
}

Result<> verify_off(ConfigurationPatch& patch, const UpstreamView& view) {
  return set(patch, view, "ssl_verify", "off");
}
Result<> deeper(ConfigurationPatch& patch, const UpstreamView& view) {
  return set(patch, view, "ssl_verify_depth", "9");
}
Result<> host_header(ConfigurationPatch& patch, const UpstreamView& view) {
  if (view.target->module == nginx::Module::uwsgi ||
      view.target->module == nginx::Module::stream_proxy) {
    return fail(ErrorCode::not_found, "no such header");
  }
  const std::string name = view.name().verified;
  if (name.empty()) return fail(ErrorCode::not_found, "no name");
  return patch.add_directive(view.settings_block(), view.directive("set_header"),
                             std::array{std::string("Host"), name});
}
Result<> older_protocols(ConfigurationPatch& patch, const UpstreamView& view) {
  return set_protocols(patch, view, {TlsVersion::tls1_0, TlsVersion::tls1_1}, true);
}
Result<> protocols_13(ConfigurationPatch& patch, const UpstreamView& view) {
  return set_protocols(patch, view, {TlsVersion::tls1_3}, true);
}
Result<> one_protocol(ConfigurationPatch& patch, const UpstreamView& view) {
  return set_protocols(patch, view, {TlsVersion::tls1_2}, false);
}
Result<> modern_protocols(ConfigurationPatch& patch, const UpstreamView& view) {
  return set_protocols(patch, view, {TlsVersion::tls1_2, TlsVersion::tls1_3}, false);
}
Result<> all_ciphers(ConfigurationPatch& patch, const UpstreamView& view) {
  return set(patch, view, "ssl_ciphers", "ALL");
}
Result<> level_zero(ConfigurationPatch& patch, const UpstreamView& view) {
  return set(patch, view, "ssl_ciphers",
             std::string(view.target->settings.ciphers.first()) + ":@SECLEVEL=0");
}
Result<> listener_protocols(ConfigurationPatch& patch, const UpstreamView& view) {
  return set_in_server(patch, view, "ssl_protocols", {"TLSv1.2", "TLSv1.3"});
}
Result<> listener_curve(ConfigurationPatch& patch, const UpstreamView& view) {
  return set_in_server(patch, view, "ssl_ecdh_curve", {"auto"});
}
Result<> read_timeout(ConfigurationPatch& patch, const UpstreamView& view) {
  return view.target->module == nginx::Module::stream_proxy
             ? set(patch, view, "timeout", "10m")
             : set(patch, view, "read_timeout", "10m");
}
Result<> legacy_connect(ConfigurationPatch& patch, const UpstreamView& view) {
  return set_conf_command(patch, view, "Options", "UnsafeLegacyServerConnect");
}
Result<> legacy_renegotiation(ConfigurationPatch& patch, const UpstreamView& view) {
  return set_conf_command(patch, view, "Options", "UnsafeLegacyRenegotiation");
}
Result<> no_max_fails(ConfigurationPatch& patch, const UpstreamView& view) {
  if (view.member == nullptr) return fail(ErrorCode::not_found, "no group");
  return patch.append_argument(*view.member->directive, "max_fails=0");
}
Result<> plain_scheme(ConfigurationPatch& patch, const UpstreamView& view) {
  return set_scheme(patch, view, false);
}
Result<> nothing(ConfigurationPatch&, const UpstreamView&) { return success(); }

/// More specific words first.
constexpr std::array<Trial, 25> kTrials{{
    {"Set _ssl_verify off", true, false, verify_off},
    {"Raise _ssl_verify_depth", true, false, deeper},
    {"Set the Host header", false, false, host_header},
    {"Only add TLSv1 TLSv1.1", false, true, older_protocols},
    {"Add older protocols", false, true, older_protocols},
    {"Add TLSv1.3 to _ssl_protocols", false, true, protocols_13},
    {"Force a TLS version with _ssl_protocols", false, true, one_protocol},
    {"Offer all ciphers", false, true, all_ciphers},
    {"Widen _ssl_ciphers", false, true, all_ciphers},
    {"Widen ciphers or protocol versions", false, true, all_ciphers},
    {"Change the cipher list", false, true, all_ciphers},
    {"Change _ssl_protocols", false, true, modern_protocols},
    {"Change _ssl_ciphers or _ssl_protocols", false, true, modern_protocols},
    {"_ssl_ciphers …@SECLEVEL=0", false, true, level_zero},
    {"Edit ssl_protocols or ssl_ciphers of the server block", false, false, listener_protocols},
    {"Set ssl_ecdh_curve in the server block", false, false, listener_curve},
    {"Raise proxy_read_timeout or proxy_send_timeout", false, false, read_timeout},
    {"Raise the read timeout", false, false, read_timeout},
    {"Raise _read_timeout", false, false, read_timeout},
    {"Options UnsafeLegacyServerConnect", false, true, legacy_connect},
    {"Options UnsafeLegacyRenegotiation", false, true, legacy_renegotiation},
    {"max_fails=0", false, false, no_max_fails},
    {"Use http:// instead", false, false, plain_scheme},
    {"Switch a mixed pool to http://", false, false, plain_scheme},
    {"Restart nginx", false, false, nothing},
}};

/// "Set grpc_ssl_verify off" as "Set _ssl_verify off".
std::string without_family(const std::string& action, std::string_view family) {
  std::string text = action;
  const std::string prefix = std::string(family) + "_ssl";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
    text.erase(at, family.size());
  if (const std::size_t at = text.find(std::string(family) + "_read_timeout");
      at != std::string::npos && family != "proxy") {
    text.erase(at, family.size());
  }
  return text;
}

const Trial* trial_of(const DeadEnd& dead_end, std::string_view family) {
  const std::string action = without_family(dead_end.action.en, family);
  const auto found = std::find_if(kTrials.begin(), kTrials.end(), [&](const Trial& trial) {
    return action.starts_with(trial.words);
  });
  return found == kTrials.end() ? nullptr : &*found;
}

/// It was tried: a dead end stays one only if it still fails, or passes because a protection is
/// gone.
bool is_dead_end(DeadEnd& dead_end, const UpstreamVerdict& verdict) {
  // What a peer makes of plain text no handshake tells.
  if (verdict.stage == UpstreamStage::untested || verdict.stage == UpstreamStage::plain)
    return true;
  const Text summary = summary_of(verdict);
  dead_end.proof.method =
      verdict.observation && !verdict.is_chain_assumed ? ProofMethod::probe : ProofMethod::replay;
  dead_end.proof.status = ProofStatus::proved;
  const std::string under = verdict.policy.description();
  if (!verdict.passes()) {
    dead_end.proof.detail =
        diagnosis_text("dead_end.still_fails", {{"verdict", summary}, {"under", under}});
    return true;
  }
  dead_end.proof.detail = diagnosis_text("dead_end.unverified", {{"under", under}});
  return dead_end.is_unsafe;
}

}  // namespace

void try_dead_ends(UpstreamCase& upstream, Diagnosis& diagnosis) {
  const UpstreamVerdict& now = upstream.now();
  // Where it works, or nobody could look, nothing can be shown to fail.
  if (now.passes() || now.stage == UpstreamStage::untested) return;
  const bool is_silent =
      now.observation && now.observation->seen.outcome == ProbeOutcome::timed_out;
  std::erase_if(diagnosis.dead_ends, [&](DeadEnd& dead_end) {
    const Trial* const trial = trial_of(dead_end, upstream.view().family());
    if (trial == nullptr || dead_end.proof.status != ProofStatus::untested || upstream.is_late())
      return false;
    if (trial->needs_verification && !now.verifies) return true;
    if (trial->is_looking && is_silent) return false;
    ConfigurationPatch patch = upstream.new_patch();
    if (!trial->write(patch, upstream.view())) return false;
    if (is_part_of_fix(diagnosis, patch.changes())) return true;
    return !is_dead_end(dead_end, upstream.judge(patch));
  });
}

}  // namespace handshaked::diagnose
