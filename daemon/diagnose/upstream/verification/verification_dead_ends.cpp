#include "diagnose/upstream/verification/verification_dead_ends.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "diagnose/case/protection.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

enum class Trial : std::uint8_t {
  none,
  verify_off,
  depth,
  host_header,
  security_level,
  no_crl,
  trust_sent,
  trust_leaf,
  sni_on,
  sni_off
};

constexpr int kAnyDepth = 10;

/// Which trial a dead end of the knowledge base describes, by the words of its English text.
Trial trial_of(const std::string& action) {
  struct Words {
    std::string_view first, second;
    Trial trial;
  };
  static constexpr Words kWords[] = {
      {"ssl_verify off", "", Trial::verify_off},
      {"Append CA certificates or raise", "", Trial::trust_sent},
      {"Raise", "ssl_verify_depth", Trial::depth},
      {"Host header", "", Trial::host_header},
      {"SECLEVEL", "", Trial::security_level},
      {"Remove", "ssl_crl", Trial::no_crl},
      {"Copy whatever certificates", "", Trial::trust_sent},
      {"Append CA certificates", "", Trial::trust_sent},
      {"Add CA certificates", "", Trial::trust_sent},
      {"Append the intermediate again", "", Trial::trust_sent},
      {"Let the upstream send its root", "", Trial::none},
      {"Put the expired certificate", "", Trial::trust_sent},
      {"Trust the expired intermediate", "", Trial::trust_sent},
      {"Trust the future intermediate", "", Trial::trust_sent},
      {"Trust that intermediate directly", "", Trial::trust_sent},
      {"Put that certificate into the trusted file", "", Trial::trust_sent},
      {"Add the leaf, or the intermediate alone", "", Trial::trust_leaf},
      {"Append the leaf again", "", Trial::trust_leaf},
      {"or the leaf, to the trusted file", "", Trial::trust_leaf},
      {"Trust the default certificate", "", Trial::trust_leaf},
      {"Append root or intermediates", "", Trial::trust_sent},
      {"ssl_server_name off", "", Trial::sni_off},
      {"ssl_server_name on", "", Trial::sni_on},
  };
  for (const Words& one : kWords) {
    if (action.find(one.first) != std::string::npos && action.find(one.second) != std::string::npos)
      return one.trial;
  }
  return Trial::none;
}

struct Outcome {
  bool is_known = false;
  bool passes = false;
  bool is_protection_off = false;
  Text detail;
  std::vector<Change> changes{};
};

class Trials {
 public:
  explicit Trials(UpstreamCase& upstream) : upstream_(upstream) {}

  const Outcome& run(Trial trial) {
    const auto [place, is_new] = done_.try_emplace(trial);
    if (is_new && !upstream_.is_late()) place->second = perform(trial);
    return place->second;
  }

 private:
  using Edit = std::function<Result<>(ConfigurationPatch&)>;

  Outcome perform(Trial trial) {
    switch (trial) {
      case Trial::none: return {};
      case Trial::verify_off: return patched(true, setting("ssl_verify", "off"));
      case Trial::depth:
        return patched(
            false, setting("ssl_verify_depth",
                           std::to_string(std::max(kAnyDepth, upstream_.now().input.depth + 1))));
      case Trial::sni_on: return patched(false, setting("ssl_server_name", "on"));
      case Trial::sni_off: return patched(false, setting("ssl_server_name", "off"));
      case Trial::host_header: return host_header();
      case Trial::no_crl: return no_crl();
      case Trial::security_level:
        return replayed(true, [](ReplayInput& input) { input.security_level = 0; });
      case Trial::trust_sent:
        return replayed(true, [](ReplayInput& input) {
          input.trusted.insert(input.trusted.end(), input.chain.begin() + 1, input.chain.end());
        });
      case Trial::trust_leaf:
        return replayed(true,
                        [](ReplayInput& input) { input.trusted.push_back(input.chain.front()); });
    }
    return {};
  }

  Edit setting(std::string_view name, std::string value) {
    return [this, directive = upstream_.view().directive(name),
            value = std::move(value)](ConfigurationPatch& patch) {
      return patch.set_directive(upstream_.view().settings_block(), directive, std::array{value});
    };
  }

  Outcome patched(bool is_protection_off, const Edit& edit) {
    ConfigurationPatch patch = upstream_.new_patch();
    if (!edit(patch)) return {};
    const UpstreamVerdict verdict = upstream_.judge(patch);
    if (verdict.stage == UpstreamStage::untested || verdict.stage == UpstreamStage::configuration)
      return {};
    Outcome result = outcome(verdict.passes(), is_protection_off, summary_of(verdict));
    result.changes = patch.changes();
    return result;
  }

  Outcome replayed(bool is_protection_off, const std::function<void(ReplayInput&)>& vary) {
    UpstreamVerdict verdict = upstream_.now();
    if (!verdict.has_chain()) return {};
    vary(verdict.input);
    auto result = upstream_.replay(verdict.input);
    if (!result) return {};
    verdict.replay = std::move(result).value();
    verdict.stage = verdict.replay.verified           ? UpstreamStage::passes
                    : verdict.replay.verify_code != 0 ? UpstreamStage::verification
                                                      : UpstreamStage::name;
    return outcome(verdict.passes(), is_protection_off, summary_of(verdict));
  }

  Outcome host_header() {
    const UpstreamView& view = upstream_.view();
    if (view.target->module != nginx::Module::http_proxy &&
        view.target->module != nginx::Module::grpc)
      return {};
    const std::string name =
        upstream_.now().leaf() != nullptr && !upstream_.now().leaf()->dns_names.empty()
            ? upstream_.now().leaf()->dns_names.front()
            : std::string("backend.example");
    return patched(false, [&](ConfigurationPatch& patch) {
      return patch.add_directive(view.settings_block(), view.directive("set_header"),
                                 std::array{std::string("Host"), name});
    });
  }

  Outcome no_crl() {
    const nginx::EffectiveValue& crl = upstream_.view().target->settings.crl;
    if (crl.is_default()) return {};
    return patched(true,
                   [&](ConfigurationPatch& patch) { return patch.remove(*crl.set_by.front()); });
  }

  Outcome outcome(bool passes, bool is_protection_off, const Text& summary) {
    const std::string under = upstream_.ran_under();
    Outcome result{true, passes, is_protection_off, {}, {}};
    if (!passes) {
      result.detail =
          diagnosis_text("dead_end.still_fails", {{"verdict", summary}, {"under", under}});
    } else {
      result.detail = diagnosis_text("dead_end.unverified", {{"under", under}});
    }
    return result;
  }

  UpstreamCase& upstream_;
  std::map<Trial, Outcome> done_;
};

/// With two faults at once the cure of the one is no dead end for the other.
bool is_part_of_cure(Trial trial, const Diagnosis& diagnosis) {
  const auto has = [&](std::string_view cause) {
    return diagnosis.cause == cause ||
           std::find(diagnosis.also.begin(), diagnosis.also.end(), cause) != diagnosis.also.end();
  };
  return (trial == Trial::depth && has("verify_depth_too_small")) ||
         (trial == Trial::sni_on && has("upstream_sni_missing"));
}

}  // namespace

void try_verification_dead_ends(UpstreamCase& upstream, Diagnosis& diagnosis) {
  Trials trials(upstream);
  std::erase_if(diagnosis.dead_ends, [&](DeadEnd& dead_end) {
    const Trial trial = trial_of(dead_end.action.en);
    if (is_part_of_cure(trial, diagnosis)) return true;
    if (trial == Trial::none || dead_end.proof.status != ProofStatus::untested) return false;
    const Outcome& outcome = trials.run(trial);
    if (!outcome.is_known) return false;
    if (outcome.passes && !outcome.is_protection_off) return true;
    if (is_part_of_fix(diagnosis, outcome.changes)) return true;
    dead_end.proof.status = ProofStatus::proved;
    dead_end.proof.method = ProofMethod::replay;
    dead_end.proof.detail = outcome.detail;

    dead_end.is_unsafe = dead_end.is_unsafe || (outcome.passes && outcome.is_protection_off);
    return false;
  });
  std::stable_sort(diagnosis.dead_ends.begin(), diagnosis.dead_ends.end(),
                   [](const DeadEnd& left, const DeadEnd& right) {
                     return (left.proof.status == ProofStatus::proved) >
                            (right.proof.status == ProofStatus::proved);
                   });
}

}  // namespace handshaked::diagnose
