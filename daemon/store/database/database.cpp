#include "store/database/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "store/database/connection.h"
#include "store/database/damaged_database.h"
#include "store/database/schema.h"

namespace handshaked::store {

namespace {

const std::filesystem::path kInMemory = ":memory:";

// Settings of the connection, none of which writes to the file.
//  - auto_vacuum takes effect only before the first table: it lets Retention give pages back to the
//  disk.
//  - secure_delete FAST: freed cells are zeroed where that costs no extra write (rows hold
//  addresses of clients).
//  - temp_store: the sandbox may have no writable /tmp.
//  - mmap_size 0: an input/output error must be an Error, not a SIGBUS.
//  - journal_size_limit: the WAL shrinks again after a burst.
//  - wal_autocheckpoint: as much as the WAL may hold then; each checkpoint waits for the disk, and
//  a burst would make many.
constexpr const char* kConnectionPragmas = R"sql(
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = FAST;
PRAGMA temp_store = MEMORY;
PRAGMA mmap_size = 0;
PRAGMA journal_size_limit = 16777216;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA cell_size_check = ON;
PRAGMA trusted_schema = OFF;
)sql";

/// Makes the name of a new database durable: SQLite syncs the file, not the directory it is in.
void sync_directory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

/// Creates the file, for us alone to read; SQLite gives the same mode to -wal and -shm.
Result<> create_if_missing(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(error_from_errno(errno, "cannot open " + path.string()));
  ::close(descriptor);  // before SQLite has it open: closing it later would drop SQLite's locks
  sync_directory(path.parent_path());
  return success();
}

/// A bring_back() that was cut short has left all that there is beside the place where it belongs.
std::filesystem::path copy_beside(const std::filesystem::path& path) {
  return path.string() + ".new";
}

Result<> take_up_copy(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path copy = copy_beside(path);
  if (std::filesystem::exists(path, error) || !std::filesystem::exists(copy, error))
    return success();
  std::filesystem::rename(copy, path, error);
  if (error) return fail(error_from_errno(error.value(), "cannot put " + path.string() + " back"));
  sync_directory(path.parent_path());
  return success();
}

Result<> create_directory_if_missing(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(error_from_errno(errno, "cannot create " + directory.string()));
  }
  return success();
}

/// Reads every page: a damage found now costs a restart's second, found later a commit.
Result<> check_integrity(Connection& connection) {
  TRY(const std::string verdict, connection.read("cannot check the database", [&] {
    auto statement = connection.prepare("PRAGMA quick_check(1)");
    return statement->executeStep() ? statement->getColumn(0).getString()
                                    : std::string("no answer");
  }));
  if (verdict == "ok") return success();
  connection.set_damage(verdict);
  return fail(ErrorCode::database, "the database is damaged: " + verdict);
}

Result<> switch_to_wal(Connection& connection) {
  TRY(const std::string mode, connection.read("cannot switch to write-ahead logging", [&] {
    auto statement = connection.prepare("PRAGMA journal_mode = WAL");
    return statement->executeStep() ? statement->getColumn(0).getString() : std::string();
  }));
  if (mode == "wal" || mode == "memory") return success();
  return fail(ErrorCode::database,
              "cannot switch to write-ahead logging: the file system does not allow it");
}

}  // namespace

Result<Database> Database::open(const std::filesystem::path& path, DatabaseOptions options) {
  if (path == kInMemory) {
    Database database(FileLock(), path, options);
    TRY(database.connect());
    return database;
  }
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return fail(error_from_errno(error.value(), "cannot resolve " + path.string()));
  TRY(create_directory_if_missing(absolute.parent_path()));
  TRY(FileLock lock, FileLock::acquire(absolute.string() + ".lock"));
  TRY(take_up_copy(absolute));

  Database database(std::move(lock), absolute, options);
  Result<> connected = database.connect();
  if (!connected && database.is_damaged()) connected = database.replace_damaged();
  if (!connected) return fail(connected.error().wrapped("database " + absolute.string()));
  return database;
}

Database::Database(FileLock lock, std::filesystem::path path, DatabaseOptions options)
    : lock_(std::move(lock)),
      path_(std::move(path)),
      options_(options),
      connection_(std::make_unique<Connection>()) {}

Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<> Database::connect() {
  connection_->close();  // before the file is opened and closed by its name
  if (path_ != kInMemory) {
    TRY(create_if_missing(path_));
  }
  TRY(connection_->open(path_, options_.busy_timeout));
  if (connection_->is_read_only())
    return fail(ErrorCode::permission_denied, "the file may not be written");
  TRY(connection_->read("cannot open", [&] { connection_->execute(kConnectionPragmas); }));
  TRY(check_integrity(*connection_));
  TRY(migrate(*connection_,
              schema_steps()));  // refuses foreign files, so it comes before the first write
  TRY(switch_to_wal(*connection_));
  if (path_ != kInMemory) connection_->watch_place();
  return success();
}

Result<> Database::check_writable() {
  return connection_->write("cannot begin to write", [] {});
}

Result<> Database::use_journal(Journal& journal) { return connection_->use_journal(journal); }
bool Database::has_journal() const { return connection_->has_journal(); }
void Database::give_up(const Error& why) { connection_->give_up(why); }

void Database::hurry() { connection_->hurry(); }

bool Database::is_displaced() const { return is_returning_ || connection_->is_displaced(); }

bool Database::has_written_astray() const { return connection_->has_written_astray(); }

Result<> Database::bring_back() {
  CHECK(path_ != kInMemory);
  const std::filesystem::path copy = copy_beside(path_);
  std::error_code error;
  if (!is_returning_) {
    TRY(create_directory_if_missing(path_.parent_path()));
    const std::filesystem::path lock_file = path_.string() + ".lock";
    if (!lock_.stands_at(lock_file)) {
      TRY(FileLock lock, FileLock::acquire(lock_file));
      lock_ = std::move(lock);
    }
    std::filesystem::remove(copy, error);
    if (connection_->has_file_moved()) {
      TRY(create_if_missing(copy));
      TRY(connection_->copy_to(copy));
    }
    // Puts a log that was removed into its database, and removes what is called like the log: so it
    // comes before the rename.
    connection_->close();
    is_returning_ = true;
  }
  if (std::filesystem::exists(copy, error) && std::filesystem::exists(path_, error)) {
    TRY(move_aside(path_, wall_clock_now()));
  }
  TRY(take_up_copy(path_));
  TRY(connect());
  is_returning_ = false;
  return success();
}

bool Database::is_damaged() const { return is_replacing_ || !connection_->damage().empty(); }

Result<> Database::replace_damaged() {
  CHECK(path_ != kInMemory);
  if (!is_replacing_) {
    const std::string reason = connection_->damage();
    connection_->close();
    TRY(auto moved_to, move_aside(path_, wall_clock_now()));
    replacement_ = Replacement{.moved_to = std::move(moved_to), .reason = reason};
    is_replacing_ = true;
  }
  Result<> connected = connect();
  if (!connected) {
    // The new file damaged as well (a dying disk): begin again with it the next time.
    if (!connection_->damage().empty()) is_replacing_ = false;
    const std::string damage = connection_->damage();
    connection_->close();
    connection_->set_damage(damage);
    return fail(connected.error());
  }
  TRY(replacement_->rows_saved, salvage(replacement_->moved_to, *connection_));
  is_replacing_ = false;
  return success();
}

}  // namespace handshaked::store
