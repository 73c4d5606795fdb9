#include "store/database/damaged_database.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "store/database/connection.h"

namespace handshaked::store {
namespace {

namespace fs = std::filesystem;

/// "20261121T101530.012345Z": sorts by time.
std::string stamp(Time now) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(now);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &parts);
  const std::string fraction = std::to_string(1'000'000 + (now - whole).count()).substr(1);
  return std::string(text.data()) + "." + fraction + "Z";
}

fs::path with_suffix(const fs::path& path, const std::string& suffix) {
  return fs::path(path.string() + suffix);
}

Result<> rename_if_there(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail(error_from_errno(error.value(), "cannot move " + from.string() + " aside"));
  }
  return success();
}

/// Best effort: a directory that cannot be listed only keeps more than it should.
void delete_oldest(const fs::path& database) {
  const std::string prefix = database.filename().string() + ".corrupt-";
  std::vector<fs::path> kept;
  std::error_code error;
  for (fs::directory_iterator entry(database.parent_path(), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(prefix) && !name.ends_with("-wal") && !name.ends_with("-shm"))
      kept.push_back(entry->path());
  }
  std::sort(kept.begin(), kept.end());
  for (std::size_t i = 0; i + kDamagedDatabasesKept < kept.size(); ++i) {
    for (const char* part : {"", "-wal", "-shm"}) fs::remove(with_suffix(kept[i], part), error);
  }
}

}  // namespace

Result<fs::path> move_aside(const fs::path& database, Time now) {
  std::error_code error;
  fs::path target = with_suffix(database, ".corrupt-" + stamp(now));
  while (fs::exists(target, error))
    target = with_suffix(database, ".corrupt-" + stamp(now += Duration(1)));
  // The log goes first: should we die in between, the next start meets a damaged database without a
  // log, which is moved aside under a name of its own. A log left beside a new database would be
  // worse: it might be replayed into it.
  TRY(rename_if_there(with_suffix(database, "-wal"), with_suffix(target, "-wal")));
  TRY(rename_if_there(with_suffix(database, "-shm"), with_suffix(target, "-shm")));
  TRY(rename_if_there(database, target));
  delete_oldest(database);
  return target;
}

namespace {

/// How one table is copied: the same columns out and in.
struct Salvage {
  const char* forwards;   ///< reads the table from its beginning
  const char* backwards;  ///< reads it from its end: reaches what lies behind a damaged page
  const char* insert;
};

constexpr const char* kIntoBodies =
    "INSERT OR IGNORE INTO event_bodies (body_id, body) VALUES (?, pack(?))";
constexpr const char* kIntoOutbox =
    "INSERT OR IGNORE INTO outbox (delivery_id, receiver, event_id, event_type, incident_id, "
    "status, created_at, not_before, "
    "attempts, last_error, finished_at, body_id) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
    "?11, ?12 "
    "WHERE EXISTS (SELECT 1 FROM event_bodies WHERE body_id = ?12)";

// A table that the damaged database, of an older version, does not have gives nothing.
constexpr std::array<Salvage, 10> kTables = {{
    {"SELECT source, cursor FROM positions ORDER BY source",
     "SELECT source, cursor FROM positions ORDER BY source DESC",
     "INSERT OR IGNORE INTO positions (source, cursor) VALUES (?, ?)"},
    {"SELECT id, fingerprint, status, severity, opened_at, last_seen_at, resolved_at, state_json "
     "FROM incidents NOT INDEXED "
     "WHERE status = 'open' AND json_valid(state_json) ORDER BY rowid",
     "SELECT id, fingerprint, status, severity, opened_at, last_seen_at, resolved_at, state_json "
     "FROM incidents NOT INDEXED "
     "WHERE status = 'open' AND json_valid(state_json) ORDER BY rowid DESC",
     "INSERT OR IGNORE INTO incidents (id, fingerprint, status, severity, opened_at, last_seen_at, "
     "resolved_at, state_json) "
     "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
    // The outbox since version 4: bodies first, then the deliveries whose body is there.
    {"SELECT body_id, body FROM outbox NOT INDEXED CROSS JOIN event_bodies USING (body_id) "
     "WHERE status IN ('ready', 'behind', 'dead') AND json_valid(unpack(body)) ORDER BY "
     "delivery_id",
     "SELECT body_id, body FROM outbox NOT INDEXED CROSS JOIN event_bodies USING (body_id) "
     "WHERE status IN ('ready', 'behind', 'dead') AND json_valid(unpack(body)) ORDER BY "
     "delivery_id DESC",
     kIntoBodies},
    {"SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, "
     "not_before, attempts, last_error, "
     "finished_at, body_id FROM outbox NOT INDEXED WHERE status IN ('ready', 'behind', 'dead') "
     "ORDER BY delivery_id",
     "SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, "
     "not_before, attempts, last_error, "
     "finished_at, body_id FROM outbox NOT INDEXED WHERE status IN ('ready', 'behind', 'dead') "
     "ORDER BY delivery_id DESC",
     kIntoOutbox},
    // Before version 4 the body stood in the row.
    {"SELECT delivery_id, body FROM outbox NOT INDEXED WHERE status IN ('ready', 'behind', 'dead') "
     "AND json_valid(body) "
     "ORDER BY delivery_id",
     "SELECT delivery_id, body FROM outbox NOT INDEXED WHERE status IN ('ready', 'behind', 'dead') "
     "AND json_valid(body) "
     "ORDER BY delivery_id DESC",
     kIntoBodies},
    {"SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, "
     "not_before, attempts, last_error, "
     "finished_at, delivery_id FROM outbox NOT INDEXED WHERE status IN ('ready', 'behind', 'dead') "
     "AND json_valid(body) "
     "ORDER BY delivery_id",
     "SELECT delivery_id, receiver, event_id, event_type, incident_id, status, created_at, "
     "not_before, attempts, last_error, "
     "finished_at, delivery_id FROM outbox NOT INDEXED WHERE status IN ('ready', 'behind', 'dead') "
     "AND json_valid(body) "
     "ORDER BY delivery_id DESC",
     kIntoOutbox},
    {"SELECT receiver, incident_id, state_json FROM told WHERE json_valid(state_json) ORDER BY "
     "incident_id",
     "SELECT receiver, incident_id, state_json FROM told WHERE json_valid(state_json) ORDER BY "
     "incident_id DESC",
     "INSERT OR IGNORE INTO told (receiver, incident_id, state_json) VALUES (?, ?, ?)"},
    {"SELECT incident_id, note_json FROM diagnoses NOT INDEXED WHERE json_valid(note_json) ORDER "
     "BY rowid",
     "SELECT incident_id, note_json FROM diagnoses NOT INDEXED WHERE json_valid(note_json) ORDER "
     "BY rowid DESC",
     "INSERT OR IGNORE INTO diagnoses (incident_id, note_json) VALUES (?, ?)"},
    {"SELECT id, ends_at, state_json FROM silences NOT INDEXED WHERE json_valid(state_json) ORDER "
     "BY rowid",
     "SELECT id, ends_at, state_json FROM silences NOT INDEXED WHERE json_valid(state_json) ORDER "
     "BY rowid DESC",
     "INSERT OR IGNORE INTO silences (id, ends_at, state_json) VALUES (?, ?, ?)"},
    {"SELECT cause, fix_id, worked, failed FROM fix_outcomes ORDER BY cause, fix_id",
     "SELECT cause, fix_id, worked, failed FROM fix_outcomes ORDER BY cause DESC, fix_id DESC",
     "INSERT OR IGNORE INTO fix_outcomes (cause, fix_id, worked, failed) VALUES (?, ?, ?, ?)"},
}};

// A delivery that went first may be missing now; whoever waited for it must not wait for ever.
constexpr const char* kOrderAgain = R"sql(
UPDATE outbox SET status = CASE
  WHEN incident_id <> '' AND EXISTS (
    SELECT 1 FROM outbox AS earlier
    WHERE earlier.receiver = outbox.receiver AND earlier.incident_id = outbox.incident_id
      AND earlier.delivery_id < outbox.delivery_id AND earlier.status IN ('ready', 'behind'))
  THEN 'behind' ELSE 'ready' END
WHERE status IN ('ready', 'behind')
)sql";

/// Binds the value with the type it has; a type that the column does not allow makes the insert
/// fail.
void bind_copy(BorrowedStatement& statement, int index, const SQLite::Column& value) {
  if (value.isInteger()) {
    statement->bind(index, static_cast<int64_t>(value.getInt64()));
  } else if (value.isText()) {
    statement->bind(index, value.getString());
  } else if (value.isBlob()) {
    const std::string bytes = value.getString();
    statement->bind(index, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
  } else {
    statement->bind(index);
  }
}

bool is_constraint(const SQLite::Exception& exception) {
  return (exception.getErrorCode() & 0xff) == SQLITE_CONSTRAINT;
}

/// Copies rows until the first that cannot be read, and adds them to `copied` (bodies belong to
/// their deliveries). True when there was none such. Throws when `into` refuses for a reason that
/// is not the row's (disk full).
bool copy_rows(Connection& from, const char* select, Connection& into, const char* insert,
               std::size_t& copied) {
  std::optional<SQLite::Exception> refusal;
  const Result<> finished = from.read("cannot read the damaged database", [&] {
    auto rows = from.prepare(select);
    while (!refusal && rows->executeStep()) {
      auto row = into.prepare(insert);
      for (int column = 0; column < rows->getColumnCount(); ++column)
        bind_copy(row, column + 1, rows->getColumn(column));
      try {
        const auto inserted = static_cast<std::size_t>(row.run());
        if (insert != kIntoBodies) copied += inserted;
      } catch (const SQLite::Exception& exception) {
        if (!is_constraint(exception)) refusal = exception;
      }
    }
  });
  if (refusal) throw SQLite::Exception(*refusal);
  return finished.has_value();
}

}  // namespace

Result<std::size_t> salvage(const std::filesystem::path& damaged, Connection& into) {
  Connection from;
  std::error_code error;
  if (!std::filesystem::exists(damaged, error)) return std::size_t{0};  // opening would create it
  if (!from.open(damaged, std::chrono::milliseconds(0))) return std::size_t{0};
  return into.write("cannot keep the rows of the damaged database", [&] {
    std::size_t copied = 0;
    for (const Salvage& table : kTables) {
      const bool is_complete = copy_rows(from, table.forwards, into, table.insert, copied);
      if (!is_complete) copy_rows(from, table.backwards, into, table.insert, copied);
    }
    into.execute(kOrderAgain);
    into.execute(
        "DELETE FROM event_bodies WHERE body_id NOT IN (SELECT body_id FROM "
        "outbox)");  // of deliveries that cannot be read
    return copied;
  });
}

}  // namespace handshaked::store
