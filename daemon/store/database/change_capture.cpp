// Sessions are declared only where these are defined; the library has them in Debian's build.
#define SQLITE_ENABLE_SESSION
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include <sqlite3.h>

#include <SQLiteCpp/Exception.h>

#include <memory>

#include "store/database/change_capture.h"

namespace handshaked::store {
namespace {

void check(sqlite3* database, int code, const char* what) {
  if (code != SQLITE_OK)
    throw SQLite::Exception(std::string(what) + ": " + sqlite3_errmsg(database), code);
}

int refuse(void*, int, sqlite3_changeset_iter*) { return SQLITE_CHANGESET_ABORT; }

/// Off while it lives.
class TriggersOff {
 public:
  explicit TriggersOff(sqlite3* database) : database_(database) { set(0); }
  ~TriggersOff() { set(1); }
  TriggersOff(const TriggersOff&) = delete;
  TriggersOff& operator=(const TriggersOff&) = delete;

 private:
  void set(int is_on) {
    sqlite3_db_config(database_, SQLITE_DBCONFIG_ENABLE_TRIGGER, is_on, nullptr);
  }

  sqlite3* database_;
};

}  // namespace

ChangeCapture::ChangeCapture(sqlite3* database) {
  check(database, sqlite3session_create(database, "main", &session_), "cannot watch for changes");
  const int code = sqlite3session_attach(session_, nullptr);
  if (code == SQLITE_OK) return;
  sqlite3session_delete(session_);
  check(database, code, "cannot watch for changes");
}

ChangeCapture::~ChangeCapture() { sqlite3session_delete(session_); }

std::string ChangeCapture::changes() const {
  int size = 0;
  void* bytes = nullptr;
  const int code = sqlite3session_patchset(session_, &size, &bytes);
  const std::unique_ptr<void, void (*)(void*)> owned(bytes, sqlite3_free);
  if (code != SQLITE_OK) throw SQLite::Exception("cannot tell what has changed", code);
  return std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

void apply_changes(sqlite3* database, const std::string& changes) {
  const TriggersOff triggers(database);
  std::string bytes = changes;  // the library asks for what it may write to, and does not
  check(database,
        sqlite3changeset_apply(database, static_cast<int>(bytes.size()), bytes.data(), nullptr,
                               refuse, nullptr),
        "the changes do not fit the database");
}

}  // namespace handshaked::store
