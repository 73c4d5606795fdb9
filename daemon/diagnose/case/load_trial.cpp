#include "diagnose/case/load_trial.h"

#include <algorithm>
#include <utility>

#include "diagnose/patch/configuration_trial.h"
#include "diagnose/patch/shown_lines.h"

namespace handshaked::diagnose {
namespace {

constexpr std::chrono::milliseconds kLongest{5'000};

void add_detail(Proof& proof, const std::string& en, const std::string& zh) {
  proof.detail.en += (proof.detail.en.empty() ? "" : "; ") + en;
  proof.detail.zh += (proof.detail.zh.empty() ? "" : "；") + zh;
}

/// Why `nginx -t` says nothing here; empty when it may be run.
Text reason_not_to_try(const Surroundings& surroundings) {
  if (surroundings.nginx == nullptr || surroundings.is_dump)
    return {"nginx -t was not run: the files of this configuration are not at hand", "未运行 nginx -t：手头没有该配置的文件"};
  if (surroundings.nginx_program.empty())
    return {"nginx -t was not run: no nginx is installed here", "未运行 nginx -t：本机没有安装 nginx"};
  if (std::chrono::steady_clock::now() >= surroundings.deadline)
    return {"nginx -t was not run: the time is up", "未运行 nginx -t：时间已用完"};
  return {};
}

TrialOptions options_for(const Surroundings& surroundings) {
  TrialOptions options;
  options.program = surroundings.nginx_program;
  options.version = surroundings.installation.version;
  options.is_in_use = surroundings.nginx_loaded_at.has_value();
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(surroundings.deadline - std::chrono::steady_clock::now());
  options.time_limit = std::clamp(left, std::chrono::milliseconds(1), kLongest);
  return options;
}

Result<TrialResult> try_patch(const ConfigurationPatch& patch, const Surroundings& surroundings) {
  TRY(const nginx::Configuration patched, patch.reread());
  return try_configuration(patched, patch.files(), patch.changed_files(), options_for(surroundings));
}

}  // namespace

Proof prove_by_load(const ConfigurationPatch& patch, const Surroundings& surroundings, Proof so_far, bool is_load_fault) {
  if (so_far.status == ProofStatus::refuted) return so_far;
  if (const Text reason = reason_not_to_try(surroundings); !reason.empty()) {
    add_detail(so_far, reason.en, reason.zh);
    return so_far;
  }
  const auto tried = try_patch(patch, surroundings);
  if (!tried) {
    add_detail(so_far, "nginx -t could not be run: " + tried.error().message(), "无法运行 nginx -t：" + tried.error().message());
  } else if (tried.value().is_permission) {
    const std::string complaint = shown_complaint(tried.value().complaint);
    add_detail(so_far, "nginx -t needs more rights than we have: " + complaint, "nginx -t 需要更高的权限：" + complaint);
  } else if (!tried.value().is_accepted) {
    so_far.status = ProofStatus::refuted;
    so_far.method = ProofMethod::nginx_t;
    const std::string complaint = shown_complaint(tried.value().complaint);
    add_detail(so_far, "nginx -t refuses it: " + complaint, "nginx -t 拒绝：" + complaint);
  } else {
    // A method that was there already has left it open for a reason of its own.
    if (is_load_fault && so_far.status == ProofStatus::untested && so_far.method == ProofMethod::none) {
      so_far.status = ProofStatus::proved;
      so_far.method = ProofMethod::nginx_t;
    }
    add_detail(so_far, "nginx -t accepts a copy with this change", "nginx -t 接受含此更改的副本");
  }
  return so_far;
}

LoadVerdict load_now(const Surroundings& surroundings) {
  if (!reason_not_to_try(surroundings).empty()) return {};
  const auto tried = try_configuration(surroundings.nginx->configuration, *surroundings.files, {}, options_for(surroundings));
  if (!tried || tried.value().is_permission) return {};
  return {true, tried.value().is_accepted, tried.value().complaint};
}

}  // namespace handshaked::diagnose
