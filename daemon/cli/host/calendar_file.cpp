#include "cli/host/calendar_file.h"

#include "base/digest.h"
#include "base/text/utf8.h"
#include "base/text/visible_text.h"
#include "parse/time_zone.h"

namespace handshaked::cli {
namespace {

/// "20261121T025815Z".
std::string moment(Time at) {
  std::string text =
      parse::format_rfc3339(std::chrono::floor<std::chrono::seconds>(at)).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : visible_text(text)) {
    if (c == '\\' || c == ';' || c == ',') out += '\\';
    out += c;
  }
  return out;
}

/// A line of content has at most 75 bytes; what goes on stands behind a blank in the next.
void add_line(std::string& out, std::string_view line) {
  constexpr std::size_t kMost = 75;
  bool is_first = true;
  while (!line.empty()) {
    const std::string_view part = utf8_prefix(line, is_first ? kMost : kMost - 1);
    out.append(is_first ? "" : " ").append(part).append("\r\n");
    line.remove_prefix(part.size());
    is_first = false;
  }
}

void add_reminder(std::string& out, std::string_view before, const std::string& summary) {
  for (const std::string& line :
       {std::string("BEGIN:VALARM"), std::string("ACTION:DISPLAY"),
        "TRIGGER:-" + std::string(before), "DESCRIPTION:" + summary, std::string("END:VALARM")})
    add_line(out, line);
}

}  // namespace

std::string calendar_file(const std::vector<diagnose::CalendarEntry>& entries, Time now,
                          Language language) {
  std::string out;
  for (const char* const line :
       {"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//handshaked//doctor//EN", "CALSCALE:GREGORIAN"})
    add_line(out, line);
  for (const diagnose::CalendarEntry& entry : entries) {
    const std::string summary = escaped(entry.what.in(language));
    add_line(out, "BEGIN:VEVENT");
    add_line(out, "UID:" + sha256_hex(entry.what.en + moment(entry.at), 32) + "@handshaked");
    add_line(out, "DTSTAMP:" + moment(now));
    add_line(out, "DTSTART:" + moment(entry.at));
    add_line(out, "SUMMARY:" + summary);
    if (!entry.file.empty())
      add_line(out,
               "DESCRIPTION:" +
                   escaped(entry.file + (entry.line == 0 ? "" : ":" + std::to_string(entry.line))));
    add_line(out, "TRANSP:TRANSPARENT");
    add_reminder(out, "P14D", summary);
    add_reminder(out, "P1D", summary);
    add_line(out, "END:VEVENT");
  }
  add_line(out, "END:VCALENDAR");
  return out;
}

}  // namespace handshaked::cli
