#include "emit/syslog/syslog_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/text/utf8.h"
#include "correlate/incident_title.h"
#include "telemetry/message_id.h"

namespace handshaked::emit {
namespace {

// 32473 is the enterprise number that RFC 5612 reserves for documentation: the project has none of
// its own.
constexpr std::string_view kElementBegin = " [handshaked@32473";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kLongestHostname = 255;
constexpr std::size_t kLongestProcessId = 128;
constexpr std::size_t kLongestMessageId = 32;
constexpr std::size_t kLongestParameterName = 32;

int severity_number(std::string_view severity) {
  if (severity == "critical") return 2;
  if (severity == "error") return 3;
  if (severity == "warning") return 4;
  if (severity == "info") return 6;
  return 5;  // notice
}

// A header field or a parameter name: printable ASCII without `forbidden`, never empty.
std::string printable_ascii(std::string_view text, std::size_t limit,
                            std::string_view forbidden = "") {
  std::string field;
  for (const char letter : text.substr(0, limit)) {
    const bool is_fit =
        letter > ' ' && letter < '\x7f' && forbidden.find(letter) == std::string_view::npos;
    field += is_fit ? letter : '_';
  }
  return field.empty() ? "-" : field;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return character.size() == 2 && first == 0xC2 &&
         static_cast<unsigned char>(character[1]) < 0xA0;  // C1
}

std::string clean_text(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Step step = next_utf8_step(bytes);
    const std::string_view character = bytes.substr(0, step.length);
    bytes.remove_prefix(step.length);
    if (!step.is_valid) text += kReplacementCharacter;
    else if (is_control(character)) text += ' ';
    else text += character;
  }
  return text;
}

std::string parameter(std::string_view name, std::string_view value) {
  std::string text = " " + printable_ascii(name, kLongestParameterName, "=]\"") + "=\"";
  for (const char letter : clean_text(value)) {
    if (letter == '"' || letter == '\\' || letter == ']') text += '\\';
    text += letter;
  }
  return text + '"';
}

std::string timestamp(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(std::max(size, 0)));
}

std::string_view kind_of(const event::RemediationEvent& event) {
  const std::string_view type = event.event_type;
  const auto last_dot = type.rfind('.');
  return last_dot == std::string_view::npos ? type : type.substr(last_dot + 1);
}

std::string_view fact(const event::RemediationEvent& event, std::string_view name) {
  const auto found = std::find_if(event.data.begin(), event.data.end(),
                                  [name](const auto& one) { return one.first == name; });
  return found == event.data.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view message_id_of(std::string_view kind) {
  namespace id = telemetry::message_id;
  if (kind == "opened") return id::incident_opened.hex;
  if (kind == "reopened") return id::incident_reopened.hex;
  if (kind == "diagnosed") return id::incident_diagnosed.hex;
  if (kind == "updated") return id::incident_updated.hex;
  return kind == "resolved" ? id::incident_resolved.hex : std::string_view();
}

std::string header(const event::RemediationEvent& event, const SyslogFormat& format) {
  const int priority = static_cast<int>(format.facility) * 8 + severity_number(event.severity);
  return "<" + std::to_string(priority) + ">1 " + timestamp(event.time) + ' ' +
         printable_ascii(format.hostname, kLongestHostname) + " handshaked " +
         printable_ascii(format.process_id, kLongestProcessId) + ' ' +
         printable_ascii(kind_of(event), kLongestMessageId);
}

// As many facts as fit, in their order: without a hole, so that what is missing is always the least
// important.
std::string structured_data(const event::RemediationEvent& event, std::size_t room) {
  std::string element(kElementBegin);
  element += parameter("id", event.event_id) + parameter("incident", event.incident_id);
  for (const auto& [name, value] : event.data) {
    if (name == "id" || name == "incident") continue;  // as events of an older version have it
    const std::string text = parameter(name, value);
    if (element.size() + text.size() + 1 > room) break;
    element += text;
  }
  element += ']';
  return element.size() <= room ? element : " -";
}

/// What is no more than likely is not told like a fact.
std::string cause_words(const event::RemediationEvent& event, const std::string& cause) {
  const std::string_view share = fact(event, "confidence");
  int percent = 100;
  std::from_chars(share.data(), share.data() + share.size(), percent);
  if (percent >= static_cast<int>(correlate::kSure * 100)) return "; cause: " + cause;
  return "; perhaps: " + cause + " (" + clean_text(share) + ")";
}

}  // namespace

std::string told_line(const event::RemediationEvent& event) {
  std::string line = clean_text(event.summary);
  const std::string cause = clean_text(fact(event, "cause")), fix = clean_text(fact(event, "fix"));
  if (!cause.empty() && kind_of(event) != "resolved") line += cause_words(event, cause);
  if (!fix.empty()) line += "; fix: " + fix + " (" + clean_text(fact(event, "command")) + ")";
  return line;
}

std::vector<std::string> journal_entry(const event::RemediationEvent& event,
                                       SyslogFacility facility) {
  std::vector<std::string> fields;
  const auto add = [&fields](const std::string& name, std::string_view value) {
    if (!value.empty()) fields.push_back(name + "=" + clean_text(value));
  };
  add("MESSAGE", told_line(event));
  add("PRIORITY", std::to_string(severity_number(event.severity)));
  add("SYSLOG_FACILITY", std::to_string(static_cast<int>(facility)));
  add("SYSLOG_IDENTIFIER", "handshaked");
  add("MESSAGE_ID", message_id_of(kind_of(event)));
  add("HANDSHAKED_INCIDENT", event.incident_id);
  add("HANDSHAKED_EVENT", event.event_id);
  for (const auto& [name, value] : event.data) {
    if (name == "id" || name == "incident") continue;
    std::string field = "HANDSHAKED_";
    for (const char c : name) {
      const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      field += is_letter ? static_cast<char>(c & ~0x20) : (c >= '0' && c <= '9') ? c : '_';
    }
    add(field, value);
  }
  return fields;
}

std::string format_syslog(const event::RemediationEvent& event, const SyslogFormat& format) {
  std::string message = header(event, format);
  const std::size_t room = format.limit_bytes - std::min(format.limit_bytes, message.size());
  std::string summary = told_line(event);
  if (!summary.empty() && format.byte_order_mark) summary.insert(0, kByteOrderMark);

  // The summary is what people read: half of the room is kept for it, if it needs that much.
  const std::size_t for_summary = std::min(summary.size() + 1, room / 2);
  message += structured_data(event, room - for_summary);
  if (message.size() + 1 < format.limit_bytes && !summary.empty()) {
    message += ' ';
    message += utf8_prefix(summary, format.limit_bytes - message.size());
  }
  return message;
}

}  // namespace handshaked::emit
