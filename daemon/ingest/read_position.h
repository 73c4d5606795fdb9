#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ingest/file_identity.h"
#include "ingest/line_splitter.h"

namespace handshaked::ingest {

/// How far one file was read.
struct FilePosition {
  std::string path;  ///< where it was found, links resolved: a hint for finding it again
  FileIdentity identity;
  StartPoint start;       ///< everything in front of it was delivered
  bool finished = false;  ///< no more is expected from it; it only marks which files are newer
  Time modified{};  ///< its last change as far as it was read, by the clock of its file system
  bool operator==(const FilePosition&) const = default;
};

/// Where to go on with one followed path: its files that are being read, oldest first. More than
/// one while a rotated file is drained beside its successor. Every rotated file that is newer than
/// the last is unread, every other one that is not listed is done. No files at all: nothing was
/// ever seen at this path, so whatever appears is unread.
///
/// As text it is the opaque cursor that the store keeps, one line:
///
///   v1 PATH [FILE ...]     FILE = PATH,DEVICE,INODE,BORN,HASHED,HASH,OFFSET,FLAGS,MODIFIED
///
/// decimal numbers (BORN and MODIFIED in microseconds since 1970), HASH hexadecimal or '-', FLAGS
/// 'f' finished, 'o' inside an overlong line, or '-'; bytes of paths that are not printable ASCII,
/// and '%' and ',', as %XX.
///
/// A crash: the store commits this text together with what the lines led to. Before the commit the
/// old text stands and the lines are read again; after it they are not. It never refers to a
/// partial line as read. The fingerprint covers at least the first kFingerprintedBytes of what was
/// read, so that files that came and went in the meantime are told apart.
struct ReadPosition {
  std::string path;
  std::vector<FilePosition> files;
  bool operator==(const ReadPosition&) const = default;
};

std::string to_text(const ReadPosition& position);
/// Any bytes may come in; fails with invalid_input for all but what to_text() gives.
Result<ReadPosition> parse_read_position(std::string_view text);

/// The saved cursors. The store implements it; asked at start-up only.
class PositionBook {
 public:
  virtual ~PositionBook() = default;
  /// The cursor committed last for this source (for a file: its path as configured); nothing when
  /// there was none.
  virtual Result<std::optional<std::string>> find(std::string_view source) = 0;
};

}  // namespace handshaked::ingest
