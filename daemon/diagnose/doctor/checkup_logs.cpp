#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <string_view>

#include "diagnose/case/configured_file.h"
#include "diagnose/doctor/checkup_parts.h"
#include "diagnose/texts.h"
#include "nginx/error_log_inventory.h"

namespace handshaked::diagnose {
namespace {

using match::Severity;
using nginx::LogPlace;

struct LevelMatters {
  bool for_clients = false, for_upstreams = false;
};

/// One finding for a log, whatever the number of blocks that use it.
void check_level(const nginx::ErrorLog& log, LevelMatters matters, std::set<std::string>& told,
                 Doctor& checkup) {
  if (log.path == "/dev/null") return;  // worse, and told by itself
  const int level = nginx::log_verbosity(log.level);
  const std::string place = log.directive != nullptr ? log.directive->file->path : std::string();
  const std::uint32_t line = log.directive != nullptr ? log.directive->line : 0;
  const std::string name = "error_log " + log.path + " " + log.level;
  if (matters.for_upstreams && level >= 0 && level < nginx::kUpstreamVerbosity &&
      told.insert("up" + place + std::to_string(line)).second) {
    checkup.findings.push_back({"log-level-hides-upstream", Severity::warning,
                                doctor_text("log.hides_upstreams", {{"log", name}}),
                                doctor_text("log.use_error"), place, line});
  }
  if (matters.for_clients && level >= 0 && level < nginx::kClientVerbosity &&
      told.insert("down" + place + std::to_string(line)).second) {
    checkup.findings.push_back({"log-level-hides-clients", Severity::info,
                                doctor_text("log.hides_clients", {{"log", name}}),
                                doctor_text("log.use_info"), place, line});
  }
}

void check_levels(const Surroundings& surroundings, Doctor& checkup) {
  std::set<std::string> told;
  const auto& configuration = surroundings.nginx->configuration;
  for (const nginx::Listener& listener : surroundings.nginx->listeners.listeners()) {
    if (!listener.is_tls) continue;
    ++checkup.listeners;
    for (const nginx::ListeningServer& server : listener.servers) {
      for (const auto& log : nginx::effective_error_logs(*server.server->directive, configuration,
                                                         surroundings.installation)) {
        check_level(log, {.for_clients = true}, told, checkup);
      }
    }
  }
  for (const nginx::PassTarget& target : surroundings.nginx->passes.targets()) {
    if (!target.is_tls) continue;
    for (const auto& log : nginx::effective_error_logs(*target.pass->parent, configuration,
                                                       surroundings.installation)) {
      check_level(log, {.for_upstreams = true}, told, checkup);
    }
  }
}

void tell_place(const nginx::NamedErrorLog& log, Doctor& checkup) {
  const auto tell = [&](std::string id, Severity severity, Text text, Text advice) {
    checkup.findings.push_back(
        {std::move(id), severity, std::move(text), std::move(advice), log.file, log.line});
  };
  if (log.place != LogPlace::file && log.mentions == 0) return;  // built in, for the start alone
  switch (log.place) {
    case LogPlace::discarded:
      tell("log-discarded", Severity::warning, doctor_text("log.discarded"),
           doctor_text("log.name_a_file"));
      break;
    case LogPlace::stderr_:
    case LogPlace::device:
      tell("log-not-a-file", Severity::info, doctor_text("log.not_a_file", {{"log", log.path}}),
           doctor_text("log.read_journal"));
      break;
    case LogPlace::syslog:
      tell("log-not-a-file", Severity::info, doctor_text("log.to_syslog", {{"log", log.path}}),
           doctor_text("log.receive_syslog"));
      break;
    case LogPlace::memory:
      tell("log-not-a-file", Severity::info, doctor_text("log.in_memory", {{"log", log.path}}),
           doctor_text("log.another_file"));
      break;
    case LogPlace::file:
      if (log.path.ends_with("/off")) {
        tell("log-named-off", Severity::info, doctor_text("log.named_off", {{"log", log.path}}),
             doctor_text("log.meant_off"));
      }
      break;
  }
}

void tell_access(const std::string& id, const std::string& path, const std::string& file,
                 std::uint32_t line, const Reader& service, Doctor& checkup) {
  const auto problem = access_problem(path, service);
  if (!problem) return;
  Finding finding{id,
                  problem->is_sure ? Severity::warning : Severity::info,
                  problem->text,
                  problem->remedy,
                  file,
                  line};
  if (!problem->is_sure)
    finding.text = doctor_text("access.unless_list", {{"problem", finding.text}});
  checkup.findings.push_back(std::move(finding));
}

/// What the unit's ProtectHome= and PrivateTmp= keep from the service, whatever modes say.
bool is_hidden_by_sandbox(const std::string& path) {
  constexpr std::array<std::string_view, 5> kHidden = {"/home/", "/root/", "/run/user/", "/tmp/",
                                                       "/var/tmp/"};
  return std::any_of(kHidden.begin(), kHidden.end(),
                     [&](std::string_view directory) { return path.starts_with(directory); });
}

void tell_hidden(const nginx::NamedErrorLog& log, Doctor& checkup) {
  const std::string directory = log.path.substr(0, log.path.rfind('/'));
  checkup.findings.push_back(
      {"log-hidden-by-sandbox", Severity::warning,
       doctor_text("log.hidden", {{"directory", directory}, {"log", log.path}}),
       doctor_text("log.show", {{"directory", directory}}), log.file, log.line});
}

/// Configuration and certificates: without them the daemon can only tell what lines say. Keys are
/// meant to be closed.
void check_access_to_files(const Surroundings& surroundings, const Reader& service,
                           Doctor& checkup) {
  std::set<std::string> seen;
  for (const auto& file : surroundings.nginx->configuration.files()) {
    if (seen.insert(file->path).second)
      tell_access("configuration-unreadable", file->path, file->path, 0, service, checkup);
  }
  for (const ConfiguredFile& file : configured_files(surroundings.nginx->configuration)) {
    const bool is_read = file.role == FileRole::trust || file.role == FileRole::crl ||
                         file.role == FileRole::certificate;
    if (is_read && !file.is_dynamic && seen.insert(file.path).second)
      tell_access("certificate-unreadable", file.path, file.directive->file->path,
                  file.directive->line, service, checkup);
  }
}

}  // namespace

void check_logs(const Surroundings& surroundings, const DoctorOptions& options, Doctor& checkup) {
  check_levels(surroundings, checkup);
  const bool has_service = options.service && !surroundings.is_dump;
  for (const nginx::NamedErrorLog& log :
       nginx::error_log_inventory(surroundings.nginx->configuration, surroundings.installation)) {
    tell_place(log, checkup);
    CheckedLog checked{.log = log};
    if (log.place == LogPlace::file && !surroundings.is_dump) {
      struct stat status {};
      checked.is_there = ::stat(log.path.c_str(), &status) == 0;
      if (!checked.is_there && errno == EACCES)
        checkup.unseen.push_back(doctor_text("unseen.log", {{"log", log.path}}));
      if (has_service && is_hidden_by_sandbox(log.path)) tell_hidden(log, checkup);
      if (has_service && access_problem(log.path, *options.service)) checked.is_closed = true;
      if (has_service)
        tell_access("log-unreadable", log.path, log.file, log.line, *options.service, checkup);
    }
    checkup.logs.push_back(std::move(checked));
  }
  if (has_service) check_access_to_files(surroundings, *options.service, checkup);
  else if (!surroundings.is_dump)
    checkup.unseen.push_back(doctor_text("unseen.service_user", {{"user", options.service_user}}));
}

}  // namespace handshaked::diagnose
