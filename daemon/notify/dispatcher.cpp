// When a group has something to say, and what; who is in which is in dispatcher_groups.cpp.
#include "notify/dispatcher.h"

#include <algorithm>

#include "correlate/urgency.h"

namespace handshaked::notify {
namespace {

using correlate::Incident;

/// How long a digest of what was missed waits, in group_waits: the backlog is still being read.
constexpr int kLateWaits = 3;
constexpr std::uint32_t kPromptCorrections = 3;
/// Of one advance(): an event is tens of kilobytes, and all of a commit is in memory. The rest
/// stays due.
constexpr std::size_t kMostNotices = 256;
/// A withheld group without a known end of its silence is looked at again after so long.
constexpr auto kLookAgain = std::chrono::minutes(10);
constexpr auto kKeepEndedSilences = std::chrono::hours(24);

/// When it is the turn of a group of several to speak again.
Time turn_of(const IncidentGroup& group, const RouteTarget& target) {
  return group.is_grouped && group.told_at ? *group.told_at + target.group_interval : Time::min();
}

std::uint32_t step_of(const Incident& incident) {
  return incident.foreseen ? incident.foreseen->step : 0;
}

/// The number of an `updated` event is its second: two within one would be one event.
Time second_after(Time told_at) {
  return std::chrono::floor<std::chrono::seconds>(told_at) + std::chrono::seconds(1);
}

std::uint32_t changes_of(const Incident& incident) {
  return static_cast<std::uint32_t>(incident.earlier_fingerprints.size());
}

}  // namespace

/// What there is to say about one member at a flush.
struct Dispatcher::News {
  KnownIncident* known;
  const Incident* incident;
  correlate::Urgency urgency;
  RouteTarget target;
  std::optional<event::EventKind> kind;
  bool was_told = false;
  bool is_over = false;
  bool is_withheld = false;

  /// The worst now stands first, as in every list; of equals the one that knows why, for it speaks
  /// for the others.
  bool operator<(const News& other) const {
    const auto is_equal = [](const correlate::Urgency& a, const correlate::Urgency& b) {
      return a.is_over == b.is_over && a.severity == b.severity && a.rate == b.rate;
    };
    const auto knowledge = [](const Incident& one) {
      return one.diagnosis == nullptr ? 0 : one.diagnosis->proved ? 2 : 1;
    };
    if (is_equal(urgency, other.urgency) && knowledge(*incident) != knowledge(*other.incident))
      return knowledge(*incident) > knowledge(*other.incident);
    if (correlate::is_worse(urgency, other.urgency)) return true;
    return !correlate::is_worse(other.urgency, urgency) && incident->id < other.incident->id;
  }
};

Dispatcher::Dispatcher(Router router, std::vector<MaintenanceWindow> maintenance)
    : router_(std::move(router)), maintenance_(std::move(maintenance)) {}

// ---- when
// -------------------------------------------------------------------------------------------------------------------

/// When it is told, if nothing else happens.
std::optional<Time> Dispatcher::first_word_of(const IncidentGroup& group, const GroupMember& member,
                                              const Incident& incident,
                                              const RouteTarget& target) const {
  const bool has_spoken = group.is_grouped && group.told_at;
  const Time turn = turn_of(group, target);
  const Time waited = group.first_at + target.group_wait;
  if (group.is_grouped && incident.late)
    return std::max(turn, group.first_at + target.group_wait * kLateWaits);
  if (incident.severity == match::Severity::critical)  // a crowd of them is told together, too
    return has_spoken ? std::max(group.first_at, *group.told_at + target.group_wait)
                      : group.first_at;
  if (has_spoken) return std::max(turn, group.first_at);
  if (!incident.diagnosis || member.known->is_diagnosing) return waited;
  return group.is_grouped && diagnosing_ > 0 ? waited : group.first_at;
}

/// When there will be something to say about this member, if nothing else happens.
std::optional<Time> Dispatcher::due_of(const IncidentGroup& group, const GroupMember& member,
                                       const Incident& incident, const RouteTarget& target) const {
  if (!member.was_told) return first_word_of(group, member, incident, target);
  const bool is_critical = incident.severity == match::Severity::critical;
  const Time turn = turn_of(group, target);
  std::optional<Time> due;
  const auto consider = [&due](Time at) { due = std::min(due.value_or(at), at); };
  const bool got_worse = incident.severity > member.severity;
  if (got_worse && is_critical) consider(member.told_at);
  // What turned out wrong is not left standing until it is the group's turn; a fault that shows
  // another face every time waits for it.
  const bool is_corrected = member.diagnoses > 0 && incident.diagnoses > member.diagnoses;
  if (is_corrected && incident.diagnoses <= kPromptCorrections) consider(member.told_at);
  // Told without a cause: the first that is found is said once nothing more may come, all in one.
  const bool is_first_cause =
      group.is_grouped && member.diagnoses == 0 && incident.diagnoses > 0 && !group.has_told_cause;
  if (is_first_cause)
    consider(diagnosing_ > 0 ? member.told_at + target.group_wait : member.told_at);
  const bool is_diagnosed = incident.diagnoses > member.diagnoses && !is_first_cause;
  const bool is_nearer =
      step_of(incident) > member.step;  // of what is foreseen, the next lead time
  if (got_worse || is_nearer || is_diagnosed || incident.reopens > member.reopens ||
      incident.flapping != member.flapping)
    consider(std::max(turn, member.told_at));
  const bool is_for_people = router_.receivers()[group.receiver].for_people;
  if (changes_of(incident) > member.changes)
    consider(is_for_people ? std::max(turn, member.told_at) : member.told_at);
  if (!is_for_people && incident.count / 2 >= std::max<std::uint64_t>(member.count, 1))
    consider(member.told_at + target.group_interval);
  if (target.repeat_interval && !incident.foreseen)
    consider(std::max(turn, member.told_at + *target.repeat_interval));
  const bool is_update =
      incident.reopens <= member.reopens && incident.diagnoses <= member.diagnoses;
  if (due && is_update) due = std::max(*due, second_after(member.told_at));
  return due;
}

std::optional<Time> Dispatcher::next_deadline() const {
  const std::optional<Time> due = groups_.next_due();
  return due && quiet_change_ ? std::min(*due, *quiet_change_) : due ? due : quiet_change_;
}

Dispatcher::Decisions Dispatcher::advance(Time now, const LiveIncidents& live) {
  told_copies_.clear();
  Decisions decisions;
  look_at_silences(now);
  while (decisions.notices.size() < kMostNotices) {
    IncidentGroup* const group = groups_.take_due(now);
    if (group == nullptr) break;
    flush(*group, now, live, decisions);
  }
  return decisions;
}

// ---- what
// -------------------------------------------------------------------------------------------------------------------

const Incident* Dispatcher::incident_of(const KnownIncident& known,
                                        const LiveIncidents& live) const {
  return known.ended ? known.ended.get() : live.find(known.id.text());
}

std::vector<Dispatcher::News> Dispatcher::gather(IncidentGroup& group, Time now,
                                                 const LiveIncidents& live, Decisions& decisions) {
  std::vector<News> news;
  std::vector<KnownIncident*> lost;
  for (GroupMember& member : group.members) {
    const Incident* const incident = incident_of(*member.known, live);
    if (incident == nullptr) {  // it is in no memory and in no database any more
      lost.push_back(member.known);
      continue;
    }
    News item{.known = member.known,
              .incident = incident,
              .urgency = correlate::urgency_of(*incident, now),
              .target = router_.target_for(group.receiver, *incident),
              .kind = {},
              .was_told = member.was_told};
    item.is_over = !incident->is_told();
    const auto due = item.is_over ? std::nullopt : due_of(group, member, *incident, item.target);
    if (due && *due <= now) {
      const bool is_back = incident->reopens > (member.was_told ? member.reopens : 0);
      if (is_back) item.kind = event::EventKind::reopened;
      else if (!member.was_told) item.kind = event::EventKind::opened;
      else if (incident->diagnoses > member.diagnoses) item.kind = event::EventKind::diagnosed;
      else item.kind = event::EventKind::updated;
      item.is_withheld = !silencing(*incident, now).empty();
    }
    news.push_back(item);
  }
  bring_company(group, news, now);
  for (KnownIncident* const known : lost) {
    decisions.forgotten.emplace_back(router_.receivers()[group.receiver].name, known->id);
    if (group.members.size() == 1) return {};  // flush() sees that it is empty
    leave(*known, group, now);
  }
  return news;
}

/// With the first word on one of them goes the first word on all that wait and whose cause will not
/// be known soon.
void Dispatcher::bring_company(const IncidentGroup& group, std::vector<News>& news,
                               Time now) const {
  const bool is_first_word = std::any_of(
      news.begin(), news.end(), [](const News& item) { return item.kind && !item.was_told; });
  if (!group.is_grouped || !is_first_word) return;
  for (News& item : news) {
    if (item.kind || item.is_over || item.known->is_diagnosing || item.incident->late ||
        item.was_told)
      continue;
    item.kind = item.incident->reopens > 0 ? event::EventKind::reopened : event::EventKind::opened;
    item.is_withheld = !silencing(*item.incident, now).empty();
  }
}

void Dispatcher::flush(IncidentGroup& group, Time now, const LiveIncidents& live,
                       Decisions& decisions) {
  std::vector<News> news = gather(group, now, live, decisions);
  if (news.empty()) {
    const auto members = group.members;
    for (const GroupMember& member : members) leave(*member.known, group, now);
    return;
  }
  if (std::all_of(news.begin(), news.end(), [](const News& item) { return item.is_over; })) {
    finish(group, news, now, decisions);
    return;
  }
  group.is_withheld =
      std::any_of(news.begin(), news.end(), [](const News& item) { return item.is_withheld; });
  for (const event::EventKind kind : {event::EventKind::opened, event::EventKind::reopened,
                                      event::EventKind::diagnosed, event::EventKind::updated}) {
    const bool is_said = std::any_of(news.begin(), news.end(), [kind](const News& item) {
      return item.kind == kind && !item.is_withheld;
    });
    if (!is_said) continue;
    tell(group, news, kind, now, decisions);
    break;
  }
  plan_next(group, news, now);
}

/// The part of a notice that is the same whatever is said.
Notice Dispatcher::notice_of(const IncidentGroup& group, event::EventKind kind,
                             const Incident& incident) const {
  Notice notice{
      .receiver = router_.receivers()[group.receiver].name, .kind = kind, .incident = &incident};
  notice.is_grouped = group.is_grouped;
  notice.group = group.key.get().substr(std::min(group.key.get().find('\n') + 1, group.key.size()));
  notice.anchor = group.anchor_id();
  return notice;
}

/// Says `kind` about the worst of those that it is true of, and the rest in its company.
void Dispatcher::tell(IncidentGroup& group, std::vector<News>& news, event::EventKind kind,
                      Time now, Decisions& decisions) {
  std::sort(news.begin(), news.end());
  const auto lead = std::find_if(news.begin(), news.end(), [kind](const News& item) {
    return item.kind == kind && !item.is_withheld;
  });
  if (group.is_grouped && group.anchor.empty()) group.anchor = lead->known->id.text();
  Notice notice = notice_of(group, kind, *lead->incident);
  switch (kind) {
    case event::EventKind::opened: notice.number = 1; break;
    case event::EventKind::reopened: notice.number = lead->incident->reopens; break;
    case event::EventKind::diagnosed:
      notice.number = lead->incident->diagnoses;
      notice.is_correction = group.find(*lead->known)->diagnoses > 0;
      break;
    default:
      notice.number = static_cast<std::uint32_t>(
          std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  }
  group.told_at = now;
  const auto is_told_over = [](const News& item) { return item.is_over && !item.is_withheld; };
  for (News& item : news) {
    GroupMember& member = *group.find(*item.known);
    if (item.is_withheld || (!item.is_over && !item.kind && !member.was_told))
      continue;  // not its time yet
    ++(item.is_over ? notice.resolved_count : notice.open_count);
    if (notice.incidents.size() < Notice::kMostListed) notice.incidents.push_back(item.incident);
    if (item.is_over) continue;
    const bool is_news = item.kind.has_value();
    if (is_news || !member.was_told) {
      group.mark_told(member);
      member.flapping = item.incident->flapping;
      member.severity = item.incident->severity;
      member.step = step_of(*item.incident);
      member.changes = changes_of(*item.incident);
      member.reopens = item.incident->reopens;
      member.diagnoses = item.incident->diagnoses;
      group.has_told_cause = group.has_told_cause || item.incident->diagnosis;
      member.count = item.incident->count;
      member.told_at = now;
      decisions.told.push_back(record_of(group, member));
    }
    item.kind.reset();
  }
  if (lead->target.wants(kind)) decisions.notices.push_back(std::move(notice));
  for (const News& item : news)
    if (is_told_over(item)) forget(group, *item.known, now, decisions);
  std::erase_if(news, is_told_over);
}

/// All of it is over.
void Dispatcher::finish(IncidentGroup& group, std::vector<News>& news, Time now,
                        Decisions& decisions) {
  std::sort(news.begin(), news.end());
  auto lead = std::find_if(news.begin(), news.end(),
                           [&](const News& item) { return item.known->id == group.anchor_id(); });
  if (lead == news.end()) lead = news.begin();
  Notice notice = notice_of(group, event::EventKind::resolved, *lead->incident);
  notice.number = lead->incident->reopens + 1;
  notice.resolved_count = news.size();
  notice.silenced_by = silencing(*lead->incident, now);
  for (const News& item : news) {
    if (notice.incidents.size() < Notice::kMostListed) notice.incidents.push_back(item.incident);
  }
  if (lead->target.send_resolved && lead->target.wants(event::EventKind::resolved))
    decisions.notices.push_back(std::move(notice));
  for (std::size_t i = 0; i < news.size(); ++i)
    forget(group, *news[i].known, now, decisions);  // the last one takes the group with it
}

void Dispatcher::forget(IncidentGroup& group, KnownIncident& known, Time now,
                        Decisions& decisions) {
  decisions.forgotten.emplace_back(router_.receivers()[group.receiver].name, known.id);
  leave(known, group, now);
}

void Dispatcher::plan_next(IncidentGroup& group, const std::vector<News>& news, Time now) {
  for (const News& item : news) {
    if (item.is_over) continue;  // said with the next word of the group, or when all of it is over
    const GroupMember* const member = group.find(*item.known);
    const auto due =
        member != nullptr ? due_of(group, *member, *item.incident, item.target) : std::nullopt;
    if (!due) continue;
    if (*due > now) groups_.schedule(group, *due);
    else
      groups_.schedule(group, item.is_withheld ? std::max(quiet_change_.value_or(now + kLookAgain),
                                                          now + Duration(1))
                                               : now + Duration(1));
  }
}

// ---- silence
// ----------------------------------------------------------------------------------------------------------------

SilenceBook& Dispatcher::change_silences() {
  silences_changed_ = true;
  return silences_;
}

std::vector<std::string> Dispatcher::silencing(const Incident& incident, Time now) const {
  std::vector<std::string> ids = silences_.silencing(incident, now);
  for (const MaintenanceWindow& window : maintenance_) {
    if (all_match(window.matchers, incident) && window.is_active(now))
      ids.push_back("maintenance:" + window.name);
  }
  return ids;
}

void Dispatcher::look_at_silences(Time now) {
  if (!silences_changed_ && (!quiet_change_ || *quiet_change_ > now)) return;
  silences_changed_ = false;
  silences_.forget_ended(now - kKeepEndedSilences);
  quiet_change_ = silences_.next_change(now);
  for (const MaintenanceWindow& window : maintenance_) {
    if (const auto at = window.next_change(now))
      quiet_change_ = std::min(quiet_change_.value_or(*at), *at);
  }
  for (const KnownIncident* const known : groups_.known()) {
    for (const auto& [group, at] : known->groups) {
      if (group->is_withheld) groups_.schedule(*group, now);
    }
  }
}

}  // namespace handshaked::notify
