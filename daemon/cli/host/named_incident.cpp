#include "cli/host/named_incident.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/text/joined.h"
#include "base/text/visible_text.h"
#include "correlate/incident_key.h"
#include "ingest/rotated_files.h"

namespace handshaked::cli {
namespace {

void say_error(const std::string& text) {
  std::fprintf(stderr, "handshaked: %s\n", visible_text(text).c_str());
}

std::string real_path(const std::string& path) {
  std::error_code failure;
  const auto real = std::filesystem::weakly_canonical(path, failure);
  return failure ? path : real.string();
}

/// Where a fault may stand that the present logs do not have: each rotated file, the newest first;
/// then all together, the oldest first, for what began in one file and goes on in the next.
std::vector<std::vector<std::string>> older_logs(const std::vector<std::string>& logs) {
  std::vector<std::vector<std::string>> older;
  std::vector<std::string> all;
  for (const std::string& log : logs) {
    std::vector<std::string> oldest_first{log};
    for (const ingest::RotatedFile& rotated : ingest::rotated_files_of(log, real_path(log))) {
      if (!rotated.readable) continue;
      older.push_back({rotated.path});
      oldest_first.insert(oldest_first.begin(), rotated.path);
    }
    all.insert(all.end(), oldest_first.begin(), oldest_first.end());
  }
  if (!older.empty()) older.push_back(std::move(all));
  return older;
}

}  // namespace

std::vector<std::string> logs_of(const diagnose::NginxAtHand& nginx) {
  std::vector<std::string> logs;
  if (!nginx.read) return logs;
  for (const nginx::ErrorLog& log :
       nginx::error_logs(nginx.read->configuration, nginx.installation)) {
    std::error_code ignored;
    const bool is_file =
        log.kind == nginx::ErrorLog::Kind::file && std::filesystem::exists(log.path, ignored);
    if (is_file && std::find(logs.begin(), logs.end(), log.path) == logs.end())
      logs.push_back(log.path);
  }
  return logs;
}

NamedIncident::NamedIncident(std::string name, std::vector<std::string> logs, DaemonAddress daemon)
    : name_(correlate::named_incident(name)), logs_(std::move(logs)), daemon_(std::move(daemon)) {}

/// False: the logs are the next to be asked.
bool NamedIncident::ask_daemon() {
  const auto socket = find_socket(daemon_);
  if (!socket) {
    no_answer_ = "the daemon was not asked";
    return false;
  }
  auto known = ask_for_incident(name_, *socket);
  if (!known && known.error().code() == ErrorCode::invalid_input) {
    refusal_ = known.error().context();
    return true;
  }
  if (!known) {
    no_answer_ = known.error().message();
    return false;
  }
  if (!known.value()) return false;
  if (!known.value()->is_of_this_host()) {
    refusal_ = known.value()->id + " is of " + joined(known.value()->hosts) +
               ", and the configuration here is of " + known.value()->daemon_host +
               ": run this there";
    return true;
  }
  if (known.value()->sample_lines.empty()) return false;
  known_ = std::move(known).value();
  return true;
}

DiagnosisReport NamedIncident::diagnose(DiagnosisOrder order, const KnowledgeBase& base,
                                        const parse::TimeZone& zone,
                                        const diagnose::NginxAtHand& nginx) {
  order.only = name_;
  if (!known_ && found_in_.empty()) {
    const bool is_decided = logs_.empty() && ask_daemon();
    if (is_decided && !known_) return {};
    if (!known_) return look_in_logs(std::move(order), base, zone, nginx);
  }
  order.known = known_;
  order.logs = known_ ? std::vector<std::string>() : found_in_;
  return run_diagnosis(order, base, zone, nginx);
}

DiagnosisReport NamedIncident::look_in_logs(DiagnosisOrder order, const KnowledgeBase& base,
                                            const parse::TimeZone& zone,
                                            const diagnose::NginxAtHand& nginx) {
  const bool are_named = !logs_.empty();
  if (!are_named) logs_ = logs_of(nginx);
  DiagnosisReport report;
  std::vector<std::vector<std::string>> places = older_logs(logs_);
  if (!logs_.empty()) places.insert(places.begin(), logs_);
  for (const std::vector<std::string>& place : places) {
    order.logs = place;
    DiagnosisReport here = run_diagnosis(order, base, zone, nginx);
    // Only what somebody has named has to be readable.
    std::erase_if(here.unreadable, [&](const std::string& name) {
      const bool is_log = std::find(place.begin(), place.end(), name) != place.end();
      return is_log && (!are_named || &place != &places.front());
    });
    here.unreadable.insert(here.unreadable.begin(), report.unreadable.begin(),
                           report.unreadable.end());
    report = std::move(here);
    if (report.incidents.empty()) continue;
    found_in_ = place;
    return report;
  }
  return report;
}

void NamedIncident::complain(const DiagnosisReport& report) const {
  if (!refusal_.empty()) return complain_about_answer(refusal_);
  if (report.incidents.size() > 1) {
    say_error("\"" + name_ + "\" matches several incidents; name one:");
    for (const DiagnosedIncident& one : report.incidents)
      say_error("  " + one.incident.id + "  " + one.diagnosis.summary.en);
    return;
  }
  if (!no_answer_.empty()) say_error(no_answer_);
  if (logs_.empty())
    return say_error("nginx's configuration names no error log that is there; give --log FILE");
  say_error("no incident \"" + name_ + "\" in " + joined(logs_) + ", nor in its rotated files" +
            (no_answer_.empty() ? "" : "; ids of alerts are the daemon's") +
            ". To list them: handshaked diagnose --log " + logs_.front());
}

}  // namespace handshaked::cli
