#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "correlate/incident.h"
#include "event/remediation_event.h"
#include "notify/group_book.h"
#include "notify/maintenance.h"
#include "notify/notification_record.h"
#include "notify/route.h"
#include "notify/silence.h"

namespace handshaked::notify {

/// One notification for one receiver, decided and due. The incidents are borrowed: valid until the
/// dispatcher or the correlator is called again.
struct Notice {
  std::string receiver;
  event::EventKind kind = event::EventKind::opened;
  std::uint32_t number =
      1;  ///< with incident and kind it makes the event's id, the same after a crash and a replay
  const correlate::Incident* incident =
      nullptr;  ///< the one that it is about, or the worst of several
  bool is_correction =
      false;  ///< a diagnosis in the place of another one that this receiver has heard
  std::vector<std::string> silenced_by = {};

  // What follows is for groups of several incidents only.
  bool is_grouped = false;
  std::string group = {};   ///< "cause=upstream_ca_not_trusted"
  std::string anchor = {};  ///< the incident that the group began with: order is kept by it
  std::vector<const correlate::Incident*> incidents =
      {};  ///< all that it tells of, the worst first; at most kMostListed
  std::size_t open_count = 0, resolved_count = 0;
  static constexpr std::size_t kMostListed = 100;
};

/// Who finds a live incident by its id.
class LiveIncidents {
 public:
  virtual ~LiveIncidents() = default;
  /// nullptr for one that is over.
  virtual const correlate::Incident* find(std::string_view id) const = 0;
};

/// Decides who is told what, when, and in which company. Level-triggered: it looks at what an
/// incident is now and at what the receiver was told last, so that nothing depends on having seen a
/// change, and a restart forgets nothing:
///
///   observe(incident) -> groups, each with a due time -> advance(now) -> notices, and the
///   notification records to be stored with them
///
/// The first notification of a group waits group_wait; it leaves earlier when an incident is
/// critical, or diagnosed while no other is still being diagnosed that may turn out to belong to
/// it. All that waits in the group goes with it. After that the group speaks at most every
/// group_interval, except of what is critical (every group_wait), and of its cause when it was told
/// without one; `resolved` goes out when all of it is over, to receivers that had heard of it,
/// silenced or not. Silences and maintenance hold back everything else until they end. Pure: time
/// is an argument. Not shared between threads.
class Dispatcher {
 public:
  Dispatcher(Router router, std::vector<MaintenanceWindow> maintenance);

  /// What a receiver was told before a restart. To be called before the incident itself, live or
  /// over, is observed.
  void restore(const NotificationRecord& told);

  /// Other routes and receivers from now on. What was told is known to those that stay; what waits
  /// goes on waiting; those that left hear nothing more. `live`: every incident that is not over;
  /// `told_before`: what receivers that come back were told before they left.
  void use_routes(Router router, std::vector<MaintenanceWindow> maintenance,
                  const std::vector<const correlate::Incident*>& live,
                  const std::vector<NotificationRecord>& told_before, Time now);

  /// Something about the incident may have changed. What is over is copied as long as somebody has
  /// to hear of it. `since`: when whoever was not told of it yet began to wait; now, if not given.
  void observe(const correlate::Incident& incident, Time now, std::optional<Time> since = {});

  struct Decisions {
    std::vector<Notice> notices;
    std::vector<NotificationRecord> told;  ///< to be stored together with the notices
    std::vector<std::pair<std::string, std::string>>
        forgotten;  ///< receiver and incident: no longer to be kept
  };
  /// What is due. The notices borrow incidents of `live` and copies that stay until the next call.
  Decisions advance(Time now, const LiveIncidents& live);
  std::optional<Time> next_deadline() const;

  const SilenceBook& silences() const { return silences_; }
  /// After a change what they held back is looked at again.
  SilenceBook& change_silences();
  /// What keeps it quiet: ids of silences, and "maintenance:NAME".
  std::vector<std::string> silencing(const correlate::Incident& incident, Time now) const;

  const Router& router() const { return router_; }
  const std::vector<MaintenanceWindow>& maintenance() const { return maintenance_; }
  /// What a receiver was told of an incident last; nullopt: nothing yet.
  std::optional<NotificationRecord> told(std::string_view receiver,
                                         std::string_view incident_id) const;
  /// All that receivers were told of incidents that are not over for them.
  std::vector<NotificationRecord> everything_told() const;
  /// Groups that wait or have been told of something that is not over.
  std::size_t groups() const { return groups_.group_count(); }

 private:
  struct News;

  std::optional<Time> waiting_since(std::string_view incident_id) const;

  void leave(KnownIncident& known, IncidentGroup& group, Time now);
  void find_places(KnownIncident& known, const correlate::Incident& incident, Time waiting_since);
  void move_to_cause(KnownIncident& known, const GroupPointer& from, const std::string& key);
  void note_diagnosing(KnownIncident& known, bool is_diagnosing, Time now);
  std::optional<Time> first_word_of(const IncidentGroup& group, const GroupMember& member,
                                    const correlate::Incident& incident,
                                    const RouteTarget& target) const;
  std::optional<Time> due_of(const IncidentGroup& group, const GroupMember& member,
                             const correlate::Incident& incident, const RouteTarget& target) const;
  const correlate::Incident* incident_of(const KnownIncident& known,
                                         const LiveIncidents& live) const;
  void flush(IncidentGroup& group, Time now, const LiveIncidents& live, Decisions& decisions);
  std::vector<News> gather(IncidentGroup& group, Time now, const LiveIncidents& live,
                           Decisions& decisions);
  void bring_company(const IncidentGroup& group, std::vector<News>& news, Time now) const;
  Notice notice_of(const IncidentGroup& group, event::EventKind kind,
                   const correlate::Incident& incident) const;
  void tell(IncidentGroup& group, std::vector<News>& news, event::EventKind kind, Time now,
            Decisions& decisions);
  void finish(IncidentGroup& group, std::vector<News>& news, Time now, Decisions& decisions);
  void plan_next(IncidentGroup& group, const std::vector<News>& news, Time now);
  NotificationRecord record_of(const IncidentGroup& group, const GroupMember& member) const;
  void forget(IncidentGroup& group, KnownIncident& known, Time now, Decisions& decisions);
  void look_at_silences(Time now);

  Router router_;
  std::vector<MaintenanceWindow> maintenance_;
  SilenceBook silences_;
  GroupBook groups_;
  std::size_t diagnosing_ = 0;      ///< incidents whose cause may be known soon
  std::vector<GroupPointer> held_;  ///< groups with a cause that wait for these
  std::vector<std::unique_ptr<correlate::Incident>> told_copies_;  ///< what the last notices borrow
  std::optional<Time> quiet_change_;  ///< when a silence or a window begins or ends next
  bool silences_changed_ = true;
};

}  // namespace handshaked::notify
