#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "store/database/change_capture.h"
#include "store/journal.h"

namespace handshaked::store {

/// A prepared statement borrowed from its Connection; reset and unbound when it goes, so that no
/// read stays open.
class BorrowedStatement {
 public:
  explicit BorrowedStatement(SQLite::Statement& statement) : statement_(&statement) {}
  BorrowedStatement(BorrowedStatement&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)) {}
  BorrowedStatement& operator=(BorrowedStatement&&) = delete;
  ~BorrowedStatement();

  SQLite::Statement* operator->() { return statement_; }

  /// Binds `value` without a copy: it must live until the statement is given back. Empty is empty,
  /// not NULL.
  void bind_text(int index, const std::string& value) { statement_->bindNoCopy(index, value); }
  void bind_blob(int index, const std::string& value);
  void bind_time(int index, Time value) {
    statement_->bind(index, static_cast<int64_t>(value.time_since_epoch().count()));
  }
  void bind_time(int index, const std::optional<Time>& value);

  /// Runs a statement that gives no rows; the number of rows it changed.
  int run();

 private:
  SQLite::Statement* statement_;
};

/// The one SQLite connection: pragmas, cached statements, transactions, and the functions of
/// packed_text.h. Only for the files of this folder. Not thread-safe; one thread at a time. Inside,
/// SQLiteCpp's exceptions fly; read() and write() are the edge where they become an Error.
class Connection {
 public:
  /// Closed: read() and write() fail until open() succeeds.
  Connection();
  ~Connection();

  /// Opens without reading anything yet. `path` is absolute (a relative "file:…" would be taken for
  /// a URI) or ":memory:".
  Result<> open(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout);
  void close();
  bool is_open() const { return database_ != nullptr; }

  /// From any thread: locks that others hold are waited for only briefly from now on.
  void hurry() { is_hurried_ = true; }

  /// From now on each write() looks whether the file still stands where it was opened.
  void watch_place() { watches_place_ = true; }
  /// What is written goes into files that nobody will find: removed, renamed, or the directory with
  /// them. Looks each time.
  bool is_displaced() const;
  /// The last write() failed for this alone: all of it is in the file that is not in its place.
  bool has_written_astray() const { return wrote_astray_; }
  /// The database file itself is gone from its place; else it was only its log.
  bool has_file_moved() const;
  /// From now on each write() is kept there before it counts. Fails when a copy that the journal
  /// wants at once cannot be kept.
  Result<> use_journal(Journal& journal);
  bool has_journal() const { return journal_ != nullptr; }
  /// The journal says that the database must not be used any more.
  void give_up(const Error& why) { journal_->give_up(why); }
  /// What another's write() has changed, of the same schema.
  Result<> apply_changes(const std::string& changes);

  /// Writes all that is in it, the log included, into a new file.
  Result<> copy_to(const std::filesystem::path& file);

  /// The statement for `sql`, prepared once. `sql` must be a literal: its address is the key.
  BorrowedStatement prepare(const char* sql);
  void execute(const char* sql) { database_->exec(sql); }
  /// The first value of the first row; 0 without a row.
  std::int64_t read_integer(const char* sql);

  /// True when the file may not be written: SQLite opens such a file for reading without a word.
  bool is_read_only() const;
  /// What SQLite said when it found that the file is not, or no longer, a sound database; empty
  /// while it is.
  const std::string& damage() const { return damage_; }
  void set_damage(std::string reason) { damage_ = std::move(reason); }

  /// Runs `body` without a transaction around it. `what` begins the Error's message: "cannot list
  /// incidents".
  template <class Body>
  auto read(std::string_view what, Body&& body) -> Result<std::invoke_result_t<Body>>;

  /// Runs `body` in one transaction, begun IMMEDIATE: one that turns from reading to writing would
  /// fail at once with SQLITE_BUSY_SNAPSHOT, whatever the busy timeout. Durable when it returns
  /// without error, else without any effect, unless has_written_astray() says that it went into a
  /// file that is gone.
  template <class Body>
  auto write(std::string_view what, Body&& body) -> Result<std::invoke_result_t<Body>>;

 private:
  class Transaction;
  /// Thrown inside write(): the journal did not keep what the transaction has changed.
  struct NotKept {
    Error error;
  };

  Result<> settle_journal();
  Result<> keep_copy();
  Error error_from(const SQLite::Exception& exception, std::string_view what);
  static int wait_for_lock(void* connection, int tries);

  std::filesystem::path path_;
  std::chrono::milliseconds busy_timeout_{};
  std::chrono::steady_clock::time_point lock_met_at_{};
  std::atomic<bool> is_hurried_ = false;
  bool watches_place_ = false;
  bool has_log_ = false;  // SQLite makes it when it is first needed
  bool wrote_astray_ = false;
  std::unique_ptr<SQLite::Database> database_;  // outlives the statements prepared on it
  std::map<const void*, std::unique_ptr<SQLite::Statement>> statements_;
  std::string damage_;
  Journal* journal_ = nullptr;
};

/// Rolls back unless committed.
class Connection::Transaction {
 public:
  explicit Transaction(Connection& connection);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Connection& connection_;
  std::optional<ChangeCapture> capture_;  ///< where there is a journal
};

template <class Body>
auto Connection::read(std::string_view what, Body&& body) -> Result<std::invoke_result_t<Body>> {
  if (!database_)
    return fail(ErrorCode::database, std::string(what) + ": the database is not open");
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
      body();
      return success();
    } else {
      return body();
    }
  } catch (const SQLite::Exception& exception) {
    return fail(error_from(exception, what));
  }
}

template <class Body>
auto Connection::write(std::string_view what, Body&& body) -> Result<std::invoke_result_t<Body>> {
  if (const auto settled = settle_journal(); !settled)
    return fail(settled.error().wrapped(std::string(what)));
  Result<std::invoke_result_t<Body>> written = fail(ErrorCode::database, std::string());
  try {
    written = read(what, [&] {
      Transaction transaction(*this);
      if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
        body();
        transaction.commit();
      } else {
        auto value = body();
        transaction.commit();
        return value;
      }
    });
  } catch (const NotKept& not_kept) {
    return fail(not_kept.error.wrapped(std::string(what)));
  }
  has_log_ = has_log_ || (written && watches_place_);
  wrote_astray_ = written && is_displaced();
  if (wrote_astray_)
    return fail(ErrorCode::database,
                path_.string() + " was removed or replaced while it was in use");
  return written;
}

/// The value of a time column.
inline Time time_from(const SQLite::Column& column) { return Time(Duration(column.getInt64())); }
inline std::optional<Time> optional_time_from(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : std::optional<Time>(time_from(column));
}

}  // namespace handshaked::store
