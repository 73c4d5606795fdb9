#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ingest/file_identity.h"

namespace handshaked::ingest {

/// What the name of a rotated file says beside the name of its log.
struct RotationName {
  std::optional<std::uint32_t> number;  ///< error.log.3: the larger, the older
  std::string date;  ///< else the digits of error.log-20261121-030000: the smaller, the older
  std::string compression;        ///< ".gz", ".xz"; empty when none
  bool before_extension = false;  ///< error-20261121.log, as logrotate's `extension` makes it
};

/// Whether `name` is a rotated form of the log named `log` (both without directories), as logrotate
/// names them: with a number
/// (`.1`), a date (`-20261121`, `-20261121-030000`, `-2026-11-21`, `-1795230000`) and possibly
/// compressed.
std::optional<RotationName> rotation_of(std::string_view log, std::string_view name);

/// Whether the name ends as compressed files do.
bool has_compressed_name(std::string_view name);

/// A rotated file as it stands in the directory now.
struct RotatedFile {
  std::string path;
  FileNode node;
  std::uint64_t size = 0;
  Time modified{};
  bool readable = true;  ///< false: compressed in a form that is not read here (.xz, .bz2, …)
  bool operator==(const RotatedFile&) const = default;
};

/// The rotated files of a log, newest first: by number, by date, and between the two kinds by their
/// last change. A file that stands there both as it is and compressed (it is being compressed) is
/// listed once, as it is. `path` and `resolved` (its target where it is a link; else the same) are
/// both looked beside. A directory that cannot be read has none.
std::vector<RotatedFile> rotated_files_of(const std::string& path, const std::string& resolved);

}  // namespace handshaked::ingest
