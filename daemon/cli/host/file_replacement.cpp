#include "cli/host/file_replacement.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "base/file_descriptor.h"
#include "diagnose/host/trusted_path.h"

namespace handshaked::cli {
namespace {

namespace fs = std::filesystem;

struct Attributes {
  mode_t mode = 0644;
  uid_t owner = 0;
  gid_t group = 0;
  std::optional<timespec> modified_at;
};

Result<> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(error_from_errno(errno, "cannot write " + path));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return success();
}

/// Opens a directory from the root down, one component after the other and no symbolic link: who
/// owns one on the way cannot lead us astray between two steps. What is missing is made with
/// `made_mode`, and told in `made`, unless that is 0. `must_be_trusted`: each must belong to root
/// or to us, and nobody else may write it.
struct DirectoryWalk {
  mode_t made_mode = 0;
  bool must_be_trusted = false;
  std::vector<std::string>* made = nullptr;

  Result<FileDescriptor> open(const fs::path& path) const {
    if (!path.is_absolute())
      return fail(ErrorCode::invalid_input, path.string() + " is not an absolute path");
    FileDescriptor here(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    std::string at;
    for (const fs::path& part : path.lexically_normal().relative_path()) {
      if (part.empty()) continue;
      at += "/" + part.string();
      TRY(here, step(here, part.string(), at));
    }
    return here;
  }

 private:
  Result<FileDescriptor> step(const FileDescriptor& parent, const std::string& name,
                              const std::string& whole) const {
    constexpr int kFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW |
                           O_CLOEXEC;  // it may be one that can only be passed through
    FileDescriptor next(::openat(parent.number(), name.c_str(), kFlags));
    if (!next.is_open() && errno == ENOENT && made_mode != 0) {
      if (::mkdirat(parent.number(), name.c_str(), made_mode) != 0)
        return fail(error_from_errno(errno, "cannot create " + whole));
      if (made != nullptr) made->push_back(whole);
      next = FileDescriptor(::openat(parent.number(), name.c_str(), kFlags));
    }
    if (!next.is_open() && (errno == ELOOP || errno == ENOTDIR))
      return fail(ErrorCode::permission_denied,
                  whole + " is a symbolic link or no directory: give the real path");
    if (!next.is_open()) return fail(error_from_errno(errno, "cannot open " + whole));
    struct stat status {};
    if (::fstat(next.number(), &status) != 0) return fail(error_from_errno(errno, whole));
    if (must_be_trusted) {
      TRY(diagnose::check_trusted(status, whole));
    }
    return next;
  }
};

void sync_directory(const FileDescriptor& directory) {
  const FileDescriptor handle(
      ::openat(directory.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.is_open()) ::fsync(handle.number());
}

/// Writes the new file completely before anybody can see it under its name.
Result<> put_file(const std::string& path, const std::string& text, const Attributes& attributes) {
  const fs::path whole(path);
  TRY(const FileDescriptor directory, DirectoryWalk().open(whole.parent_path()));
  const std::string name = whole.filename().string(), temporary = name + ".handshaked-new";
  ::unlinkat(directory.number(), temporary.c_str(), 0);
  const auto put = [&]() -> Result<> {
    const FileDescriptor file(::openat(directory.number(), temporary.c_str(),
                                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.number() < 0) return fail(error_from_errno(errno, "cannot create " + temporary));
    TRY(write_all(file.number(), text, temporary));
    struct stat now {};
    if (::fstat(file.number(), &now) != 0) return fail(error_from_errno(errno, temporary));
    const bool is_owned = now.st_uid == attributes.owner && now.st_gid == attributes.group;
    if (!is_owned && ::fchown(file.number(), attributes.owner, attributes.group) != 0)
      return fail(error_from_errno(errno, "cannot keep the owner of " + path));
    if (::fchmod(file.number(), attributes.mode & 07777U) != 0)
      return fail(error_from_errno(errno, "cannot keep the mode of " + path));
    if (attributes.modified_at) {
      const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, *attributes.modified_at};
      ::futimens(file.number(), times.data());
    }
    if (::fsync(file.number()) != 0)
      return fail(error_from_errno(errno, "cannot write " + temporary));
    if (::renameat(directory.number(), temporary.c_str(), directory.number(), name.c_str()) != 0)
      return fail(error_from_errno(errno, "cannot replace " + path));
    return success();
  };
  auto done = put();
  if (!done) ::unlinkat(directory.number(), temporary.c_str(), 0);
  else sync_directory(directory);
  return done;
}

/// Removes a file, or with AT_REMOVEDIR an empty directory, that may be gone already. No link on
/// the way is followed: what somebody put in the place of one of its directories stays.
Result<> take_away(const std::string& path, int flags) {
  const fs::path whole(path);
  const auto directory = DirectoryWalk().open(whole.parent_path());
  if (!directory && directory.error().code() == ErrorCode::not_found) return success();
  if (!directory) return fail(directory.error());
  if (::unlinkat(directory.value().number(), whole.filename().c_str(), flags) != 0 &&
      errno != ENOENT)
    return fail(error_from_errno(errno, "cannot remove " + path));
  sync_directory(directory.value());
  return success();
}

/// A regular file, and no symbolic link.
Result<std::string> read_whole(const std::string& path, struct stat& status) {
  const fs::path whole(path);
  TRY(const FileDescriptor directory, DirectoryWalk().open(whole.parent_path()));
  const FileDescriptor file(::openat(directory.number(), whole.filename().c_str(),
                                     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open() && errno == ELOOP)
    return fail(ErrorCode::invalid_input, path + " is not a regular file");
  if (!file.is_open() || ::fstat(file.number(), &status) != 0)
    return fail(error_from_errno(errno, "cannot read " + path));
  if (!S_ISREG(status.st_mode))
    return fail(ErrorCode::invalid_input, path + " is not a regular file");
  std::string text;
  std::array<char, 64 * 1024> piece{};
  for (;;) {
    const ssize_t got = ::read(file.number(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(error_from_errno(errno, "cannot read " + path));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

}  // namespace

Result<FileReplacement> FileReplacement::begin(const std::string& root, const std::string& name) {
  FileReplacement replacement;
  // Copies of keys may come to lie here. Where only root and we can write, no name below leads
  // elsewhere.
  auto directory =
      DirectoryWalk{.made_mode = 0755, .must_be_trusted = true, .made = nullptr}.open(root);
  if (!directory) return fail(directory.error().wrapped("no backup can be made below " + root));
  const std::string base = timestamp() + "-" + name;
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string own = attempt == 0 ? base : base + "." + std::to_string(attempt);
    replacement.backup_ = root + "/" + own;
    if (::mkdirat(directory.value().number(), own.c_str(), 0700) == 0) return replacement;
    if (errno != EEXIST) break;
  }
  return fail(error_from_errno(errno, "cannot create the backup " + replacement.backup_));
}

Result<> FileReplacement::replace(const std::string& path, const std::string& before,
                                  const std::string& after) {
  struct stat status {};
  TRY(const std::string now, read_whole(path, status));
  if (now != before)
    return fail(ErrorCode::invalid_input, path + " was changed by somebody else meanwhile");
  const std::string copy = backup_ + path;
  TRY(DirectoryWalk({.made_mode = 0755, .must_be_trusted = true, .made = nullptr})
          .open(fs::path(copy).parent_path()));
  TRY(put_file(copy, before, {status.st_mode, ::geteuid(), ::getegid(), status.st_mtim}));
  TRY(put_file(path, after, {status.st_mode, status.st_uid, status.st_gid, std::nullopt}));
  replaced_.push_back(
      {path, false, before, status.st_mode, status.st_uid, status.st_gid, status.st_mtim});
  return success();
}

Result<> FileReplacement::remove(const std::string& path, const std::string& text) {
  struct stat status {};
  TRY(const std::string now, read_whole(path, status));
  if (now != text)
    return fail(ErrorCode::invalid_input, path + " was changed by somebody else meanwhile");
  const fs::path copy(backup_ + path), whole(path);
  TRY(DirectoryWalk({.made_mode = 0755, .must_be_trusted = true, .made = nullptr})
          .open(copy.parent_path()));
  TRY(put_file(copy, text, {status.st_mode, ::geteuid(), ::getegid(), status.st_mtim}));
  TRY(const FileDescriptor directory, DirectoryWalk().open(whole.parent_path()));
  if (::unlinkat(directory.number(), whole.filename().c_str(), 0) != 0)
    return fail(error_from_errno(errno, "cannot remove " + path));
  sync_directory(directory);
  replaced_.push_back(
      {path, false, text, status.st_mode, status.st_uid, status.st_gid, status.st_mtim});
  return success();
}

Result<> FileReplacement::keep_record(const std::string& name, const std::string& text) const {
  return put_file(backup_ + "/" + name, text, {0600, ::geteuid(), ::getegid(), std::nullopt});
}

Result<> FileReplacement::create(const std::string& path, const std::string& text) {
  const fs::path whole(path);
  TRY(const FileDescriptor parent,
      DirectoryWalk({.made_mode = 0755, .must_be_trusted = false, .made = &made_directories_})
          .open(whole.parent_path()));
  struct stat status {};
  if (::fstatat(parent.number(), whole.filename().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    return fail(ErrorCode::invalid_input, path + " is there already");
  if (::fstat(parent.number(), &status) != 0) return fail(error_from_errno(errno, path));
  TRY(put_file(path, text, {0644, ::geteuid(), status.st_gid, std::nullopt}));
  replaced_.push_back({path, true, {}, 0, 0, 0, {}});
  return success();
}

Result<> FileReplacement::restore() {
  std::optional<Error> first;
  for (auto one = replaced_.rbegin(); one != replaced_.rend(); ++one) {
    const auto undone = one->is_new
                            ? take_away(one->path, 0)
                            : put_file(one->path, one->before,
                                       {one->mode, one->owner, one->group, one->modified_at});
    if (!undone && !first) first = undone.error();
  }
  // One that somebody else has put something into stays.
  for (auto directory = made_directories_.rbegin(); directory != made_directories_.rend();
       ++directory)
    static_cast<void>(take_away(*directory, AT_REMOVEDIR));
  replaced_.clear();
  made_directories_.clear();
  if (first) return fail(*first);
  return success();
}

}  // namespace handshaked::cli
