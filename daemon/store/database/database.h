#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/commit.h"
#include "store/database/file_lock.h"

namespace handshaked::store {

class Connection;
class Journal;

struct DatabaseOptions {
  /// How long one statement waits for a lock that somebody else holds (an operator's sqlite3, a
  /// backup).
  std::chrono::milliseconds busy_timeout{1000};
};

/// A damaged database was moved away and a new one begun.
struct Replacement {
  std::filesystem::path moved_to;
  std::string reason;  ///< what SQLite said
  std::size_t rows_saved =
      0;  ///< rows that could still be read and were copied into the new database
};

/// The one SQLite database: read positions, incidents and queued deliveries. Owns the only
/// connection that writes and checkpoints (SQLite before 3.51.3 can corrupt a WAL that two
/// connections reset). One thread at a time; in the daemon that thread is StoreThread's. Failures
/// of open() that no other try mends are ErrorCode::invalid_input: the file is of another program,
/// or of a newer handshaked. All others are ErrorCode::database: locked, disk full, input/output,
/// damaged. Nothing has changed then, and the caller may try the same again. The tables are
/// described in README.md, and reached through Positions, Incidents, Outbox and Retention.
class Database {
 public:
  /// Opens or creates `path` (mode 0600; a missing parent directory is made, mode 0700) and brings
  /// it to the newest schema. ":memory:" lives only as long as the object. Holds "<path>.lock"
  /// until destroyed. A damaged file is moved aside and replaced: see replacement(). Fails when
  /// another process has it, when a newer handshaked wrote it, and when it belongs to another
  /// program.
  static Result<Database> open(const std::filesystem::path& path, DatabaseOptions options = {});

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// What open() or the last replace_damaged() had to move away. To be logged, and told to the
  /// operator.
  const std::optional<Replacement>& replacement() const { return replacement_; }

  /// Writes everything in `commit`, in one transaction, durable (fsync) when it returns. The same
  /// commit may be applied again: nothing is queued twice. `queued`, if given, tells which of its
  /// deliveries were new; meaningful on success.
  Result<> apply(const Commit& commit, std::vector<QueuedRow>* queued = nullptr);

  /// Whether apply() could write now: takes the lock for writing and lets it go. Waits for others
  /// as any statement does. A disk that is full shows only when something is written.
  Result<> check_writable();

  /// True since SQLite reported that the file is malformed: retrying is in vain, replace_damaged()
  /// is not.
  bool is_damaged() const;

  /// What open() does with a damaged file, while running. Rows that can still be read are kept; the
  /// caller should write again what it holds in memory. After an Error every operation fails until
  /// another replace_damaged() succeeds.
  Result<> replace_damaged();

  /// Somebody has removed or replaced the files in use: what is committed is in files without a
  /// name, and bring_back() saves it.
  bool is_displaced() const;

  /// The last write, of apply() or another, failed for this alone: bring_back() makes it durable.
  bool has_written_astray() const;

  /// Puts all that was committed where it belongs again, the directory and the lock included; a
  /// file that stands there now is moved aside. After an Error nothing is lost yet, and another
  /// call may succeed.
  Result<> bring_back();

  /// From any thread: from now on locks of others are waited for only briefly.
  void hurry();

  /// From now on everything that is written is kept there before it counts, and a file that is
  /// damaged or removed is not mended but given up. Fails when a copy that the journal wants at
  /// once cannot be kept. Borrows `journal`.
  Result<> use_journal(Journal& journal);
  bool has_journal() const;
  void give_up(const Error& why);

  /// For the files of this folder.
  Connection& connection() { return *connection_; }

 private:
  Database(FileLock lock, std::filesystem::path path, DatabaseOptions options);

  Result<> connect();

  FileLock lock_;  // let go last
  std::filesystem::path path_;
  DatabaseOptions options_;
  std::optional<Replacement> replacement_;
  bool is_replacing_ = false;  // the damaged file is moved away, the new one not ready yet
  bool is_returning_ = false;  // the removed file is back in its place, but not open yet
  std::unique_ptr<Connection> connection_;
};

}  // namespace handshaked::store
