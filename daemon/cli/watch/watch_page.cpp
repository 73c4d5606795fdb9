#include "cli/watch/watch_page.h"

#include <simdjson.h>

#include <algorithm>

#include "cli/document/words.h"
#include "cli/operator/daemon_answer.h"
#include "cli/texts.h"
#include "correlate/incident_title.h"
#include "parse/time_zone.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;

WatchedIncident read_incident(const element& row) {
  WatchedIncident incident{.id = text_of(row, "id"),
                           .title = text_of(row, "title"),
                           .severity = text_of(row, "severity"),
                           .status = text_of(row, "status"),
                           .cause = text_of(row, "cause"),
                           .opened_at = text_of(row, "opened_at"),
                           .last_seen_at = text_of(row, "last_seen_at"),
                           .is_silenced = flag_of(row, "silenced"),
                           .is_flapping = flag_of(row, "flapping"),
                           .is_verified = flag_of(row, "verified"),
                           .is_diagnosed = flag_of(row, "diagnosed"),
                           .is_proved = flag_of(row, "proved"),
                           .confidence = real_of(row, "confidence"),
                           .rate = real_of(row, "rate_per_minute"),
                           .count = number_of(row, "count"),
                           .hosts = number_of(row, "hosts"),
                           .spark = {}};
  for (const element& count : list_of(row, "spark")) {
    std::uint64_t number = 0;
    if (count.get(number) == simdjson::SUCCESS) incident.spark.push_back(number);
  }
  return incident;
}

}  // namespace

Result<WatchedPage> read_watched_page(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "the daemon's answer has an unexpected form");
  WatchedPage page{.now = text_of(root, "now"), .total = number_of(root, "total"), .incidents = {}};
  for (const element& row : list_of(root, "incidents"))
    page.incidents.push_back(read_incident(row));
  return page;
}

std::string state_words(const WatchedIncident& incident, Language language) {
  const Texts say(watch_texts(), language);
  std::string words = say(incident.status == "resolved" ? "state.resolved" : "state.open");
  const auto add = [&](bool holds, std::string_view key) {
    if (holds) words = say("state.next", {{"state", words}, {"word", say(key)}});
  };
  add(incident.is_silenced, "state.silenced");
  add(incident.is_flapping, "state.flapping");
  add(incident.is_verified, "state.verified");
  add(incident.is_proved && incident.status != "resolved", "state.proved");
  return words;
}

std::string age_words(const std::string& from, const std::string& to, Language language) {
  const auto begin = parse::parse_rfc3339(from);
  const auto end = parse::parse_rfc3339(to);
  if (!begin || !end) return {};
  return age_words(language, end->utc - begin->utc);
}

std::string cause_words(const WatchedIncident& incident) {
  const bool is_sure = incident.is_diagnosed && incident.confidence >= correlate::kSure;
  if (incident.cause.empty() || is_sure) return incident.cause;
  return incident.cause + "? " + percent(incident.confidence);
}

}  // namespace handshaked::cli
