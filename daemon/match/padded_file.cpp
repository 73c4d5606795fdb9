#include "match/padded_file.h"

#include <fcntl.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/file_descriptor.h"

namespace handshaked::match {

std::string PaddedFile::read(const std::string& path) {
  size_ = 0;
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status = {};
  if (!file.is_open() || ::fstat(file.number(), &status) != 0)
    return std::generic_category().message(errno);
  if (static_cast<std::size_t>(status.st_size) > kMost) return "is larger than 64 MiB";
  for (;;) {
    constexpr std::size_t kLeast = 16U
                                   << 10;  // one that has no size, or grows, is read piece by piece
    if (room_.size() < size_ + kLeast + simdjson::SIMDJSON_PADDING)
      room_.resize(std::max(size_ * 2, static_cast<std::size_t>(status.st_size)) + kLeast +
                   simdjson::SIMDJSON_PADDING);
    const ssize_t got = ::read(file.number(), room_.data() + size_,
                               room_.size() - size_ - simdjson::SIMDJSON_PADDING);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return "cannot be read";
    size_ += static_cast<std::size_t>(got);
    if (got == 0 || (status.st_size > 0 && size_ == static_cast<std::size_t>(status.st_size)))
      return {};
    if (size_ > kMost) return "is larger than 64 MiB";
  }
}

}  // namespace handshaked::match
