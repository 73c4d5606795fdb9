// Who is in which group: where an incident belongs, where it goes when its cause is known, and who
// has to hear that it is over.
#include <algorithm>

#include "notify/dispatcher.h"

namespace handshaked::notify {
namespace {

using correlate::Incident;

/// The group in which a receiver hears of an incident: the one that it joined last.
IncidentGroup* known_group_of(const KnownIncident& known, std::size_t receiver) {
  const auto at = std::find_if(
      known.groups.rbegin(), known.groups.rend(),
      [receiver](const Membership& membership) { return membership.group->receiver == receiver; });
  return at == known.groups.rend() ? nullptr : at->group.get();
}

}  // namespace

/// What is known of an incident goes with its last group.
void Dispatcher::leave(KnownIncident& known, IncidentGroup& group, Time now) {
  groups_.drop(known, group);
  if (!known.groups.empty()) return;
  if (known.ended) told_copies_.push_back(std::move(known.ended));
  note_diagnosing(known, false, now);
  groups_.forget(known);
}

/// As a restart does it, but for the silences, which are kept, and what is waiting.
void Dispatcher::use_routes(Router router, std::vector<MaintenanceWindow> maintenance,
                            const std::vector<const Incident*>& live,
                            const std::vector<NotificationRecord>& told_before, Time now) {
  Dispatcher next(std::move(router), std::move(maintenance));
  for (const NotificationRecord& told : everything_told()) next.restore(told);
  for (const NotificationRecord& told : told_before) next.restore(told);
  for (const Incident* const incident : live)
    next.observe(*incident, now, waiting_since(incident->id.text()));
  for (const KnownIncident* const known : groups_.known()) {
    if (known->ended) next.observe(*known->ended, now);
  }
  next.silences_ = std::move(silences_);
  *this = std::move(next);
}

/// Since when somebody is to be told of it.
std::optional<Time> Dispatcher::waiting_since(std::string_view incident_id) const {
  std::optional<Time> since;
  const KnownIncident* const known = groups_.find(correlate::IncidentId(incident_id));
  if (known == nullptr) return since;
  for (const auto& [group, at] : known->groups) {
    if (!group->members[at].was_told)
      since = std::min(since.value_or(group->first_at), group->first_at);
  }
  return since;
}

void Dispatcher::observe(const Incident& incident, Time now, std::optional<Time> since) {
  if (incident.is_told()) {
    KnownIncident& known = groups_.know(incident.id);
    known.ended.reset();
    note_diagnosing(known, incident.diagnosing_until && *incident.diagnosing_until > now, now);
    find_places(known, incident, since.value_or(now));
    if (!known.groups.empty()) return;
    note_diagnosing(known, false, now);
    groups_.forget(known);
    return;
  }
  KnownIncident* const found = groups_.find(incident.id);
  if (found == nullptr || incident.status == correlate::Status::pending) return;
  // Over: who was told has to hear it; who was not, need not.
  KnownIncident& known = *found;
  note_diagnosing(known, false, now);
  const auto groups = known.groups;
  bool is_awaited = false;
  for (const auto& [group, at] : groups) is_awaited = group->members[at].was_told || is_awaited;
  if (is_awaited) known.ended = std::make_unique<Incident>(incident);
  for (const auto& [group, at] : groups) {
    if (group->members[at].was_told) groups_.schedule(*group, now);
    else leave(known, *group, now);
  }
}

/// What waited for a cause that may have come with this one is looked at once nothing more may
/// come.
void Dispatcher::note_diagnosing(KnownIncident& known, bool is_diagnosing, Time now) {
  if (known.is_diagnosing == is_diagnosing) return;
  known.is_diagnosing = is_diagnosing;
  if (is_diagnosing) ++diagnosing_;
  else --diagnosing_;
  if (diagnosing_ > 0) return;
  for (const GroupPointer& group : std::exchange(held_, {})) {
    group->is_held = false;
    if (!group->members.empty()) groups_.schedule(*group, now);
  }
}

/// It was told before its cause was known, in the company of another one: from now on it belongs to
/// those of its own.
void Dispatcher::move_to_cause(KnownIncident& known, const GroupPointer& from,
                               const std::string& key) {
  const GroupMember before = *from->find(known);
  const GroupPointer to = groups_.group_at(key, from->receiver, true);
  groups_.drop(known, *from);
  GroupMember& member = groups_.join(known, to, before.told_at);
  to->mark_told(member);
  member = before;
  if (to->anchor.empty()) to->anchor = known.id.text();
}

/// Puts an incident that is told into the groups where it belongs. Where it was told with its
/// cause, it stays.
void Dispatcher::find_places(KnownIncident& known, const Incident& incident, Time waiting_since) {
  const std::vector<RouteTarget> targets = router_.targets(incident);
  std::vector<GroupPointer> strays;
  for (const Membership& membership : known.groups) {
    const GroupPointer& group = membership.group;
    const bool has_target =
        std::any_of(targets.begin(), targets.end(), [&](const RouteTarget& target) {
          return target.receiver == group->receiver && target.is_grouped == group->is_grouped &&
                 (!target.is_grouped ||
                  target.group_key(incident, router_.receivers()[target.receiver].name) ==
                      group->key.get());
        });
    if (!has_target && !group->members[membership.at].was_told) strays.push_back(group);
  }
  std::optional<Time> since;
  for (const GroupPointer& group : strays)
    since = std::min(since.value_or(group->first_at), group->first_at);
  for (const RouteTarget& target : targets) {
    const auto at =
        std::find_if(known.groups.begin(), known.groups.end(), [&](const Membership& membership) {
          return membership.group->receiver == target.receiver &&
                 std::find(strays.begin(), strays.end(), membership.group) == strays.end();
        });
    const GroupPointer pointer =
        at != known.groups.end()
            ? at->group
            : groups_.group_at(
                  target.is_grouped
                      ? target.group_key(incident, router_.receivers()[target.receiver].name)
                      : std::string(),
                  target.receiver, target.is_grouped);
    GroupMember* member = pointer->find(known);
    if (member == nullptr) member = &groups_.join(known, pointer, since.value_or(waiting_since));
    const bool is_cause_new = member->was_told && member->diagnoses == 0 && incident.diagnosis &&
                              target.is_grouped && pointer->is_grouped;
    const std::string key =
        is_cause_new ? target.group_key(incident, router_.receivers()[target.receiver].name)
                     : std::string();
    if (is_cause_new && key == pointer->key.get() && pointer->has_told_cause) {
      member->diagnoses =
          incident.diagnoses;  // its receiver has heard this very cause of its company
    } else if (is_cause_new && key != pointer->key.get()) {
      move_to_cause(known, pointer, key);
    }
    IncidentGroup& group = *known_group_of(known, target.receiver);
    const auto due = due_of(group, *group.find(known), incident, target);
    if (!due) continue;
    groups_.schedule(group, *due);
    const bool waits_for_others =
        group.is_grouped && incident.diagnosis && diagnosing_ > 0 && !group.is_held;
    if (!waits_for_others) continue;
    group.is_held = true;
    if (held_.size() >= 2 * groups_.group_count())
      std::erase_if(held_, [](const GroupPointer& held) { return held->members.empty(); });
    held_.push_back(GroupPointer(&group));
  }
  for (const GroupPointer& group : strays) groups_.drop(known, *group);
}

}  // namespace handshaked::notify
