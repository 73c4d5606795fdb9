#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include <ctime>

#include "base/result.h"

namespace handshaked::cli {

/// Files of this host given another text, so that it can be undone byte for byte. Each is replaced
/// in one step (a new file beside it, synced, renamed over it) and keeps owner and mode; a copy of
/// what was there is in the backup directory first, under its whole path. Not copied; one thread.
/// Nothing is undone by itself: call restore().
class FileReplacement {
 public:
  /// Makes a new directory below `root` (which is made, too): "20261121T080000Z-NAME".
  /// permission_denied when a directory on the way is a symbolic link, belongs to another than root
  /// and us, or can be written by others; io when it cannot be made.
  static Result<FileReplacement> begin(const std::string& root, const std::string& name);

  /// `before` is what must stand there now (invalid_input otherwise: somebody else changes it). A
  /// symbolic link is refused: give the real path.
  Result<> replace(const std::string& path, const std::string& before, const std::string& after);
  /// Takes a file away that `create` made; a copy is in the backup first. `text` is what must stand
  /// there now.
  Result<> remove(const std::string& path, const std::string& text);
  /// Where no file is, readable by all (a certificate); missing directories are made.
  Result<> create(const std::string& path, const std::string& text);
  /// Everything back as it was, modification times too, the last change first. Goes on after a
  /// failure, and gives the first.
  Result<> restore();

  const std::string& backup() const { return backup_; }
  /// Beside the copies: what was done, for a later `undo`.
  Result<> keep_record(const std::string& name, const std::string& text) const;

 private:
  struct Replaced {
    std::string path;
    bool is_new = false;  ///< was not there
    std::string before;
    mode_t mode = 0;
    uid_t owner = 0;
    gid_t group = 0;
    timespec modified_at{};
  };
  FileReplacement() = default;

  std::string backup_;
  std::vector<Replaced> replaced_;
  std::vector<std::string> made_directories_;
};

}  // namespace handshaked::cli
