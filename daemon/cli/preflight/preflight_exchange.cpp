// The forms in which pull requests and pipelines read a preflight: SARIF 2.1.0 and JUnit.
#include <map>

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "cli/document/html_document.h"
#include "cli/preflight/preflight_output.h"
#include "cli/texts.h"

namespace handshaked::cli {
namespace {

using diagnose::Forecast;
using diagnose::Outlook;

bool is_result(const Forecast& place) { return place.outlook >= Outlook::weakens; }

/// SARIF's words.
std::string_view level_of(Outlook outlook) {
  switch (outlook) {
    case Outlook::breaks: return "error";
    case Outlook::weakens:
    case Outlook::cannot_tell: return "warning";
    default: return "note";
  }
}

std::string rule_of(const Forecast& place) {
  return "preflight/" + std::string(to_string(place.outlook)) +
         (place.cause.empty() ? "" : "/" + place.cause);
}

std::string message_of(const Forecast& place, Language language) {
  const Texts say(preflight_texts(), language);
  std::string text = say("message.text", {{"target", place.target},
                                          {"outlook", outlook_words(language, place.outlook)},
                                          {"sentence", sentence_of(place, language)}});
  if (!place.would_log.empty())
    text = say("message.would_log", {{"message", text}, {"line", place.would_log}});
  if (!place.preventions.empty())
    text = say("message.prevention",
               {{"message", text}, {"fix", place.preventions.front().fix.title.in(language)}});
  return text;
}

/// A path as a URI reference: everything that is not plain is escaped.
std::string uri_of(const std::string& path) {
  static constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri;
  for (const char byte : path.starts_with("./") ? path.substr(2) : path) {
    if (kPlain.find(byte) != std::string_view::npos) {
      uri += byte;
      continue;
    }
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "%%%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(byte)));
    uri += escaped;
  }
  return path.starts_with('/') ? "file://" + uri : uri;
}

void write_rules(JsonWriter& json, const diagnose::PreflightReport& report, Language language) {
  std::map<std::string, const Forecast*> rules;
  for (const Forecast& place : report.places) {
    if (is_result(place)) rules.emplace(rule_of(place), &place);
  }
  json.key("rules").begin_array();
  for (const auto& [id, place] : rules) {
    json.begin_object().member("id", id).key("shortDescription").begin_object();
    json.member("text", outlook_words(language, place->outlook) +
                            (place->cause.empty() ? "" : ": " + place->cause))
        .end_object();
    json.key("defaultConfiguration")
        .begin_object()
        .member("level", level_of(place->outlook))
        .end_object()
        .end_object();
  }
  json.end_array();
}

void write_result(JsonWriter& json, const Forecast& place, const SourceOf& source_of,
                  Language language) {
  json.begin_object().member("ruleId", rule_of(place)).member("level", level_of(place.outlook));
  json.key("message").begin_object().member("text", message_of(place, language)).end_object();
  json.key("locations").begin_array().begin_object().key("physicalLocation").begin_object();
  json.key("artifactLocation")
      .begin_object()
      .member("uri", uri_of(source_of(place.file)))
      .end_object();
  json.key("region")
      .begin_object()
      .member("startLine", place.line == 0 ? 1U : place.line)
      .end_object();
  json.end_object().end_object().end_array();
  // The same place and cause is the same alert, whatever its line has become.
  json.key("partialFingerprints").begin_object();
  json.member("place/v1", sha256_hex(rule_of(place) + "|" + place.host + "|" + place.file + "|" +
                                         place.server + "|" + place.target,
                                     32));
  json.end_object().end_object();
}

std::string escaped(const std::string& text) {
  std::string clean;
  for (const char byte : text)
    clean += static_cast<unsigned char>(byte) < 0x20 && byte != '\n' && byte != '\t' ? '?' : byte;
  return html_escaped(clean);
}

}  // namespace

std::string preflight_sarif(const diagnose::PreflightReport& report, const SourceOf& source_of,
                            Language language) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
      .member("version", "2.1.0");
  json.key("runs")
      .begin_array()
      .begin_object()
      .key("tool")
      .begin_object()
      .key("driver")
      .begin_object();
  json.member("name", "handshaked").member("semanticVersion", HANDSHAKED_VERSION);
  write_rules(json, report, language);
  json.end_object().end_object().key("results").begin_array();
  for (const Forecast& place : report.places) {
    if (!is_result(place)) continue;
    out += "\n";
    write_result(json, place, source_of, language);
  }
  json.end_array().member("columnKind", "utf16CodeUnits").end_object().end_array().end_object();
  return out + "\n";
}

std::string preflight_junit(const diagnose::PreflightReport& report, Language language) {
  std::string cases;
  std::size_t failures = 0, errors = 0;
  for (const Forecast& place : report.places) {
    const std::string name = place.target + (place.server.empty() ? "" : " " + place.server) +
                             (place.host.empty() ? "" : " " + place.host);
    cases += "    <testcase classname=\"" + escaped(place.file) + "\" name=\"" +
             escaped(place.directive + " " + name) + "\" file=\"" + escaped(place.file) +
             "\" line=\"" + std::to_string(place.line) + "\"";
    const char* element = place.outlook == Outlook::breaks || place.outlook == Outlook::weakens
                              ? "failure"
                          : place.outlook == Outlook::cannot_tell    ? "error"
                          : place.outlook == Outlook::broken_already ? "skipped"
                                                                     : nullptr;
    if (element == nullptr) {
      cases += "/>\n";
      continue;
    }
    if (place.outlook == Outlook::cannot_tell) ++errors;
    else if (place.outlook != Outlook::broken_already) ++failures;
    cases += ">\n      <" + std::string(element) + " message=\"" +
             escaped(message_of(place, language)) + "\"/>\n    </testcase>\n";
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"handshaked "
         "preflight\" tests=\"" +
         std::to_string(report.places.size()) + "\" failures=\"" + std::to_string(failures) +
         "\" errors=\"" + std::to_string(errors) + "\">\n" + cases +
         "  </testsuite>\n</testsuites>\n";
}

}  // namespace handshaked::cli
