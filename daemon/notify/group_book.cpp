#include "notify/group_book.h"

#include <algorithm>

namespace handshaked::notify {

GroupMember* IncidentGroup::find(const KnownIncident& known) {
  for (const Membership& membership : known.groups)
    if (membership.group.get() == this) return &members[membership.at];
  return nullptr;
}

void IncidentGroup::mark_told(GroupMember& member) {
  untold_count -= member.was_told ? 0 : 1;
  member.was_told = true;
}

KnownIncident& GroupBook::know(const correlate::IncidentId& id) {
  if (KnownIncident* const known = find(id)) return *known;
  auto known = std::make_unique<KnownIncident>();
  known->id = id;
  return known_.insert(std::move(known));
}

void GroupBook::forget(KnownIncident& known) { known_.take(known.id); }

GroupPointer GroupBook::group_at(std::string key, std::size_t receiver, bool is_grouped) {
  if (is_grouped) {
    if (const auto it = groups_.find(key); it != groups_.end()) return it->second;
  }
  GroupPointer group(new IncidentGroup());
  ++group_count_;
  group->number = ++groups_made_;
  group->receiver = static_cast<std::uint32_t>(receiver);
  group->is_grouped = is_grouped;
  if (!is_grouped) return group;
  group->key = std::move(key);
  groups_.emplace(group->key.get(), group.get());
  return group;
}

GroupMember& GroupBook::join(KnownIncident& known, const GroupPointer& group, Time since) {
  group->first_at = group->untold_count > 0 ? std::min(group->first_at, since) : since;
  ++group->untold_count;
  known.groups.push_back({group, group->members.size()});
  GroupMember& member = group->members.emplace_back();
  member.known = &known;
  return member;
}

void GroupBook::drop(KnownIncident& known, IncidentGroup& group) {
  const GroupPointer kept(&group);  // as long as this runs
  const auto is_here = [&group](const Membership& one) { return one.group.get() == &group; };
  const auto place = std::find_if(known.groups.begin(), known.groups.end(), is_here);
  if (place == known.groups.end()) return;
  // The last member takes its seat.
  const std::size_t at = place->at;
  known.groups.erase(place);
  group.untold_count -= group.members[at].was_told ? 0 : 1;
  if (at + 1 < group.members.size()) {
    group.members[at] = group.members.back();
    auto& moved = group.members[at].known->groups;
    std::find_if(moved.begin(), moved.end(), is_here)->at = at;
  }
  group.members.pop_back();
  if (!group.members.empty()) return;
  group.unlink();
  --group_count_;
  if (group.is_grouped) groups_.erase(std::string_view(group.key));
}

void GroupBook::schedule(IncidentGroup& group, Time due) {
  if (group.is_linked() && group.due <= due) return;
  group.unlink();
  group.due = due;
  due_.insert(group);
}

IncidentGroup* GroupBook::take_due(Time now) {
  if (due_.empty() || due_.begin()->due > now) return nullptr;
  IncidentGroup* const group = &*due_.begin();
  group->unlink();
  return group;
}

std::optional<Time> GroupBook::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->due;
}

}  // namespace handshaked::notify
