#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace handshaked::store {

/// Where each change of a database is kept before it counts: in a group of workers the file is but
/// a copy of what stands in the engine. Called on the thread that owns the database.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Keeps what one transaction has changed (change_capture.h). With an Error the transaction is
  /// rolled back; whether the changes were kept all the same, settle() says.
  virtual Result<> append(const std::string& changes) = 0;

  /// Asked before each transaction: what has become of an append() that failed. Its changes, if
  /// they were kept all the same; they are applied first. Fails while that is not known.
  virtual Result<std::optional<std::string>> settle() = 0;

  /// Asked before a transaction: the file into which it wants a copy of the whole database, which
  /// then stands for all that was kept before. One that cannot be made is not asked for again at
  /// once.
  virtual std::optional<std::filesystem::path> wants_copy() = 0;
  virtual Result<> keep_copy(const std::filesystem::path& copy) = 0;

  /// The database is no copy of what was kept, and nothing can make it one: it must not be used any
  /// more. Ends the process, in the daemon.
  virtual void give_up(const Error& why) = 0;
};

}  // namespace handshaked::store
