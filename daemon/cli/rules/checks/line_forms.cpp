#include "cli/rules/checks/line_forms.h"

#include <algorithm>

#include "base/json/json_text.h"
#include "parse/nginx_error_parser.h"

namespace handshaked::cli {
namespace {

constexpr std::size_t kTimeLength = 19;  // "2026/11/21 02:58:15"

/// Every quote by an opening and a closing sign.
std::string with_quotes(std::string_view line, std::string_view open, std::string_view close) {
  std::string out;
  bool is_open = false;
  for (const char c : line) {
    if (c != '"') out += c;
    else out.append((is_open = !is_open) ? open : close);
  }
  return out;
}

std::string with_entities(std::string_view line) {
  std::string out;
  for (const char c : line) {
    if (c == '"') out += "&quot;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else out += c;
  }
  return out;
}

std::string as_json_text(std::string_view line) {
  std::string text;
  append_json_string(text, line);
  return text;
}

}  // namespace

std::vector<LineForm> forms_of(std::string_view line) {
  std::vector<LineForm> forms;
  const std::size_t header = parse::header_length(line);
  if (header == 0) return forms;
  parse::NginxErrorParser parser;
  const parse::ErrorRecord& record = parser.parse(line);
  const bool is_telling =
      parse::has(record.client) || parse::has(record.responder) || !record.action.empty();
  const std::string whole(line);
  const std::string time(line.substr(0, kTimeLength));
  const std::string timeless(line.substr(kTimeLength + 1));
  const std::string message(line.substr(header));
  const std::string connection =
      record.connection ? "*" + std::to_string(*record.connection) + " " : "";
  const std::string json = as_json_text(whole + "\n");
  const std::string inside_json = json.substr(1, json.size() - 2);

  const auto add = [&forms](std::string_view name, std::string text, bool has_header) {
    forms.push_back({.name = name, .text = std::move(text), .has_header = has_header});
  };
  add("in a log", whole, true);
  add("with a Windows line end", whole + "\r", true);
  add("behind syslog", "<187>Nov 21 02:58:15 web1 nginx: " + whole, true);
  add("in Docker's JSON",
      "{\"log\":" + json + ",\"stream\":\"stderr\",\"time\":\"2026-11-21T02:58:15.1Z\"}", true);
  add("behind CRI", "2026-11-21T02:58:15.1Z stderr F " + whole, true);
  add("behind compose's name", "web-1  | " + whole, true);
  add("in colours", "\x1B[31m" + whole + "\x1B[0m", true);
  add("with milliseconds", time + ".123 " + timeless, true);
  add("with another time", "[2026-11-21T02:58:15+00:00] " + timeless, true);
  // Control characters do not outlive a copy, and of a line of the start little tells what it was
  // when it is not whole.
  const bool is_plain = std::none_of(line.begin(), line.end(),
                                     [](char c) { return static_cast<unsigned char>(c) < ' '; });
  if (is_telling && is_plain) {
    add("without its time", timeless, false);
    add("without time and level", timeless.substr(timeless.find("] ") + 2), false);
    add("with its connection only", connection + message, false);
    add("behind a program's name", "nginx[6]: " + timeless, false);
    add("as a bare message", message, false);
    add("as a quoted message", "> " + message, false);
    add("between backticks", "- `" + connection + message + "`", false);
    add("behind a file's name", "error.log:" + whole, false);
    add("glued to a word", "Output" + whole, false);
    add("quoted", "> " + whole, false);
    add("in a box", "\xE2\x94\x82 " + whole + " \xE2\x94\x82", false);
    add("in a log line of another program",
        "time=2026-11-21T02:58:15Z level=error msg=" + as_json_text(whole), false);
    if (line.find('"') != std::string_view::npos) {
      add("with typographic quotes", "> " + with_quotes(line, "\xE2\x80\x9C", "\xE2\x80\x9D"),
          false);
      add("with HTML's entities", "<code>" + with_entities(line) + "</code>", false);
      add("with JSON's escapes", "\"log\":\"" + inside_json + "\",\"stream\":\"stderr\"", false);
    }
  }
  return forms;
}

}  // namespace handshaked::cli
