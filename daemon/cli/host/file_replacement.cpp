#include "cli/host/file_replacement.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/file_descriptor.h"

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

void sync_directory(const fs::path& directory) {
  const FileDescriptor handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.number() >= 0) ::fsync(handle.number());
}

/// Writes the new file completely before anybody can see it under its name.
Result<> put_file(const std::string& path, const std::string& text, const Attributes& attributes) {
  const std::string temporary = path + ".handshaked-new";
  ::unlink(temporary.c_str());
  const auto put = [&]() -> Result<> {
    const FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.number() < 0) return fail(error_from_errno(errno, "cannot create " + temporary));
    TRY(write_all(file.number(), text, temporary));
    struct stat now {};
    if (::fstat(file.number(), &now) != 0) return fail(error_from_errno(errno, temporary));
    const bool is_owned = now.st_uid == attributes.owner && now.st_gid == attributes.group;
    if (!is_owned && ::fchown(file.number(), attributes.owner, attributes.group) != 0)
      return fail(error_from_errno(errno, "cannot keep the owner of " + path));
    if (::fchmod(file.number(), attributes.mode & 07777U) != 0) return fail(error_from_errno(errno, "cannot keep the mode of " + path));
    if (attributes.modified_at) {
      const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, *attributes.modified_at};
      ::futimens(file.number(), times.data());
    }
    if (::fsync(file.number()) != 0) return fail(error_from_errno(errno, "cannot write " + temporary));
    if (::rename(temporary.c_str(), path.c_str()) != 0) return fail(error_from_errno(errno, "cannot replace " + path));
    return success();
  };
  auto done = put();
  if (!done) ::unlink(temporary.c_str());
  else sync_directory(fs::path(path).parent_path());
  return done;
}

Result<std::string> read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(error_from_errno(errno, "cannot read " + path));
  return std::string(std::istreambuf_iterator<char>(file), {});
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
  std::error_code failure;
  fs::create_directories(root, failure);
  if (failure) return fail(ErrorCode::io, "cannot create the directory for backups " + root + ": " + failure.message());
  const std::string base = root + "/" + timestamp() + "-" + name;
  for (int attempt = 0; attempt < 100; ++attempt) {
    replacement.backup_ = attempt == 0 ? base : base + "." + std::to_string(attempt);
    // Copies of keys may come to lie here.
    if (::mkdir(replacement.backup_.c_str(), 0700) == 0) return replacement;
    if (errno != EEXIST) break;
  }
  return fail(error_from_errno(errno, "cannot create the backup " + replacement.backup_));
}

Result<> FileReplacement::replace(const std::string& path, const std::string& before, const std::string& after) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return fail(error_from_errno(errno, path));
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::invalid_input, path + " is not a regular file");
  TRY(const std::string now, read_whole(path));
  if (now != before) return fail(ErrorCode::invalid_input, path + " was changed by somebody else meanwhile");
  const std::string copy = backup_ + path;
  std::error_code failure;
  fs::create_directories(fs::path(copy).parent_path(), failure);
  if (failure) return fail(ErrorCode::io, "cannot create " + fs::path(copy).parent_path().string() + ": " + failure.message());
  TRY(put_file(copy, before, {status.st_mode, ::geteuid(), ::getegid(), status.st_mtim}));
  TRY(put_file(path, after, {status.st_mode, status.st_uid, status.st_gid, std::nullopt}));
  replaced_.push_back({path, false, before, status.st_mode, status.st_uid, status.st_gid, status.st_mtim});
  return success();
}

Result<> FileReplacement::create(const std::string& path, const std::string& text) {
  if (::access(path.c_str(), F_OK) == 0) return fail(ErrorCode::invalid_input, path + " is there already");
  std::vector<fs::path> missing;
  std::error_code failure;
  for (fs::path directory = fs::path(path).parent_path(); !fs::exists(directory, failure); directory = directory.parent_path()) {
    missing.push_back(directory);
  }
  for (auto directory = missing.rbegin(); directory != missing.rend(); ++directory) {
    if (::mkdir(directory->c_str(), 0755) != 0) return fail(error_from_errno(errno, "cannot create " + directory->string()));
    made_directories_.push_back(directory->string());
  }
  struct stat directory {};
  if (::stat(fs::path(path).parent_path().c_str(), &directory) != 0) return fail(error_from_errno(errno, path));
  TRY(put_file(path, text, {0644, ::geteuid(), directory.st_gid, std::nullopt}));
  replaced_.push_back({path, true, {}, 0, 0, 0, {}});
  return success();
}

Result<> FileReplacement::restore() {
  std::optional<Error> first;
  for (auto one = replaced_.rbegin(); one != replaced_.rend(); ++one) {
    Result<> undone = success();
    if (!one->is_new) undone = put_file(one->path, one->before, {one->mode, one->owner, one->group, one->modified_at});
    else if (::unlink(one->path.c_str()) != 0 && errno != ENOENT) undone = fail(error_from_errno(errno, "cannot remove " + one->path));
    if (!undone && !first) first = undone.error();
  }
  for (auto directory = made_directories_.rbegin(); directory != made_directories_.rend(); ++directory) ::rmdir(directory->c_str());
  replaced_.clear();
  made_directories_.clear();
  if (first) return fail(*first);
  return success();
}

}  // namespace handshaked::cli
