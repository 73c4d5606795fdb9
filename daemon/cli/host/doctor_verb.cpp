#include "cli/host/doctor_verb.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/json/json_writer.h"
#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/document.h"
#include "cli/document/output.h"
#include "cli/document/words.h"
#include "cli/host/calendar_file.h"
#include "cli/host/nginx_surroundings.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"
#include "cli/texts.h"
#include "diagnose/doctor/checkup.h"
#include "parse/time_zone.h"

namespace handshaked::cli {
namespace {

using diagnose::CalendarEntry;
using diagnose::Doctor;
using diagnose::Finding;

constexpr auto kTimeLimit = std::chrono::seconds(28);
constexpr std::size_t kShownOfAKind = 5;
constexpr std::size_t kShownLogs = 12;
constexpr std::size_t kShownDates = 12;

std::string place_of(const Finding& finding) {
  if (finding.file.empty()) return {};
  return finding.file + (finding.line == 0 ? "" : ":" + std::to_string(finding.line));
}

const char* place_word(nginx::LogPlace place) {
  switch (place) {
    case nginx::LogPlace::file: return "file";
    case nginx::LogPlace::discarded: return "discarded";
    case nginx::LogPlace::device: return "device";
    case nginx::LogPlace::stderr_: return "stderr";
    case nginx::LogPlace::syslog: return "syslog";
    case nginx::LogPlace::memory: return "memory";
  }
  return "";
}

void write_logs(JsonWriter& json, const Doctor& checkup) {
  json.key("logs").begin_array();
  for (const diagnose::CheckedLog& checked : checkup.logs) {
    json.begin_object()
        .member("path", checked.log.path)
        .member("kind", place_word(checked.log.place))
        .member("level", checked.log.level);
    json.optional_member("file", checked.log.file);
    if (checked.log.line != 0) json.member("line", checked.log.line);
    if (checked.log.place == nginx::LogPlace::file)
      json.member("exists", checked.is_there).member("readable", !checked.is_closed);
    json.end_object();
  }
  json.end_array();
}

std::string state_of(const diagnose::CheckedLog& checked, const Texts& say) {
  if (checked.log.place != nginx::LogPlace::file) return say("logs.not_a_file");
  if (checked.is_closed) return say("logs.closed");
  return say(checked.is_there ? "logs.followed" : "logs.waited_for");
}

void write_log_list(Document& page, const Doctor& checkup, const Texts& say) {
  if (checkup.logs.empty()) return;
  page.heading(say("logs.heading"));
  std::vector<Item> items;
  for (const diagnose::CheckedLog& checked : checkup.logs) {
    if (items.size() == kShownLogs) break;
    const std::string place = checked.log.file.empty()
                                  ? say("logs.built_in")
                                  : checked.log.file + ":" + std::to_string(checked.log.line);
    items.push_back(
        {.lead = checked.log.path + " " + checked.log.level + ": " + state_of(checked, say),
         .remark = place,
         .details = {}});
  }
  page.list(ListStyle::bullets, items);
  if (checkup.logs.size() > kShownLogs)
    page.note(counted(say, checkup.logs.size() - kShownLogs, "doctor.hidden", "doctor.hidden"));
}

std::string checkup_json(const Doctor& checkup, const diagnose::NginxAtHand& nginx,
                         const std::vector<std::string>& probes, Language language) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("nginx").begin_object();
  json.optional_member("program", nginx.program)
      .member("configuration", nginx.read->configuration.main_path());
  if (nginx.installation.version.is_known())
    json.member("version", nginx.installation.version.text());
  json.optional_member("openssl", nginx.installation.openssl_running);
  if (nginx.running) json.member("process", nginx.running->master);
  json.end_object().key("checked").begin_object();
  json.member("upstreams", checkup.upstreams)
      .member("upstreams_working", checkup.upstreams_working)
      .member("files", checkup.files);
  json.member("certificates", checkup.certificates)
      .member("listeners", checkup.listeners)
      .end_object();
  write_logs(json, checkup);
  json.key("findings").begin_array();
  for (const Finding& finding : checkup.findings) {
    json.begin_object().member("id", finding.id).member("severity", to_string(finding.severity));
    json.member("text", finding.text.in(language))
        .optional_member("advice", finding.advice.in(language));
    json.optional_member("file", finding.file);
    if (finding.line != 0) json.member("line", finding.line);
    json.end_object();
  }
  json.end_array().key("calendar").begin_array();
  for (const CalendarEntry& entry : checkup.calendar) {
    json.begin_object()
        .member("at", parse::format_rfc3339(entry.at))
        .member("what", entry.what.in(language));
    json.optional_member("file", entry.file);
    if (entry.line != 0) json.member("line", entry.line);
    json.end_object();
  }
  json.end_array().key("unseen").begin_array();
  for (const diagnose::Text& text : checkup.unseen) json.value(text.in(language));
  json.end_array().array("probes", probes).end_object();
  return out + "\n";
}

void write_headline(Document& page, const Doctor& checkup, const diagnose::NginxAtHand& nginx,
                    const Texts& say) {
  page.title(checkup.findings.empty()
                 ? say("doctor.clean")
                 : counted(say, checkup.findings.size(), "doctor.finding", "doctor.findings"));
  std::string program = nginx.program.empty() ? say("doctor.no_nginx") : nginx.program;
  if (nginx.installation.version.is_known()) {
    program += " " + nginx.installation.version.text() + ", " + nginx.installation.openssl_running;
  }
  if (nginx.running)
    program = say("doctor.process",
                  {{"program", program}, {"pid", std::to_string(nginx.running->master)}});
  page.facts(
      {{"nginx", program},
       {say("doctor.configuration"), nginx.read->configuration.main_path()},
       {say("doctor.looked_at"),
        say("doctor.checked",
            {{"upstreams", counted(say, checkup.upstreams, "doctor.upstream", "doctor.upstreams")},
             {"working", std::to_string(checkup.upstreams_working)},
             {"listeners", counted(say, checkup.listeners, "doctor.listener", "doctor.listeners")},
             {"certificates",
              counted(say, checkup.certificates, "doctor.certificate", "doctor.certificates")}})}});
}

void write_findings(Document& page, const Doctor& checkup, Language language) {
  const Texts say(host_texts(), language);
  std::map<std::string, std::size_t> shown;
  std::optional<match::Severity> section;
  std::vector<Item> items;
  const auto finish_section = [&] {
    if (!items.empty()) page.list(ListStyle::bullets, items);
    items.clear();
  };
  for (const Finding& finding : checkup.findings) {
    if (section != finding.severity) {
      finish_section();
      section = finding.severity;
      page.heading(severity_word(language, finding.severity));
    }
    if (++shown[finding.id] > kShownOfAKind) continue;
    Item item{.lead = finding.text.in(language), .remark = place_of(finding), .details = {}};
    if (!finding.advice.empty()) item.details.push_back({"", finding.advice.in(language)});
    items.push_back(std::move(item));
  }
  finish_section();
  for (const auto& [id, count] : shown) {
    if (count <= kShownOfAKind) continue;
    page.note(say("doctor.hidden_of_kind",
                  {{"kind", id}, {"count", with_separators(count - kShownOfAKind)}}));
  }
}

void write_calendar(Document& page, const Doctor& checkup, Language language) {
  if (checkup.calendar.empty()) return;
  const Texts say(host_texts(), language);
  page.heading(say("doctor.dates"));
  Table table{.columns = {{say("doctor.day")}, {say("doctor.what")}}, .rows = {}, .lead = 2};
  for (const CalendarEntry& entry : checkup.calendar) {
    if (table.rows.size() == kShownDates) break;
    table.rows.push_back({std::nullopt,
                          {{time_words(entry.at, std::chrono::seconds(0), false).substr(0, 10)},
                           {entry.what.in(language)}}});
  }
  page.table(table);
  if (checkup.calendar.size() > kShownDates)
    page.note(counted(say, checkup.calendar.size() - kShownDates, "doctor.hidden_dates",
                      "doctor.hidden_dates"));
}

std::string checkup_page(const Doctor& checkup, const diagnose::NginxAtHand& nginx,
                         PageFormat format, Language language) {
  const auto page = make_page(page_options_for(STDOUT_FILENO, format, language));
  const Texts say(host_texts(), language);
  write_headline(*page, checkup, nginx, say);
  write_findings(*page, checkup, language);
  write_calendar(*page, checkup, language);
  write_log_list(*page, checkup, say);
  if (!checkup.unseen.empty()) {
    page->heading(say("doctor.unseen"));
    std::vector<Item> items;
    for (const diagnose::Text& text : checkup.unseen) {
      if (items.size() < 2 * kShownOfAKind)
        items.push_back({.lead = text.in(language), .remark = {}, .details = {}});
    }
    page->list(ListStyle::bullets, items);
  }
  return page->finish();
}

}  // namespace

int run_doctor(const DoctorOptions& options) {
  const auto base =
      require_knowledge_base(options.rules_directory, KnowledgeDepth::rules_and_texts);
  if (!base) return kExitConfiguration;
  const auto nginx = diagnose::read_nginx(options.nginx);
  if (!nginx || !nginx.value().read) {
    std::fprintf(
        stderr, "handshaked: %s\n",
        visible_text(nginx ? "no nginx configuration was found; name it with --nginx-conf FILE"
                           : nginx.error().message())
            .c_str());
    return kExitUsage;
  }
  std::vector<std::string> problems;
  const diagnose::CaStore ca_store = diagnose::CaStore::load({}, problems);
  const auto around = NginxSurroundings::create(nginx.value(), ca_store, {}, !options.no_probe,
                                                std::chrono::steady_clock::now() + kTimeLimit);
  if (!around) {
    complain_about(around.error());
    return kExitUsage;
  }
  diagnose::DoctorOptions checkup_options;
  checkup_options.horizon = std::chrono::hours(24 * options.days);
  checkup_options.running = nginx.value().running ? &*nginx.value().running : nullptr;
  checkup_options.service_user = options.service_user;
  checkup_options.service = diagnose::reader_named(
      options.service_user, {"adm", "systemd-journal"});  // as the unit has it
  const Doctor checkup =
      diagnose::check_up(around.value()->surroundings(), base->knowledge, checkup_options);
  Output output = Output::standard();
  if (options.format == ReportFormat::json)
    output.buffer() =
        checkup_json(checkup, nginx.value(), around.value()->probes(), options.language);
  else if (options.format == ReportFormat::ics)
    output.buffer() =
        calendar_file(checkup.calendar, around.value()->surroundings().now, options.language);
  else
    output.buffer() =
        checkup_page(checkup, nginx.value(), page_format_of(options.format), options.language);
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  const bool is_met =
      options.fail_on &&
      std::any_of(checkup.findings.begin(), checkup.findings.end(),
                  [&](const Finding& finding) { return finding.severity >= *options.fail_on; });
  return is_met ? kExitNothing : kExitDone;
}

}  // namespace handshaked::cli
