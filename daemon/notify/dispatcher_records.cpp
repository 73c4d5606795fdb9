// What was told to whom, as it is kept: into the groups after a restart, and out of them again.
#include <algorithm>

#include "notify/dispatcher.h"

namespace handshaked::notify {

void Dispatcher::restore(const NotificationRecord& told) {
  const auto& receivers = router_.receivers();
  const auto it = std::find_if(receivers.begin(), receivers.end(),
                               [&](const auto& policy) { return policy.name == told.receiver; });
  if (it == receivers.end()) return;  // it left the configuration
  const auto receiver = static_cast<std::size_t>(it - receivers.begin());
  KnownIncident& known = groups_.know(correlate::IncidentId(told.incident_id));
  if (std::any_of(known.groups.begin(), known.groups.end(), [=](const Membership& membership) {
        return membership.group->receiver == receiver;
      }))
    return;
  const GroupPointer joined = groups_.group_at(told.group, receiver, told.is_grouped);
  IncidentGroup& group = *joined;
  GroupMember& member = groups_.join(known, joined, told.told_at);
  group.mark_told(member);
  member.flapping = told.flapping;
  member.severity = told.severity;
  member.step = told.step;
  member.changes = told.changes;
  member.reopens = told.reopens;
  member.diagnoses = told.diagnoses;
  group.has_told_cause = group.has_told_cause || told.diagnoses > 0;
  member.count = told.count;
  member.told_at = told.told_at;
  group.told_at = std::max(group.told_at.value_or(told.group_told_at), told.group_told_at);
  if (group.is_grouped) group.anchor = told.anchor;
  groups_.schedule(group, told.told_at);  // whatever is due is found out at the first advance()
}

NotificationRecord Dispatcher::record_of(const IncidentGroup& group,
                                         const GroupMember& member) const {
  NotificationRecord told;
  told.receiver = router_.receivers()[group.receiver].name;
  told.incident_id = member.known->id;
  told.group = group.is_grouped ? group.key.get() : told.receiver + "\n" + told.incident_id;
  told.is_grouped = group.is_grouped;
  told.anchor = group.anchor_id();
  told.told_at = member.told_at;
  told.group_told_at = group.told_at.value_or(member.told_at);
  told.count = member.count;
  told.reopens = member.reopens;
  told.diagnoses = member.diagnoses;
  told.severity = member.severity;
  told.step = member.step;
  told.changes = member.changes;
  told.flapping = member.flapping;
  return told;
}

std::optional<NotificationRecord> Dispatcher::told(std::string_view receiver,
                                                   std::string_view incident_id) const {
  const KnownIncident* const known = groups_.find(correlate::IncidentId(incident_id));
  if (known == nullptr) return std::nullopt;
  for (const auto& [group, at] : known->groups) {
    const GroupMember& member = group->members[at];
    if (router_.receivers()[group->receiver].name == receiver && member.was_told)
      return record_of(*group, member);
  }
  return std::nullopt;
}

std::vector<NotificationRecord> Dispatcher::everything_told() const {
  std::vector<NotificationRecord> all;
  for (const KnownIncident* const known : groups_.known()) {
    for (const auto& [group, at] : known->groups) {
      if (const GroupMember& member = group->members[at]; member.was_told)
        all.push_back(record_of(*group, member));
    }
  }
  return all;
}

}  // namespace handshaked::notify
