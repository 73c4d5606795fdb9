#include "store/database/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace handshaked::store {

namespace {

/// " (process 123)", or nothing when the file does not say.
std::string read_owner(int descriptor) {
  std::array<char, 16> text{};
  const ssize_t length = ::pread(descriptor, text.data(), text.size(), 0);
  std::string digits;
  for (ssize_t i = 0; i < length && text[static_cast<std::size_t>(i)] >= '0' &&
                      text[static_cast<std::size_t>(i)] <= '9';
       ++i) {
    digits += text[static_cast<std::size_t>(i)];
  }
  return digits.empty() ? std::string() : " (process " + digits + ")";
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return fail(error_from_errno(errno, "cannot open " + path.string()));
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    if (reason != EWOULDBLOCK)
      return fail(error_from_errno(reason, "cannot lock " + path.string()));
    return fail(ErrorCode::database,
                "another handshaked" + read_owner(descriptor) + " holds " + path.string());
  }
  // The process id is a courtesy: on a full disk the lock holds without it.
  const std::string owner = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, owner.data(), owner.size(), 0);
  }
  return lock;
}

bool FileLock::stands_at(const std::filesystem::path& path) const {
  struct stat held {};
  struct stat found {};
  if (::fstat(descriptor_, &held) != 0 || ::lstat(path.c_str(), &found) != 0) return false;
  return held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace handshaked::store
