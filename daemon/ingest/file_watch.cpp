#include "ingest/file_watch.h"

#include <sys/inotify.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <utility>

#include "base/error.h"

namespace handshaked::ingest {

namespace {

constexpr std::uint32_t kDirectoryEvents = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                           IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kFileEvents = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
/// The file that a path is, and the one that is drained after a rotation.
constexpr std::size_t kMostFilesOfOnePath = 2;
constexpr int kMostReads = 64;

/// File systems whose changes may be made elsewhere, so that this kernel sees none. Numbers:
/// statfs(2) and linux/magic.h.
constexpr std::array<std::pair<std::uint64_t, const char*>, 11> kRemoteFileSystems{{
    {0x6969, "nfs"},
    {0x517b, "smb"},
    {0xff534d42, "cifs"},
    {0xfe534d42, "smb2"},
    {0x65735546, "fuse"},
    {0x01021997, "9p"},
    {0x00c36400, "ceph"},
    {0x5346414f, "afs"},
    {0x73757245, "coda"},
    {0x0bd00bd0, "lustre"},
    {0x47504653, "gpfs"},
}};

std::optional<std::string> remote_file_system(const std::string& directory) {
  struct statfs status {};
  if (::statfs(directory.c_str(), &status) != 0) return std::nullopt;
  const auto type = static_cast<std::uint64_t>(status.f_type) & 0xffffffff;
  for (const auto& [number, name] : kRemoteFileSystems) {
    if (type == number) return std::string(name);
  }
  return std::nullopt;
}

std::string resolved(const std::string& path) {
  char* target = ::realpath(path.c_str(), nullptr);
  if (target == nullptr) return {};
  std::string result = target;
  std::free(target);
  return result;
}

}  // namespace

FileWatch::FileWatch() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (!inotify_.is_open())
    unavailable_ = error_from_errno(errno, "inotify is not available").message();
}

std::optional<std::string> FileWatch::watch(const std::string& path) {
  Watched& watched = watched_[path];
  watched.is_directory = false;
  watched.places.clear();
  const auto add_place = [&](const std::string& where) {
    const auto slash = where.rfind('/');
    Place place{".", where};
    if (slash != std::string::npos)
      place = {slash == 0 ? "/" : where.substr(0, slash), where.substr(slash + 1)};
    if (std::find(watched.places.begin(), watched.places.end(), place) == watched.places.end())
      watched.places.push_back(std::move(place));
  };
  add_place(path);
  if (const std::string target = resolved(path); !target.empty()) add_place(target);
  return begin(path, watched);
}

std::optional<std::string> FileWatch::watch_directory(const std::string& directory) {
  Watched& watched = watched_[directory];
  watched.is_directory = true;
  watched.places = {{directory, ""}};
  return begin(directory, watched);
}

std::optional<std::string> FileWatch::begin(const std::string& path, Watched& watched) {
  polled_.erase(path);
  std::optional<std::string> problem;
  if (!inotify_.is_open()) problem = unavailable_;
  for (const Place& place : watched.places) {
    if (!problem) problem = watch_place(place);
  }
  if (!problem && !watched.is_directory) {
    watch_file(path, watched);
    if (watched.files.empty() && errno == ENOSPC)
      problem = error_from_errno(ENOSPC, "inotify: " + path).message();
  }
  if (problem) polled_[path] = *problem;
  return problem;
}

std::optional<std::string> FileWatch::watch_place(const Place& place) {
  if (const auto remote = remote_file_system(place.directory))
    return place.directory + " is on " + *remote + ", where inotify does not see every change";
  const int watch =
      ::inotify_add_watch(inotify_.number(), place.directory.c_str(), kDirectoryEvents);
  if (watch < 0) return error_from_errno(errno, "inotify: " + place.directory).message();
  directories_[place.directory] = watch;
  return std::nullopt;
}

/// inotify gives the same watch descriptor for the same inode; a new one means that another file
/// stands there.
void FileWatch::watch_file(const std::string& path, Watched& watched) {
  errno = 0;
  const int watch = ::inotify_add_watch(inotify_.number(), path.c_str(), kFileEvents | IN_MASK_ADD);
  if (watch < 0) return;
  std::erase(watched.files, watch);
  watched.files.push_back(watch);
  while (watched.files.size() > kMostFilesOfOnePath) {
    release_file(watched.files.front(), path);
    watched.files.erase(watched.files.begin());
  }
}

void FileWatch::release_file(int watch, const std::string& owner) {
  for (const auto& [path, watched] : watched_) {
    if (path != owner &&
        std::find(watched.files.begin(), watched.files.end(), watch) != watched.files.end())
      return;
  }
  for (const auto& [directory, descriptor] : directories_) {
    if (descriptor == watch) return;
  }
  ::inotify_rm_watch(inotify_.number(), watch);
}

void FileWatch::unwatch(const std::string& path) {
  const auto found = watched_.find(path);
  if (found == watched_.end()) return;
  for (const int watch : found->second.files) release_file(watch, path);
  watched_.erase(found);
  polled_.erase(path);
  release_directories();
}

void FileWatch::release_directories() {
  std::set<std::string> wanted;
  for (const auto& [path, watched] : watched_) {
    for (const Place& place : watched.places) wanted.insert(place.directory);
  }
  for (auto entry = directories_.begin(); entry != directories_.end();) {
    if (wanted.contains(entry->first)) {
      ++entry;
      continue;
    }
    const int watch = entry->second;
    entry = directories_.erase(entry);
    // The same directory under another name has the same descriptor.
    const bool is_shared = std::any_of(directories_.begin(), directories_.end(),
                                       [&](const auto& other) { return other.second == watch; });
    if (!is_shared) ::inotify_rm_watch(inotify_.number(), watch);
  }
}

std::vector<std::string> FileWatch::read_changes() {
  Changes changes;
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  for (int reads = 0; inotify_.is_open() && reads < kMostReads; ++reads) {
    const ssize_t size = ::read(inotify_.number(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(size);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const name = buffer.data() + at + sizeof event;
      note_event(event.wd, event.mask, {name, ::strnlen(name, event.len)}, changes);
      at += sizeof event + event.len;
    }
  }
  for (const std::string& path : changes.renamed) {
    if (watched_.at(path).is_directory) {
      watch_directory(path);
    } else {
      watch(path);
    }
  }
  return {changes.all.begin(), changes.all.end()};
}

void FileWatch::note_event(int watch, std::uint32_t mask, std::string_view name, Changes& changes) {
  const bool is_dropped = (mask & IN_Q_OVERFLOW) != 0;
  const bool is_gone = (mask & IN_IGNORED) != 0;
  const auto is_about = [&](const Place& place) {
    const auto directory = directories_.find(place.directory);
    if (directory == directories_.end() || directory->second != watch) return false;
    return place.name.empty() || name.empty() || place.name == name;
  };
  for (auto& [path, watched] : watched_) {
    const bool is_file =
        std::find(watched.files.begin(), watched.files.end(), watch) != watched.files.end();
    const bool is_place = std::any_of(watched.places.begin(), watched.places.end(), is_about);
    if (!is_file && !is_place && !is_dropped) continue;
    changes.all.insert(path);
    if (is_place || is_dropped || (mask & IN_MODIFY) == 0) changes.renamed.insert(path);
    if (is_gone) std::erase(watched.files, watch);
  }
  if (is_gone)
    std::erase_if(directories_, [&](const auto& directory) { return directory.second == watch; });
}

}  // namespace handshaked::ingest
