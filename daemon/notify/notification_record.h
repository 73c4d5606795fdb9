#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "match/rule.h"

namespace handshaked::notify {

/// What one receiver has been told of one incident, and in which company. This is what survives a
/// restart: everything else follows from the incidents.
struct NotificationRecord {
  std::string receiver;
  std::string incident_id;
  std::string group;  ///< the group's key; an incident that is told alone has one of its own
  bool is_grouped = false;
  std::string anchor;    ///< the incident that the group began with
  Time told_at{};        ///< last, of this incident
  Time group_told_at{};  ///< last, of anything in the group
  std::uint64_t count = 0;
  std::uint32_t reopens = 0, diagnoses = 0;
  std::uint32_t step = 0;     ///< of what is foreseen: how near it had come
  std::uint32_t changes = 0;  ///< how often it had turned out to be another fault
  match::Severity severity = match::Severity::info;
  bool flapping = false;
};

/// JSON for the store, and back; receiver and incident are columns of their own.
std::string to_json(const NotificationRecord& told);
Result<NotificationRecord> notification_record_from_json(std::string receiver,
                                                         std::string incident_id,
                                                         std::string_view json);

}  // namespace handshaked::notify
