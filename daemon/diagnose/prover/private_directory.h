#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace handshaked::diagnose {

/// A temporary directory that only we can enter, removed by the destructor. What happens in it
/// wakes whoever waits. One thread.
class PrivateDirectory {
 public:
  static Result<PrivateDirectory> create();
  PrivateDirectory(PrivateDirectory&&) noexcept = default;
  PrivateDirectory& operator=(PrivateDirectory&&) = delete;
  ~PrivateDirectory();

  std::string path(std::string_view name) const { return directory_ / name; }
  Result<> write(std::string_view name, std::string_view text) const;
  /// The file as it is now; empty when there is none.
  std::string read(std::string_view name) const;
  bool has(std::string_view name) const;
  /// Waits until something was written in the directory since the last wait, or `other` can be read
  /// (which it then says), at most so long.
  bool wait_for_change_or(int other, std::chrono::milliseconds patience) const;
  /// To a socket in it on which somebody listens.
  Result<FileDescriptor> connect(std::string_view socket_name) const;

 private:
  PrivateDirectory(std::filesystem::path directory, FileDescriptor changes)
      : directory_(std::move(directory)), changes_(std::move(changes)) {}

  std::filesystem::path directory_;
  FileDescriptor changes_;  ///< of the directory, as inotify tells them
};

}  // namespace handshaked::diagnose
