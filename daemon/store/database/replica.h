#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace handshaked::store {

class Connection;

/// A database that is put together from what a Journal has kept: a copy, and the changes since.
/// When all is applied, Database::open() brings the file to the newest schema. Not thread-safe.
class Replica {
 public:
  /// Nothing is touched before restart_from() or clear(). `file` is absolute.
  explicit Replica(std::filesystem::path file);
  ~Replica();

  /// Removes what stands at the file's place.
  void clear();
  /// Takes the place of everything before; `copy` is moved away.
  Result<> restart_from(const std::filesystem::path& copy);
  /// The next changes, in order. Fails before a copy was given, and for changes that do not fit.
  Result<> apply(const std::string& changes);
  void close();

  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace handshaked::store
