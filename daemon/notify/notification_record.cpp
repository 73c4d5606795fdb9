#include "notify/notification_record.h"

#include <simdjson.h>

#include <algorithm>

#include "base/json/json_writer.h"

namespace handshaked::notify {

std::string to_json(const NotificationRecord& told) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("told_at", told.told_at.time_since_epoch().count())
      .member("count", told.count);
  json.member("severity", static_cast<int>(told.severity))
      .member("reopens", told.reopens)
      .member("diagnoses", told.diagnoses);
  json.member("flapping", told.flapping);
  if (told.step > 0) json.member("step", told.step);
  if (told.changes > 0) json.member("changes", told.changes);
  if (told.is_grouped) {
    json.member("group", told.group).member("anchor", told.anchor);
    json.member("group_told_at", told.group_told_at.time_since_epoch().count());
  }
  json.end_object();
  return out;
}

Result<NotificationRecord> notification_record_from_json(std::string receiver,
                                                         std::string incident_id,
                                                         std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "a stored notification record is not JSON");
  const auto integer = [&root](std::string_view key) {
    std::int64_t value = 0;
    return root[key].get(value) == simdjson::SUCCESS ? value : 0;
  };
  const auto count = [&](std::string_view key) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer(key)));
  };
  std::string_view group;
  std::string_view anchor;
  NotificationRecord told;
  told.is_grouped = root["group"].get(group) == simdjson::SUCCESS;
  if (root["anchor"].get(anchor) != simdjson::SUCCESS) anchor = incident_id;
  told.group = told.is_grouped ? std::string(group) : receiver + "\n" + incident_id;
  told.anchor = anchor;
  told.told_at = Time(Duration(integer("told_at")));
  told.group_told_at = told.is_grouped ? Time(Duration(integer("group_told_at"))) : told.told_at;
  told.count = count("count");
  told.reopens = static_cast<std::uint32_t>(std::min<std::uint64_t>(count("reopens"), 1'000'000));
  told.diagnoses =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(count("diagnoses"), 1'000'000));
  told.step = static_cast<std::uint32_t>(std::min<std::uint64_t>(count("step"), 1'000'000));
  told.changes = static_cast<std::uint32_t>(std::min<std::uint64_t>(count("changes"), 1'000'000));
  told.severity = static_cast<match::Severity>(std::clamp<std::int64_t>(integer("severity"), 0, 2));
  bool is_flapping = false;
  told.flapping = root["flapping"].get(is_flapping) == simdjson::SUCCESS && is_flapping;
  told.receiver = std::move(receiver);
  told.incident_id = std::move(incident_id);
  return told;
}

}  // namespace handshaked::notify
