#include "diagnose/prover/private_directory.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>

namespace handshaked::diagnose {

Result<PrivateDirectory> PrivateDirectory::create() {
  std::error_code no_directory;
  std::string name =
      (std::filesystem::temp_directory_path(no_directory) / "handshaked-prover-XXXXXX").string();
  if (no_directory || ::mkdtemp(name.data()) == nullptr)
    return fail(error_from_errno(errno, "no temporary directory " + name));
  // What nginx writes wakes us, no clock: a proof takes as long as nginx takes for it.
  FileDescriptor changes(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!changes.is_open() || ::inotify_add_watch(changes.number(), name.c_str(),
                                                IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE) < 0) {
    const int error = errno;
    std::error_code ignored;
    std::filesystem::remove_all(name, ignored);
    return fail(error_from_errno(error, "cannot watch " + name));
  }
  return PrivateDirectory(name, std::move(changes));
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

Result<> PrivateDirectory::write(std::string_view name, std::string_view text) const {
  std::ofstream file(directory_ / name, std::ios::binary);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::io, "cannot write " + path(name));
  return success();
}

std::string PrivateDirectory::read(std::string_view name) const {
  std::ifstream file(directory_ / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool PrivateDirectory::has(std::string_view name) const {
  std::error_code ignored;
  return std::filesystem::exists(directory_ / name, ignored);
}

bool PrivateDirectory::wait_for_change_or(int other, std::chrono::milliseconds patience) const {
  std::array<pollfd, 2> waited{{{changes_.number(), POLLIN, 0}, {other, POLLIN, 0}}};
  if (::poll(waited.data(), waited.size(), static_cast<int>(patience.count())) <= 0) return false;
  std::array<char, 4096> events{};
  while (::read(changes_.number(), events.data(), events.size()) > 0) {
  }
  return waited[1].revents != 0;
}

Result<FileDescriptor> PrivateDirectory::connect(std::string_view socket_name) const {
  const std::string path = this->path(socket_name);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(ErrorCode::invalid_input, "the path of the socket is too long");
  path.copy(address.sun_path, path.size());
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open() || ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address),
                                     sizeof address) != 0) {
    return fail(error_from_errno(errno, "cannot connect to the private nginx"));
  }
  return socket;
}

}  // namespace handshaked::diagnose
