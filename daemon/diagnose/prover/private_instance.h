#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace handshaked::diagnose {

/// An nginx with one worker in a directory of its own, which only we can enter: no pid file or log but its own. Ended, and its directory
/// removed, by the destructor. One thread.
class PrivateInstance {
 public:
  /// A temporary directory, empty.
  static Result<PrivateInstance> create();
  PrivateInstance(PrivateInstance&&) noexcept = default;
  PrivateInstance& operator=(PrivateInstance&&) = delete;
  ~PrivateInstance();

  std::string path(std::string_view name) const { return directory_ / name; }
  Result<> write(std::string_view name, std::string_view text) const;

  /// The beginning of nginx.conf as start() needs it: what is outside of http and stream, but for modules and the user.
  std::string main_settings() const;
  /// Starts `program` with nginx.conf of the directory, which must log to error.log and keep its process id in nginx.pid, and waits until
  /// its socket is there. io with what nginx said when it would not start, timeout at the deadline.
  Result<> start(const std::string& program, std::string_view socket_name, std::chrono::steady_clock::time_point deadline);
  /// To a socket on which it listens.
  Result<FileDescriptor> connect(std::string_view socket_name) const;
  /// The error log as it is now.
  std::string log() const;
  /// Waits until something was written in the directory since the last wait, or `other` can be read (which it then says), at most so long.
  bool wait_for_change_or(int other, std::chrono::milliseconds patience) const;
  /// Nothing of it is wanted any more: it is killed, and waited for.
  void stop();

 private:
  PrivateInstance(std::filesystem::path directory, FileDescriptor changes)
      : directory_(std::move(directory)), changes_(std::move(changes)) {}

  std::filesystem::path directory_;
  FileDescriptor changes_;  ///< of the directory, as inotify tells them
  std::thread runner_;
};

}  // namespace handshaked::diagnose
