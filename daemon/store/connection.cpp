#include "store/connection.h"

#include <sqlite3.h>

#include "base/check.h"
#include "store/packed_text.h"

namespace handshaked::store {

BorrowedStatement::~BorrowedStatement() {
  if (!statement_) return;
  statement_->tryReset();       // repeats the error of the last step, which has been reported already
  statement_->clearBindings();  // cannot fail
}

void BorrowedStatement::bind_blob(int index, const std::string& value) {
  statement_->bindNoCopy(index, static_cast<const void*>(value.data()), static_cast<int>(value.size()));
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

Result<> Connection::open(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout) {
  CHECK(path == ":memory:" || path.is_absolute());
  close();
  damage_.clear();
  try {
    database_ = std::make_unique<SQLite::Database>(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX,
                                                   static_cast<int>(busy_timeout.count()));
    if (const int code = add_packing_functions(database_->getHandle()); code != SQLITE_OK)
      throw SQLite::Exception(database_->getHandle(), code);
  } catch (const SQLite::Exception& exception) {
    return fail(error_from(exception, "cannot open " + path.string()));
  }
  return success();
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

bool Connection::is_read_only() const { return sqlite3_db_readonly(database_->getHandle(), "main") == 1; }

Error Connection::error_from(const SQLite::Exception& exception, std::string_view what) {
  const int primary = exception.getErrorCode() & 0xff;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) damage_ = exception.what();
  return Error(ErrorCode::database, std::string(what) + ": " + exception.what());
}

Connection::Transaction::~Transaction() {
  // Nothing to undo after COMMIT, and after the errors (disk full, input/output) that make SQLite roll back by itself.
  if (sqlite3_get_autocommit(connection_.database_->getHandle()) != 0) return;
  // A COMMIT that met a lock leaves the transaction open; ROLLBACK cannot fail while no statement is running.
  sqlite3_exec(connection_.database_->getHandle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace handshaked::store
