#pragma once

#include <filesystem>

#include "base/result.h"

namespace handshaked::store {

/// Holds a lock file for as long as it lives (flock: the kernel lets go when the process dies), so
/// that two daemons never share one state. The file holds the owner's process id for people to
/// read; it is never deleted, because deleting it would let a third process lock another file of
/// the same name.
class FileLock {
 public:
  /// Holds nothing.
  FileLock() = default;

  /// Fails at once with ErrorCode::database, naming the owner, when another process (or another
  /// FileLock of this one) holds it.
  static Result<FileLock> acquire(const std::filesystem::path& path);

  /// False when the file that is locked does not stand at `path` any more: another process would
  /// lock another file.
  bool stands_at(const std::filesystem::path& path) const;

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace handshaked::store
