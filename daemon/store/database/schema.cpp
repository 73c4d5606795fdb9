#include "store/database/schema.h"

#include <array>
#include <string>

#include "store/database/connection.h"

namespace handshaked::store {

namespace {

// "HSHK" in the database header tells our files from those of other programs.
constexpr std::int64_t kApplicationId = 0x4853484b;
constexpr const char* kMarkAsOurs = "PRAGMA application_id = 1213417547";
static_assert(kApplicationId == 1213417547);

// The meaning of each column is in README.md.
constexpr MigrationStep kFirstTables = R"sql(
CREATE TABLE positions (
  source TEXT NOT NULL PRIMARY KEY,
  cursor BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
  id           TEXT NOT NULL UNIQUE,
  fingerprint  TEXT NOT NULL,
  status       TEXT NOT NULL CHECK (status IN ('open', 'resolved')),
  severity     TEXT NOT NULL,
  opened_at    INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  resolved_at  INTEGER,
  state_json   TEXT NOT NULL
) STRICT;
CREATE INDEX incidents_by_status ON incidents (status, last_seen_at DESC);

CREATE TABLE outbox (
  delivery_id INTEGER PRIMARY KEY AUTOINCREMENT,
  receiver    TEXT NOT NULL,
  event_id    TEXT NOT NULL,
  event_type  TEXT NOT NULL,
  incident_id TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status IN ('ready', 'behind', 'delivered', 'dead', 'discarded')),
  created_at  INTEGER NOT NULL,
  not_before  INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  last_error  TEXT NOT NULL DEFAULT '',
  finished_at INTEGER,
  body        TEXT NOT NULL,
  UNIQUE (event_id, receiver)
) STRICT;
CREATE INDEX outbox_ready ON outbox (receiver, not_before, delivery_id) WHERE status = 'ready';
CREATE INDEX outbox_undelivered ON outbox (receiver, incident_id, delivery_id) WHERE status IN ('ready', 'behind');
CREATE INDEX outbox_counts ON outbox (receiver, status, created_at);
CREATE INDEX outbox_finished ON outbox (status, finished_at) WHERE status IN ('delivered', 'dead', 'discarded');
)sql";

// What receivers were told and what a diagnosis found go with their incident.
constexpr MigrationStep kNotifications = R"sql(
CREATE TABLE told (
  receiver    TEXT NOT NULL,
  incident_id TEXT NOT NULL,
  state_json  TEXT NOT NULL,
  PRIMARY KEY (incident_id, receiver)
) STRICT, WITHOUT ROWID;

CREATE TABLE diagnoses (
  incident_id TEXT NOT NULL PRIMARY KEY,
  note_json   TEXT NOT NULL
) STRICT;

CREATE TABLE silences (
  id         TEXT NOT NULL PRIMARY KEY,
  ends_at    INTEGER NOT NULL,
  state_json TEXT NOT NULL
) STRICT;

CREATE TRIGGER incident_forgotten AFTER DELETE ON incidents BEGIN
  DELETE FROM told WHERE incident_id = old.id;
  DELETE FROM diagnoses WHERE incident_id = old.id;
END;
)sql";

// What happened to fixes that were made here.
constexpr MigrationStep kFixOutcomes = R"sql(
CREATE TABLE fix_outcomes (
  cause  TEXT NOT NULL,
  fix_id TEXT NOT NULL,
  worked INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (cause, fix_id)
) STRICT, WITHOUT ROWID;
)sql";

// Bodies on their own: marking a delivery rewrites its row, and would rewrite the body with it.
// Receivers that get the same body of an event share it; it goes with the last of them. TEXT, or
// the BLOB that pack() makes of a long one.
constexpr MigrationStep kEventBodies = R"sql(
CREATE TABLE event_bodies (
  body_id INTEGER PRIMARY KEY,
  body    ANY NOT NULL
) STRICT;

CREATE TABLE new_outbox (
  delivery_id INTEGER PRIMARY KEY AUTOINCREMENT,
  receiver    TEXT NOT NULL,
  event_id    TEXT NOT NULL,
  event_type  TEXT NOT NULL,
  incident_id TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status IN ('ready', 'behind', 'delivered', 'dead', 'discarded')),
  created_at  INTEGER NOT NULL,
  not_before  INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  last_error  TEXT NOT NULL DEFAULT '',
  finished_at INTEGER,
  body_id     INTEGER NOT NULL,
  UNIQUE (event_id, receiver)
) STRICT;

INSERT INTO event_bodies (body_id, body)
SELECT delivery_id, pack(body) FROM outbox WHERE NOT EXISTS (
  SELECT 1 FROM outbox AS earlier
  WHERE earlier.event_id = outbox.event_id AND earlier.delivery_id < outbox.delivery_id AND earlier.body = outbox.body)
ORDER BY delivery_id;

INSERT INTO sqlite_sequence (name, seq) SELECT 'new_outbox', seq FROM sqlite_sequence WHERE name = 'outbox';
INSERT INTO new_outbox (delivery_id, receiver, event_id, event_type, incident_id, status, created_at, not_before, attempts, last_error,
                        finished_at, body_id)
SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, not_before, attempts, last_error, finished_at, (
  SELECT min(earlier.delivery_id) FROM outbox AS earlier WHERE earlier.event_id = outbox.event_id AND earlier.body = outbox.body)
FROM outbox ORDER BY delivery_id;

DROP TABLE outbox;
ALTER TABLE new_outbox RENAME TO outbox;
CREATE INDEX outbox_ready ON outbox (receiver, not_before, delivery_id) WHERE status = 'ready';
CREATE INDEX outbox_undelivered ON outbox (receiver, incident_id, delivery_id) WHERE status IN ('ready', 'behind');
CREATE INDEX outbox_counts ON outbox (receiver, status, created_at);
CREATE INDEX outbox_finished ON outbox (status, finished_at) WHERE status IN ('delivered', 'dead', 'discarded');

CREATE TRIGGER delivery_forgotten AFTER DELETE ON outbox BEGIN
  DELETE FROM event_bodies WHERE body_id = old.body_id
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE event_id = old.event_id AND body_id = old.body_id);
END;
)sql";

// Version 5. What is lost with it is one probe: it is not salvaged.
constexpr MigrationStep kReceiverRests = R"sql(
CREATE TABLE receiver_rests (
  receiver     TEXT PRIMARY KEY NOT NULL,
  whom         TEXT NOT NULL,
  rest_ms      INTEGER NOT NULL,
  rests_until  INTEGER NOT NULL,
  paused_until INTEGER NOT NULL,
  reason       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Version 6. How often each incident's lines came, a minute and an hour each: for sparklines and
// the timeline. Goes with its incident.
constexpr MigrationStep kRates = R"sql(
CREATE TABLE rates (
  incident_id TEXT NOT NULL,
  step        INTEGER NOT NULL CHECK (step IN (60, 3600)),
  at          INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  PRIMARY KEY (incident_id, step, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX rates_by_age ON rates (step, at);
CREATE INDEX outbox_by_incident ON outbox (incident_id);

CREATE TRIGGER rates_forgotten AFTER DELETE ON incidents BEGIN
  DELETE FROM rates WHERE incident_id = old.id;
END;
)sql";

// Version 7. A table without a primary key is none for SQLite's sessions, with which a group of
// workers tells what a commit has changed.
constexpr MigrationStep kIncidentKey = R"sql(
CREATE TABLE new_incidents (
  id           TEXT NOT NULL PRIMARY KEY,
  fingerprint  TEXT NOT NULL,
  status       TEXT NOT NULL CHECK (status IN ('open', 'resolved')),
  severity     TEXT NOT NULL,
  opened_at    INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  resolved_at  INTEGER,
  state_json   TEXT NOT NULL
) STRICT;
INSERT INTO new_incidents (id, fingerprint, status, severity, opened_at, last_seen_at, resolved_at, state_json)
SELECT id, fingerprint, status, severity, opened_at, last_seen_at, resolved_at, state_json FROM incidents ORDER BY rowid;
DROP TABLE incidents;
ALTER TABLE new_incidents RENAME TO incidents;
CREATE INDEX incidents_by_status ON incidents (status, last_seen_at DESC);

CREATE TRIGGER incident_forgotten AFTER DELETE ON incidents BEGIN
  DELETE FROM told WHERE incident_id = old.id;
  DELETE FROM diagnoses WHERE incident_id = old.id;
END;
CREATE TRIGGER rates_forgotten AFTER DELETE ON incidents BEGIN
  DELETE FROM rates WHERE incident_id = old.id;
END;
)sql";

constexpr std::array<MigrationStep, 7> kSteps = {
    kFirstTables, kNotifications, kFixOutcomes, kEventBodies, kReceiverRests, kRates, kIncidentKey};

Result<> refuse_foreign(Connection& connection, std::size_t newest) {
  TRY(const bool is_foreign, connection.read("cannot read the schema", [&] {
    const bool is_empty = connection.read_integer("SELECT count(*) FROM sqlite_schema") == 0;
    return !is_empty && connection.read_integer("PRAGMA application_id") != kApplicationId;
  }));
  if (is_foreign) return fail(ErrorCode::invalid_input, "this is a database of another program");
  TRY(const std::int64_t version, connection.read("cannot read the schema", [&] {
    return connection.read_integer("PRAGMA user_version");
  }));
  if (version < 0 || static_cast<std::uint64_t>(version) > newest) {
    return fail(ErrorCode::invalid_input,
                "written by a newer handshaked: schema version " + std::to_string(version) +
                    ", this program knows " + std::to_string(newest) +
                    "; install the newer program, or move the database away");
  }
  return success();
}

}  // namespace

std::span<const MigrationStep> schema_steps() { return kSteps; }

Result<> migrate(Connection& connection, std::span<const MigrationStep> steps) {
  TRY(refuse_foreign(connection, steps.size()));
  for (std::size_t version = 0; version < steps.size(); ++version) {
    const std::string what = "cannot bring the schema to version " + std::to_string(version + 1);
    TRY(const std::int64_t current,
        connection.read(what, [&] { return connection.read_integer("PRAGMA user_version"); }));
    if (static_cast<std::size_t>(current) > version) continue;
    TRY(connection.write(what, [&] {
      connection.execute(steps[version]);
      connection.execute(kMarkAsOurs);
      connection.execute(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
    }));
  }
  return success();
}

}  // namespace handshaked::store
