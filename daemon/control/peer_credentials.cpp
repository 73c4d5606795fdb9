#include "control/peer_credentials.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace handshaked::control {
namespace {

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return "uid " + std::to_string(user);
}

std::vector<gid_t> groups_of_peer(int descriptor) {
  std::vector<gid_t> groups(64);
  socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) {
    if (errno != ERANGE) return {};
    groups.resize(size / sizeof(gid_t));
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return {};
  }
  groups.resize(size / sizeof(gid_t));
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0) groups.push_back(credentials.gid);
  return groups;
}

}  // namespace

Result<Peer> peer_of(int descriptor) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
    return fail(error_from_errno(errno, "cannot see who has connected"));
  return Peer{.user = credentials.uid, .process = static_cast<std::uint32_t>(credentials.pid), .name = user_name(credentials.uid)};
}

bool may_control(int descriptor, const Peer& peer, const std::string& group) {
  if (peer.user == 0 || peer.user == geteuid()) return true;
  if (group.empty()) return false;
  std::array<char, 16384> buffer{};
  struct group entry {};
  struct group* found = nullptr;
  if (getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return false;
  const auto groups = groups_of_peer(descriptor);
  return std::find(groups.begin(), groups.end(), found->gr_gid) != groups.end();
}

}  // namespace handshaked::control
