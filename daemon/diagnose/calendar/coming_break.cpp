#include "diagnose/calendar/coming_break.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "diagnose/case/configured_file.h"

namespace handshaked::diagnose {
namespace {

/// What has ended longer ago than this is nobody's news, and stands in files that nobody needs.
constexpr auto kLongOver = std::chrono::days(60);

/// Where a file counts: the first place of each kind that reads it.
struct InForce {
  std::string side, server, peer;
};

class FilesInForce {
 public:
  explicit FilesInForce(const ReadConfiguration& nginx) : nginx_(nginx) {
    for (const nginx::PassTarget& target : nginx.passes.targets()) {
      if (target.is_tls) add(target);
    }
    for (const nginx::Listener& listener : nginx.listeners.listeners()) {
      if (!listener.is_tls && !listener.is_starttls) continue;
      for (const nginx::ListeningServer& server : listener.servers) {
        if (server.has_tls_context) add(server);
      }
    }
  }
  const InForce* find(EndingKind kind, const std::string& path) const {
    const auto found = files_.find({kind, path});
    return found == files_.end() ? nullptr : &found->second;
  }

 private:
  void note(EndingKind kind, const nginx::EffectiveValue& value, const InForce& place) {
    for (const nginx::Directive* const one : value.set_by) {
      if (one->arguments.empty()) continue;
      files_.emplace(std::pair(kind, nginx_.configuration.full_path(
                                         one->argument(0), nginx::PathBase::configuration)),
                     place);
    }
  }
  void add(const nginx::PassTarget& target) {
    InForce place{.side = "upstream", .server = {}, .peer = {}};
    if (target.server != nullptr) place.server = target.server->names.logged;
    if (!target.destinations.empty()) place.peer = target.destinations.front().address.text();
    note(EndingKind::client_certificate, target.settings.certificate, place);
    if (!target.settings.verify.is_on()) return;
    note(EndingKind::trusted_ca, target.settings.trusted_certificate, place);
    for (const nginx::EffectiveValue* const value :
         {&target.settings.trusted_certificate, &target.settings.crl})
      note(EndingKind::revocation_list, *value, place);
  }
  void add(const nginx::ListeningServer& server) {
    const InForce place{.side = "client", .server = server.server->names.logged, .peer = {}};
    const nginx::ListenerSettings& settings = server.settings;
    note(EndingKind::served_certificate, settings.certificates, place);
    if (settings.stapling.is_on()) note(EndingKind::stapled_answer, settings.stapling_file, place);
    const auto verify = settings.verify_client.first();
    if (verify != "on" && verify != "optional") return;
    // Beside ssl_client_certificate nginx trusts what ssl_trusted_certificate holds: only where
    // that is missing one file is all there is.
    if (settings.trusted_certificate.first().empty())
      note(EndingKind::trusted_ca, settings.client_certificate, place);
    for (const nginx::EffectiveValue* const value :
         {&settings.client_certificate, &settings.trusted_certificate, &settings.crl})
      note(EndingKind::revocation_list, *value, place);
  }

  const ReadConfiguration& nginx_;
  std::map<std::pair<EndingKind, std::string>, InForce> files_;
};

ComingBreak break_at(const CalendarEntry& ending, Time now) {
  ComingBreak coming;
  coming.at = ending.at + std::chrono::seconds(1);  // its last moment belongs to its validity
  coming.ending = ending;
  coming.has_begun = coming.at <= now;
  coming.side =
      ending.kind == EndingKind::served_certificate || ending.kind == EndingKind::stapled_answer
          ? "client"
          : "upstream";
  coming.file = ending.file;
  coming.line = ending.line;
  coming.directive = ending.directive;
  return coming;
}

/// What of the calendar makes this forecast true.
const CalendarEntry* ending_of(const Forecast& forecast,
                               const std::vector<CalendarEntry>& calendar) {
  const CalendarEntry* found = nullptr;
  for (const CalendarEntry& entry : calendar) {
    if (entry.at + std::chrono::seconds(1) != *forecast.at) continue;
    const bool is_of_clients =
        entry.kind == EndingKind::served_certificate || entry.kind == EndingKind::stapled_answer;
    if (is_of_clients != (forecast.side == "client")) continue;
    if (entry.kind == EndingKind::peer_certificate && entry.target != forecast.target) continue;
    const bool is_same_place = entry.file == forecast.file && entry.line == forecast.line;
    if (is_same_place) return &entry;
    if (found == nullptr) found = &entry;
  }
  return found;
}

}  // namespace

std::vector<ComingBreak> coming_breaks(const std::vector<CalendarEntry>& calendar,
                                       const PreflightReport& report,
                                       const ReadConfiguration& nginx, Time now) {
  std::vector<ComingBreak> coming;
  std::set<std::string> covered;
  for (const Forecast& forecast : report.places) {
    if (forecast.outlook != Outlook::breaks || !forecast.at) continue;
    const CalendarEntry* const ending = ending_of(forecast, calendar);
    if (ending == nullptr) continue;
    ComingBreak one = break_at(*ending, now);
    one.side = forecast.side;
    one.server = forecast.server;
    one.file = forecast.file;
    one.line = forecast.line;
    one.directive = forecast.directive;
    if (forecast.side == "upstream") one.peer = peer_of(forecast.target);
    for (const Prevention& prevention : forecast.preventions) one.fixes.push_back(prevention.fix);
    covered.insert(ending->subject);
    coming.push_back(std::move(one));
  }
  const FilesInForce in_force(nginx);
  for (const CalendarEntry& entry : calendar) {
    const bool is_past = entry.at < now;
    if (covered.contains(entry.subject) || entry.at < now - kLongOver) continue;
    if (!is_past && (!entry.ends_all || entry.kind == EndingKind::peer_certificate)) continue;
    ComingBreak one = break_at(entry, now);
    if (entry.kind == EndingKind::peer_certificate) {
      one.peer = entry.peer();
    } else {
      const InForce* const place = in_force.find(entry.kind, entry.path);
      if (place == nullptr) continue;
      one.side = place->side;
      one.server = place->server;
      one.peer = place->peer;
    }
    coming.push_back(std::move(one));
  }
  return coming;
}

}  // namespace handshaked::diagnose
