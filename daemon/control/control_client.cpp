#include "control/control_client.h"

#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/file_descriptor.h"
#include "control/peer_credentials.h"

namespace handshaked::control {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kLongestAnswer = std::size_t{64} << 20;

/// Waits until the socket can be read from or written to.
Result<> wait_for(int descriptor, short what, Clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd wanted{.fd = descriptor, .events = what, .revents = 0};
  const int ready = left <= 0 ? 0 : ::poll(&wanted, 1, static_cast<int>(left));
  if (ready > 0) return success();
  if (ready < 0 && errno != EINTR)
    return fail(error_from_errno(errno, "cannot wait for the daemon"));
  if (ready < 0) return success();
  return fail(ErrorCode::timeout, "the daemon did not answer in time");
}

/// Whom a refused operator has to ask, or to become.
std::string who_may(const std::string& socket) {
  struct stat status {};
  if (::stat(socket.c_str(), &status) != 0)
    return "ask as root";  // not even the directory may be looked into
  if ((status.st_mode & S_IWGRP) == 0) return "ask as root; [control] group opens it to a group";
  std::array<char, 4096> memory{};
  ::group entry{};
  ::group* found = nullptr;
  const bool has_name =
      ::getgrgid_r(status.st_gid, &entry, memory.data(), memory.size(), &found) == 0 &&
      found != nullptr;
  return "ask as root, or as a member of the group " +
         (has_name ? std::string(entry.gr_name) : std::to_string(status.st_gid));
}

Error connect_error(int number, const std::string& socket) {
  if (number == ENOENT || number == ECONNREFUSED)
    return Error(ErrorCode::not_found,
                 "no daemon listens at " + socket + ": is handshaked running?");
  if (number == EACCES || number == EPERM)
    return Error(ErrorCode::permission_denied,
                 "may not connect to " + socket + ": " + who_may(socket));
  return error_from_errno(number, "cannot connect to " + socket);
}

/// Only root, we and `user` can put something there: every directory on the way is theirs and
/// writable by nobody else, and no link is a stranger's.
bool is_place_of(const std::filesystem::path& directory, uid_t user) {
  std::filesystem::path here;
  for (const std::filesystem::path& component : directory) {
    here /= component;
    struct stat status {};
    if (::lstat(here.c_str(), &status) != 0) return false;
    const bool is_known = status.st_uid == 0 || status.st_uid == ::geteuid();
    if (S_ISLNK(status.st_mode)) {
      std::error_code failure;
      const auto real = std::filesystem::canonical(here, failure);
      if (failure || !is_known || !is_place_of(real, user)) return false;
    } else if ((!is_known && status.st_uid != user) ||
               (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<> check_listener(const std::string& socket, uid_t user) {
  if (user == 0 || user == ::geteuid()) return success();
  if (is_place_of(std::filesystem::absolute(socket).lexically_normal().parent_path(), user))
    return success();
  return fail(ErrorCode::permission_denied,
              "uid " + std::to_string(user) + " listens at " + socket +
                  ", and others than the daemon can put a socket there: nothing is asked");
}

Result<ControlAnswer> ask_daemon(const std::string& socket, const ControlRequest& request,
                                 std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path)
    return fail(ErrorCode::invalid_input, "the path of the control socket is too long: " + socket);
  std::memcpy(address.sun_path, socket.c_str(), socket.size() + 1);
  const FileDescriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connection.number() < 0) return fail(error_from_errno(errno, "cannot make a socket"));
  if (::connect(connection.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0)
    return fail(connect_error(errno, socket));
  TRY(const Peer listener, peer_of(connection.number()));
  TRY(check_listener(socket, listener.user));

  const std::string line = to_line(request);
  for (std::size_t sent = 0; sent < line.size();) {
    TRY(wait_for(connection.number(), POLLOUT, deadline));
    const ssize_t count = ::send(connection.number(), line.data() + sent, line.size() - sent,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR)
      return fail(error_from_errno(errno, "cannot ask the daemon"));
    sent += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  std::string answer;
  std::array<char, 16384> chunk{};
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    TRY(wait_for(connection.number(), POLLIN, deadline));
    const ssize_t count = ::recv(connection.number(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (count == 0)
      return fail(ErrorCode::network, "the daemon closed the connection without an answer");
    if (count < 0 && errno != EAGAIN && errno != EINTR)
      return fail(error_from_errno(errno, "cannot read the daemon's answer"));
    const std::size_t searched = answer.size();
    if (count > 0) answer.append(chunk.data(), static_cast<std::size_t>(count));
    if (answer.size() > kLongestAnswer)
      return fail(ErrorCode::limit_exceeded, "the daemon's answer is too long");
    end = answer.find('\n', searched);
  }
  answer.resize(end);
  return answer_from_line(answer);
}

}  // namespace handshaked::control
