#include "runtime/delivery/restored_state.h"

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/incidents.h"
#include "store/notifications.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

constexpr std::size_t kMostResolved = 10'000;

struct Kept {
  std::vector<store::IncidentRow> resolved;
  std::vector<store::DiagnosisRow> diagnoses;
  std::vector<store::SilenceRow> silences;
};

Result<Kept> load(store::Database& database, Time since, Time now) {
  Kept kept;
  store::Incidents incidents(database);
  store::Notifications notifications(database);
  TRY(kept.resolved, incidents.load_resolved_since(since, kMostResolved));
  TRY(kept.diagnoses, notifications.load_diagnoses());
  if (const auto forgotten = notifications.forget_silences(now - std::chrono::days(1)); !forgotten)
    telemetry::log_warning(forgotten.error().message());  // a full disk is no reason not to start
  TRY(kept.silences, notifications.load_silences());
  return kept;
}

using Notes = std::unordered_map<std::string, std::shared_ptr<const correlate::DiagnosisNote>>;

Notes read_notes(const std::vector<store::DiagnosisRow>& rows) {
  Notes notes;
  for (const store::DiagnosisRow& row : rows) {
    auto note = correlate::diagnosis_note_from_json(row.note_json);
    if (note)
      notes.emplace(row.incident_id,
                    std::make_shared<const correlate::DiagnosisNote>(std::move(note).value()));
    else
      telemetry::log_warning(
          "the diagnosis of " + row.incident_id + " is left out: " + note.error().message(),
          {.incident = row.incident_id});
  }
  return notes;
}

std::optional<correlate::Incident> read_incident(const store::IncidentRow& row,
                                                 const Notes& notes) {
  auto incident = correlate::Incident::from_json(row.state_json);
  if (!incident) {
    telemetry::log_warning("incident " + row.id + " is left out: " + incident.error().message(),
                           {.incident = row.id});
    return std::nullopt;
  }
  if (const auto note = notes.find(row.id); note != notes.end())
    incident.value().diagnosis = note->second;
  return std::move(incident).value();
}

std::optional<notify::NotificationRecord> read_told(const store::ToldRow& row) {
  auto told = notify::notification_record_from_json(row.receiver, row.incident_id, row.state_json);
  if (told) return std::move(told).value();
  telemetry::log_warning("what " + row.receiver + " was told is skipped: " + told.error().message(),
                         {.incident = row.incident_id, .receiver = row.receiver});
  return std::nullopt;
}

/// What nobody was told yet has waited since it opened: a restart is no reason to wait anew. But
/// what was missed is still being read.
Time waiting_since(const correlate::Incident& incident, Time now) {
  if (incident.late) return now;
  return std::min(now, incident.reopened_at.value_or(incident.opened_at));
}

}  // namespace

void find_told_before(store::StoreThread& store, std::set<std::string> receivers, Time now,
                      const std::function<void(const ToldBefore&)>& answer) {
  const bool is_posted =
      store.post([receivers = std::move(receivers), now, answer](store::Database& database) {
        ToldBefore before;
        const auto told = store::Notifications(database).load_told();
        if (!told)
          telemetry::log_warning("earlier notifications are not known: " + told.error().message());
        for (const store::ToldRow& row : told ? told.value() : std::vector<store::ToldRow>()) {
          if (!receivers.contains(row.receiver)) continue;
          if (auto read = read_told(row)) before.told.push_back(std::move(*read));
        }
        const auto ended = store::Incidents(database).load_resolved_since(now, kMostResolved);
        const auto diagnoses = store::Notifications(database).load_diagnoses();
        if (!ended) telemetry::log_warning(ended.error().message());
        if (!diagnoses) telemetry::log_warning(diagnoses.error().message());
        const Notes notes = diagnoses ? read_notes(diagnoses.value()) : Notes();
        for (const store::IncidentRow& row :
             ended ? ended.value() : std::vector<store::IncidentRow>()) {
          if (auto incident = read_incident(row, notes))
            before.ended.push_back(std::move(*incident));
        }
        answer(before);
      });
  if (is_posted) return;
  telemetry::log_warning(
      "earlier notifications are not known: the database accepts no more requests now");
  answer({});
}

Result<> restore_state(store::StoreThread& store, correlate::Correlator& correlator,
                       notify::Dispatcher& dispatcher, Duration reopen_within, Time now) {
  const auto task = [now, since = now - reopen_within](store::Database& database) {
    return load(database, since, now);
  };
  TRY(const Kept kept, store.call(task).get());
  for (const store::SilenceRow& row : kept.silences) {
    auto silence = notify::silence_from_json(row.state_json);
    if (silence) dispatcher.change_silences().restore(std::move(silence).value());
    else telemetry::log_warning("silence " + row.id + " is left out: " + silence.error().message());
  }
  const Notes notes = read_notes(kept.diagnoses);
  // One by one, on the store's thread while this one waits: all rows together take as much memory
  // as what is made of them.
  TRY(store
          .call([&](store::Database& database) -> Result<> {
            TRY(store::Notifications(database).visit_told([&](const store::ToldRow& row) {
              if (const auto told = read_told(row)) dispatcher.restore(*told);
            }));
            return store::Incidents(database).visit_open([&](const store::IncidentRow& row) {
              if (auto incident = read_incident(row, notes))
                correlator.restore(std::move(*incident));
            });
          })
          .get());
  for (const correlate::Incident* const incident : correlator.incidents())
    dispatcher.observe(*incident, now, waiting_since(*incident, now));
  for (const store::IncidentRow& row : kept.resolved) {
    auto incident = read_incident(row, notes);
    if (!incident) continue;
    dispatcher.observe(*incident, now);
    if (incident->resolved_at.value_or(Time{}) >= now - reopen_within)
      correlator.restore(std::move(*incident));
  }
  return success();
}

}  // namespace handshaked::runtime
