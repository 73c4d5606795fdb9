#include <algorithm>
#include <set>

#include "diagnose/case/configured_file.h"
#include "diagnose/case/load_time.h"
#include "diagnose/case/load_trial.h"
#include "diagnose/doctor/checkup_parts.h"
#include "diagnose/tls/security_policy.h"
#include "diagnose/tls/tls_library.h"

namespace handshaked::diagnose {
namespace {

using match::Severity;

void check_verification(const Surroundings& surroundings, Doctor& checkup) {
  for (const nginx::PassTarget& target : surroundings.nginx->passes.targets()) {
    if (!target.is_tls || target.settings.verify.is_on()) continue;
    const nginx::Directive& pass = *target.pass;
    const std::string directive(target.settings.verify.directive);
    const std::string where = target.settings.verify.is_default() ? directive + " is not set, and off by default"
                                                                  : directive + " off, " + target.settings.verify.file() + ":" +
                                                                        std::to_string(target.settings.verify.line());
    const std::string where_zh = target.settings.verify.is_default() ? directive + " 未设置，默认为 off"
                                                                     : directive + " off，" + target.settings.verify.file() + ":" +
                                                                           std::to_string(target.settings.verify.line());
    const std::string family = directive.substr(0, directive.find("verify"));
    checkup.findings.push_back(
        {"verification-off",
         Severity::warning,
         {"Nobody checks the certificate of " + std::string(pass.argument(0)) + ": anybody on the way can answer for it (" + where + ")",
          "没有校验 " + std::string(pass.argument(0)) + " 的证书：途中的任何人都可以冒充它（" + where_zh + "）"},
         {"Set " + family + "verify on, " + family + "trusted_certificate to the CA of the upstream, and " + family +
              "name if its certificate has another name",
          "设置 " + family + "verify on，把 " + family + "trusted_certificate 设为上游的 CA，证书名不同时设置 " + family + "name"},
         pass.file->path,
         pass.line});
  }
}

void check_changed_files(const Surroundings& surroundings, Time loaded_at, Doctor& checkup) {
  std::set<std::string> paths;
  for (const auto& file : surroundings.nginx->configuration.files()) paths.insert(file->path);
  for (const ConfiguredFile& file : configured_files(surroundings.nginx->configuration)) {
    if (!file.is_dynamic) paths.insert(file.path);
  }
  for (const std::string& path : paths) {
    const auto times = file_times(path);
    if (!times || load_state(*times, load_time_until(loaded_at), surroundings.now) != LoadState::not_loaded) continue;
    checkup.findings.push_back({"changed-since-load",
                                Severity::warning,
                                {path + " was changed after nginx read it: nginx still works with what was there before",
                                 path + " 在 nginx 读取之后被更改：nginx 仍在使用旧内容"},
                                {"Test and reload: nginx -t && nginx -s reload", "测试并重载：nginx -t && nginx -s reload"},
                                path,
                                0});
  }
}

}  // namespace

void check_configuration(const Surroundings& surroundings, Doctor& checkup) {
  const LoadVerdict loads = load_now(surroundings);
  if (loads.was_tried && !loads.is_accepted) {
    checkup.findings.push_back({"refused-by-nginx",
                                Severity::critical,
                                {"nginx would not take this configuration: " + loads.complaint, "nginx 不会接受该配置：" + loads.complaint},
                                {"Correct it before the next reload or restart", "在下次重载或重启前更正"},
                                surroundings.nginx->configuration.main_path(),
                                0});
  }
  if (!loads.was_tried) checkup.unseen.push_back({"whether nginx -t accepts the configuration", "nginx -t 是否接受该配置"});
  for (const nginx::ConfigurationProblem& problem : surroundings.nginx->configuration.problems()) {
    checkup.findings.push_back({"configuration-problem",
                                loads.is_accepted ? Severity::info : Severity::critical,
                                {problem.reason, problem.reason},
                                {},
                                problem.file,
                                problem.line});
  }
  check_verification(surroundings, checkup);
}

void check_running(const Surroundings& surroundings, const DoctorOptions& options, Doctor& checkup) {
  if (options.running == nullptr || surroundings.is_dump) {
    checkup.unseen.push_back({"what the running nginx has loaded: none was found that reads this configuration",
                              "正在运行的 nginx 加载了什么：没有找到使用该配置的进程"});
    return;
  }
  const std::string process = std::to_string(options.running->master);
  if (options.running->is_program_replaced || options.running->is_openssl_replaced) {
    checkup.findings.push_back({"program-replaced",
                                Severity::warning,
                                {"nginx (process " + process + ") runs with a program or OpenSSL that has been upgraded on the disk",
                                 "nginx（进程 " + process + "）运行的程序或 OpenSSL 在磁盘上已升级"},
                                {"Restart nginx: a reload keeps the old ones", "重启 nginx：重载仍使用旧版本"},
                                {},
                                0});
  }
  if (surroundings.nginx_loaded_at) check_changed_files(surroundings, *surroundings.nginx_loaded_at, checkup);
}

void check_library(const Surroundings& surroundings, Doctor& checkup) {
  const auto ours = security_policy("");
  const std::string& theirs = surroundings.installation.openssl_running;
  if (!ours || theirs.empty() || theirs == ours.value().openssl_version) return;
  const std::string who = "nginx runs with " + theirs + ", handshaked with " + ours.value().openssl_version;
  const std::string who_zh = "nginx 使用 " + theirs + "，handshaked 使用 " + ours.value().openssl_version;
  const bool matters = !is_same_series(theirs, ours.value().openssl_version);
  checkup.findings.push_back(
      {"openssl-differs",
       matters ? Severity::warning : Severity::info,
       matters ? Text{who + ": fixes are called untested, for what works here may fail there",
                      who_zh + "：修复一律标为未验证，此处可行的在那里可能失败"}
               : Text{who + ": only the patch level differs, and fixes count as proved", who_zh + "：仅补丁版本不同，验证有效"},
       {},
       {},
       0});
}

}  // namespace handshaked::diagnose
