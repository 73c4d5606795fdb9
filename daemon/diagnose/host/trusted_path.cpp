#include "diagnose/host/trusted_path.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <deque>
#include <sstream>
#include <string_view>
#include <vector>

namespace handshaked::diagnose {
namespace {

constexpr std::string_view kDeleted = " (deleted)";
constexpr std::size_t kMostLinks = 40;  // as the kernel

std::string name_of(uid_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16 * 1024);
  const bool is_known =
      ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return is_known ? found->pw_name : "uid " + std::to_string(user);
}

std::deque<std::string> components_of(const std::string& path) {
  std::deque<std::string> components;
  std::istringstream stream(path);
  for (std::string one; std::getline(stream, one, '/');) {
    if (!one.empty() && one != ".") components.push_back(one);
  }
  return components;
}

Result<std::string> link_text(const FileDescriptor& link, const std::string& name) {
  std::array<char, PATH_MAX> text{};
  const ssize_t size = ::readlinkat(link.number(), "", text.data(), text.size());
  if (size < 0) return fail(error_from_errno(errno, "cannot read the link " + name));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

/// One walk from the root directory to a file.
class Walk {
 public:
  Result<FileDescriptor> to(const std::string& path) {
    left_ = components_of(path);
    TRY(enter_root());
    while (!left_.empty()) {
      const std::string name = std::move(left_.front());
      left_.pop_front();
      TRY(step(name));
    }
    return std::move(here_);
  }

 private:
  Result<> enter_root() {
    here_ = FileDescriptor(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    at_.clear();
    return check(here_, "/");
  }

  static Result<> check(const FileDescriptor& file, const std::string& name) {
    struct stat status {};
    if (!file.is_open() || ::fstat(file.number(), &status) != 0)
      return fail(error_from_errno(errno, "cannot open " + name));
    return check_trusted(status, name);
  }

  Result<> step(const std::string& name) {
    const std::string whole = at_ + "/" + name;
    FileDescriptor next(::openat(here_.number(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    TRY(check(next, whole));
    struct stat status {};
    if (::fstat(next.number(), &status) == 0 && S_ISLNK(status.st_mode))
      return follow(next, name, whole);
    at_ = whole;
    here_ = std::move(next);
    return success();
  }

  Result<> follow(const FileDescriptor& link, const std::string& name, const std::string& whole) {
    if (++links_ > kMostLinks) return fail(error_from_errno(ELOOP, "cannot open " + whole));
    TRY(std::string target, link_text(link, whole));
    if (at_.starts_with("/proc/") && target.ends_with(kDeleted))
      return take_deleted(name, whole, std::move(target));
    const std::deque<std::string> components = components_of(target);
    left_.insert(left_.begin(), components.begin(), components.end());
    return target.starts_with('/') ? enter_root() : success();
  }

  /// A program that runs and has no name any more: the file itself counts, and the directory in
  /// which it was.
  Result<> take_deleted(const std::string& name, const std::string& whole, std::string target) {
    target.resize(target.size() - kDeleted.size());
    TRY(const FileDescriptor directory, Walk().to(target.substr(0, target.rfind('/'))));
    FileDescriptor file(::openat(here_.number(), name.c_str(), O_PATH | O_CLOEXEC));
    TRY(check(file, target));
    at_ = whole;
    here_ = std::move(file);
    return success();
  }

  std::deque<std::string> left_;
  FileDescriptor here_;
  std::string at_;  ///< of `here_`; empty: the root directory
  std::size_t links_ = 0;
};

}  // namespace

Result<> check_trusted(const struct stat& status, const std::string& name) {
  const uid_t us = ::geteuid();
  if (status.st_uid != 0 && status.st_uid != us)
    return fail(ErrorCode::permission_denied,
                name + " is not trusted: it belongs to " + name_of(status.st_uid));
  if (S_ISLNK(status.st_mode)) return success();  // its mode says nothing
  const bool is_own_group = us != 0 && status.st_gid == ::getegid();
  const mode_t strangers = is_own_group ? S_IWOTH : (S_IWGRP | S_IWOTH);
  const bool is_sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & strangers) == 0 || is_sticky) return success();
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(status.st_mode & 07777U));
  return fail(ErrorCode::permission_denied, name + " is not trusted: others than " +
                                                name_of(status.st_uid) + " can write it (mode " +
                                                mode.data() + ")");
}

Result<FileDescriptor> open_trusted(const std::string& path) {
  if (!path.starts_with('/'))
    return fail(ErrorCode::invalid_input, path + " is not an absolute path");
  return Walk().to(path);
}

}  // namespace handshaked::diagnose
