// Lead times, rhythms and lateness: which coming breaks are worth a word, and what is said.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "diagnose/calendar/coming_break.h"

namespace handshaked::diagnose {
namespace {

using match::Severity;

constexpr std::size_t kMostShown = 30;  // of one incident
constexpr std::size_t kMostServers = 32;

std::string days_of(Duration time) {
  const auto days = std::max<std::int64_t>(1, std::chrono::round<std::chrono::days>(time).count());
  return std::to_string(days) + (days == 1 ? " day" : " days");
}
std::string days_zh(Duration time) {
  return std::to_string(std::max<std::int64_t>(1, std::chrono::round<std::chrono::days>(time).count())) + " 天";
}

const char* cause_of(const CalendarEntry& ending) {
  switch (ending.kind) {
    case EndingKind::served_certificate: return "server_cert_expired";
    case EndingKind::client_certificate: return "proxy_client_cert_expired";
    case EndingKind::trusted_ca: return "trusted_root_expired";
    case EndingKind::revocation_list: return "crl_expired";
    case EndingKind::stapled_answer: return "stapling_response_expired";
    case EndingKind::peer_certificate: return ending.slot.empty() ? "upstream_intermediate_expired" : "upstream_cert_expired";
  }
  return "";
}

/// What ends, as the beginning of a sentence.
Text subject_of(const CalendarEntry& ending) {
  switch (ending.kind) {
    case EndingKind::served_certificate:
      return {"The certificate " + ending.name + " in " + ending.path, ending.path + " 中的证书 " + ending.name};
    case EndingKind::client_certificate:
      return {"The client certificate " + ending.name + " in " + ending.path, ending.path + " 中的客户端证书 " + ending.name};
    case EndingKind::trusted_ca: return {"The CA " + ending.name + " in " + ending.path, ending.path + " 中的 CA " + ending.name};
    case EndingKind::revocation_list:
      return {"The revocation list of " + ending.name + " in " + ending.path, ending.path + " 中 " + ending.name + " 的吊销列表"};
    case EndingKind::stapled_answer: return {"The OCSP answer in " + ending.path, ending.path + " 中的 OCSP 响应"};
    case EndingKind::peer_certificate:
      return {"The certificate " + ending.name + " of " + ending.peer(), ending.peer() + " 的证书 " + ending.name};
  }
  return {};
}

Text consequence_of(EndingKind kind) {
  switch (kind) {
    case EndingKind::served_certificate: return {"clients refuse it from then on", "此后客户端会拒绝"};
    case EndingKind::client_certificate: return {"upstreams refuse it from then on", "此后上游会拒绝"};
    case EndingKind::trusted_ca: return {"nothing is verified with it from then on", "此后无法再用它验证"};
    case EndingKind::revocation_list: return {"every certificate of that CA is refused from then on", "此后该 CA 的所有证书都会被拒绝"};
    case EndingKind::stapled_answer: return {"clients that insist on one refuse the server from then on", "此后要求该响应的客户端会拒绝"};
    case EndingKind::peer_certificate: return {"nginx refuses it from then on", "此后 nginx 会拒绝"};
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

Judged judge(const ComingBreak& coming, const RenewalBook& renewals, const std::vector<std::chrono::seconds>& lead_times, Time now) {
  Judged judged;
  judged.coming = &coming;
  const CalendarEntry& ending = coming.ending;
  const bool is_short_by_nature = ending.kind == EndingKind::revocation_list || ending.kind == EndingKind::stapled_answer;
  const Duration validity = ending.at - ending.issued_at;
  const Duration left = coming.at - now;
  std::optional<Duration> nearest;
  for (const std::chrono::seconds lead : lead_times) {
    // A list that lives for a week is not near its end all the time.
    const Duration counted = is_short_by_nature ? std::min<Duration>(lead, validity / 3) : Duration(lead);
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

Text sentence_of(const Judged& judged, Time now) {
  const ComingBreak& coming = *judged.coming;
  const Text subject = subject_of(coming.ending), consequence = consequence_of(coming.ending.kind);
  const std::string day = day_of(coming.ending.at);
  if (coming.has_begun) return {subject.en + " ended on " + day + ".", subject.zh + " 已于 " + day + " 到期。"};
  if (judged.late) {
    const Duration behind = now - judged.late->due;
    return {
        subject.en + " was renewed every " + days_of(judged.late->every) + " and is " + days_of(behind) + " late; it ends on " + day + ".",
        subject.zh + " 此前每 " + days_zh(judged.late->every) + "更新一次，现已逾期 " + days_zh(behind) + "；将于 " + day + " 到期。"};
  }
  return {subject.en + " ends on " + day + "; " + consequence.en + ".", subject.zh + " 将于 " + day + " 到期；" + consequence.zh + "。"};
}

Fix fix_of(const Judged& judged) {
  const CalendarEntry& ending = judged.coming->ending;
  const bool is_read_again = ending.kind != EndingKind::peer_certificate;
  Fix fix;
  fix.id = "renew-in-time";
  switch (ending.kind) {
    case EndingKind::served_certificate:
    case EndingKind::client_certificate:
      fix.title = {"Renew " + ending.name + " in " + ending.path + ", and reload nginx",
                   "更新 " + ending.path + " 中的 " + ending.name + "，并重载 nginx"};
      break;
    case EndingKind::trusted_ca:
      fix.title = {"Add the successor of " + ending.name + " to " + ending.path + ", and reload nginx",
                   "把 " + ending.name + " 的后继 CA 加入 " + ending.path + "，并重载 nginx"};
      break;
    case EndingKind::revocation_list:
      fix.title = {"Fetch the present list of " + ending.name + " into " + ending.path + ", and reload nginx",
                   "获取 " + ending.name + " 的最新吊销列表写入 " + ending.path + "，并重载 nginx"};
      break;
    case EndingKind::stapled_answer:
      fix.title = {"Fetch a new OCSP answer into " + ending.path + ", and reload nginx",
                   "获取新的 OCSP 响应写入 " + ending.path + "，并重载 nginx"};
      break;
    case EndingKind::peer_certificate:
      fix.owner = Owner::upstream;
      fix.title = {"Ask whoever runs " + ending.peer() + " to renew it before then", "请 " + ending.peer() + " 的维护者在此之前续期"};
      fix.message = {"The certificate " + ending.name + " of " + ending.peer() + " ends on " + day_of(ending.at) +
                         ". Please renew it before then, under the same CA.",
                     ending.peer() + " 的证书 " + ending.name + " 将于 " + day_of(ending.at) + " 到期。请在此之前用同一 CA 续期。"};
      break;
  }
  if (judged.late)
    fix.how = {"Something renewed it so far: look why it did not this time (its timer, its log, its account with the CA).",
               "此前有程序自动更新：请检查这次为何没有（定时器、日志、在 CA 的账户）。"};
  if (is_read_again) fix.commands = {"nginx -t", "nginx -s reload"};
  fix.proof.detail = {"not tested: it needs what is not there yet; handshaked preflight tries it before it is rolled out",
                      "未验证：需要尚不存在的文件；可在上线前用 handshaked preflight 试验"};
  return fix;
}

bool is_graver(const Judged& left, const Judged& right) {
  if (left.severity != right.severity) return left.severity > right.severity;
  if (left.late.has_value() != right.late.has_value()) return left.late.has_value();
  if (left.coming->at != right.coming->at) return left.coming->at < right.coming->at;
  return std::tie(left.coming->server, left.coming->ending.what.en) < std::tie(right.coming->server, right.coming->ending.what.en);
}

Evidence evidence_of(const Judged& judged, Time now) {
  const ComingBreak& coming = *judged.coming;
  const std::string place =
      " (" + coming.file + ":" + std::to_string(coming.line) + (coming.server.empty() ? "" : ", " + coming.server) + ")";
  Text text = sentence_of(judged, now);
  text.en.insert(text.en.size() - 1, place);
  text.zh += place;
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
    const bool is_new = !server.empty() && std::find(foreseen.servers.begin(), foreseen.servers.end(), server) == foreseen.servers.end();
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
    diagnosis.summary.en += " So " + std::string(subjects.size() == 2 ? "does " : "do ") + more + " more that day.";
    diagnosis.summary.zh += "同日还有 " + more + " 项。";
  }
  diagnosis.place = GoverningPlace{.directive = first.directive, .file = first.file, .line = first.line};
  if (diagnosis.fixes.empty() || gravest.late) diagnosis.fixes.insert(diagnosis.fixes.begin(), fix_of(gravest));
  return foreseen;
}

}  // namespace

std::vector<ForeseenBreak> foreseen_breaks(const std::vector<ComingBreak>& breaks, const RenewalBook& renewals,
                                           const std::vector<std::chrono::seconds>& lead_times, Time now) {
  std::map<std::string, std::vector<Judged>> groups;
  for (const ComingBreak& coming : breaks) {
    const Judged judged = judge(coming, renewals, lead_times, now);
    if (judged.step > 0) groups[day_of(coming.ending.at) + " " + cause_of(coming.ending)].push_back(judged);
  }
  std::vector<ForeseenBreak> foreseen;
  for (auto& [key, group] : groups) foreseen.push_back(one_of(key, std::move(group), now));
  return foreseen;
}

}  // namespace handshaked::diagnose
