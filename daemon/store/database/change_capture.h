#pragma once

#include <string>

struct sqlite3;
struct sqlite3_session;

namespace handshaked::store {

/// What is changed from its making on, in all tables: a patchset of SQLite's session extension
/// (https://www.sqlite.org/sessionintro.html), which tells each row that changed by its primary
/// key, with its new values. Inside one transaction. Throws SQLite::Exception.
class ChangeCapture {
 public:
  explicit ChangeCapture(sqlite3* database);
  ~ChangeCapture();
  ChangeCapture(const ChangeCapture&) = delete;
  ChangeCapture& operator=(const ChangeCapture&) = delete;

  /// Empty: nothing was changed.
  std::string changes() const;

 private:
  sqlite3_session* session_ = nullptr;
};

/// All of it or nothing. Triggers are left out: what they changed is among the changes. Throws
/// SQLite::Exception, also for a row that is not as it was where the changes were made.
void apply_changes(sqlite3* database, const std::string& changes);

}  // namespace handshaked::store
