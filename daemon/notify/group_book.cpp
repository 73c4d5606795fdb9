#include "notify/group_book.h"

#include <algorithm>

namespace handshaked::notify {

GroupMember* IncidentGroup::find(const KnownIncident& known) {
  const auto it = std::find_if(members.begin(), members.end(), [&](const GroupMember& member) { return member.known == &known; });
  return it == members.end() ? nullptr : &*it;
}

bool GroupBook::EarlierGroup::operator()(const std::pair<Time, IncidentGroup*>& a, const std::pair<Time, IncidentGroup*>& b) const {
  if (a.first != b.first) return a.first < b.first;
  return a.second->number < b.second->number;
}

KnownIncident* GroupBook::find(std::string_view id) const {
  const auto it = known_.find(id);
  return it == known_.end() ? nullptr : it->second.get();
}

KnownIncident& GroupBook::know(std::string_view id) {
  if (KnownIncident* const known = find(id)) return *known;
  auto known = std::make_unique<KnownIncident>();
  known->id = id;
  KnownIncident& kept = *known;
  known_.emplace(kept.id, std::move(known));
  return kept;
}

void GroupBook::forget(KnownIncident& known) { known_.erase(std::string_view(known.id)); }

GroupPointer GroupBook::group_at(std::string key, std::size_t receiver, bool is_grouped) {
  if (is_grouped) {
    if (const auto it = groups_.find(key); it != groups_.end()) return it->second;
  }
  GroupPointer group(new IncidentGroup());
  ++group_count_;
  group->number = ++groups_made_;
  group->receiver = receiver;
  group->is_grouped = is_grouped;
  if (!is_grouped) return group;
  group->key = std::move(key);
  groups_.emplace(group->key.get(), group.get());
  return group;
}

GroupMember& GroupBook::join(KnownIncident& known, const GroupPointer& group, Time since) {
  const bool waits = std::any_of(group->members.begin(), group->members.end(), [](const GroupMember& member) { return !member.was_told; });
  group->first_at = waits ? std::min(group->first_at, since) : since;
  GroupMember& member = group->members.emplace_back();
  member.known = &known;
  known.groups.push_back(group);
  return member;
}

void GroupBook::drop(KnownIncident& known, IncidentGroup& group) {
  const GroupPointer kept(&group);  // as long as this runs
  group.members.erase(
      std::remove_if(group.members.begin(), group.members.end(), [&](const GroupMember& member) { return member.known == &known; }),
      group.members.end());
  known.groups.erase(std::remove(known.groups.begin(), known.groups.end(), kept), known.groups.end());
  if (!group.members.empty()) return;
  unschedule(group);
  --group_count_;
  if (group.is_grouped) groups_.erase(std::string_view(group.key));
}

void GroupBook::schedule(IncidentGroup& group, Time due) {
  if (group.due && *group.due <= due) return;
  unschedule(group);
  group.due = due;
  due_.emplace(due, &group);
}

void GroupBook::unschedule(IncidentGroup& group) {
  if (group.due) due_.erase({*group.due, &group});
  group.due.reset();
}

IncidentGroup* GroupBook::take_due(Time now) {
  if (due_.empty() || due_.begin()->first > now) return nullptr;
  IncidentGroup* const group = due_.begin()->second;
  unschedule(*group);
  return group;
}

std::optional<Time> GroupBook::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

}  // namespace handshaked::notify
