#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "ingest/file_identity.h"

namespace handshaked::ingest {

/// What the operating system says of a file at one moment, links followed.
struct FileStatus {
  FileNode node;
  std::uint64_t size = 0;
  Time modified{};
  std::uint32_t links = 0;  ///< names that stand for it; 0: deleted, but still open here
  bool is_regular = false;
  bool is_directory = false;
};

Result<FileStatus> read_status(const std::string& path);
/// Of a file that is open; `name` is for the message of a failure.
Result<FileStatus> read_status(int descriptor, const std::string& name);
/// Of a name in a directory that is open.
Result<FileStatus> read_status_in(int directory, const std::string& name);

}  // namespace handshaked::ingest
