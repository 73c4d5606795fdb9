#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.h"

namespace handshaked::ingest {

/// Wakes those who follow logs: an inotify descriptor to poll, and which of the watched paths it is
/// about. A wake-up is only a hint: the reader looks for itself, and must look every few seconds
/// even without one (a directory above may be renamed, the kernel may drop events). Where inotify
/// does not work (its limits are reached, a network file system) the path is said to need polling.
/// No Asio, no threads; not shared between threads.
///
/// It watches the log file itself for writes, and its directory for names that come and go. Not the
/// directory for writes: the access logs beside would wake us all the time. Of a path that is a
/// link the directory of its target is watched too.
class FileWatch {
 public:
  FileWatch();

  /// To be polled for reading; -1 when inotify is not available, then everything needs polling.
  int descriptor() const { return inotify_.number(); }

  /// Begins to watch a log, whether it is there or not. Returns why it must be polled instead, or
  /// nothing when wake-ups will come. Called again for a path it looks anew.
  std::optional<std::string> watch(const std::string& path);
  /// Begins to watch for names that appear in a directory; read_changes() then gives the directory
  /// as it was given here.
  std::optional<std::string> watch_directory(const std::string& directory);
  void unwatch(const std::string& path);

  /// The watched paths and directories about which something was told since the last call, each
  /// once; all of them when the kernel had to drop events. Never blocks. Files that were replaced
  /// are watched anew before it returns.
  std::vector<std::string> read_changes();

  /// The paths that need polling, with the reason.
  const std::map<std::string, std::string>& polled() const { return polled_; }

 private:
  struct Place {
    std::string directory;
    std::string name;  ///< empty: every name in it
    bool operator==(const Place&) const = default;
  };
  struct Watched {
    std::vector<Place> places;  ///< the names that mean this path: its own, and its target's
    std::vector<int>
        files;  ///< watch descriptors of the file and of files that it was before, newest last
    bool is_directory = false;
  };
  struct Changes {
    std::set<std::string> all;
    std::set<std::string> renamed;  ///< names came or went: another file may stand at the path
  };

  std::optional<std::string> begin(const std::string& path, Watched& watched);
  std::optional<std::string> watch_place(const Place& place);
  void watch_file(const std::string& path, Watched& watched);
  void release_file(int watch, const std::string& owner);
  void release_directories();
  void note_event(int watch, std::uint32_t mask, std::string_view name, Changes& changes);

  FileDescriptor inotify_;
  std::string unavailable_;
  std::map<std::string, Watched> watched_;
  std::map<std::string, int> directories_;  ///< watch descriptors of directories
  std::map<std::string, std::string> polled_;
};

}  // namespace handshaked::ingest
