#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/intrusive/set.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/optional_time.h"
#include "base/owned_table.h"
#include "base/shared.h"
#include "correlate/incident.h"

namespace handshaked::notify {

struct IncidentGroup;
using GroupPointer = boost::intrusive_ptr<IncidentGroup>;

/// A group, and which of its members an incident is: a group may have as many as there are
/// incidents, and is never searched.
struct Membership {
  GroupPointer group;
  std::size_t at = 0;
};

/// An incident, and the groups that it is in.
struct KnownIncident {
  correlate::IncidentId id;
  bool is_diagnosing = false;  ///< its cause may be known soon, and decides where it belongs
  boost::container::small_vector<Membership, 1> groups;
  std::unique_ptr<correlate::Incident>
      ended;  ///< a copy of one that is over, while somebody has to hear of it
};

/// An incident in one group, and what its receiver was told of it.
struct GroupMember {
  KnownIncident* known = nullptr;
  bool was_told = false;
  bool flapping = false;
  match::Severity severity = match::Severity::info;
  std::uint32_t reopens = 0, diagnoses = 0, step = 0, changes = 0;
  std::uint64_t count = 0;
  Time told_at{};
};

/// Its place among the groups that are due, which it leaves when it goes.
using DueHook =
    boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>,
                                    boost::intrusive::optimize_size<true>>;

/// Incidents that one receiver hears of together; of one incident only, for receivers that want
/// them one by one. Lives as long as it has members. Small, because there are as many as open
/// incidents and receivers.
struct IncidentGroup : DueHook,
                       boost::intrusive_ref_counter<IncidentGroup, boost::thread_unsafe_counter> {
  bool is_grouped = false;
  bool is_withheld = false;  ///< a silence holds something back
  bool has_told_cause = false;
  bool is_held = false;  ///< it is looked at again when nothing is being diagnosed any more
  SharedText key;  ///< of those of several incidents; the others are found through their incident
  std::uint32_t receiver = 0;
  std::uint32_t untold_count = 0;
  std::uint64_t number = 0;                                ///< in the order of their making
  boost::container::small_vector<GroupMember, 1> members;  ///< in no order
  Time first_at{};       ///< when the first untold incident joined
  OptionalTime told_at;  ///< when it spoke last
  SharedText anchor;     ///< of those of several incidents: the one that it began with
  Time due{};            ///< while it is among those that are due

  std::string anchor_id() const {
    return is_grouped ? anchor.get() : members.front().known->id.text();
  }
  /// nullptr when the incident is no member. Gone after the next join() or drop().
  GroupMember* find(const KnownIncident& known);
  void mark_told(GroupMember& member);
};

/// Which incident is in which groups, and when each group is due. A group goes with its last
/// member; an incident stays until it is forgotten. Not shared between threads.
class GroupBook {
 public:
  /// nullptr when nothing is known of it.
  KnownIncident* find(const correlate::IncidentId& id) const { return known_.find(id); }
  /// The same, made when it is not there.
  KnownIncident& know(const correlate::IncidentId& id);
  /// One that is in no group.
  void forget(KnownIncident& known);
  const auto& known() const { return known_; }

  /// One that is to be joined: the group with this key, or a new one for a receiver that wants
  /// incidents one by one.
  GroupPointer group_at(std::string key, std::size_t receiver, bool is_grouped);
  /// `since`: when somebody was to be told of it first.
  GroupMember& join(KnownIncident& known, const GroupPointer& group, Time since);
  void drop(KnownIncident& known, IncidentGroup& group);
  std::size_t group_count() const { return group_count_; }

  /// Makes it due no later than this.
  void schedule(IncidentGroup& group, Time due);
  /// The first group that is due by now, which is due no more; nullptr when there is none.
  IncidentGroup* take_due(Time now);
  std::optional<Time> next_due() const;

 private:
  struct IdOf {
    const correlate::IncidentId& operator()(const KnownIncident& known) const { return known.id; }
  };
  struct EarlierGroup {
    bool operator()(const IncidentGroup& a, const IncidentGroup& b) const {
      return a.due != b.due ? a.due < b.due : a.number < b.number;
    }
  };

  OwnedTable<KnownIncident, IdOf> known_;
  std::unordered_map<std::string_view, IncidentGroup*>
      groups_;  ///< those of several incidents, by key; their members own them
  std::size_t group_count_ = 0;
  std::uint64_t groups_made_ = 0;
  boost::intrusive::set<IncidentGroup, boost::intrusive::compare<EarlierGroup>,
                        boost::intrusive::constant_time_size<false>>
      due_;
};

}  // namespace handshaked::notify
