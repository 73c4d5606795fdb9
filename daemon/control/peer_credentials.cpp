#include "control/peer_credentials.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <vector>

namespace handshaked::control {
namespace {

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->pw_name;
  return "uid " + std::to_string(user);
}

constexpr std::size_t kEntryBytes = 16 * 1024;  // of the user database

/// nullopt: no group is named, or there is none of this name.
std::optional<gid_t> group_id(const std::string& name) {
  if (name.empty()) return std::nullopt;
  std::vector<char> buffer(kEntryBytes);
  struct group entry {};
  struct group* found = nullptr;
  const bool is_known =
      getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr;
  return is_known ? std::optional(found->gr_gid) : std::nullopt;
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
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0)
    groups.push_back(credentials.gid);
  return groups;
}

}  // namespace

Result<Peer> peer_of(int descriptor) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
    return fail(error_from_errno(errno, "cannot see who has connected"));
  return Peer{.user = credentials.uid,
              .process = static_cast<std::uint32_t>(credentials.pid),
              .name = user_name(credentials.uid)};
}

bool may_control(int descriptor, const Peer& peer, const std::string& group) {
  if (peer.user == 0 || peer.user == geteuid()) return true;
  const auto wanted = group_id(group);
  const auto groups = groups_of_peer(descriptor);
  return wanted && std::find(groups.begin(), groups.end(), *wanted) != groups.end();
}

bool is_operator(uid_t user, const std::string& group) {
  if (user == 0 || user == geteuid()) return true;
  const auto wanted = group_id(group);
  if (!wanted) return false;
  std::vector<char> buffer(kEntryBytes);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return false;
  int count = 0;
  getgrouplist(found->pw_name, found->pw_gid, nullptr, &count);
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (getgrouplist(found->pw_name, found->pw_gid, groups.data(), &count) < 0) return false;
  return std::find(groups.begin(), groups.end(), *wanted) != groups.end();
}

}  // namespace handshaked::control
