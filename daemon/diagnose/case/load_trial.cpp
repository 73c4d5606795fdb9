#include "diagnose/case/load_trial.h"

#include <algorithm>
#include <utility>

#include "diagnose/patch/configuration_trial.h"
#include "diagnose/patch/shown_lines.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

constexpr std::chrono::milliseconds kLongest{5'000};

void add_detail(Proof& proof, const Text& more) {
  proof.detail =
      proof.detail.empty()
          ? more
          : diagnosis_text("load_test.after", {{"proof", proof.detail}, {"load_test", more}});
}

/// Why `nginx -t` says nothing here; empty when it may be run.
Text reason_not_to_try(const Surroundings& surroundings) {
  if (surroundings.nginx == nullptr || surroundings.is_dump)
    return diagnosis_text("load_test.no_files");
  if (surroundings.nginx_program.empty()) return diagnosis_text("load_test.no_program");
  if (std::chrono::steady_clock::now() >= surroundings.deadline)
    return diagnosis_text("load_test.no_time");
  return {};
}

TrialOptions options_for(const Surroundings& surroundings) {
  TrialOptions options;
  options.program = surroundings.nginx_program;
  options.version = surroundings.installation.version;
  options.is_in_use = surroundings.nginx_loaded_at.has_value();
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(surroundings.deadline -
                                                                 std::chrono::steady_clock::now());
  options.time_limit = std::clamp(left, std::chrono::milliseconds(1), kLongest);
  return options;
}

Result<TrialResult> try_patch(const ConfigurationPatch& patch, const Surroundings& surroundings) {
  TRY(const nginx::Configuration patched, patch.reread());
  return try_configuration(patched, patch.files(), patch.changed_files(),
                           options_for(surroundings));
}

}  // namespace

Proof prove_by_load(const ConfigurationPatch& patch, const Surroundings& surroundings, Proof so_far,
                    bool is_load_fault) {
  if (so_far.status == ProofStatus::refuted) return so_far;
  if (const Text reason = reason_not_to_try(surroundings); !reason.empty()) {
    add_detail(so_far, reason);
    return so_far;
  }
  const auto tried = try_patch(patch, surroundings);
  if (!tried) {
    add_detail(so_far, diagnosis_text("load_test.failed", {{"error", tried.error().message()}}));
  } else if (tried.value().is_permission) {
    const std::string complaint = shown_complaint(tried.value().complaint);
    add_detail(so_far, diagnosis_text("load_test.needs_rights", {{"complaint", complaint}}));
  } else if (!tried.value().is_accepted) {
    so_far.status = ProofStatus::refuted;
    so_far.method = ProofMethod::nginx_t;
    const std::string complaint = shown_complaint(tried.value().complaint);
    add_detail(so_far, diagnosis_text("load_test.refuses", {{"complaint", complaint}}));
  } else {
    // A method that was there already has left it open for a reason of its own.
    if (is_load_fault && so_far.status == ProofStatus::untested &&
        so_far.method == ProofMethod::none) {
      so_far.status = ProofStatus::proved;
      so_far.method = ProofMethod::nginx_t;
    }
    add_detail(so_far, diagnosis_text("load_test.accepts"));
  }
  return so_far;
}

LoadVerdict load_now(const Surroundings& surroundings) {
  if (!reason_not_to_try(surroundings).empty()) return {};
  const auto tried = try_configuration(surroundings.nginx->configuration, *surroundings.files, {},
                                       options_for(surroundings));
  if (!tried || tried.value().is_permission) return {};
  return {true, tried.value().is_accepted, tried.value().complaint};
}

}  // namespace handshaked::diagnose
