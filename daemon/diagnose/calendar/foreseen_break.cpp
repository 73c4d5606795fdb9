// Lead times, rhythms and lateness: which coming breaks are worth a word, and what is said.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "diagnose/calendar/coming_break.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

using match::Severity;

constexpr std::size_t kMostShown = 30;  // of one incident
constexpr std::size_t kMostServers = 32;

Text days_of(Duration time) {
  const auto days = std::max<std::int64_t>(1, std::chrono::round<std::chrono::days>(time).count());
  return calendar_text(days == 1 ? "duration.day" : "duration.days",
                       {{"days", std::to_string(days)}});
}

const char* cause_of(const CalendarEntry& ending) {
  switch (ending.kind) {
    case EndingKind::served_certificate: return "server_cert_expired";
    case EndingKind::client_certificate: return "proxy_client_cert_expired";
    case EndingKind::trusted_ca: return "trusted_root_expired";
    case EndingKind::revocation_list: return "crl_expired";
    case EndingKind::stapled_answer: return "stapling_response_expired";
    case EndingKind::peer_certificate:
      return ending.slot.empty() ? "upstream_intermediate_expired" : "upstream_cert_expired";
  }
  return "";
}

/// What ends, as the beginning of a sentence.
Text subject_of(const CalendarEntry& ending) {
  switch (ending.kind) {
    case EndingKind::served_certificate:
      return calendar_text("subject.own", {{"certificate", ending.name}, {"file", ending.path}});
    case EndingKind::client_certificate:
      return calendar_text("subject.client", {{"certificate", ending.name}, {"file", ending.path}});
    case EndingKind::trusted_ca:
      return calendar_text("subject.ca", {{"certificate", ending.name}, {"file", ending.path}});
    case EndingKind::revocation_list:
      return calendar_text("subject.crl", {{"issuer", ending.name}, {"file", ending.path}});
    case EndingKind::stapled_answer:
      return calendar_text("subject.stapled", {{"file", ending.path}});
    case EndingKind::peer_certificate:
      return calendar_text("subject.peer", {{"certificate", ending.name}, {"peer", ending.peer()}});
  }
  return {};
}

Text consequence_of(EndingKind kind) {
  switch (kind) {
    case EndingKind::served_certificate: return calendar_text("then.clients_refuse");
    case EndingKind::client_certificate: return calendar_text("then.upstreams_refuse");
    case EndingKind::trusted_ca: return calendar_text("then.nothing_verified");
    case EndingKind::revocation_list: return calendar_text("then.all_refused");
    case EndingKind::stapled_answer: return calendar_text("then.stapling_clients_refuse");
    case EndingKind::peer_certificate: return calendar_text("then.nginx_refuses");
  }
  return {};
}

/// One break with what the lead times and its rhythm say of it.
struct Judged {
  const ComingBreak* coming = nullptr;
  std::uint32_t step = 0;
  Severity severity = Severity::info;
  std::optional<RenewalRhythm> late;  ///< its rhythm, where it is late
};

Judged judge(const ComingBreak& coming, const RenewalBook& renewals,
             const std::vector<std::chrono::seconds>& lead_times, Time now) {
  Judged judged;
  judged.coming = &coming;
  const CalendarEntry& ending = coming.ending;
  const bool is_short_by_nature =
      ending.kind == EndingKind::revocation_list || ending.kind == EndingKind::stapled_answer;
  const Duration validity = ending.at - ending.issued_at;
  const Duration left = coming.at - now;
  std::optional<Duration> nearest;
  for (const std::chrono::seconds lead : lead_times) {
    // A list that lives for a week is not near its end all the time.
    const Duration counted =
        is_short_by_nature ? std::min<Duration>(lead, validity / 3) : Duration(lead);
    if (left > counted) continue;
    ++judged.step;
    nearest = std::min<Duration>(nearest.value_or(lead), lead);
  }
  if (nearest && *nearest <= std::chrono::days(1)) judged.severity = Severity::critical;
  else if (nearest && *nearest <= std::chrono::days(7)) judged.severity = Severity::warning;
  if (coming.has_begun) {
    ++judged.step;
    judged.severity = Severity::critical;
    return judged;
  }
  const auto rhythm = ending.slot.empty() ? std::nullopt : renewals.rhythm(ending.slot);
  // A rhythm that leaves no time between late and over is none to rely on.
  if (!rhythm || rhythm->late_from >= coming.at) return judged;
  if (now < rhythm->late_from) {
    judged.step = 0;
    return judged;
  }
  ++judged.step;
  judged.severity = std::max(judged.severity, Severity::warning);
  judged.late = rhythm;
  return judged;
}

Text sentence_of(const Judged& judged, Time now, const Text& place = {}) {
  const ComingBreak& coming = *judged.coming;
  const Text subject = subject_of(coming.ending), consequence = consequence_of(coming.ending.kind);
  const std::string day = day_of(coming.ending.at);
  if (coming.has_begun)
    return calendar_text("ending.over", {{"subject", subject}, {"date", day}, {"place", place}});
  if (judged.late) {
    const Text every = days_of(judged.late->every), behind = days_of(now - judged.late->due);
    return calendar_text("ending.late", {{"subject", subject},
                                         {"every", every},
                                         {"behind", behind},
                                         {"date", day},
                                         {"place", place}});
  }
  return calendar_text(
      "ending.soon",
      {{"subject", subject}, {"date", day}, {"consequence", consequence}, {"place", place}});
}

Fix fix_of(const Judged& judged) {
  const CalendarEntry& ending = judged.coming->ending;
  const bool is_read_again = ending.kind != EndingKind::peer_certificate;
  Fix fix;
  fix.id = "renew-in-time";
  switch (ending.kind) {
    case EndingKind::served_certificate:
    case EndingKind::client_certificate:
      fix.title = calendar_text("fix.renew", {{"certificate", ending.name}, {"file", ending.path}});
      break;
    case EndingKind::trusted_ca:
      fix.title =
          calendar_text("fix.successor", {{"certificate", ending.name}, {"file", ending.path}});
      break;
    case EndingKind::revocation_list:
      fix.title = calendar_text("fix.fetch_list", {{"issuer", ending.name}, {"file", ending.path}});
      break;
    case EndingKind::stapled_answer:
      fix.title = calendar_text("fix.fetch_answer", {{"file", ending.path}});
      break;
    case EndingKind::peer_certificate:
      fix.owner = Owner::upstream;
      fix.title = calendar_text("fix.ask_peer", {{"peer", ending.peer()}});
      fix.message = calendar_text(
          "fix.message",
          {{"certificate", ending.name}, {"peer", ending.peer()}, {"date", day_of(ending.at)}});
      break;
  }
  if (judged.late) fix.how = calendar_text("fix.why_not_renewed");
  if (is_read_again) fix.commands = {"nginx -t", "nginx -s reload"};
  fix.proof.detail = calendar_text("fix.not_tested");
  return fix;
}

bool is_graver(const Judged& left, const Judged& right) {
  if (left.severity != right.severity) return left.severity > right.severity;
  if (left.late.has_value() != right.late.has_value()) return left.late.has_value();
  if (left.coming->at != right.coming->at) return left.coming->at < right.coming->at;
  return std::tie(left.coming->server, left.coming->ending.what.en) <
         std::tie(right.coming->server, right.coming->ending.what.en);
}

Evidence evidence_of(const Judged& judged, Time now) {
  const ComingBreak& coming = *judged.coming;
  const std::string line = std::to_string(coming.line);
  const Text place =
      coming.server.empty()
          ? calendar_text("place.line", {{"file", coming.file}, {"line", line}})
          : calendar_text("place.line_of_server",
                          {{"file", coming.file}, {"line", line}, {"server", coming.server}});
  Text text = sentence_of(judged, now, place);
  return {coming.ending.kind == EndingKind::peer_certificate ? "peer" : "file", std::move(text)};
}

ForeseenBreak one_of(const std::string& key, std::vector<Judged> group, Time now) {
  std::sort(group.begin(), group.end(), is_graver);
  const Judged& gravest = group.front();
  const ComingBreak& first = *gravest.coming;
  ForeseenBreak foreseen;
  foreseen.key = key;
  foreseen.cause = cause_of(first.ending);
  foreseen.at = first.at;
  foreseen.side = first.side;
  foreseen.peer = first.peer;
  foreseen.has_begun = true;
  Diagnosis& diagnosis = foreseen.diagnosis;
  std::set<std::string> subjects;
  for (const Judged& one : group) {
    subjects.insert(one.coming->ending.subject);
    foreseen.at = std::min(foreseen.at, one.coming->at);
    foreseen.step = std::max(foreseen.step, one.step);
    foreseen.severity = std::max(foreseen.severity, one.severity);
    foreseen.has_begun = foreseen.has_begun && one.coming->has_begun;
    const std::string& server = one.coming->server;
    const bool is_new =
        !server.empty() && std::find(foreseen.servers.begin(), foreseen.servers.end(), server) ==
                               foreseen.servers.end();
    if (is_new && foreseen.servers.size() < kMostServers) foreseen.servers.push_back(server);
    if (diagnosis.evidence.size() < kMostShown) diagnosis.evidence.push_back(evidence_of(one, now));
    if (diagnosis.fixes.empty()) diagnosis.fixes = one.coming->fixes;
  }
  diagnosis.cause = "will_break";
  diagnosis.also = {foreseen.cause};
  diagnosis.confidence = 1;
  diagnosis.summary = sentence_of(gravest, now);
  if (subjects.size() > 1) {
    const std::string more = std::to_string(subjects.size() - 1);
    diagnosis.summary =
        calendar_text(subjects.size() == 2 ? "ending.and_one_more" : "ending.and_more",
                      {{"sentence", diagnosis.summary}, {"count", more}});
  }
  diagnosis.place =
      GoverningPlace{.directive = first.directive, .file = first.file, .line = first.line};
  if (diagnosis.fixes.empty() || gravest.late)
    diagnosis.fixes.insert(diagnosis.fixes.begin(), fix_of(gravest));
  return foreseen;
}

}  // namespace

std::vector<ForeseenBreak> foreseen_breaks(const std::vector<ComingBreak>& breaks,
                                           const RenewalBook& renewals,
                                           const std::vector<std::chrono::seconds>& lead_times,
                                           Time now) {
  std::map<std::string, std::vector<Judged>> groups;
  for (const ComingBreak& coming : breaks) {
    const Judged judged = judge(coming, renewals, lead_times, now);
    if (judged.step > 0)
      groups[day_of(coming.ending.at) + " " + cause_of(coming.ending)].push_back(judged);
  }
  std::vector<ForeseenBreak> foreseen;
  for (auto& [key, group] : groups) foreseen.push_back(one_of(key, std::move(group), now));
  return foreseen;
}

}  // namespace handshaked::diagnose
