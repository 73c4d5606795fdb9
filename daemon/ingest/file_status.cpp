#include "ingest/file_status.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <chrono>

namespace handshaked::ingest {

namespace {

Time to_time(const struct statx_timestamp& timestamp) {
  const auto since_epoch =
      std::chrono::seconds(timestamp.tv_sec) + std::chrono::nanoseconds(timestamp.tv_nsec);
  return Time(std::chrono::duration_cast<Duration>(since_epoch));
}

Result<FileStatus> read(int descriptor, const char* path, int flags, const std::string& name) {
  struct statx raw {};
  if (::statx(descriptor, path, flags, STATX_BASIC_STATS | STATX_BTIME, &raw) != 0)
    return fail(error_from_errno(errno, name));
  FileStatus status;
  status.node = {makedev(raw.stx_dev_major, raw.stx_dev_minor), raw.stx_ino, {}};
  if ((raw.stx_mask & STATX_BTIME) != 0) status.node.born = to_time(raw.stx_btime);
  status.size = raw.stx_size;
  status.modified = to_time(raw.stx_mtime);
  status.links = raw.stx_nlink;
  status.is_regular = S_ISREG(raw.stx_mode);
  status.is_directory = S_ISDIR(raw.stx_mode);
  return status;
}

}  // namespace

Result<FileStatus> read_status(const std::string& path) {
  return read(AT_FDCWD, path.c_str(), 0, path);
}
Result<FileStatus> read_status(int descriptor, const std::string& name) {
  return read(descriptor, "", AT_EMPTY_PATH, name);
}
Result<FileStatus> read_status_in(int directory, const std::string& name) {
  return read(directory, name.c_str(), 0, name);
}

}  // namespace handshaked::ingest
