#include "store/database/connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "base/check.h"
#include "store/database/packed_text.h"

namespace handshaked::store {

namespace {

/// What is waited for a lock once somebody is in a hurry: a reader of a moment is gone by then.
constexpr std::chrono::milliseconds kHurriedTimeout{100};
/// Between two looks at a lock.
constexpr std::array<int, 8> kPauses = {1, 2, 5, 10, 15, 20, 25, 50};

}  // namespace

BorrowedStatement::~BorrowedStatement() {
  if (!statement_) return;
  statement_->tryReset();  // repeats the error of the last step, which has been reported already
  statement_->clearBindings();  // cannot fail
}

void BorrowedStatement::bind_blob(int index, const std::string& value) {
  statement_->bindNoCopy(index, static_cast<const void*>(value.data()),
                         static_cast<int>(value.size()));
}

void BorrowedStatement::bind_time(int index, const std::optional<Time>& value) {
  if (value) {
    bind_time(index, *value);
  } else {
    statement_->bind(index);
  }
}

int BorrowedStatement::run() { return statement_->exec(); }

Connection::Connection() = default;
Connection::~Connection() { close(); }

Result<> Connection::open(const std::filesystem::path& path,
                          std::chrono::milliseconds busy_timeout) {
  CHECK(path == ":memory:" || path.is_absolute());
  close();
  damage_.clear();
  path_ = path;
  busy_timeout_ = busy_timeout;
  watches_place_ = has_log_ = wrote_astray_ = false;
  try {
    database_ = std::make_unique<SQLite::Database>(
        path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX, 0);
    sqlite3_busy_handler(database_->getHandle(), &Connection::wait_for_lock, this);
    if (const int code = add_packing_functions(database_->getHandle()); code != SQLITE_OK)
      throw SQLite::Exception(database_->getHandle(), code);
  } catch (const SQLite::Exception& exception) {
    return fail(error_from(exception, "cannot open " + path.string()));
  }
  return success();
}

/// SQLite's own way to wait cannot be cut short.
int Connection::wait_for_lock(void* connection, int tries) {
  auto& self = *static_cast<Connection*>(connection);
  const auto now = std::chrono::steady_clock::now();
  if (tries == 0) self.lock_met_at_ = now;
  const auto patience =
      self.is_hurried_ ? std::min(self.busy_timeout_, kHurriedTimeout) : self.busy_timeout_;
  if (now - self.lock_met_at_ >= patience) return 0;
  const auto pause = std::chrono::milliseconds(
      kPauses.at(std::min<std::size_t>(static_cast<std::size_t>(tries), kPauses.size() - 1)));
  std::this_thread::sleep_for(std::min(pause, patience));
  return 1;
}

bool Connection::has_file_moved() const {
  int has_moved = 0;
  return sqlite3_file_control(database_->getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) ==
             SQLITE_OK &&
         has_moved != 0;
}

/// A database without a name goes with this process. So does a log: what is in it alone is most of
/// what was written lately.
bool Connection::is_displaced() const {
  if (!watches_place_ || !database_) return false;
  return has_file_moved() || (has_log_ && ::access((path_.string() + "-wal").c_str(), F_OK) != 0);
}

Result<> Connection::copy_to(const std::filesystem::path& file) {
  return read("cannot write " + file.string(), [&] {
    SQLite::Database copy(file.string(),
                          SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
    sqlite3_backup* const backup =
        sqlite3_backup_init(copy.getHandle(), "main", database_->getHandle(), "main");
    if (backup == nullptr) throw SQLite::Exception(copy.getHandle());
    const int code = sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) throw SQLite::Exception(copy.getHandle(), code);
  });
}

void Connection::close() {
  statements_.clear();
  database_.reset();
}

BorrowedStatement Connection::prepare(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) statement = std::make_unique<SQLite::Statement>(*database_, sql);
  return BorrowedStatement(*statement);
}

std::int64_t Connection::read_integer(const char* sql) {
  auto statement = prepare(sql);
  return statement->executeStep() ? statement->getColumn(0).getInt64() : 0;
}

bool Connection::is_read_only() const {
  return sqlite3_db_readonly(database_->getHandle(), "main") == 1;
}

Error Connection::error_from(const SQLite::Exception& exception, std::string_view what) {
  const int primary = exception.getErrorCode() & 0xff;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) damage_ = exception.what();
  return Error(ErrorCode::database, std::string(what) + ": " + exception.what());
}

Result<> Connection::use_journal(Journal& journal) {
  journal_ = &journal;
  return keep_copy();
}

/// An earlier write() may have been kept although we were not told: it was rolled back here, and
/// counts all the same.
Result<> Connection::settle_journal() {
  if (journal_ == nullptr) return success();
  TRY(const std::optional<std::string> kept, journal_->settle());
  if (kept) {
    if (auto applied = apply_changes(*kept); !applied) {
      journal_->give_up(applied.error());
      return applied;
    }
  }
  return keep_copy();
}

Result<> Connection::apply_changes(const std::string& changes) {
  return read("cannot apply changes",
              [&] { store::apply_changes(database_->getHandle(), changes); });
}

Result<> Connection::keep_copy() {
  const auto file = journal_->wants_copy();
  if (!file) return success();
  std::error_code error;
  std::filesystem::remove(*file, error);
  const int descriptor = ::open(file->c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(error_from_errno(errno, "cannot write " + file->string()));
  ::close(descriptor);
  auto kept = copy_to(*file);
  if (kept) kept = journal_->keep_copy(*file);
  std::filesystem::remove(*file, error);
  return kept;
}

Connection::Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.prepare("BEGIN IMMEDIATE").run();
  if (connection_.journal_ != nullptr) capture_.emplace(connection_.database_->getHandle());
}

void Connection::Transaction::commit() {
  bool is_kept = false;
  if (const std::string changes = capture_ ? capture_->changes() : std::string();
      !changes.empty()) {
    if (auto kept = connection_.journal_->append(changes); !kept) throw NotKept{kept.error()};
    is_kept = true;
  }
  try {
    connection_.prepare("COMMIT").run();
  } catch (const SQLite::Exception& exception) {
    if (is_kept)
      connection_.journal_->give_up(
          connection_.error_from(exception, "what was kept cannot be written here"));
    throw;
  }
}

Connection::Transaction::~Transaction() {
  // Nothing to undo after COMMIT, and after the errors (disk full, input/output) that make SQLite
  // roll back by itself.
  if (sqlite3_get_autocommit(connection_.database_->getHandle()) != 0) return;
  // A COMMIT that met a lock leaves the transaction open; ROLLBACK cannot fail while no statement
  // is running.
  sqlite3_exec(connection_.database_->getHandle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace handshaked::store
