#include "store/database/replica.h"

#include "store/database/connection.h"

namespace handshaked::store {

Replica::Replica(std::filesystem::path file)
    : file_(std::move(file)), connection_(std::make_unique<Connection>()) {}
Replica::~Replica() = default;

void Replica::clear() {
  connection_->close();
  std::error_code error;
  for (const char* part : {"", "-wal", "-shm", ".new"})
    std::filesystem::remove(file_.string() + part, error);
}

Result<> Replica::restart_from(const std::filesystem::path& copy) {
  clear();
  std::error_code error;
  std::filesystem::rename(copy, file_, error);
  if (error)
    return fail(
        error_from_errno(error.value(), "cannot move " + copy.string() + " to " + file_.string()));
  TRY(connection_->open(file_, std::chrono::milliseconds(0)));
  return connection_->read("cannot open " + file_.string(), [&] {
    connection_->execute("PRAGMA synchronous = OFF");  // it is made again at the next taking over
    connection_->execute("PRAGMA journal_mode = MEMORY");
  });
}

Result<> Replica::apply(const std::string& changes) {
  if (!connection_->is_open())
    return fail(ErrorCode::invalid_input, "there are changes, and nothing that they change");
  return connection_->apply_changes(changes);
}

void Replica::close() { connection_->close(); }

}  // namespace handshaked::store
