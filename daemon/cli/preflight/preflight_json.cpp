#include "base/json/json_writer.h"
#include "cli/preflight/preflight_output.h"
#include "diagnose/upstream/verification/cause_sentences.h"
#include "event/diagnosis_json.h"

namespace handshaked::cli {
namespace {

using diagnose::Forecast;
using diagnose::Outlook;

/// "2027-03-01T00:00:00Z".
std::string rfc3339(Time time) {
  std::string text = diagnose::date_text(time);  // "2027-03-01 00:00:00 UTC"
  text[10] = 'T';
  return text.substr(0, 19) + "Z";
}

void write_rollout(JsonWriter& json, const Forecast& place) {
  json.key("rollout").begin_array();
  std::size_t rank = 0;
  for (const diagnose::Prevention& one : place.preventions)
    json.begin_object()
        .member("fix", ++rank)
        .member("id", one.fix.id)
        .member("when", to_string(one.rollout))
        .end_object();
  json.end_array();
}

/// The fixes in the words of the event: its members "fixes" alone.
void write_fixes(JsonWriter& json, const Forecast& place, Language language) {
  diagnose::Diagnosis diagnosis;
  for (const diagnose::Prevention& one : place.preventions) diagnosis.fixes.push_back(one.fix);
  const std::string members = event::diagnosis_members(diagnosis, nullptr, language);
  const std::size_t begin = members.find("\"fixes\":"), end = members.find(",\"dead_ends\":");
  if (begin == std::string::npos || end == std::string::npos) return;
  json.key("fixes").raw(std::string_view(members).substr(begin + 8, end - begin - 8));
}

void write_place(JsonWriter& json, const Forecast& place, Language language) {
  json.begin_object().member("outlook", to_string(place.outlook));
  json.optional_member("host", place.host);
  json.member("side", place.side)
      .member("directive", place.directive)
      .member("file", place.file)
      .member("line", place.line);
  json.optional_member("server", place.server).member("target", place.target);
  if (place.at) json.member("at", rfc3339(*place.at));
  json.optional_member("cause", place.cause).member("summary", sentence_of(place, language));
  json.optional_member("now", place.now.in(language))
      .optional_member("then", place.then.in(language));
  json.optional_member("would_log", place.would_log)
      .optional_member("missing", place.missing.in(language));
  if (!place.weakened.empty()) {
    json.key("weakened").begin_array();
    for (const diagnose::Text& one : place.weakened) json.value(one.in(language));
    json.end_array();
  }
  json.optional_member("ran_under", place.ran_under);
  if (!place.preventions.empty()) {
    write_rollout(json, place);
    write_fixes(json, place, language);
  }
  json.end_object();
}

}  // namespace

std::string preflight_json(const diagnose::PreflightReport& report,
                           const diagnose::PlannedChange& change, Language language) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("changes").begin_array();
  for (const std::string& one : change_sentences(change, language)) json.value(one);
  json.end_array().key("counts").begin_object();
  for (const Outlook outlook :
       {Outlook::breaks, Outlook::cannot_tell, Outlook::broken_already, Outlook::weakens,
        Outlook::cured, Outlook::works, Outlook::unaffected})
    json.member(to_string(outlook), report.count(outlook));
  json.end_object().member("configurations", report.configurations);
  json.key("places").begin_array();
  for (const Forecast& place : report.places) {
    out += "\n";
    write_place(json, place, language);
  }
  json.end_array()
      .array("missing_files", report.missing_files)
      .array("remarks", report.remarks)
      .array("probes", report.probes)
      .end_object();
  return out + "\n";
}

}  // namespace handshaked::cli
